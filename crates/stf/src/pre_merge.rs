//! The rules before the merge: difficulty, ommers, rewards, the DAO fork, receipts with state
//! roots. No proof-of-work seal is checked.
//!
//! execution-specs `frontier/fork.py` to `gray_glacier/fork.py`, at c1200883.

use std::sync::Arc;

use alloy_consensus::{Eip658Value, Header, TxReceipt, proofs::calculate_ommers_root};
use alloy_primitives::{B256, U256};
use alloy_rlp::Encodable;
use alloy_trie::root::ordered_trie_root_with_encoder;
use thiserror::Error;

use crate::{
    BlockError, BlockOutput, ChainSpec, Environment, ExecutableBlock, ExtraPrecompiles, Fork,
    PreState, State, StateError, StateSource, StateUpdate, WorkLimits, block, check_header,
    dao_fork,
};

/// How many ancestors the checks of ommers look at: parents of ommers of the greatest age.
pub const ANCESTORS: usize = 7;

/// Greatest difference between the numbers of a block and of its ommers.
const MAX_OMMER_DEPTH: u64 = 6;
const MAX_OMMERS: usize = 2;
const WEI_PER_ETHER: u128 = 1_000_000_000_000_000_000;
const MINIMUM_DIFFICULTY: U256 = U256::from_limbs([131_072, 0, 0, 0]);
const DIFFICULTY_DIVISOR: U256 = U256::from_limbs([2048, 0, 0, 0]);
/// Most steps by which one late block lowers the difficulty.
const MAX_DIFFICULTY_DROP: u64 = 99;
/// Blocks after which the difficulty bomb doubles, and how many of these it waits.
const BOMB_PERIOD: u64 = 100_000;
const BOMB_WAITS: u64 = 2;
/// Extra data of the block that begins the DAO fork, and of the nine after it.
const DAO_EXTRA_DATA: &[u8] = b"dao-hard-fork";
const DAO_EXTRA_RANGE: u64 = 10;

/// An ancestor of a block, as the checks of its ommers need it.
#[derive(Debug, Clone, Copy)]
pub struct Ancestor<'a> {
    /// Its hash.
    pub hash: B256,
    /// Its header.
    pub header: &'a Header,
    /// Its own ommers.
    pub ommers: &'a [Header],
}

/// Ommers that a block may not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum OmmerError {
    /// More than two.
    #[error("{0} ommers, at most 2")]
    TooMany(usize),
    /// The same one twice.
    #[error("the ommer {0} stands there twice")]
    Twice(B256),
    /// One that is an ancestor.
    #[error("the ommer {0} is an ancestor")]
    Ancestor(B256),
    /// One that an ancestor has had.
    #[error("an ancestor has had the ommer {0}")]
    Known(B256),
    /// One that is not younger than the seventh ancestor, or not older than the block.
    #[error("an ommer with number {ommer} in block {block}")]
    Age {
        /// The ommer's number.
        ommer: u64,
        /// The block's number.
        block: u64,
    },
    /// One whose parent is no ancestor, or is the block's own parent.
    #[error("parent {0} of an ommer")]
    Parent(B256),
}

