//! Tries of shapes that no honest state has, made node by node.

use alloy_primitives::{B256, Bytes, keccak256};
use bough_mpt::{Child, Nibbles, Node};

/// Nibbles of a key.
const KEY_NIBBLES: usize = 64;
/// A value of 32 bytes, which makes its leaf a node of its own.
const VALUE: [u8; 33] = [0xa0; 33];

/// A trie made by hand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HandMade {
    /// Its root.
    pub root: B256,
    /// Its nodes, the root last.
    pub nodes: Vec<Bytes>,
}

impl HandMade {
    fn add(&mut self, node: &Node) {
        let raw = node.encode();
        self.root = keccak256(&raw);
        self.nodes.push(raw);
    }
}

/// `depth` branches (at most 64) above one leaf, all sixteen children of each the same: as a tree it
/// would have `16^depth` leaves. With depth 64 every key is in it.
pub fn shared_children(depth: usize) -> HandMade {
    shared_children_above(depth, Bytes::from_static(&VALUE))
}

/// The same above a leaf with this value.
pub fn shared_children_above(depth: usize, value: Bytes) -> HandMade {
    let mut made = HandMade::default();
    let path = Nibbles::new(&vec![0; KEY_NIBBLES.saturating_sub(depth)]);
    made.add(&Node::Leaf { path, value });
    for _ in 0..depth {
        let children = Box::new(std::array::from_fn(|_| Child::Hash(made.root)));
        made.add(&Node::Branch { children, value: Bytes::new() });
    }
    made
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
