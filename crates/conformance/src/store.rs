//! A chain's nodes, codes and headers in memory.

use std::sync::Arc;

use alloy_consensus::Header;
use alloy_primitives::{B256, Bytes, U256, map::B256HashMap};
use bough_mpt::{Malformed, MptError, Node, NodeSource};
use bough_stf::{StateError, StateSource, StateUpdate};
use parking_lot::Mutex;

/// Everything that imported blocks left.
#[derive(Debug, Default)]
pub(crate) struct Store {
    nodes: B256HashMap<Bytes>,
    codes: B256HashMap<Bytes>,
    blocks: B256HashMap<Stored>,
}

/// An imported block, as its descendants need it.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) header: Header,
    pub(crate) ommers: Vec<Header>,
    pub(crate) total_difficulty: U256,
}

impl Store {
    pub(crate) fn block(&self, hash: B256) -> Option<&Stored> {
        self.blocks.get(&hash)
    }

    pub(crate) fn insert_block(&mut self, hash: B256, block: Stored) {
        self.blocks.insert(hash, block);
    }

    pub(crate) fn insert_state(&mut self, update: StateUpdate) {
        self.nodes.extend(update.nodes);
        self.codes.extend(update.codes);
    }

    /// The block with this hash and its ancestors, youngest first.
    pub(crate) fn ancestry(&self, hash: B256) -> impl Iterator<Item = (B256, &Stored)> {
        let first = self.block(hash).map(|block| (hash, block));
        std::iter::successors(first, |(_, block)| {
            let parent = block.header.parent_hash;
            self.block(parent).map(|block| (parent, block))
        })
    }

    /// The store as the children of a block see it.
    pub(crate) fn view(&self, parent: B256) -> View<'_> {
        View { store: self, parent, decoded: Mutex::default() }
    }
}

/// The store as the children of `parent` see it. Nodes are decoded once.
#[derive(Debug)]
pub(crate) struct View<'a> {
    store: &'a Store,
    parent: B256,
    decoded: Mutex<B256HashMap<Arc<Node>>>,
}

impl NodeSource for View<'_> {
    fn node(&self, hash: B256) -> Result<Arc<Node>, MptError> {
        if let Some(node) = self.decoded.lock().get(&hash) {
            return Ok(Arc::clone(node));
        }
        let raw = self.store.nodes.get(&hash).ok_or(MptError::Missing(hash))?;
        let malformed = |reason: Malformed| MptError::Malformed { hash, reason };
        let node = Arc::new(Node::decode(raw).map_err(malformed)?);
        self.decoded.lock().insert(hash, Arc::clone(&node));
        Ok(node)
    }
}

impl StateSource for View<'_> {
    fn code(&self, hash: B256) -> Result<Bytes, StateError> {
        self.store.codes.get(&hash).cloned().ok_or(StateError::MissingCode(hash))
    }

    fn block_hash(&self, number: u64) -> Result<B256, StateError> {
        self.store
            .ancestry(self.parent)
            .find(|(_, block)| block.header.number <= number)
            .filter(|(_, block)| block.header.number == number)
            .map(|(hash, _)| hash)
            .ok_or(StateError::MissingAncestor(number))
    }
}
