//! What can be wrong with L1's answers.

use alloy_primitives::{Address, B256};
use bough_rollup::DerivationError;
use thiserror::Error;

/// An answer of L1 that cannot be right, whoever is behind the URL.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Flaw {
    /// It cannot be read: no JSON, another shape, too large.
    #[error("answer to {method}: {why}")]
    Answer {
        /// The method.
        method: &'static str,
        /// The reason, in one line.
        why: String,
    },
    /// The output of a call is not encoded as the contract's is.
    #[error("output of {0}")]
    Output(&'static str),
    /// A field is missing that every L1 has.
    #[error("answer to {method}: it has no {field}")]
    Missing {
        /// The method.
        method: &'static str,
        /// The field.
        field: &'static str,
    },
    /// The chain id is another than before.
    #[error("chain id: it is {got}, and was {expected}")]
    ChainId {
        /// What it is now.
        got: u64,
        /// What it was.
        expected: u64,
    },
    /// A block is missing below the head.
    #[error("chain: there is no block {number}, and the head is block {head}")]
    NoBlock {
        /// The missing one.
        number: u64,
        /// The head.
        head: u64,
    },
    /// Another block than the one asked for.
    #[error("block {expected}: its number is {got}")]
    BlockNumber {
        /// The number it has.
        got: u64,
        /// The number asked for.
        expected: u64,
    },
    /// A block that is on top of none.
    #[error("block {number}: its parent is {got}, and the block before it is {expected}")]
    Parent {
        /// Its number.
        number: u64,
        /// The parent it names.
        got: B256,
        /// The block that L1 has before it.
        expected: B256,
    },
    /// A block, or what the contract logged in it, does not continue what came before.
    #[error("{}: {why}", place(*.block, .why))]
    Block {
        /// Its number.
        block: u64,
        /// What is wrong.
        why: DerivationError,
    },
    /// A log that was not asked for: of another block or contract, or taken back.
    #[error("log in block {block}: it is of block {got:?} and contract {address}")]
    OtherLog {
        /// The block asked for.
        block: u64,
        /// The block that it names.
        got: Option<B256>,
        /// The contract that it names.
        address: Address,
    },
    /// A block from a time that is not yet.
    #[error(
        "block {number}: its timestamp is {got}, and by this machine's clock at most {latest} is possible"
    )]
    TimeAhead {
        /// Its number.
        number: u64,
        /// Its timestamp, seconds.
        got: u64,
        /// The latest that is believed.
        latest: u64,
    },
    /// A final block after the head.
    #[error("finalized block: it is block {finalized}, and the head is block {head}")]
    FinalAhead {
        /// Its number.
        finalized: u64,
        /// The head's.
        head: u64,
    },
    /// A final block that is not part of the chain.
    #[error("finalized block: block {number} is {got}, and the chain has {expected}")]
    FinalElsewhere {
        /// Its number.
        number: u64,
        /// Its hash.
        got: B256,
        /// The hash of the chain's block.
        expected: B256,
    },
    /// A price that nobody can pay.
    #[error("base fee: {got} wei per gas, at most {most} is believed")]
    BaseFee {
        /// What it says.
        got: u64,
        /// The most.
        most: u64,
    },
    /// More gas than a block has.
    #[error("gas estimate: {got}, and a block has {most}")]
    GasEstimate {
        /// What it says.
        got: u64,
        /// The most.
        most: u64,
    },
    /// A nonce that no transaction can have (EIP-2681).
    #[error("nonce: {0} is above all there can be")]
    Nonce(u64),
    /// The hash or receipt of another transaction.
    #[error("answer to {method}: it is of transaction {got}, {expected} was asked for")]
    OtherTransaction {
        /// The method.
        method: &'static str,
        /// The hash it has.
        got: B256,
        /// The hash it must have.
        expected: B256,
    },
}

fn place(block: u64, why: &DerivationError) -> String {
    if why.is_of_log() { format!("log in block {block}") } else { format!("block {block}") }
}