/// [`crate::execute_block`] for blocks that may have ommers. From Paris on they may not, and this is
/// the same. `ancestors` are the last [`ANCESTORS`] or all there are, the parent first.
///
/// # Errors
/// The first check that fails.
pub fn execute_block<S: StateSource>(
    spec: &ChainSpec,
    ancestors: &[Ancestor<'_>],
    block: ExecutableBlock<'_>,
    ommers: &[Header],
    state: Arc<PreState<S>>,
    extra: ExtraPrecompiles,
    limits: WorkLimits,
) -> Result<(BlockOutput, StateUpdate), BlockError> {
    let Some(parent) = ancestors.first() else {
        return Err(BlockError::ParentHash { got: block.header.parent_hash, expected: B256::ZERO });
    };
    check_ommers(spec, ancestors, block.header, ommers)?;
    block::execute_with_ommers(
        spec,
        parent.header,
        parent.hash,
        block,
        ommers,
        state,
        extra,
        limits,
    )
}

/// `validate_ommers`.
fn check_ommers(
    spec: &ChainSpec,
    ancestors: &[Ancestor<'_>],
    header: &Header,
    ommers: &[Header],
) -> Result<(), BlockError> {
    check_ommers_hash(header, ommers)?;
    if ommers.len() > MAX_OMMERS {
        return Err(OmmerError::TooMany(ommers.len()).into());
    }
    let ancestors = ancestors.get(..ANCESTORS).unwrap_or(ancestors);
    let mut seen = Vec::new();
    for ommer in ommers {
        let hash = ommer.hash_slow();
        if seen.contains(&hash) {
            return Err(OmmerError::Twice(hash).into());
        }
        seen.push(hash);
        if ancestors.iter().any(|ancestor| ancestor.hash == hash) {
            return Err(OmmerError::Ancestor(hash).into());
        }
        let mut known = ancestors.iter().flat_map(|ancestor| ancestor.ommers);
        if known.any(|known| known.hash_slow() == hash) {
            return Err(OmmerError::Known(hash).into());
        }
        let age = header.number.checked_sub(ommer.number);
        if ommer.number == 0 || !age.is_some_and(|age| (1..=MAX_OMMER_DEPTH).contains(&age)) {
            let error = OmmerError::Age { ommer: ommer.number, block: header.number };
            return Err(error.into());
        }
        let parent = ancestors
            .iter()
            .find(|ancestor| ancestor.hash == ommer.parent_hash)
            .filter(|_| ommer.parent_hash != header.parent_hash)
            .ok_or(OmmerError::Parent(ommer.parent_hash))?;
        check_header(spec, parent.header, parent.hash, ommer)?;
    }
    Ok(())
}

/// The ommers are the header's.
pub(crate) fn check_ommers_hash(header: &Header, ommers: &[Header]) -> Result<(), BlockError> {
    let (got, expected) = (header.ommers_hash, calculate_ommers_root(ommers));
    if got != expected {
        let (got, expected) = (Some(got), Some(expected));
        return Err(BlockError::Root { field: "ommers_hash", got, expected });
    }
    Ok(())
}

/// What headers before the merge have besides the checks of all headers.
pub(crate) fn check_difficulty(
    spec: &ChainSpec,
    parent: &Header,
    header: &Header,
) -> Result<(), BlockError> {
    let expected = difficulty(spec, parent, header.number, header.timestamp);
    if header.difficulty != expected {
        return Err(BlockError::Difficulty { got: header.difficulty, expected });
    }
    if let Some(fork_block) = spec.forks.block_of(Fork::DaoFork)
        && header.number.checked_sub(fork_block).is_some_and(|since| since < DAO_EXTRA_RANGE)
        && header.extra_data.as_ref() != DAO_EXTRA_DATA
    {
        return Err(BlockError::DaoExtraData);
    }
    Ok(())
}

/// The difficulty of a block before the merge: `calculate_block_difficulty`, by fork.
pub fn difficulty(spec: &ChainSpec, parent: &Header, number: u64, timestamp: u64) -> U256 {
    let fork = spec.forks.fork_at(number, timestamp);
    let late = timestamp.saturating_sub(parent.timestamp);
    let step = parent.difficulty / DIFFICULTY_DIVISOR;
    // Steps up for a block in time, less one for each period that it is late.
    let (up, down) = if fork < Fork::Homestead {
        if late < 13 { (1, 0) } else { (0, 1) }
    } else if fork < Fork::Byzantium {
        (1, late / 10)
    } else {
        let has_ommers = parent.ommers_hash != alloy_consensus::EMPTY_OMMER_ROOT_HASH;
        (if has_ommers { 2 } else { 1 }, late / 9)
    };
    let steps = |count: u64| step.saturating_mul(U256::from(count));
    let adjusted = if up >= down {
        parent.difficulty.saturating_add(steps(up - down))
    } else {
        parent.difficulty.saturating_sub(steps((down - up).min(MAX_DIFFICULTY_DROP)))
    };
    adjusted.saturating_add(bomb(fork, number)).max(MINIMUM_DIFFICULTY)
}

/// What the difficulty bomb adds.
fn bomb(fork: Fork, number: u64) -> U256 {
    let delay = match fork {
        fork if fork < Fork::Byzantium => 0,
        Fork::Byzantium => 3_000_000,
        fork if fork < Fork::MuirGlacier => 5_000_000,
        fork if fork < Fork::London => 9_000_000,
        Fork::London => 9_700_000,
        Fork::ArrowGlacier => 10_700_000,
        _ => 11_400_000,
    };
    let periods = number.checked_sub(delay).map(|number| number / BOMB_PERIOD);
    match periods.and_then(|periods| periods.checked_sub(BOMB_WAITS)) {
        Some(doublings) => usize::try_from(doublings)
            .ok()
            .and_then(|doublings| U256::from(1).checked_shl(doublings))
            .unwrap_or(U256::MAX),
        None => U256::ZERO,
    }
}

/// Pays the miner and the ommers' miners. From Paris on nobody.
pub(crate) fn pay_rewards<S: StateSource>(
    fork: Fork,
    env: &Environment,
    ommers: &[Header],
    state: &mut State<S>,
) -> Result<(), BlockError> {
    let ether: u128 = match fork {
        fork if fork >= Fork::Paris => return Ok(()),
        fork if fork < Fork::Byzantium => 5,
        Fork::Byzantium => 3,
        _ => 2,
    };
    let reward = U256::from(ether * WEI_PER_ETHER);
    let nephew = reward / U256::from(32) * U256::from(ommers.len());
    let mut pay = |address, wei| match state.add_balance(address, wei)? {
        true => Ok(()),
        false => Err(BlockError::BalanceOverflow(address)),
    };
    for ommer in ommers {
        let age = env.number.saturating_sub(ommer.number);
        let eighths = 8u64.saturating_sub(age);
        pay(ommer.beneficiary, reward * U256::from(eighths) / U256::from(8))?;
    }
    pay(env.beneficiary, reward + nephew)
}

/// What the first block of a fork changes before anything else: the DAO fork's moves the ether of a
/// list of accounts into one contract.
pub(crate) fn apply_fork<S: StateSource>(
    spec: &ChainSpec,
    env: &Environment,
    state: &mut State<S>,
) -> Result<(), StateError> {
    if env.number == 0 || spec.forks.block_of(Fork::DaoFork) != Some(env.number) {
        return Ok(());
    }
    let mut sum = state.account(dao_fork::RECOVERY)?.unwrap_or_default().balance;
    for address in dao_fork::ACCOUNTS {
        sum = sum.saturating_add(state.account(address)?.unwrap_or_default().balance);
        state.set_balance(address, U256::ZERO)?;
    }
    state.set_balance(dao_fork::RECOVERY, sum)
}

/// The root of receipts that name the state after their transaction instead of a status.
pub(crate) fn receipts_root(output: &BlockOutput) -> B256 {
    let rooted: Vec<_> = output
        .receipts
        .iter()
        .zip(&output.post_states)
        .map(|(receipt, root)| {
            alloy_consensus::Receipt {
                status: Eip658Value::PostState(*root),
                cumulative_gas_used: receipt.cumulative_gas_used,
                logs: receipt.logs().to_vec(),
            }
            .into_with_bloom()
        })
        .collect();
    ordered_trie_root_with_encoder(&rooted, |receipt, buffer| receipt.encode(buffer))
}
