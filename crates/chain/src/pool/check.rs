//! What a transaction must be on its own, and what its sender must be able to do.

use alloy_consensus::{Header, Transaction as _, Typed2718, transaction::Recovered};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::KECCAK256_EMPTY;
use bough_stf::{
    ChainSpec, Fork, State, StateSource, Transaction, intrinsic_gas, revm::state::AccountInfo,
};

use super::{PoolConfig, PoolError, transaction::tip_cap, well_known::is_well_known};

/// EIP-2718 type of blob transactions (EIP-4844) and of set-code transactions (EIP-7702).
const BLOB_TYPE: u8 = 3;
const SET_CODE_TYPE: u8 = 4;

/// The rules that the next block's transactions follow.
#[derive(Debug, Clone, Copy)]
pub(super) struct NextBlock {
    fork: Fork,
    gas_limit: u64,
}

impl NextBlock {
    /// Those of the block after `head`, at the earliest time it can have.
    pub(super) fn after(spec: &ChainSpec, head: &Header) -> Self {
        let (number, timestamp) = (head.number.saturating_add(1), head.timestamp.saturating_add(1));
        Self { fork: spec.forks.fork_at(number, timestamp), gas_limit: head.gas_limit }
    }
}

/// Checks that need neither the sender nor any state: the cheap ones.
pub(super) fn check_form(
    config: &PoolConfig,
    chain_id: u64,
    transaction: &Transaction,
) -> Result<(), PoolError> {
    let kind = transaction.ty();
    if kind == BLOB_TYPE && !config.blob_transactions {
        return Err(PoolError::TypeNotSupported { got: kind });
    }
    let (got, limit) = (transaction.encode_2718_len(), config.max_transaction_bytes);
    if got > limit {
        return Err(PoolError::Oversized { got, limit });
    }
    match transaction.chain_id() {
        Some(got) if got != chain_id => Err(PoolError::ChainId { got, expected: chain_id }),
        None if !config.unprotected_transactions && !is_well_known(*transaction.hash()) => {
            Err(PoolError::Unprotected)
        }
        _ => Ok(()),
    }
}

/// Checks against the rules of the next block: type, gas and fees.
pub(super) fn check_rules(
    config: &PoolConfig,
    min_tip: u128,
    next: NextBlock,
    transaction: &Recovered<Transaction>,
) -> Result<(), PoolError> {
    check_type(next.fork, transaction)?;
    check_gas(next, transaction)?;
    let (tip, fee_cap) = (tip_cap(transaction), transaction.max_fee_per_gas());
    if tip > fee_cap {
        return Err(PoolError::TipAboveFeeCap { tip, fee_cap });
    }
    if fee_cap < config.min_fee_cap {
        return Err(PoolError::FeeCapTooLow { got: fee_cap, needed: config.min_fee_cap });
    }
    if tip < min_tip {
        return Err(PoolError::Underpriced { got: tip, needed: min_tip });
    }
    Ok(())
}

fn check_type(fork: Fork, transaction: &Transaction) -> Result<(), PoolError> {
    let kind = transaction.ty();
    if !knows_type(fork, kind) {
        return Err(PoolError::TypeNotSupported { got: kind });
    }
    if kind == BLOB_TYPE {
        let got = transaction.blob_versioned_hashes().unwrap_or_default().len();
        let limit = fork.blob_params().map_or(0, |params| params.max_blobs_per_tx);
        if got == 0 {
            return Err(PoolError::NoBlobs);
        }
        if u64::try_from(got).unwrap_or(u64::MAX) > limit {
            return Err(PoolError::TooManyBlobs { got, limit });
        }
    }
    if kind == SET_CODE_TYPE && transaction.authorization_list().unwrap_or_default().is_empty() {
        return Err(PoolError::NoAuthorizations);
    }
    Ok(())
}

/// Whether a type came with the fork or before it. The forks are known by what else they brought:
/// EIP-4844 by blobs, EIP-7702 with execution requests. Types 1 and 2 are older than anything a
/// pool serves here.
fn knows_type(fork: Fork, kind: u8) -> bool {
    match kind {
        BLOB_TYPE => fork.blob_params().is_some(),
        SET_CODE_TYPE => fork.has_requests(),
        _ => kind < BLOB_TYPE,
    }
}

/// The most a gas limit may be (EIP-7825). EIP-8037, which came with access lists, caps only the
/// part for execution: a limit above the cap is then valid.
pub(crate) fn gas_limit_cap(fork: Fork) -> Option<u64> {
    fork.transaction_gas_cap().filter(|_| !fork.has_block_access_list())
}

fn check_gas(next: NextBlock, transaction: &Recovered<Transaction>) -> Result<(), PoolError> {
    let got = transaction.gas_limit();
    if got > next.gas_limit {
        return Err(PoolError::ExceedsBlockGasLimit { got, limit: next.gas_limit });
    }
    if let Some(cap) = gas_limit_cap(next.fork).filter(|cap| got > *cap) {
        return Err(PoolError::GasLimitTooHigh { got, cap });
    }
    let (execution, state, floor) = intrinsic_gas(next.fork, transaction);
    let needed = execution.saturating_add(state);
    if got < needed {
        return Err(PoolError::IntrinsicGas { got, needed });
    }
    if got < floor {
        return Err(PoolError::FloorGas { got, needed: floor });
    }
    Ok(())
}

/// Checks of the sender's account at the head; gives the account.
pub(super) fn check_sender<S: StateSource>(
    state: &State<S>,
    transaction: &Recovered<Transaction>,
) -> Result<AccountInfo, PoolError> {
    let sender = transaction.signer();
    let account = state.account(sender)?.unwrap_or_default();
    if transaction.nonce() < account.nonce {
        let (got, expected) = (transaction.nonce(), account.nonce);
        return Err(PoolError::NonceTooLow { got, expected });
    }
    if transaction.nonce() == u64::MAX {
        return Err(PoolError::NonceMax);
    }
    // EIP-3607, which lets delegated accounts (EIP-7702) pass.
    let has_code = account.code_hash != KECCAK256_EMPTY && !account.code_hash.is_zero();
    if has_code && !state.code(account.code_hash)?.is_eip7702() {
        return Err(PoolError::SenderNotEoa(sender));
    }
    Ok(account)
}
