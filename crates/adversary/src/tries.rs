//! Tries of shapes that no honest state has, made node by node.

use alloy_primitives::{B256, Bytes, keccak256};
use bough_mpt::{Child, Nibbles, Node};

/// Nibbles of a key, and so the deepest a trie of keys can be.
pub(crate) const DEEPEST: usize = 64;
/// A value of 32 bytes, which makes its leaf a node of its own.
pub(crate) const VALUE: [u8; 33] = [0xa0; 33];

/// A trie made by hand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HandMade {
    /// Its root.
    pub root: B256,
    /// Its nodes, the root last.
    pub nodes: Vec<Bytes>,
}

impl HandMade {
    /// One leaf, behind so many nibbles, all zero.
    pub(crate) fn leaf(nibbles: usize, value: Bytes) -> Self {
        let mut made = Self::default();
        made.add(&Node::Leaf { path: Nibbles::new(&vec![0; nibbles]), value });
        made
    }

    /// So many levels above, each by `branch` from the hash of what is below.
    pub(crate) fn under(mut self, levels: usize, branch: impl Fn(B256) -> Bytes) -> Self {
        for _ in 0..levels {
            self.add_raw(branch(self.root));
        }
        self
    }

    fn add(&mut self, node: &Node) {
        self.add_raw(node.encode());
    }

    fn add_raw(&mut self, raw: Bytes) {
        self.root = keccak256(&raw);
        self.nodes.push(raw);
    }
}

/// A branch that has the same child sixteen times.
pub(crate) fn plain(below: B256) -> Bytes {
    valued(below, 0)
}

/// The same with a value of so many bytes.
pub(crate) fn valued(below: B256, bytes: usize) -> Bytes {
    let children = Box::new(std::array::from_fn(|_| Child::Hash(below)));
    Node::Branch { children, value: vec![1; bytes].into() }.encode()
}

/// RLP of a leaf that has so many bytes.
pub(crate) fn in_place(bytes: usize) -> Vec<u8> {
    let leaf = |value| Node::Leaf { path: Nibbles::new(&[0]), value: vec![0xa0; value].into() };
    let mut leaves = (0..bytes).map(|value| leaf(value).encode());
    let found = leaves.find(|raw| raw.len() == bytes);
    found.expect("invariant: asked for lengths that leaves have").into()
}

/// RLP of the list of these items, each RLP.
pub(crate) fn list(items: &[Vec<u8>]) -> Bytes {
    let payload = items.concat();
    let mut raw = Vec::new();
    alloy_rlp::Header { list: true, payload_length: payload.len() }.encode(&mut raw);
    raw.extend(payload);
    raw.into()
}

/// `depth` branches (at most 64) above one leaf, all sixteen children of each the same: as a tree it
/// would have `16^depth` leaves. With depth 64 every key is in it.
pub fn shared_children(depth: usize) -> HandMade {
    shared_children_above(depth, Bytes::from_static(&VALUE))
}

/// The same above a leaf with this value.
pub fn shared_children_above(depth: usize, value: Bytes) -> HandMade {
    HandMade::leaf(DEEPEST.saturating_sub(depth), value).under(depth, plain)
}

/// A branch at every nibble of `key`, whose other child is unknown.
pub fn deep_path(key: B256) -> HandMade {
    let mut made = HandMade::default();
    made.add(&Node::Leaf { path: Nibbles::default(), value: Bytes::from_static(&VALUE) });
    for (at, byte) in key.iter().enumerate().rev() {
        for (half, nibble) in [(1, byte & 0xf), (0, byte >> 4)] {
            let stub = keccak256([at.to_le_bytes().as_slice(), &[half]].concat());
            let children = Box::new(std::array::from_fn(|index| match index {
                index if index == usize::from(nibble) => Child::Hash(made.root),
                index if index == usize::from(nibble ^ 1) => Child::Hash(stub),
                _ => Child::Empty,
            }));
            made.add(&Node::Branch { children, value: Bytes::new() });
        }
    }
    made
}

/// `length` extensions one below the other, each of a branch that holds the next: far deeper than
/// any key, and reachable by hash all the same.
pub fn extension_chain(length: usize) -> HandMade {
    let mut made = HandMade::default();
    made.add(&Node::Leaf { path: Nibbles::new(&[0]), value: Bytes::from_static(&VALUE) });
    for at in 0..length {
        let stub = Child::Hash(keccak256(at.to_le_bytes()));
        let mut children: Box<[Child; 16]> = Box::default();
        let [first, second, ..] = children.as_mut();
        (*first, *second) = (Child::Hash(made.root), stub);
        made.add(&Node::Branch { children, value: Bytes::new() });
        made.add(&Node::Extension { path: Nibbles::new(&[0]), child: Child::Hash(made.root) });
    }
    made
}
