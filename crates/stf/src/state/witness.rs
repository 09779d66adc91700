//! The witness: what proves the keys that were read and changed.

use std::{collections::BTreeMap, sync::Arc};

use alloy_primitives::{B256, Bytes};
use bough_mpt::{MptError, Node, NodeSource, Recorder};
use parking_lot::Mutex;

use super::{Changes, PreState, Reads, StateSource, StateUpdate, reads::older};
use crate::StateError;

/// What a state can be read from again, as far as it was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WitnessParts {
    /// Trie nodes: keccak256 and RLP.
    nodes: BTreeMap<B256, Bytes>,
    /// Codes: keccak256 and bytes.
    codes: BTreeMap<B256, Bytes>,
    /// Number of the oldest ancestor whose hash was read, if any was.
    pub oldest_ancestor: Option<u64>,
}

impl WitnessParts {
    /// How many nodes and codes there are.
    pub fn len(&self) -> usize {
        self.nodes.len().saturating_add(self.codes.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of the nodes and codes.
    pub fn bytes(&self) -> usize {
        let all = self.nodes.values().chain(self.codes.values());
        all.fold(0, |bytes, one| bytes.saturating_add(one.len()))
    }

    /// These and others.
    pub fn extend(&mut self, others: Self) {
        self.nodes.extend(others.nodes);
        self.codes.extend(others.codes);
        self.oldest_ancestor = older(self.oldest_ancestor, others.oldest_ancestor);
    }

    /// Without what is among `others`. The ancestor stays.
    #[must_use]
    pub fn without(mut self, others: &Self) -> Self {
        self.nodes.retain(|hash, _| !others.nodes.contains_key(hash));
        self.codes.retain(|hash, _| !others.codes.contains_key(hash));
        self
    }

    /// RLP of the nodes, sorted, each once.
    pub fn state(&self) -> Vec<Bytes> {
        sorted(&self.nodes)
    }

    /// The codes, sorted, each once.
    pub fn codes(&self) -> Vec<Bytes> {
        sorted(&self.codes)
    }
}

fn sorted(items: &BTreeMap<B256, Bytes>) -> Vec<Bytes> {
    let mut items: Vec<Bytes> = items.values().cloned().collect();
    items.sort_unstable();
    items
}

impl<S: StateSource> PreState<S> {
    /// What proves these keys: the nodes on the way to each, and the codes.
    ///
    /// # Errors
    /// When a trie cannot be read.
    pub fn prove(&self, reads: &Reads) -> Result<WitnessParts, StateError> {
        let recorded = self.recorded();
        for (address, slots) in &reads.accounts {
            recorded.account(*address)?;
            for slot in slots {
                recorded.slot(*address, *slot)?;
            }
        }
        for hash in &reads.codes {
            recorded.code(*hash)?;
        }
        Ok(WitnessParts { oldest_ancestor: reads.oldest_ancestor, ..recorded.source().parts() })
    }

    /// [`Self::update`] with what proves the keys that were changed, and all else that computing the
    /// new root reads, such as the sibling that a deleted leaf's branch collapses onto.
    ///
    /// # Errors
    /// As [`Self::update`].
    pub fn update_proven(
        &self,
        changes: &Changes,
    ) -> Result<(StateUpdate, WitnessParts), StateError> {
        let recorded = self.recorded();
        let update = recorded.update(changes, None)?;
        Ok((update, recorded.source().parts()))
    }

    /// The same state, of which nothing was read yet, keeping what is.
    fn recorded(&self) -> PreState<WitnessRecorder<&S>> {
        PreState::new(WitnessRecorder::new(self.source()), self.root())
    }
}

/// A source that keeps all it gave out: what was executed through it can be executed again from that
/// alone.
#[derive(Debug)]
pub struct WitnessRecorder<S> {
    nodes: Recorder<S>,
    codes: Mutex<BTreeMap<B256, Bytes>>,
    oldest_ancestor: Mutex<Option<u64>>,
}

impl<S: StateSource> WitnessRecorder<S> {
    /// Starts a record of what is read from `source`.
    pub fn new(source: S) -> Self {
        let nodes = Recorder::new(source);
        Self { nodes, codes: Mutex::default(), oldest_ancestor: Mutex::default() }
    }

    /// The source within.
    pub fn source(&self) -> &S {
        self.nodes.source()
    }

    /// What was read so far.
    pub fn parts(&self) -> WitnessParts {
        WitnessParts {
            nodes: self.nodes.by_hash(),
            codes: self.codes.lock().clone(),
            oldest_ancestor: *self.oldest_ancestor.lock(),
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
        let code = self.source().code(hash)?;
        self.codes.lock().insert(hash, code.clone());
        Ok(code)
    }

    fn block_hash(&self, number: u64) -> Result<B256, StateError> {
        let hash = self.source().block_hash(number)?;
        let oldest = &mut *self.oldest_ancestor.lock();
        *oldest = older(*oldest, Some(number));
        Ok(hash)
    }

    fn open_trie(&self, root: B256) -> Result<(), StateError> {
        self.source().open_trie(root)
    }
}
