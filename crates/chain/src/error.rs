//! What a chain can fail with.

use alloy_primitives::B256;
use bough_stf::{BlockError, StateError};
use thiserror::Error;

use crate::StoreError;

/// An operation on a chain that could not be carried out. Nothing was changed by it.
#[derive(Debug, Error)]
pub enum ChainError {
    /// The store could not be opened, read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// State could not be read or updated.
    #[error(transparent)]
    State(#[from] StateError),
    /// A block is not valid, or could not be executed.
    #[error("block {number}: {error}")]
    Block {
        /// The block's number.
        number: u64,
        /// The check that failed.
        error: BlockError,
    },
    /// No block with this hash.
    #[error("unknown block {0}")]
    UnknownBlock(B256),
    /// No canonical block at this height.
    #[error("no block {number}, the head is {head}")]
    UnknownNumber {
        /// The height asked for.
        number: u64,
        /// The head's.
        head: u64,
    },
    /// No canonical transaction with this hash.
    #[error("unknown transaction {0}")]
    UnknownTransaction(B256),
    /// The block's parent is not here.
    #[error("block {block} has unknown parent {parent}")]
    UnknownParent {
        /// The block's hash.
        block: B256,
        /// The hash its header names.
        parent: B256,
    },
    /// The block was built on a head that is not the head any more.
    #[error("built on {parent}, the head is {head}")]
    StaleBuild {
        /// What it was built on.
        parent: B256,
        /// The head now.
        head: B256,
    },
    /// The new head would abandon the finalized block.
    #[error("head {head} does not descend from the finalized block {finalized}")]
    BelowFinalized {
        /// The head asked for.
        head: B256,
        /// The finalized block.
        finalized: B256,
    },
    /// A safe or finalized block must be canonical.
    #[error("block {0} is not canonical")]
    NotCanonical(B256),
    /// The finalized block must not be above the safe one.
    #[error("finalized block {finalized} is above safe block {safe}")]
    TagOrder {
        /// Number of the safe block.
        safe: u64,
        /// Number of the finalized block.
        finalized: u64,
    },
    /// A transaction that had to be included first cannot be.
    #[error("transaction {index} of those to come first: {error}")]
    First {
        /// Its position.
        index: usize,
        /// Why.
        error: FirstError,
    },
    /// Something panicked while a block was made or executed: a fault of this node.
    #[error("block {number}: {panicked}", panicked = crate::Panicked)]
    Panicked {
        /// The block's number.
        number: u64,
    },
    /// The genesis block's fields do not fit a header: this one is too large.
    #[error("genesis {0} does not fit its header field")]
    GenesisField(&'static str),
}

/// Why a transaction that had to be included first cannot be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FirstError {
    /// It is not valid there.
    #[error(transparent)]
    Invalid(#[from] bough_stf::TransactionError),
    /// Its execution panicked: a fault of this node.
    #[error(transparent)]
    Panicked(#[from] crate::Panicked),
    /// With it the block exceeds its byte budget.
    #[error("needs {needed} settlement bytes, budget {budget}")]
    Bytes {
        /// Settlement bytes of a block with it.
        needed: usize,
        /// The budget.
        budget: usize,
    },
    /// With it the block exceeds its gas budget.
    #[error("uses {needed} gas, budget {budget}")]
    Gas {
        /// Gas used by a block with it.
        needed: u64,
        /// The budget.
        budget: u64,
    },
}

impl ChainError {
    /// Names the block that an error of its execution belongs to.
    pub(crate) fn in_block(number: u64) -> impl Fn(BlockError) -> Self {
        move |error| Self::Block { number, error }
    }
}
