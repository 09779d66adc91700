//! Header checks against the parent's, and the values a header must have.

use alloy_consensus::{
    EMPTY_OMMER_ROOT_HASH, EMPTY_ROOT_HASH, Header, constants::EMPTY_WITHDRAWALS,
};
use alloy_eips::eip4844::DATA_GAS_PER_BLOB;
use alloy_primitives::{B64, B256, U256, U512, b256};

use crate::{BlockError, ChainSpec, Fork, requests_hash};

const GAS_LIMIT_ADJUSTMENT_FACTOR: u64 = 1024;
const GAS_LIMIT_MINIMUM: u64 = 5000;
const MAX_EXTRA_DATA: usize = 32;
const ELASTICITY_MULTIPLIER: u64 = 2;
const BASE_FEE_MAX_CHANGE_DENOMINATOR: u128 = 8;
/// Base fee (wei) of the first block with one, and of a genesis that names none.
const INITIAL_BASE_FEE: u64 = 1_000_000_000;
/// keccak256 of the RLP of an empty list: the hash of an access list without entries.
const EMPTY_ACCESS_LIST_HASH: B256 =
    b256!("1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347");

/// Checks a header of the fork that `spec` gives it against its parent's.
///
/// execution-specs `amsterdam/fork.py` `validate_header`; the fields that only a later fork has
/// must be absent and the fork's own present.
///
/// # Errors
/// The first check that fails.
pub fn check_header(
    spec: &ChainSpec,
    parent: &Header,
    parent_hash: B256,
    header: &Header,
) -> Result<(), BlockError> {
    let fork = spec.forks.fork_at(header.number, header.timestamp);
    check_presence(fork, header)?;
    check_number_and_time(parent, parent_hash, header)?;
    check_gas(fork, parent, header)?;
    if header.extra_data.len() > MAX_EXTRA_DATA {
        return Err(BlockError::ExtraData(header.extra_data.len()));
    }
    if fork >= Fork::Paris {
        return check_proof_of_work_fields(header);
    }
    #[cfg(feature = "pre-merge")]
    return crate::pre_merge::check_difficulty(spec, parent, header);
    #[cfg(not(feature = "pre-merge"))]
    Err(BlockError::BeforeMerge)
}

fn check_presence(fork: Fork, header: &Header) -> Result<(), BlockError> {
    let fields = [
        ("base_fee_per_gas", header.base_fee_per_gas.is_some(), Fork::London),
        ("withdrawals_root", header.withdrawals_root.is_some(), Fork::Shanghai),
        ("blob_gas_used", header.blob_gas_used.is_some(), Fork::Cancun),
        ("excess_blob_gas", header.excess_blob_gas.is_some(), Fork::Cancun),
        ("parent_beacon_block_root", header.parent_beacon_block_root.is_some(), Fork::Cancun),
        ("requests_hash", header.requests_hash.is_some(), Fork::Prague),
        ("block_access_list_hash", header.block_access_list_hash.is_some(), Fork::Amsterdam),
        ("slot_number", header.slot_number.is_some(), Fork::Amsterdam),
    ];
    match fields.into_iter().find(|(_, present, since)| *present != (fork >= *since)) {
        Some((field, ..)) => Err(BlockError::FieldPresence(field)),
        None => Ok(()),
    }
}

fn check_number_and_time(
    parent: &Header,
    parent_hash: B256,
    header: &Header,
) -> Result<(), BlockError> {
    let expected = parent.number.saturating_add(1);
    if header.number != expected || header.number <= parent.number {
        return Err(BlockError::Number { got: header.number, expected });
    }
    if header.parent_hash != parent_hash {
        return Err(BlockError::ParentHash { got: header.parent_hash, expected: parent_hash });
    }
    if header.timestamp <= parent.timestamp {
        return Err(BlockError::Timestamp { got: header.timestamp, parent: parent.timestamp });
    }
    Ok(())
}

fn check_gas(fork: Fork, parent: &Header, header: &Header) -> Result<(), BlockError> {
    let expected = excess_blob_gas(fork, parent);
    if header.excess_blob_gas != expected {
        return Err(BlockError::ExcessBlobGas { got: header.excess_blob_gas, expected });
    }
    if header.gas_used > header.gas_limit {
        return Err(BlockError::GasUsedAboveLimit {
            used: header.gas_used,
            limit: header.gas_limit,
        });
    }
    // The fork block that brings the base fee doubles the limit (EIP-1559).
    let first_with_base_fee = fork >= Fork::London && parent.base_fee_per_gas.is_none();
    let parent_limit = if first_with_base_fee {
        parent.gas_limit.saturating_mul(ELASTICITY_MULTIPLIER)
    } else {
        parent.gas_limit
    };
    let delta = parent_limit / GAS_LIMIT_ADJUSTMENT_FACTOR;
    if header.gas_limit.abs_diff(parent_limit) >= delta || header.gas_limit < GAS_LIMIT_MINIMUM {
        return Err(BlockError::GasLimit { got: header.gas_limit, parent: parent_limit });
    }
    let expected = base_fee(fork, parent);
    if header.base_fee_per_gas != expected {
        return Err(BlockError::BaseFee { got: header.base_fee_per_gas, expected });
    }
    Ok(())
}

