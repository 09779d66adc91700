//! The record of what execution read: the witness.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    sync::Arc,
};

use alloy_primitives::{Bytes, B256};
use bough_mpt::{MptError, Node, NodeSource, Recorder};

use crate::{StateError, StateSource};

/// A source that keeps all it gave out: what was executed through it can be executed again from
/// that alone.
#[derive(Debug)]
pub struct WitnessRecorder<S> {
    nodes: Recorder<S>,
    codes: RefCell<BTreeMap<B256, Bytes>>,
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
        Self { nodes: Recorder::new(source), codes: RefCell::default(), oldest: Cell::new(None) }
    }

    /// What was read so far or will have been by the end.
    pub fn into_parts(self) -> WitnessParts {
        let mut codes: Vec<Bytes> = self.codes.into_inner().into_values().collect();
        codes.sort_unstable();
        WitnessParts {
            state: self.nodes.into_nodes(),
            codes,
            oldest_ancestor: self.oldest.get(),
        }
    }
}

impl<S: StateSource> NodeSource for WitnessRecorder<S> {
    fn node(&self, hash: B256) -> Result<Arc<Node>, MptError> {
        self.nodes.node(hash)
    }
}

impl<S: StateSource> StateSource for WitnessRecorder<S> {
    fn code(&self, hash: B256) -> Result<Bytes, StateError> {
        let code = self.nodes.source().code(hash)?;
        self.codes.borrow_mut().insert(hash, code.clone());
        Ok(code)
    }

    fn block_hash(&self, number: u64) -> Result<B256, StateError> {
        let hash = self.nodes.source().block_hash(number)?;
        self.oldest.set(Some(self.oldest.get().map_or(number, |oldest| oldest.min(number))));
        Ok(hash)
    }

    fn open_trie(&self, root: B256) -> Result<(), StateError> {
        self.nodes.source().open_trie(root)
    }
}
