//! The store as execution sees it.

use std::sync::Arc;

use alloy_primitives::{B256, Bytes};
use bough_mpt::{MptError, Node, NodeSource};
use bough_stf::{StateError, StateSource, WitnessParts};

use crate::{StoreError, Witness, store::Snapshot, types::BlockId};

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

    /// The witness of what was read: sorted, with the headers from the oldest one asked for.
    pub(crate) fn witness(&self, parts: &WitnessParts) -> Result<Witness, StoreError> {
        let headers = self.headers_from(parts.oldest_ancestor.unwrap_or(self.block.number))?;
        Ok(Witness { state: parts.state(), codes: parts.codes(), headers })
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
        match self.snapshot.node(hash) {
            Ok(node) => node.ok_or(MptError::Missing(hash)),
            Err(_) => Err(MptError::Unreadable(hash)),
        }
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

/// Bytes of an SSZ offset: each item of a witness list has one.
pub(crate) const SSZ_OFFSET: usize = 4;
