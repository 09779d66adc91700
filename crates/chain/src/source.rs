//! The store as execution sees it, plain and recorded.

use std::{cell::RefCell, rc::Rc, sync::Arc};

use alloy_primitives::{B256, Bytes, map::B256HashMap};
use bough_mpt::{MptError, Node, NodeSource};
use bough_stf::{StateError, StateSource};

use crate::{
    StoreError, Witness,
    store::{Snapshot, StoredNode},
    types::BlockId,
};

/// The store seen from one block: all trie nodes and codes, and the ancestors of its children.
///
/// A view of the database at the moment it was made; later commits do not show in it.
#[derive(Debug)]
pub struct StoreSource {
    snapshot: Snapshot,
    block: BlockId,
}

impl StoreSource {
    /// The view from `block`, on whose state others execute.
    pub(crate) const fn new(snapshot: Snapshot, block: BlockId) -> Self {
        Self { snapshot, block }
    }

    fn stored_node(&self, hash: B256) -> Result<StoredNode, MptError> {
        match self.snapshot.node(hash) {
            Ok(node) => node.ok_or(MptError::Missing(hash)),
            Err(_) => Err(MptError::Unreadable(hash)),
        }
    }

    /// The hash of the block at `number` on the way from `self.block` to genesis.
    fn ancestor(&self, number: u64) -> Result<Option<B256>, StoreError> {
        let mut at = self.block;
        if number > at.number {
            return Ok(None);
        }
        while at.number > number {
            if self.snapshot.canonical_hash(at.number)? == Some(at.hash) {
                return self.snapshot.canonical_hash(number);
            }
            let Some(header) = self.snapshot.header(at.hash)? else { return Ok(None) };
            at = BlockId { number: at.number.saturating_sub(1), hash: header.parent_hash };
        }
        Ok(Some(at.hash))
    }

    /// RLP of the headers from the ancestor at `oldest` to `self.block`, in that order.
    fn headers_from(&self, oldest: u64) -> Result<Vec<Bytes>, StoreError> {
        let mut headers = Vec::new();
        let mut hash = self.block.hash;
        loop {
            let missing = StoreError::Corrupt { table: "headers", key: hash };
            let rlp = self.snapshot.header_rlp(hash)?.ok_or(missing)?;
            let missing = StoreError::Corrupt { table: "headers", key: hash };
            let header = self.snapshot.header(hash)?.ok_or(missing)?;
            headers.push(rlp);
            if header.number <= oldest {
                break;
            }
            hash = header.parent_hash;
        }
        headers.reverse();
        Ok(headers)
    }
}

impl NodeSource for StoreSource {
    fn node(&self, hash: B256) -> Result<Arc<Node>, MptError> {
        Ok(self.stored_node(hash)?.node)
    }
}

impl StateSource for StoreSource {
    fn code(&self, hash: B256) -> Result<Bytes, StateError> {
        match self.snapshot.code(hash) {
            Ok(code) => code.ok_or(StateError::MissingCode(hash)),
            Err(_) => Err(StateError::Source),
        }
    }

    fn block_hash(&self, number: u64) -> Result<B256, StateError> {
        match self.ancestor(number) {
            Ok(hash) => hash.ok_or(StateError::MissingAncestor(number)),
            Err(_) => Err(StateError::Source),
        }
    }
}

/// A [`StoreSource`] that remembers all that was read through it: the witness of what is executed
/// over it. That includes what computing the new root reads, such as the sibling that a deleted
/// leaf's branch collapses onto.
///
/// Clones share the record: one goes into the execution, the other reads it out.
#[derive(Debug, Clone)]
pub(crate) struct Recorder {
    source: Rc<StoreSource>,
    record: Rc<RefCell<Record>>,
}

#[derive(Debug)]
struct Record {
    nodes: B256HashMap<Bytes>,
    codes: B256HashMap<Bytes>,
    bytes: usize,
    /// Number of the oldest ancestor that was asked for.
    oldest: u64,
}

/// Bytes of an SSZ offset: each item of a witness list has one.
pub(crate) const SSZ_OFFSET: usize = 4;

impl Recorder {
    /// A record of what is read from `source`, empty so far.
    pub(crate) fn new(source: StoreSource) -> Self {
        let record = Record {
            nodes: B256HashMap::default(),
            codes: B256HashMap::default(),
            bytes: 0,
            oldest: source.block.number,
        };
        Self { source: Rc::new(source), record: Rc::new(RefCell::new(record)) }
    }

    /// SSZ bytes of the nodes and codes recorded so far, offsets included; headers are not
    /// counted.
    pub(crate) fn bytes(&self) -> usize {
        self.record.borrow().bytes
    }

    /// The number of headers the witness has so far.
    pub(crate) fn headers(&self) -> u64 {
        self.source.block.number.saturating_sub(self.record.borrow().oldest).saturating_add(1)
    }

    /// Takes out the witness: what was recorded, sorted, and the headers from the oldest one asked
    /// for.
    pub(crate) fn take_witness(&self) -> Result<Witness, StoreError> {
        let mut record = self.record.borrow_mut();
        let headers = self.source.headers_from(record.oldest)?;
        let state = sorted(std::mem::take(&mut record.nodes));
        let codes = sorted(std::mem::take(&mut record.codes));
        Ok(Witness { state, codes, headers })
    }
}

impl Record {
    fn add_node(&mut self, hash: B256, raw: &Bytes) {
        if self.nodes.insert(hash, raw.clone()).is_none() {
            self.bytes = self.bytes.saturating_add(raw.len()).saturating_add(SSZ_OFFSET);
        }
    }

    fn add_code(&mut self, hash: B256, code: &Bytes) {
        if self.codes.insert(hash, code.clone()).is_none() {
            self.bytes = self.bytes.saturating_add(code.len()).saturating_add(SSZ_OFFSET);
        }
    }
}

impl NodeSource for Recorder {
    fn node(&self, hash: B256) -> Result<Arc<Node>, MptError> {
        let StoredNode { raw, node } = self.source.stored_node(hash)?;
        self.record.borrow_mut().add_node(hash, &raw);
        Ok(node)
    }
}

impl StateSource for Recorder {
    fn code(&self, hash: B256) -> Result<Bytes, StateError> {
        let code = self.source.code(hash)?;
        self.record.borrow_mut().add_code(hash, &code);
        Ok(code)
    }

    fn block_hash(&self, number: u64) -> Result<B256, StateError> {
        let hash = self.source.block_hash(number)?;
        let mut record = self.record.borrow_mut();
        record.oldest = record.oldest.min(number);
        Ok(hash)
    }
}

fn sorted(map: B256HashMap<Bytes>) -> Vec<Bytes> {
    let mut values: Vec<Bytes> = map.into_values().collect();
    values.sort_unstable();
    values
}