fn check_proof_of_work_fields(header: &Header) -> Result<(), BlockError> {
    if !header.difficulty.is_zero() {
        return Err(BlockError::ProofOfWorkField("difficulty"));
    }
    if header.nonce != B64::ZERO {
        return Err(BlockError::ProofOfWorkField("nonce"));
    }
    if header.ommers_hash != EMPTY_OMMER_ROOT_HASH {
        return Err(BlockError::ProofOfWorkField("ommers_hash"));
    }
    Ok(())
}

/// The base fee (wei per gas) a block of `fork` must have after `parent` (EIP-1559).
pub fn base_fee(fork: Fork, parent: &Header) -> Option<u64> {
    if fork < Fork::London {
        return None;
    }
    let Some(fee) = parent.base_fee_per_gas else { return Some(INITIAL_BASE_FEE) };
    let target = u128::from(parent.gas_limit / ELASTICITY_MULTIPLIER);
    let (used, fee) = (u128::from(parent.gas_used), u128::from(fee));
    if target == 0 || used == target {
        return u64::try_from(fee).ok();
    }
    let change = fee * used.abs_diff(target) / target / BASE_FEE_MAX_CHANGE_DENOMINATOR;
    let next = if used > target { fee + change.max(1) } else { fee.saturating_sub(change) };
    Some(u64::try_from(next).unwrap_or(u64::MAX))
}

/// The excess blob gas a block of `fork` must have after `parent` (EIP-4844, EIP-7918).
pub fn excess_blob_gas(fork: Fork, parent: &Header) -> Option<u64> {
    let params = fork.blob_params()?;
    let excess = parent.excess_blob_gas.unwrap_or_default();
    let used = parent.blob_gas_used.unwrap_or_default();
    let sum = excess.saturating_add(used);
    let target = params.target_blob_gas_per_block();
    if sum < target {
        return Some(0);
    }
    let reserve =
        U256::from(params.blob_base_cost) * U256::from(parent.base_fee_per_gas.unwrap_or_default());
    let price = U256::from(DATA_GAS_PER_BLOB) * U256::from(blob_base_fee(fork, excess));
    if fork >= Fork::Osaka && reserve > price {
        let above = u128::from(params.max_blob_count.saturating_sub(params.target_blob_count));
        let scaled = u128::from(used) * above / u128::from(params.max_blob_count.max(1));
        return Some(excess.saturating_add(u64::try_from(scaled).unwrap_or(u64::MAX)));
    }
    Some(sum - target)
}

/// The blob base fee (wei per blob gas), `u128::MAX` where it would be more: no transaction can
/// offer that.
pub(crate) fn blob_base_fee(fork: Fork, excess_blob_gas: u64) -> u128 {
    /// `e^89 > 2^128`.
    const SATURATES_AT: u64 = 89;
    let Some(params) = fork.blob_params() else { return 1 };
    let fraction = u64::try_from(params.update_fraction).unwrap_or(u64::MAX).max(1);
    if excess_blob_gas / fraction >= SATURATES_AT {
        return u128::MAX;
    }
    // fake_exponential of EIP-4844, in integers wide enough for the bound above.
    let (numerator, denominator) = (U512::from(excess_blob_gas), U512::from(fraction));
    let mut term = U512::from(params.min_blob_fee) * denominator;
    let mut sum = U512::ZERO;
    let mut step = U512::from(1);
    while !term.is_zero() {
        sum += term;
        term = term * numerator / (denominator * step);
        step += U512::from(1);
    }
    (sum / denominator).saturating_to()
}

/// A genesis header of the fork that `spec` gives it, with the fields the fork has at their
/// neutral values where `header` leaves them out.
pub fn genesis_header(spec: &ChainSpec, header: Header) -> Header {
    let fork = spec.forks.fork_at(header.number, header.timestamp);
    let since = |first: Fork| fork >= first;
    Header {
        transactions_root: EMPTY_ROOT_HASH,
        receipts_root: EMPTY_ROOT_HASH,
        ommers_hash: EMPTY_OMMER_ROOT_HASH,
        base_fee_per_gas: since(Fork::London)
            .then(|| header.base_fee_per_gas.unwrap_or(INITIAL_BASE_FEE)),
        withdrawals_root: since(Fork::Shanghai).then_some(EMPTY_WITHDRAWALS),
        blob_gas_used: since(Fork::Cancun).then(|| header.blob_gas_used.unwrap_or_default()),
        excess_blob_gas: since(Fork::Cancun).then(|| header.excess_blob_gas.unwrap_or_default()),
        parent_beacon_block_root: since(Fork::Cancun)
            .then(|| header.parent_beacon_block_root.unwrap_or_default()),
        requests_hash: since(Fork::Prague).then(|| requests_hash(&[])),
        block_access_list_hash: since(Fork::Amsterdam).then_some(EMPTY_ACCESS_LIST_HASH),
        slot_number: since(Fork::Amsterdam).then(|| header.slot_number.unwrap_or_default()),
        ..header
    }
}
