//! Whole blocks: executing one against its header, and making the header of a built one.

use std::sync::Arc;

use alloy_consensus::{
    EMPTY_OMMER_ROOT_HASH, Header, TxReceipt,
    proofs::{calculate_receipt_root, calculate_transaction_root, calculate_withdrawals_root},
    transaction::Recovered,
};
use alloy_eips::eip4895::Withdrawal;
use alloy_primitives::{Address, B256, Bloom, Bytes, U256, keccak256};
use alloy_rlp::Encodable;

#[cfg(feature = "pre-merge")]
use crate::pre_merge;
use crate::{
    BlockError, BlockExecutor, BlockOutput, ChainSpec, ExtraPrecompiles, Fork, PreState,
    StateSource, StateUpdate, Transaction, WorkLimits, base_fee, check_header, excess_blob_gas,
    requests_hash,
};

/// Largest RLP of a block from Osaka on (EIP-7934), bytes.
const MAX_BLOCK_SIZE: usize = 8_388_608;

/// What a block's execution can see of its header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// Block number.
    pub number: u64,
    /// Timestamp, seconds.
    pub timestamp: u64,
    /// Receives the tips.
    pub beneficiary: Address,
    /// Gas limit.
    pub gas_limit: u64,
    /// Base fee, wei per gas, from London on.
    pub base_fee: Option<u64>,
    /// Randomness, from Paris on.
    pub prev_randao: B256,
    /// Difficulty, before Paris.
    pub difficulty: U256,
    /// The parent's hash.
    pub parent_hash: B256,
    /// EIP-4788 root, from Cancun on.
    pub parent_beacon_block_root: Option<B256>,
    /// Excess blob gas, from Cancun on.
    pub excess_blob_gas: Option<u64>,
    /// At most 32 bytes.
    pub extra_data: Bytes,
    /// EIP-7843 slot number, from Amsterdam on.
    pub slot_number: Option<u64>,
}

impl Environment {
    /// The environment of a block with this header.
    pub fn of(header: &Header) -> Self {
        Self {
            number: header.number,
            timestamp: header.timestamp,
            beneficiary: header.beneficiary,
            gas_limit: header.gas_limit,
            base_fee: header.base_fee_per_gas,
            prev_randao: header.mix_hash,
            difficulty: header.difficulty,
            parent_hash: header.parent_hash,
            parent_beacon_block_root: header.parent_beacon_block_root,
            excess_blob_gas: header.excess_blob_gas,
            extra_data: header.extra_data.clone(),
            slot_number: header.slot_number,
        }
    }

    /// The environment of a block after `parent`: what the parent and the schedule fix is filled
    /// in, the rest is the builder's choice (slot number = block number until set otherwise).
    pub fn after(spec: &ChainSpec, parent: &Header, parent_hash: B256, timestamp: u64) -> Self {
        let number = parent.number.saturating_add(1);
        let fork = spec.forks.fork_at(number, timestamp);
        Self {
            number,
            timestamp,
            beneficiary: Address::ZERO,
            gas_limit: parent.gas_limit,
            base_fee: base_fee(fork, parent),
            prev_randao: B256::ZERO,
            difficulty: difficulty(spec, fork, parent, timestamp),
            parent_hash,
            parent_beacon_block_root: (fork >= Fork::Cancun).then_some(B256::ZERO),
            excess_blob_gas: excess_blob_gas(fork, parent),
            extra_data: Bytes::new(),
            slot_number: fork.has_block_access_list().then_some(number),
        }
    }
}

/// A block as execution takes it: senders recovered.
#[derive(Debug, Clone, Copy)]
pub struct ExecutableBlock<'a> {
    /// The block's header.
    pub header: &'a Header,
    /// The block's transactions.
    pub transactions: &'a [Recovered<Transaction>],
    /// The block's withdrawals, from Shanghai on.
    pub withdrawals: Option<&'a [Withdrawal]>,
}

/// Executes a block on its parent's state and compares everything with its header. Gives what it did
/// and the state that follows.
///
/// execution-specs `amsterdam/fork.py` `state_transition`, in its order.
///
/// # Errors
/// The first check that fails.
pub fn execute_block<S: StateSource>(
    spec: &ChainSpec,
    parent: &Header,
    parent_hash: B256,
    block: ExecutableBlock<'_>,
    state: Arc<PreState<S>>,
    extra: ExtraPrecompiles,
    limits: WorkLimits,
) -> Result<(BlockOutput, StateUpdate), BlockError> {
    execute_with_ommers(spec, parent, parent_hash, block, &[], state, extra, limits)
}

/// [`execute_block`] with ommers that were checked.
#[allow(clippy::too_many_arguments)]
pub(crate) fn execute_with_ommers<S: StateSource>(
    spec: &ChainSpec,
    parent: &Header,
    parent_hash: B256,
    block: ExecutableBlock<'_>,
    ommers: &[Header],
    state: Arc<PreState<S>>,
    extra: ExtraPrecompiles,
    limits: WorkLimits,
) -> Result<(BlockOutput, StateUpdate), BlockError> {
    check_size(spec, block)?;
    check_header(spec, parent, parent_hash, block.header)?;
    #[cfg(feature = "pre-merge")]
    pre_merge::check_ommers_hash(block.header, ommers)?;
    let env = Environment::of(block.header);
    let executor = BlockExecutor::new(spec, Arc::clone(&state), env, extra, limits);
    let withdrawals = block.withdrawals.unwrap_or_default();
    let output = executor.run_with_ommers(block.transactions, withdrawals, ommers)?;
    let update = state.update(&output.changes, limits.keccak_blocks)?;
    check_output(spec, block, &output, update.root)?;
    Ok((output, update))
}

