//! Bough: the stateless function, and EXECUTE above it.

use bough_execute::{Execute, L1Block, Refused};
use bough_stateless::{Invalid, StatelessInput, StatelessValidationResult, validate};
use bough_stf::{BlockError, Fork, ForkSchedule, MptError, StateError, WorkLimits};

use crate::verdict::{Answer, Stage, Verdict};

/// The 43 bytes for any input, and why it was refused if it was.
pub(crate) fn stateless(bytes: &[u8]) -> Verdict {
    let input = match StatelessInput::decode(bytes) {
        Ok(input) => input,
        Err(error) => {
            let answer = StatelessValidationResult::default().to_bytes();
            return Verdict::refused(answer, error.to_string(), Stage::Stopped);
        }
    };
    let root = input.new_payload_request_root();
    let validated = validate(&input, WorkLimits::NONE);
    let answer = StatelessValidationResult {
        new_payload_request_root: root.clone().unwrap_or_default(),
        successful_validation: root.is_ok() && validated.is_ok(),
        chain_id: input.chain_id,
        schema_id: input.schema.id(),
    }
    .to_bytes();
    match validated {
        Ok(_) => Verdict::accepted(answer),
        Err(error) => Verdict::refused(answer, error.to_string(), stage(&error)),
    }
}

/// EXECUTE on an L1 that is at Amsterdam and later than any payload, with all the gas there is.
pub(crate) fn execute(bytes: &[u8]) -> Result<Answer, Refused> {
    let l1 = L1Block { number: u64::MAX, timestamp: u64::MAX };
    let execute = Execute::new(ForkSchedule::always(Fork::Amsterdam));
    Ok(execute.run(bytes, u64::MAX, l1)?.result.to_bytes())
}

/// How far it came before this was found. Blob gas needs no execution, and ethrex looks at it before.
fn stage(error: &Invalid) -> Stage {
    let Invalid::Block(error) = error else { return Stage::Stopped };
    match error {
        BlockError::State(StateError::Trie(MptError::Malformed { .. })) => Stage::BadNode,
        BlockError::GasUsed { .. }
        | BlockError::Root { .. }
        | BlockError::LogsBloom
        | BlockError::AccessListTooLarge { .. } => Stage::Executed,
        _ => Stage::Stopped,
    }
}
