//! The statement itself.

use std::sync::Arc;

use bough_stf::{
    ChainSpec, ExecutableBlock, ExtraPrecompiles, Fork, ForkSchedule, PreState, StateSource,
    WitnessParts, WitnessRecorder, WorkLimits, check_claim, execute_block, recover,
};

use crate::{
    Invalid, PayloadError, StatelessInput, StatelessValidationResult,
    payload::{payload_header, payload_transactions},
    witness::Witness,
};

/// What a valid payload did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validated {
    /// The payload's gas used.
    pub gas_used: u64,
    /// Gas of the system calls, which `gas_used` does not count.
    pub system_gas_used: u64,
    /// Work of writing the new state, Keccak blocks; `None` where it was not limited.
    pub keccak_blocks: Option<u64>,
}

/// The guest: any bytes in, 43 bytes out.
pub fn run_stateless_guest(bytes: &[u8]) -> StatelessValidationResult {
    match StatelessInput::decode(bytes) {
        Ok(input) => verify_stateless_new_payload(&input),
        Err(_) => StatelessValidationResult::default(),
    }
}

/// The spec's function: the request's root, and whether its payload is valid from the witness.
pub fn verify_stateless_new_payload(input: &StatelessInput) -> StatelessValidationResult {
    let root = input.new_payload_request_root();
    StatelessValidationResult {
        successful_validation: root.is_ok() && validate(input, WorkLimits::NONE).is_ok(),
        new_payload_request_root: root.unwrap_or_default(),
        chain_id: input.chain_id,
        schema_id: input.schema.id(),
    }
}

/// Checks a payload from its witness alone, within limits of work.
///
/// # Errors
/// The first check that fails.
pub fn validate(input: &StatelessInput, limits: WorkLimits) -> Result<Validated, Invalid> {
    let witness = Witness::new(input.schema.fork(), &input.witness)?;
    execute_new_payload_request(input, &witness, &witness, limits)
}

/// Validates and tells which nodes and codes of the witness were read on the way: without any one
/// of them the payload could not have been validated.
///
/// # Errors
/// As [`validate`].
pub fn witness_read(input: &StatelessInput) -> Result<WitnessParts, Invalid> {
    let witness = Witness::new(input.schema.fork(), &input.witness)?;
    let recorder = WitnessRecorder::new(&witness);
    execute_new_payload_request(input, &witness, &recorder, WorkLimits::NONE)?;
    Ok(recorder.parts())
}

/// `execute_new_payload_request` of the spec: the payload's block, executed from `source`.
fn execute_new_payload_request<S: StateSource>(
    input: &StatelessInput,
    witness: &Witness,
    source: &S,
    limits: WorkLimits,
) -> Result<Validated, Invalid> {
    let request = &input.new_payload_request;
    let fork = input.schema.fork();
    let header = payload_header(fork, request)?;
    check_transaction_count(fork, input, limits)?;
    let transactions = payload_transactions(request)?
        .into_iter()
        .enumerate()
        .map(|(index, transaction)| {
            recover(transaction).map_err(|error| PayloadError::Sender { index, error })
        })
        .collect::<Result<Vec<_>, _>>()?;
    let (output, state) = execute_block(
        &ChainSpec::new(input.chain_id, ForkSchedule::always(fork)),
        witness.parent(),
        witness.parent_hash(),
        ExecutableBlock {
            header: &header,
            transactions: &transactions,
            withdrawals: Some(&request.execution_payload.withdrawals),
        },
        Arc::new(PreState::new(source, witness.parent().state_root)),
        ExtraPrecompiles::none(),
        limits,
    )?;
    Ok(Validated {
        gas_used: output.gas_used,
        system_gas_used: output.system_gas_used,
        keccak_blocks: state.keccak_blocks,
    })
}

/// Before any transaction is decoded or any signature recovered.
fn check_transaction_count(
    fork: Fork,
    input: &StatelessInput,
    limits: WorkLimits,
) -> Result<(), Invalid> {
    let count = input.new_payload_request.execution_payload.transactions.len();
    match limits.block_gas {
        Some(claimed) => Ok(check_claim(fork, count, claimed)?),
        None => Ok(()),
    }
}
