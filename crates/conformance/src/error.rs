//! Why a case failed.

use std::{io, path::PathBuf};

use alloy_primitives::{Address, B256, Bytes, U256};
use bough_stateless::{DecodeError, Invalid};
use bough_stf::{BlockError, StateError, TransactionError};
use thiserror::Error;

/// A document that could not be read.
#[derive(Debug, Error)]
pub enum FileError {
    /// The file system, or what decompresses.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A name that says nothing of the format.
    #[error("the name has no ending of a known format")]
    UnknownEnding,
    /// Not JSON, or not the JSON of the fixture it looks like.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// JSON of no known fixture.
    #[error("no known fixture")]
    UnknownFormat,
    /// There is nothing to run below the path.
    #[error("no fixture below {}", .0.display())]
    Nothing(PathBuf),
}

/// Why a case is not as it should be.
#[derive(Debug, Error)]
pub enum CaseError {
    /// The document could not be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A pair.
    #[error(transparent)]
    Pair(#[from] PairError),
    /// The genesis given in RLP or in fields does not hash to its hash.
    #[error("genesis hashes to {got}, not to {expected}")]
    GenesisHash {
        /// The hash of what is given.
        got: B256,
        /// The hash the fixture names.
        expected: B256,
    },
    /// The genesis cannot be decoded.
    #[error("genesis: {0}")]
    GenesisRlp(alloy_rlp::Error),
    /// The state before the first block has another root than the genesis header.
    #[error("pre-state has root {got}, the genesis header {expected}")]
    PreState {
        /// Root of `pre`.
        got: B256,
        /// The header's.
        expected: B256,
    },
    /// State of the fixture could not be put into a trie.
    #[error("state of the fixture: {0}")]
    State(#[from] StateError),
    /// A block that should be imported was refused.
    #[error("block {index} was refused: {error}")]
    Refused {
        /// Position in the fixture.
        index: usize,
        /// Why.
        error: ImportError,
    },
    /// A block that should be refused was imported.
    #[error("block {index} was imported, expected {expected}")]
    Imported {
        /// Position in the fixture.
        index: usize,
        /// The exception the fixture names.
        expected: String,
    },
    /// The last block is another one.
    #[error("last block {got}, expected {expected}")]
    LastBlock {
        /// Our head.
        got: B256,
        /// `lastblockhash`.
        expected: B256,
    },
    /// The state root after the last block is not that of the fixture's post-state.
    #[error("state root {got}, expected {expected}")]
    PostStateRoot {
        /// Our head's.
        got: B256,
        /// That of `postState`, or `postStateHash`.
        expected: B256,
    },
    /// An account differs from the fixture's post-state.
    #[error("{field} of {address} is {got}, expected {expected}")]
    PostState {
        /// The account.
        address: Address,
        /// What of it.
        field: Field,
        /// Ours.
        got: U256,
        /// The fixture's.
        expected: U256,
    },
    /// `stateless` refused an imported block.
    #[error("block {index}: stateless refused a valid block: {error}")]
    StatelessRefused {
        /// Position in the fixture.
        index: usize,
        /// Why.
        error: Invalid,
    },
    /// A valid block is refused within the gas that it uses, or taken in less.
    #[error("block {index}: work limits change the verdict: {error:?}")]
    Limited {
        /// Position in the fixture.
        index: usize,
        /// Why it was refused; nothing when it was taken in less.
        error: Option<Box<Invalid>>,
    },
    /// `stateless` took a block that was refused.
    #[error("block {index}: stateless took a block that was refused: {error}")]
    StatelessAccepted {
        /// Position in the fixture.
        index: usize,
        /// Why it was refused.
        error: ImportError,
    },
    /// `stateless` refused a block for another reason than the import.
    #[error("block {index}: refused for {import}, by stateless for {stateless}")]
    OtherReason {
        /// Position in the fixture.
        index: usize,
        /// Why it was not imported.
        import: Box<ImportError>,
        /// Why `stateless` refused it.
        stateless: Box<Invalid>,
    },
    /// An input that was encoded does not decode to itself.
    #[error("block {index}: the input does not survive its encoding: {error:?}")]
    Codec {
        /// Position in the fixture.
        index: usize,
        /// The error, if that was it.
        error: Option<DecodeError>,
    },
    /// The case ended the thread; what it said is on standard error.
    #[error("panicked")]
    Panic,
}

/// What of an account differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// Nonce.
    Nonce,
    /// Balance, wei.
    Balance,
    /// Hash of the code.
    CodeHash,
    /// The slot with this key.
    Slot(U256),
}

impl std::fmt::Display for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Nonce => f.write_str("nonce"),
            Self::Balance => f.write_str("balance"),
            Self::CodeHash => f.write_str("code hash"),
            Self::Slot(slot) => write!(f, "slot {slot:#x}"),
        }
    }
}

/// Why a block was not imported.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ImportError {
    /// The bytes are not the encoding of a block.
    #[error("not a block: {0}")]
    Rlp(alloy_rlp::Error),
    /// A transaction is not the encoding of one.
    #[error("transaction {0} cannot be decoded")]
    Transaction(usize),
    /// No sender can be recovered.
    #[error("transaction {index}: {error}")]
    Sender {
        /// Position in the block.
        index: usize,
        /// Why.
        error: TransactionError,
    },
    /// The parent was not imported.
    #[error("unknown parent {0}")]
    UnknownParent(B256),
    /// The block is not valid.
    #[error(transparent)]
    Block(#[from] BlockError),
}

/// Why a pair failed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PairError {
    /// The guest answers something else.
    #[error("answer {got}, expected {expected}")]
    Answer {
        /// What the guest answers.
        got: Bytes,
        /// What it should.
        expected: Bytes,
    },
}
