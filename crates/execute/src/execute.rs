//! The precompile.

use alloy_primitives::{Address, Bytes, address};
use bough_stateless::{
    ExecutionPayload, Schema, StatelessInput, StatelessValidationResult, validate,
};
use bough_stf::{ForkSchedule, Precompile, PrecompileCall, PrecompileOutcome, WorkLimits};

use crate::{Places, Prices, Refused};

/// Where chains that have EXECUTE have it.
pub const EXECUTE_ADDRESS: Address = address!("0000000000000000000000000000000000000101");

/// First byte of a blob transaction (EIP-4844).
const BLOB_TRANSACTION: u8 = 0x03;

/// EXECUTE on an L1 that follows a schedule of forks.
#[derive(Debug, Clone)]
pub struct Execute {
    schedule: ForkSchedule,
}

/// The L1 block in which EXECUTE is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct L1Block {
    /// Its number.
    pub number: u64,
    /// Its timestamp, seconds.
    pub timestamp: u64,
}

/// What EXECUTE gives for a valid block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Executed {
    /// The answer; it always says that the validation succeeded.
    pub result: StatelessValidationResult,
    /// Gas charged: bytes, the block's claim, system calls.
    pub gas_charged: u64,
    /// The payload's gas used.
    pub gas_used: u64,
}

impl Execute {
    /// EXECUTE on an L1 that follows `schedule`.
    pub const fn new(schedule: ForkSchedule) -> Self {
        Self { schedule }
    }

    /// Executes an input that may be anything, for at most `gas`.
    ///
    /// # Errors
    /// The first check that fails. All of `gas` is due then.
    pub fn run(&self, input: &[u8], gas: u64, l1: L1Block) -> Result<Executed, Refused> {
        let prices = Prices::at(self.schedule.fork_at(l1.number, l1.timestamp));
        let left = charge_bytes(prices, input, gas)?;
        let places = Places::read(input)?;
        self.check_fork(places, l1)?;
        let left = charge_claim(places, left)?;
        let input = StatelessInput::decode(input)?;
        check_l2(&input.new_payload_request.execution_payload)?;
        // SOUNDNESS: the places are where the decoder reads too (canonical SSZ), so what was
        // charged is what is claimed.
        let limits = WorkLimits {
            block_gas: Some(places.gas_used),
            system_gas: Some(left),
            keccak_blocks: Some(prices.keccak_blocks_for(gas.saturating_sub(left))),
        };
        let validated = validate(&input, limits)?;
        let left = left.saturating_sub(validated.system_gas_used);
        Ok(Executed {
            result: StatelessValidationResult {
                new_payload_request_root: input.new_payload_request_root()?,
                successful_validation: true,
                chain_id: input.chain_id,
                schema_id: input.schema.id(),
            },
            gas_charged: gas.saturating_sub(left),
            gas_used: validated.gas_used,
        })
    }

    /// The rules are those of L1 at the payload's own time, which L1 must have reached: a fork
    /// that only some L1 clients know cannot be run early.
    fn check_fork(&self, places: Places, l1: L1Block) -> Result<(), Refused> {
        let Places { schema_id, timestamp, .. } = places;
        let got = Schema::from_id(schema_id)?.fork();
        if timestamp > l1.timestamp {
            return Err(Refused::Future { got: timestamp, l1: l1.timestamp });
        }
        let expected = self.schedule.fork_at(l1.number, timestamp);
        if got != expected {
            return Err(Refused::Fork { got, expected, timestamp });
        }
        Ok(())
    }
}

fn charge_bytes(prices: Prices, input: &[u8], gas: u64) -> Result<u64, Refused> {
    let needed = prices.for_bytes(input.len());
    gas.checked_sub(needed).ok_or(Refused::BytesNotPaid { needed, left: gas })
}

fn charge_claim(places: Places, left: u64) -> Result<u64, Refused> {
    let needed = places.gas_used;
    left.checked_sub(needed).ok_or(Refused::ClaimNotPaid { needed, left })
}

/// What no L2 may have. It is enforced here and not in each rollup's contract, because L1 forks
/// this code together with its schema. Execution requests are allowed: they have no effect, and
/// forbidding them would let a user halt the chain by making one.
fn check_l2(payload: &ExecutionPayload) -> Result<(), Refused> {
    if !payload.withdrawals.is_empty() {
        return Err(Refused::Withdrawals(payload.withdrawals.len()));
    }
    let (used, excess) = (payload.blob_gas_used, payload.excess_blob_gas);
    if used != 0 || excess != 0 {
        return Err(Refused::BlobGas { used, excess });
    }
    let carries_blobs = |tx: &Bytes| tx.first() == Some(&BLOB_TRANSACTION);
    match payload.transactions.iter().position(carries_blobs) {
        Some(at) => Err(Refused::BlobTransaction(at)),
        None => Ok(()),
    }
}

impl Precompile for Execute {
    fn call(&self, call: PrecompileCall<'_>) -> PrecompileOutcome {
        let l1 = L1Block { number: call.block_number, timestamp: call.block_timestamp };
        match self.run(call.input, call.gas_limit, l1) {
            Ok(executed) => PrecompileOutcome::Success {
                gas_used: executed.gas_charged,
                output: Bytes::copy_from_slice(&executed.result.to_bytes()),
            },
            Err(_) => PrecompileOutcome::Halt,
        }
    }
}
