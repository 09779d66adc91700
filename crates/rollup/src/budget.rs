//! What an `advance` costs on L1, before it is built.

use alloy_consensus::{SignableTransaction, TxEip1559, transaction::Recovered};
use alloy_primitives::{Address, Bytes, Signature, TxKind, U256, address};
use bough_stf::{Fork, Transaction, intrinsic_gas};

/// The largest transaction that common L1 pools take, bytes.
const POOL_TRANSACTION_SIZE: usize = 128 * 1024;
/// Most gas of one L1 transaction (EIP-7825), where the fork names no cap of its own.
const TRANSACTION_GAS_CAP: u64 = 1 << 24;
/// Bytes of a transaction beside its calldata, at most: fields, signature and RLP heads.
const ENVELOPE_SIZE: usize = 256;
/// Bytes of a call to `advance` without blocks: selector, offset, count.
const CALL_SIZE: usize = 4 + 2 * 32;
/// Bytes of a block in a call besides its input: offsets, two numbers, length.
const BLOCK_SIZE: usize = 5 * 32;
const WORD: usize = 32;

/// Gas of `advance` besides its blocks, at most: policy, head, timestamp of the last advance, and a
/// new entry of the ring, two slots, whose state gas (EIP-8037) is most of it.
const ADVANCE_GAS: u64 = 400_000;
/// Gas of a block of `advance` besides EXECUTE and what grows with its input, at most: reading the
/// fields, its L1 block hash, its message root, the event.
const BLOCK_GAS: u64 = 40_000;
/// Gas of a word of input: copied (3), hashed (6), in memory (3).
const WORD_GAS: u64 = 12;
/// A call passes on all but a 64th of the gas (EIP-150).
const CALL_KEEPS: u64 = 63;

/// Gas of an L1 transaction's calldata at a fork, measured with the state transition function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CalldataPrices {
    /// A transaction without calldata.
    pub base: u64,
    /// A zero byte.
    pub zero: u64,
    /// Any other byte.
    pub nonzero: u64,
    /// What a transaction pays at least, without calldata.
    pub floor_base: u64,
    /// The floor of a zero byte: EIP-7623, EIP-7976.
    pub floor_zero: u64,
    /// The floor of any other byte.
    pub floor_nonzero: u64,
}

impl CalldataPrices {
    /// Those of a fork.
    pub fn of(fork: Fork) -> Self {
        let [none, zero, nonzero] = [&[][..], &[0], &[1]].map(|data| call_gas(fork, data));
        Self {
            base: none.0,
            zero: zero.0.saturating_sub(none.0),
            nonzero: nonzero.0.saturating_sub(none.0),
            floor_base: none.1,
            floor_zero: zero.1.saturating_sub(none.1),
            floor_nonzero: nonzero.1.saturating_sub(none.1),
        }
    }

    /// Gas that a transaction pays for this calldata: before anything is executed, and at least.
    pub fn gas(&self, calldata: &[u8]) -> (u64, u64) {
        let zeros = calldata.iter().filter(|byte| **byte == 0).count() as u64;
        let others = (calldata.len() as u64).saturating_sub(zeros);
        let price = |base: u64, zero: u64, nonzero: u64| {
            base.saturating_add(zero.saturating_mul(zeros))
                .saturating_add(nonzero.saturating_mul(others))
        };
        (
            price(self.base, self.zero, self.nonzero),
            price(self.floor_base, self.floor_zero, self.floor_nonzero),
        )
    }

    /// The same for any calldata of this many bytes, at most.
    pub fn gas_at_most(&self, bytes: usize) -> (u64, u64) {
        let bytes = bytes as u64;
        let most = |base: u64, a: u64, b: u64| base.saturating_add(a.max(b).saturating_mul(bytes));
        (
            most(self.base, self.zero, self.nonzero),
            most(self.floor_base, self.floor_zero, self.floor_nonzero),
        )
    }
}

/// Gas of a call with this calldata: intrinsic and floor.
fn call_gas(fork: Fork, data: &[u8]) -> (u64, u64) {
    const TO: Address = address!("0x1000000000000000000000000000000000000000");
    let transaction = TxEip1559 {
        to: TxKind::Call(TO),
        input: Bytes::copy_from_slice(data),
        ..TxEip1559::default()
    };
    let signed = transaction.into_signed(Signature::new(U256::ONE, U256::ONE, false));
    let call = Recovered::new_unchecked(Transaction::from(signed), Address::ZERO);
    let (execution, state, floor) = intrinsic_gas(fork, &call);
    (execution.saturating_add(state), floor)
}

