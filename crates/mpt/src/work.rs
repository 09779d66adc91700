//! How much work it is to write under keys.

use crate::{Child, MptError, Nibbles, Node, NodeSource, Trie, nibbles::unpack};
use alloy_primitives::B256;

/// Bytes that Keccak-256 takes in at a time.
const KECCAK_BLOCK: usize = 136;
/// Keccak blocks of a branch of sixteen hashes (532 bytes).
const BRANCH_BLOCKS: u64 = 4;

impl Trie {
    /// The work of writing under `keys`, whatever is written there, in Keccak blocks of 136 bytes; a number above `most`
    /// when it is more than that, without asking for further nodes.
    ///
    /// It is the sum over the nodes on the way to any of the keys, each once for each way that leads a key to it. A node
    /// counts four blocks, those of a branch of sixteen hashes, whatever it is. To these come, for a leaf or an extension,
    /// one for each 272 nibbles of its path and each 136 bytes of its value; for a branch with a value, one and one for each
    /// 136 bytes of it; for each child in place of 32 bytes or more, one and one for each 136 bytes of it; for each that is
    /// shorter, one, and one for each node in place within it. So the stored trie and the keys decide it, and no order or
    /// way of writing does. Not counted is what the keys themselves bring: a leaf, a fork and an extension for one that is
    /// new, the node that takes its parent's place for one that is removed.
    ///
    /// Writing asks for the same nodes, and for those that take their parents' places. Fails where one is missing or
    /// malformed.
    pub fn work<S: NodeSource + ?Sized>(
        &self,
        source: &S,
        keys: impl IntoIterator<Item = B256>,
        most: u64,
    ) -> Result<u64, MptError> {
        let mut keys: Vec<[u8; 64]> = keys.into_iter().map(unpack).collect();
        keys.sort_unstable();
        let mut work = 0u64;
        // What is left to walk: a child, how many nibbles lead to it, and the keys that do.
        let mut ways = vec![(self.root().clone(), 0, keys.as_slice())];
        while let Some((child, depth, keys)) = ways.pop() {
            if keys.is_empty() {
                continue;
            }
            let Some(node) = child.resolve(source)? else {
                continue;
            };
            work = work.saturating_add(node.work());
            if work > most {
                break;
            }
            match &*node {
                Node::Empty | Node::Leaf { .. } => {}
                Node::Extension { path, child } => {
                    let path = path.as_slice();
                    ways.push((child.clone(), depth + path.len(), led_along(keys, depth, path)));
                }
                Node::Branch { children, .. } => {
                    for keys in keys.chunk_by(|one, other| one.get(depth) == other.get(depth)) {
                        let nibble = keys.first().and_then(|key| key.get(depth));
                        if let Some(child) = nibble.and_then(|at| children.get(usize::from(*at))) {
                            ways.push((child.clone(), depth + 1, keys));
                        }
                    }
                }
            }
        }
        Ok(work)
    }
}

/// Those of the sorted keys that go on along `path` after `depth` nibbles.
fn led_along<'k>(keys: &'k [[u8; 64]], depth: usize, path: &[u8]) -> &'k [[u8; 64]] {
    let ahead = |key: &[u8; 64]| {
        let rest = key.get(depth..).unwrap_or_default();
        rest.iter().take(path.len()).cmp(path)
    };
    let start = keys.partition_point(|key| ahead(key).is_lt());
    let end = keys.partition_point(|key| ahead(key).is_le());
    keys.get(start..end).unwrap_or_default()
}

impl Node {
    /// Keccak blocks that this node counts.
    fn work(&self) -> u64 {
        let more = match self {
            Self::Empty => 0,
            Self::Leaf { path, value } => whole_blocks(path) + value.len() / KECCAK_BLOCK,
            Self::Extension { path, child } => whole_blocks(path) + child.blocks_in_place(),
            Self::Branch { children, value } => {
                let value = if value.is_empty() { 0 } else { 1 + value.len() / KECCAK_BLOCK };
                value + children.iter().map(Child::blocks_in_place).sum::<usize>()
            }
        };
        BRANCH_BLOCKS.saturating_add(u64::try_from(more).unwrap_or(u64::MAX))
    }
}

/// Whole Keccak blocks of a path.
fn whole_blocks(path: &Nibbles) -> usize {
    path.as_slice().len() / (2 * KECCAK_BLOCK)
}

impl Child {
    /// Keccak blocks that this child counts for its parent. A long one is hashed as it is; a short one is encoded anew,
    /// with all that is within.
    fn blocks_in_place(&self) -> usize {
        match self {
            Self::Empty | Self::Hash(_) | Self::Hashed(..) => 0,
            Self::Embedded(embedded) => 1 + embedded.raw.len() / KECCAK_BLOCK,
            Self::Node(node) => match &**node {
                Node::Empty | Node::Leaf { .. } => 1,
                Node::Extension { child, .. } => 1 + child.blocks_in_place(),
                Node::Branch { children, .. } => {
                    1 + children.iter().map(Self::blocks_in_place).sum::<usize>()
                }
            },
        }
    }
}
