//! The record of what execution read: the witness.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    sync::Arc,
};

use alloy_primitives::{B256, Bytes};
use bough_mpt::{MptError, Node, NodeSource, Recorder};

use crate::{StateError, StateSource};

/// A source that keeps all it gave out: what was executed through it can be executed again from
/// that alone. That includes what computing the new root reads, such as the sibling that a deleted
/// leaf's branch collapses onto.
#[derive(Debug)]
pub struct WitnessRecorder<S> {
    nodes: Recorder<S>,
    codes: RefCell<BTreeMap<B256, Bytes>>,
    code_bytes: Cell<usize>,
    oldest: Cell<Option<u64>>,
}

/// What was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WitnessParts {
    /// RLP of trie nodes, sorted, each once.
    pub state: Vec<Bytes>,
    /// Codes, sorted, each once.
    pub codes: Vec<Bytes>,
    /// Number of the oldest ancestor whose hash was read, if any was.
    pub oldest_ancestor: Option<u64>,
}

impl<S: StateSource> WitnessRecorder<S> {
    /// Starts a record of what is read from `source`.
    pub fn new(source: S) -> Self {
        Self {
            nodes: Recorder::new(source),
            codes: RefCell::default(),
            code_bytes: Cell::new(0),
            oldest: Cell::new(None),
        }
    }

    /// The source within.
    pub fn source(&self) -> &S {
        self.nodes.source()
    }

    /// How many nodes and codes were read so far.
    pub fn len(&self) -> usize {
        self.nodes.len().saturating_add(self.codes.borrow().len())
    }

    /// Whether nothing was read.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of the nodes and codes read so far.
    pub fn bytes(&self) -> usize {
        self.nodes.bytes().saturating_add(self.code_bytes.get())
    }

    /// Number of the oldest ancestor whose hash was read so far.
    pub fn oldest_ancestor(&self) -> Option<u64> {
        self.oldest.get()
    }

    /// What was read so far.
    pub fn parts(&self) -> WitnessParts {
        let mut codes: Vec<Bytes> = self.codes.borrow().values().cloned().collect();
        codes.sort_unstable();
        WitnessParts { state: self.nodes.nodes(), codes, oldest_ancestor: self.oldest.get() }
    }
}

impl<S: StateSource> NodeSource for WitnessRecorder<S> {
    fn node(&self, hash: B256) -> Result<Arc<Node>, MptError> {
        self.nodes.node(hash)
    }
}

impl<S: StateSource> StateSource for WitnessRecorder<S> {
    fn code(&self, hash: B256) -> Result<Bytes, StateError> {
        let code = self.source().code(hash)?;
        if self.codes.borrow_mut().insert(hash, code.clone()).is_none() {
            self.code_bytes.set(self.code_bytes.get().saturating_add(code.len()));
        }
        Ok(code)
    }

    fn block_hash(&self, number: u64) -> Result<B256, StateError> {
        let hash = self.source().block_hash(number)?;
        self.oldest.set(Some(self.oldest.get().map_or(number, |oldest| oldest.min(number))));
        Ok(hash)
    }

    fn open_trie(&self, root: B256) -> Result<(), StateError> {
        self.source().open_trie(root)
    }
}
