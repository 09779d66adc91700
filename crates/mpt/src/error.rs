//! What can go wrong.

use alloy_primitives::B256;
use thiserror::Error;

/// An operation on a trie that could not be carried out.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum MptError {
    /// The source does not hold this node.
    #[error("trie node {0} is missing")]
    Missing(B256),
    /// The source holds the bytes of this node, and they are not a trie node.
    #[error("trie node {hash} is malformed: {reason}")]
    Malformed {
        /// The hash by which the node was asked for; zero for one that is in memory only.
        hash: B256,
        /// The rule it breaks.
        reason: Malformed,
    },
    /// The source failed to look, as a database may; it is not known whether the node exists.
    #[error("trie node {0} could not be read")]
    Unreadable(B256),
}

/// The rule that a malformed node breaks.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum Malformed {
    /// Truncated or non-canonical RLP.
    #[error("not canonical RLP")]
    Rlp,
    /// Bytes after the node.
    #[error("bytes after the node")]
    TrailingBytes,
    /// A non-empty string where a list is expected.
    #[error("a string, not a list")]
    NotAList,
    /// Neither 2 items (leaf, extension) nor 17 (branch).
    #[error("a list of neither 2 nor 17 items")]
    ItemCount,
    /// The path is a list or an empty string.
    #[error("the path is not a hex-prefix string")]
    Path,
    /// The value of a leaf is a list.
    #[error("the value of a leaf is a list")]
    LeafValue,
    /// The path of an extension has no nibble.
    #[error("an extension with an empty path")]
    EmptyExtensionPath,
    /// The child of an extension is absent, a leaf or another extension.
    #[error("the child of an extension is not a branch")]
    ExtensionChild,
    /// A child is a string of neither 0 nor 32 bytes; its length.
    #[error("a child reference of {0} bytes")]
    ChildLength(usize),
    /// Fewer than two places of a branch are taken.
    #[error("a branch with fewer than two children")]
    BranchOccupancy,
    /// Nodes written in place are nested deeper than a node of 1,024 bytes can nest them.
    #[error("nodes nested too deep")]
    Nesting,
}
