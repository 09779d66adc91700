//! Decoded nodes, and how one refers to another.

use crate::{Malformed, MptError, Nibbles, NodeSource};
use alloy_primitives::{B256, Bytes, b256};
use std::sync::Arc;

/// Root of the trie without entries: the keccak of the RLP of an empty string.
pub const EMPTY_ROOT_HASH: B256 =
    b256!("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421");

/// A decoded trie node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Node {
    /// No node: an empty string under a hash.
    #[default]
    Empty,
    /// The end of a path.
    Leaf {
        /// What is left of the key.
        path: Nibbles,
        /// The entry; not empty in a trie made by this crate.
        value: Bytes,
    },
    /// A piece of path that all the keys below have in common.
    Extension {
        /// The piece; not empty.
        path: Nibbles,
        /// A branch.
        child: Child,
    },
    /// A fork, by the next nibble of the key.
    Branch {
        /// What is below, by nibble.
        children: Box<[Child; 16]>,
        /// The entry whose key ends here, or nothing; keys of one length never end at a branch.
        value: Bytes,
    },
}

/// How a node refers to the node below it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Child {
    /// There is none.
    #[default]
    Empty,
    /// A stored node, to be asked of the source.
    Hash(B256),
    /// A node in memory that gets its reference when its parent is encoded: one of fewer than 32 bytes, or a new one.
    Node(Arc<Node>),
    /// A node in memory whose hash is known: one that was new when the trie was last hashed.
    Hashed(B256, Arc<Node>),
    /// A stored node of 32 bytes or more, written in place by its parent, which should have used its hash.
    Embedded(Arc<Embedded>),
}

/// A node of 32 bytes or more that its parent wrote in place; re-encoding the parent refers to it by hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Embedded {
    /// The bytes in the parent.
    pub raw: Bytes,
    /// What they say.
    pub node: Arc<Node>,
}

impl Child {
    /// Whether there is no child.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }

    /// A new node.
    pub(crate) fn new(node: Node) -> Self {
        Self::Node(Arc::new(node))
    }

    /// A new leaf.
    pub(crate) fn leaf(path: Nibbles, value: Bytes) -> Self {
        Self::new(Node::Leaf { path, value })
    }

    /// A new extension, or `child` itself when the path is empty.
    pub(crate) fn extension(path: &[u8], child: Self) -> Self {
        if path.is_empty() {
            child
        } else {
            Self::new(Node::Extension { path: Nibbles::new(path), child })
        }
    }

    /// The node referred to; nothing when there is none.
    pub(crate) fn resolve<S: NodeSource + ?Sized>(
        &self,
        source: &S,
    ) -> Result<Option<Arc<Node>>, MptError> {
        Ok(match self {
            Self::Empty => None,
            Self::Hash(hash) => Some(source.node(*hash)?),
            Self::Node(node) | Self::Hashed(_, node) => Some(Arc::clone(node)),
            Self::Embedded(embedded) => Some(Arc::clone(&embedded.node)),
        })
    }

    /// Resolves the child of an extension, which must be a branch.
    pub(crate) fn resolve_branch<S: NodeSource + ?Sized>(
        &self,
        source: &S,
    ) -> Result<Arc<Node>, MptError> {
        match self.resolve(source)? {
            Some(node) if matches!(*node, Node::Branch { .. }) => Ok(node),
            _ => Err(MptError::Malformed {
                hash: self.known_hash(),
                reason: Malformed::ExtensionChild,
            }),
        }
    }

    /// The hash, for an error message: zero for a node in place, which has none.
    fn known_hash(&self) -> B256 {
        match self {
            Self::Hash(hash) | Self::Hashed(hash, _) => *hash,
            Self::Empty | Self::Node(_) | Self::Embedded(_) => B256::ZERO,
        }
    }

    /// The node referred to, brought into memory as a new node, to be changed in place.
    pub(crate) fn load<S: NodeSource + ?Sized>(
        &mut self,
        source: &S,
    ) -> Result<Option<&mut Arc<Node>>, MptError> {
        if !matches!(self, Self::Node(_)) {
            *self = self.resolve(source)?.map_or(Self::Empty, Self::Node);
        }
        match self {
            Self::Node(node) => Ok(Some(node)),
            _ => Ok(None),
        }
    }
}
