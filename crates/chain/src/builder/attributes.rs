//! What a block is built from, and what comes out.

use std::sync::Arc;

use alloy_consensus::transaction::Recovered;
use alloy_eips::eip4895::Withdrawal;
use alloy_primitives::{Address, B256, Bytes};
use bough_stf::{StateUpdate, Transaction};

use crate::{DropReason, StoredBlock, Witness};

/// What whoever builds a block decides about it. Fields that the block's fork does not have are
/// not looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BlockAttributes {
    /// The block to build on; the head without one.
    pub parent: Option<B256>,
    /// Seconds; above the parent's.
    pub timestamp: u64,
    /// Receives the tips.
    pub fee_recipient: Address,
    /// EIP-4399 randomness.
    pub prev_randao: B256,
    /// EIP-4788 root.
    pub parent_beacon_block_root: B256,
    /// The gas limit to move towards: a block changes its parent's by less than 1/1024.
    pub gas_limit: u64,
    /// At most 32 bytes.
    pub extra_data: Bytes,
    /// EIP-7843 slot number.
    pub slot_number: u64,
    /// Withdrawals, paid at the end of the block.
    pub withdrawals: Vec<Withdrawal>,
    /// Transactions that must come first, in this order; the pool's follow.
    pub first: Vec<Recovered<Transaction>>,
    /// What the block may use.
    pub budget: Budget,
    /// Leaves the pool's transactions out.
    pub without_pool: bool,
}

/// The most a block may use, besides what its own rules allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// The most the header's gas used may be.
    pub gas: u64,
    /// The most bytes the block may have when it is settled: payload and witness as
    /// `StatelessInput`, schema id included. `None` does not limit.
    pub bytes: Option<usize>,
}

impl Budget {
    /// No limits but the block's own.
    pub const UNLIMITED: Self = Self { gas: u64::MAX, bytes: None };
}

impl Default for Budget {
    fn default() -> Self {
        Self::UNLIMITED
    }
}

/// A block that was built and is not part of the chain yet; see [`crate::Chain::commit`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuiltBlock {
    /// The block and all that its execution gave.
    pub block: Arc<StoredBlock>,
    /// What its execution read.
    pub witness: Witness,
    /// Bytes of its `StatelessInput`; see [`crate::settlement_size`].
    pub settlement_bytes: usize,
    /// Transactions of the pool that turned out unusable on this parent, and why. They leave the
    /// pool when the block is committed; those that exceed a budget by themselves only after
    /// [`crate::PoolConfig::unfit_blocks`] blocks.
    pub excluded: Vec<(B256, DropReason)>,
    /// The state it leads to.
    pub(crate) state: StateUpdate,
    /// Whether it was built on whatever the head was: it may only be committed on that then.
    pub(crate) on_head: bool,
}
