//! Why an input was refused.

use alloy_primitives::B256;
use bough_stf::{BlockError, TransactionError};
use thiserror::Error;

/// Bytes that are no input: the answer is 43 zero bytes.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// Fewer than the two bytes of the schema id.
    #[error("{0} bytes, a schema id has 2")]
    TooShort(usize),
    /// No schema of this crate.
    #[error("schema id {0:#06x} is not known")]
    UnknownSchema(u16),
    /// Not SSZ of the schema's container.
    #[error("not the schema's SSZ: {0:?}")]
    Ssz(libssz::DecodeError),
    /// SSZ that another encoding of the same value would differ from.
    #[error("the SSZ is not canonical")]
    NotCanonical,
}

/// Why the witness cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WitnessError {
    /// No headers, so no parent.
    #[error("the witness has no parent header")]
    NoParent,
    /// A header that is not one of the schema's fork or the fork before it.
    #[error("witness header {0} is malformed")]
    MalformedHeader(usize),
    /// A header whose parent hash is not the hash of the header before it.
    #[error("witness header {at} has parent {got}, the one before it is {expected}")]
    NotContiguous {
        /// Position of the header.
        at: usize,
        /// Its parent hash.
        got: B256,
        /// Hash of the header before it.
        expected: B256,
    },
}

/// Why the payload is no block.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PayloadError {
    /// A transaction without bytes.
    #[error("transaction {0} is empty")]
    EmptyTransaction(usize),
    /// A transaction that cannot be decoded.
    #[error("transaction {0} is malformed")]
    MalformedTransaction(usize),
    /// A transaction without a recoverable sender.
    #[error("transaction {index}: {error}")]
    Sender {
        /// Position in the payload.
        index: usize,
        /// Why.
        error: TransactionError,
    },
    /// A base fee that no header can carry (above 2^64 - 1 wei).
    #[error("the base fee is above 2^64 - 1")]
    BaseFee,
    /// The header made from the payload hashes to something else.
    #[error("block hash {got}, the payload hashes to {expected}")]
    BlockHash {
        /// The payload's `block_hash`.
        got: B256,
        /// The hash of the header.
        expected: B256,
    },
    /// The versioned hashes are not those of the blob transactions.
    #[error("versioned hashes differ from those of the transactions")]
    VersionedHashes,
}

/// Why a decoded input is not valid.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Invalid {
    /// The witness.
    #[error(transparent)]
    Witness(#[from] WitnessError),
    /// The payload.
    #[error(transparent)]
    Payload(#[from] PayloadError),
    /// The block that the payload makes.
    #[error(transparent)]
    Block(#[from] BlockError),
}
