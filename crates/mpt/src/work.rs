//! How much work it is to write under keys.

use crate::{Child, MptError, Node, NodeSource, Trie, nibbles::unpack};
use alloy_primitives::B256;

/// Bytes that Keccak-256 takes in at a time.
const KECCAK_BLOCK: usize = 136;
/// Keccak blocks of a branch of sixteen hashes (532 bytes).
const BRANCH_BLOCKS: u64 = 4;

impl Trie {
    /// The work of writing under `keys`, whatever is written there, in Keccak blocks of 136 bytes; a number above `most`
    /// when it is more than that, without asking for further nodes.
    ///
    /// It is the sum over the nodes on the way to any of the keys, each place in the trie once: where nodes share a child,
    /// that is once for each way to it. A node counts four blocks, those of a branch of sixteen hashes, whatever it is; one
    /// more for each 136 bytes of its value and each 272 nibbles of its path; and for each child that it has in place
    /// instead of by hash, one and another for each 136 bytes of that. So the stored trie and the keys decide it, and no
    /// order or way of writing does. Not counted is what the keys themselves bring: a leaf, a fork and an extension for
    /// one that is new, the node that takes its parent's place for one that is removed.
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
        let (path, value, children) = match self {
            Self::Empty => (0, 0, [].as_slice()),
            Self::Leaf { path, value } => (path.as_slice().len(), value.len(), [].as_slice()),
            Self::Extension { path, child } => {
                (path.as_slice().len(), 0, std::slice::from_ref(child))
            }
            Self::Branch { children, value } => (0, value.len(), children.as_slice()),
        };
        let whole = path / (2 * KECCAK_BLOCK) + value / KECCAK_BLOCK;
        let in_place: usize = children.iter().map(Child::blocks_in_place).sum();
        BRANCH_BLOCKS.saturating_add(u64::try_from(whole + in_place).unwrap_or(u64::MAX))
    }
}

impl Child {
    /// Keccak blocks of what the parent has in place.
    fn blocks_in_place(&self) -> usize {
        match self {
            Self::Empty | Self::Hash(_) | Self::Hashed(..) => 0,
            Self::Node(_) => 1,
            Self::Embedded(embedded) => 1 + embedded.raw.len() / KECCAK_BLOCK,
        }
    }
}
