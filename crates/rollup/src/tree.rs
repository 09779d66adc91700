//! The Merkle tree of messages from L1 to L2.

use std::{cmp::Ordering, iter, sync::LazyLock};

use alloy_primitives::{B256, keccak256};
use bough_contracts::native_rollup::MESSAGE_TREE_DEPTH;
use thiserror::Error;

/// Leaves at most: the last stays empty, so that the count fits in as many bits as an index.
const MAX_LEAVES: u64 = (1 << MESSAGE_TREE_DEPTH) - 1;

/// Roots of empty subtrees, by height; the last is the root of the empty tree.
static EMPTY: LazyLock<Vec<B256>> = LazyLock::new(|| {
    iter::successors(Some(B256::ZERO), |node| Some(parent(*node, *node)))
        .take(MESSAGE_TREE_DEPTH + 1)
        .collect()
});

/// What a tree cannot do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TreeError {
    /// It has as many leaves as it can have.
    #[error("the message tree is full")]
    Full,
    /// It never had this many leaves.
    #[error("the tree has {leaves} messages, not {count}")]
    CountUnknown {
        /// Asked for.
        count: u64,
        /// Leaves there are.
        leaves: u64,
    },
    /// The leaf is not among those counted.
    #[error("message {index} is not among the first {count}")]
    NotIncluded {
        /// The leaf asked for.
        index: u64,
        /// The leaves counted.
        count: u64,
    },
}

/// The tree of `MessageTree.sol`: depth 32, `keccak256(left || right)`, empty leaves zero.
///
/// It keeps every node that is complete, so that the root after any number of messages and proofs
/// against it cost one walk of 32 levels.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MessageTree {
    /// For each height below the root's, from the leaves up, the nodes that have all their leaves.
    levels: [Vec<B256>; MESSAGE_TREE_DEPTH],
}

impl MessageTree {
    /// The tree without messages.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many messages it has.
    pub fn len(&self) -> u64 {
        self.levels.first().map_or(0, |leaves| leaves.len() as u64)
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends a message's hash.
    ///
    /// # Errors
    /// [`TreeError::Full`].
    pub fn append(&mut self, leaf: B256) -> Result<(), TreeError> {
        if self.len() >= MAX_LEAVES {
            return Err(TreeError::Full);
        }
        let mut node = leaf;
        for level in &mut self.levels {
            level.push(node);
            // The node above is complete with the right one of its two.
            let [.., left, right] = level.as_slice() else { break };
            if level.len() % 2 == 1 {
                break;
            }
            node = parent(*left, *right);
        }
        Ok(())
    }

    /// Takes back all messages but the first `count`.
    pub fn truncate(&mut self, count: u64) {
        for (height, level) in self.levels.iter_mut().enumerate() {
            level.truncate(usize::try_from(count >> height).unwrap_or(usize::MAX));
        }
    }

    /// The hash of message `index`.
    pub fn leaf(&self, index: u64) -> Option<B256> {
        self.complete(0, index)
    }

    /// The root of all messages.
    pub fn root(&self) -> B256 {
        self.edge(self.len()).last().unwrap_or_default()
    }

    /// The root after the first `count` messages.
    ///
    /// # Errors
    /// [`TreeError::CountUnknown`].
    pub fn root_at(&self, count: u64) -> Result<B256, TreeError> {
        self.check_count(count)?;
        Ok(self.edge(count).last().unwrap_or_default())
    }

    /// The siblings of message `index` from the leaves up, for the root after `count` messages.
    ///
    /// # Errors
    /// [`TreeError::CountUnknown`] and [`TreeError::NotIncluded`].
    pub fn proof(&self, index: u64, count: u64) -> Result<[B256; MESSAGE_TREE_DEPTH], TreeError> {
        self.check_count(count)?;
        if index >= count {
            return Err(TreeError::NotIncluded { index, count });
        }
        let mut proof = [B256::ZERO; MESSAGE_TREE_DEPTH];
        let heights = proof.iter_mut().zip(self.edge(count)).zip(EMPTY.iter()).enumerate();
        for (height, ((node, edge), empty)) in heights {
            let sibling = (index >> height) ^ 1;
            *node = match sibling.cmp(&(count >> height)) {
                Ordering::Less => self.complete(height, sibling).unwrap_or_default(),
                Ordering::Equal => edge,
                Ordering::Greater => *empty,
            };
        }
        Ok(proof)
    }

    /// For a tree of `count` messages, the node above leaf `count`, which is empty, at each height
    /// from 0 to the root's. It is the only one there that may have some of its leaves.
    fn edge(&self, count: u64) -> impl Iterator<Item = B256> {
        let mut node = B256::ZERO;
        let above =
            EMPTY.iter().take(MESSAGE_TREE_DEPTH).enumerate().map(move |(height, empty)| {
                let index = count >> height;
                node = match index.checked_sub(1).filter(|_| index % 2 == 1) {
                    Some(left) => parent(self.complete(height, left).unwrap_or_default(), node),
                    None => parent(node, *empty),
                };
                node
            });
        iter::once(B256::ZERO).chain(above)
    }

    fn complete(&self, height: usize, index: u64) -> Option<B256> {
        self.levels.get(height)?.get(usize::try_from(index).ok()?).copied()
    }

    fn check_count(&self, count: u64) -> Result<(), TreeError> {
        let leaves = self.len();
        if count > leaves {
            return Err(TreeError::CountUnknown { count, leaves });
        }
        Ok(())
    }
}

/// The root that a proof, siblings from the leaves up, gives to `leaf` at `index`.
pub fn root_of(leaf: B256, index: u64, proof: &[B256; MESSAGE_TREE_DEPTH]) -> B256 {
    proof.iter().enumerate().fold(leaf, |node, (height, sibling)| {
        if (index >> height) & 1 == 1 { parent(*sibling, node) } else { parent(node, *sibling) }
    })
}

fn parent(left: B256, right: B256) -> B256 {
    keccak256([left, right].concat())
}