/// The header of a block that was built: its environment, what came out, and the root of the state
/// that follows.
pub fn seal_header(
    fork: Fork,
    env: &Environment,
    transactions: &[Recovered<Transaction>],
    withdrawals: &[Withdrawal],
    output: &BlockOutput,
    state_root: B256,
) -> Header {
    Header {
        parent_hash: env.parent_hash,
        ommers_hash: EMPTY_OMMER_ROOT_HASH,
        beneficiary: env.beneficiary,
        state_root,
        transactions_root: transaction_root(transactions),
        receipts_root: receipts_root(output),
        logs_bloom: logs_bloom(output),
        difficulty: env.difficulty,
        number: env.number,
        gas_limit: env.gas_limit,
        gas_used: output.gas_used,
        timestamp: env.timestamp,
        extra_data: env.extra_data.clone(),
        mix_hash: env.prev_randao,
        nonce: Default::default(),
        base_fee_per_gas: env.base_fee,
        withdrawals_root: (fork >= Fork::Shanghai).then(|| calculate_withdrawals_root(withdrawals)),
        blob_gas_used: (fork >= Fork::Cancun).then_some(output.blob_gas_used),
        excess_blob_gas: env.excess_blob_gas,
        parent_beacon_block_root: env.parent_beacon_block_root,
        requests_hash: output.requests.as_deref().map(requests_hash),
        block_access_list_hash: output.block_access_list.as_ref().map(keccak256),
        slot_number: env.slot_number,
    }
}

/// The difficulty of a block after `parent`, wherever it has one.
fn difficulty(spec: &ChainSpec, fork: Fork, parent: &Header, timestamp: u64) -> U256 {
    #[cfg(feature = "pre-merge")]
    if fork < Fork::Paris {
        let number = parent.number.saturating_add(1);
        return pre_merge::difficulty(spec, parent, number, timestamp);
    }
    let _ = (spec, fork, parent, timestamp);
    U256::ZERO
}

fn check_size(spec: &ChainSpec, block: ExecutableBlock<'_>) -> Result<(), BlockError> {
    let fork = spec.forks.fork_at(block.header.number, block.header.timestamp);
    if fork < Fork::Osaka {
        return Ok(());
    }
    let list = |payload: usize| payload + alloy_rlp::length_of_length(payload);
    let transactions = block.transactions.iter().map(|tx| tx.inner().length()).sum();
    let withdrawals = block.withdrawals.unwrap_or_default().iter().map(Encodable::length).sum();
    let ommers = 1;
    let got = list(block.header.length() + list(transactions) + ommers + list(withdrawals));
    if got > MAX_BLOCK_SIZE {
        return Err(BlockError::BlockSize { got, max: MAX_BLOCK_SIZE });
    }
    Ok(())
}

fn check_output(
    spec: &ChainSpec,
    block: ExecutableBlock<'_>,
    output: &BlockOutput,
    state_root: B256,
) -> Result<(), BlockError> {
    let header = block.header;
    let fork = spec.forks.fork_at(header.number, header.timestamp);
    if header.gas_used != output.gas_used {
        return Err(BlockError::GasUsed { got: header.gas_used, expected: output.gas_used });
    }
    let root = |field, got: Option<B256>, expected: Option<B256>| {
        if got == expected { Ok(()) } else { Err(BlockError::Root { field, got, expected }) }
    };
    root(
        "transactions_root",
        Some(header.transactions_root),
        Some(transaction_root(block.transactions)),
    )?;
    root("state_root", Some(header.state_root), Some(state_root))?;
    root("receipts_root", Some(header.receipts_root), Some(receipts_root(output)))?;
    if header.logs_bloom != logs_bloom(output) {
        return Err(BlockError::LogsBloom);
    }
    root(
        "withdrawals_root",
        header.withdrawals_root,
        block.withdrawals.map(calculate_withdrawals_root),
    )?;
    let expected = (fork >= Fork::Cancun).then_some(output.blob_gas_used);
    if header.blob_gas_used != expected {
        return Err(BlockError::BlobGasUsed { got: header.blob_gas_used, expected });
    }
    root("requests_hash", header.requests_hash, output.requests.as_deref().map(requests_hash))?;
    root(
        "block_access_list_hash",
        header.block_access_list_hash,
        output.block_access_list.as_ref().map(keccak256),
    )
}

fn transaction_root(transactions: &[Recovered<Transaction>]) -> B256 {
    calculate_transaction_root(transactions)
}

fn receipts_root(output: &BlockOutput) -> B256 {
    #[cfg(feature = "pre-merge")]
    if !output.post_states.is_empty() {
        return pre_merge::receipts_root(output);
    }
    let with_bloom: Vec<_> = output.receipts.iter().map(TxReceipt::with_bloom_ref).collect();
    calculate_receipt_root(&with_bloom)
}

fn logs_bloom(output: &BlockOutput) -> Bloom {
    output.receipts.iter().fold(Bloom::ZERO, |bloom, receipt| bloom | receipt.bloom())
}