/// What EXECUTE charges besides the payload's `gas_used`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExecutePrice {
    /// Gas of a call, and of the block's system calls at most.
    pub base: u64,
    /// Gas of a byte of input.
    pub per_byte: u64,
}

/// What a block's cost depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockCost {
    /// Bytes of its input.
    pub input_bytes: usize,
    /// Gas that its header claims.
    pub gas_used: u64,
}

/// What L1 takes in one transaction, at which price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SettlementBudget {
    /// Of the calldata, at L1's fork.
    pub calldata: CalldataPrices,
    /// Of EXECUTE.
    pub execute: ExecutePrice,
    /// Most gas of the transaction.
    pub gas_cap: u64,
    /// Most bytes of the transaction.
    pub transaction_size: usize,
}

impl SettlementBudget {
    /// The cap of L1's fork, and the size that common pools take.
    pub fn new(l1_fork: Fork, execute: ExecutePrice) -> Self {
        Self {
            calldata: CalldataPrices::of(l1_fork),
            execute,
            gas_cap: l1_fork.transaction_gas_cap().unwrap_or(TRANSACTION_GAS_CAP),
            transaction_size: POOL_TRANSACTION_SIZE,
        }
    }

    /// Gas that EXECUTE takes for a block.
    pub fn execute_gas(&self, block: BlockCost) -> u64 {
        let bytes = self.execute.per_byte.saturating_mul(block.input_bytes as u64);
        self.execute.base.saturating_add(bytes).saturating_add(block.gas_used)
    }

    /// Gas limit with which one transaction advances by these blocks, at most.
    pub fn settlement_gas(&self, blocks: &[BlockCost]) -> u64 {
        let (intrinsic, floor) = self.calldata.gas_at_most(calldata_size(blocks));
        let executed = blocks.iter().fold(ADVANCE_GAS, |sum, block| {
            sum.saturating_add(BLOCK_GAS)
                .saturating_add(input_gas(block.input_bytes))
                .saturating_add(self.execute_gas(*block))
        });
        // Kept back from each EXECUTE, and free again after it.
        let largest = blocks.iter().map(|block| self.execute_gas(*block)).max().unwrap_or(0);
        let kept = largest / CALL_KEEPS + 1;
        intrinsic.saturating_add(executed).saturating_add(kept).max(floor)
    }

    /// Whether one transaction can advance by these blocks.
    pub fn fits(&self, blocks: &[BlockCost]) -> bool {
        let size = calldata_size(blocks).saturating_add(ENVELOPE_SIZE);
        size <= self.transaction_size && self.settlement_gas(blocks) <= self.gas_cap
    }

    /// Bytes of input that a block with this `gas_used` may have, so that it can be settled alone;
    /// `None` when it cannot, whatever its input.
    pub fn max_settlement_bytes(&self, gas_used: u64) -> Option<usize> {
        let fits = |input_bytes| self.fits(&[BlockCost { input_bytes, gas_used }]);
        if !fits(0) {
            return None;
        }
        let (mut most, mut above) = (0, self.transaction_size);
        while above - most > 1 {
            let middle = most + (above - most) / 2;
            if fits(middle) { most = middle } else { above = middle }
        }
        Some(most)
    }

    /// Gas that a block with this many bytes of input may use, so that it can be settled alone;
    /// `None` when it cannot, whatever its gas.
    pub fn max_gas_used(&self, input_bytes: usize) -> Option<u64> {
        let fits = |gas_used| self.fits(&[BlockCost { input_bytes, gas_used }]);
        if !fits(0) {
            return None;
        }
        let (mut most, mut above) = (0, self.gas_cap);
        while above - most > 1 {
            let middle = most + (above - most) / 2;
            if fits(middle) { most = middle } else { above = middle }
        }
        Some(most)
    }
}

/// Bytes of the calldata that carries these blocks.
fn calldata_size(blocks: &[BlockCost]) -> usize {
    blocks.iter().fold(CALL_SIZE, |sum, block| {
        let padded = block.input_bytes.div_ceil(WORD).saturating_mul(WORD);
        sum.saturating_add(BLOCK_SIZE).saturating_add(padded)
    })
}

/// Gas that `advance` spends on bytes of input before EXECUTE does.
fn input_gas(bytes: usize) -> u64 {
    const MEMORY_DIVISOR: u64 = 512;
    let words = bytes.div_ceil(WORD) as u64;
    let memory = words.saturating_mul(words) / MEMORY_DIVISOR;
    words.saturating_mul(WORD_GAS).saturating_add(memory)
}
