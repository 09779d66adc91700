//! Proofs, as `eth_getProof` gives them.

use crate::{
    EMPTY_ROOT_HASH, MptError, Node, NodeSet, NodeSource, Trie, nibbles::unpack, node::Child,
};
use alloy_primitives::{B256, Bytes};
use std::sync::Arc;

/// Proves what the trie with this root holds under `key`, or that it holds nothing: the encodings of the nodes on the
/// way, root first. The proof for an empty trie is empty.
pub fn prove<S: NodeSource + ?Sized>(
    source: &S,
    root: B256,
    key: B256,
) -> Result<Vec<Bytes>, MptError> {
    let mut proof = Vec::new();
    if root == EMPTY_ROOT_HASH {
        return Ok(proof);
    }
    let nibbles = unpack(key);
    let mut rest = nibbles.as_slice();
    let mut child = Child::Hash(root);
    while let Some(node) = child.resolve(source)? {
        if !matches!(child, Child::Node(_) | Child::Embedded(_)) {
            proof.push(node.encode());
        }
        match next(&node, rest) {
            Some((below, tail)) => (child, rest) = (below.clone(), tail),
            None => break,
        }
    }
    Ok(proof)
}

/// Reads a proof: what the trie with this root holds under `key`. Nodes that are not on the way are ignored.
///
/// Fails with `Missing` when the proof does not decide it, with `Malformed` when a node on the way is.
pub fn verify_proof(root: B256, key: B256, proof: &[Bytes]) -> Result<Option<Bytes>, MptError> {
    Trie::from_root(root).get(&NodeSet::new(proof.iter().cloned()), key)
}

/// The child of `node` on the way along `rest`, and what is left of the way.
fn next<'n, 'k>(node: &'n Arc<Node>, rest: &'k [u8]) -> Option<(&'n Child, &'k [u8])> {
    match &**node {
        Node::Empty | Node::Leaf { .. } => None,
        Node::Extension { path, child } => Some((child, rest.strip_prefix(path.as_slice())?)),
        Node::Branch { children, .. } => {
            let (nibble, tail) = rest.split_first()?;
            Some((children.get(usize::from(*nibble))?, tail))
        }
    }
}
