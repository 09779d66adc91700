//! Where nodes come from.

use crate::{MptError, Node};
use alloy_primitives::{B256, Bytes};
use parking_lot::Mutex;
use std::{collections::BTreeMap, sync::Arc};

/// A store of trie nodes by hash.
pub trait NodeSource {
    /// The node whose encoding has this keccak.
    ///
    /// A source may answer from memory; it should not decode the same node twice where that can be avoided.
    fn node(&self, hash: B256) -> Result<Arc<Node>, MptError>;
}

impl<S: NodeSource + ?Sized> NodeSource for &S {
    fn node(&self, hash: B256) -> Result<Arc<Node>, MptError> {
        (**self).node(hash)
    }
}

impl<S: NodeSource + ?Sized> NodeSource for Arc<S> {
    fn node(&self, hash: B256) -> Result<Arc<Node>, MptError> {
        (**self).node(hash)
    }
}

/// Encoded nodes in memory, decoded each time they are asked for.
impl NodeSource for BTreeMap<B256, Bytes> {
    fn node(&self, hash: B256) -> Result<Arc<Node>, MptError> {
        let raw = self.get(&hash).ok_or(MptError::Missing(hash))?;
        Node::decode(raw).map(Arc::new).map_err(|reason| MptError::Malformed { hash, reason })
    }
}

/// The source that holds nothing: enough for a trie that is built from the first entry.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoNodes;

impl NodeSource for NoNodes {
    fn node(&self, hash: B256) -> Result<Arc<Node>, MptError> {
        Err(MptError::Missing(hash))
    }
}

/// A source that keeps each node it gave out: what was done through it can be done again from those alone.
#[derive(Debug)]
pub struct Recorder<S> {
    source: S,
    read: Mutex<Read>,
}

#[derive(Debug, Default)]
struct Read {
    nodes: BTreeMap<B256, Bytes>,
    bytes: usize,
}

impl<S: NodeSource> Recorder<S> {
    /// Starts a record of what is read from `source`.
    pub fn new(source: S) -> Self {
        Self { source, read: Mutex::default() }
    }

    /// The source within.
    pub fn source(&self) -> &S {
        &self.source
    }

    /// How many different nodes were read.
    pub fn len(&self) -> usize {
        self.read.lock().nodes.len()
    }

    /// Whether nothing was read.
    pub fn is_empty(&self) -> bool {
        self.read.lock().nodes.is_empty()
    }

    /// Bytes of the encodings of the nodes read.
    pub fn bytes(&self) -> usize {
        self.read.lock().bytes
    }

    /// The encodings of the nodes read so far, by their hashes.
    pub fn by_hash(&self) -> BTreeMap<B256, Bytes> {
        self.read.lock().nodes.clone()
    }

    /// The encodings of the nodes read so far, each once, sorted as byte strings.
    ///
    /// They hash to what was asked for when the source's nodes are in canonical form, as are all this crate makes.
    pub fn nodes(&self) -> Vec<Bytes> {
        let mut nodes: Vec<Bytes> = self.read.lock().nodes.values().cloned().collect();
        nodes.sort_unstable();
        nodes
    }
}

impl<S: NodeSource> NodeSource for Recorder<S> {
    fn node(&self, hash: B256) -> Result<Arc<Node>, MptError> {
        let node = self.source.node(hash)?;
        let Read { nodes, bytes } = &mut *self.read.lock();
        nodes.entry(hash).or_insert_with(|| {
            let raw = node.encode();
            *bytes = bytes.saturating_add(raw.len());
            raw
        });
        Ok(node)
    }
}
