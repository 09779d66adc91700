//! Reading: blocks, names, and a snapshot for execution.

use std::sync::Arc;

use alloy_consensus::Header;
use alloy_primitives::{B256, Bytes};
use bough_mpt::Node;
use redb::{ReadOnlyTable, ReadTransaction, ReadableDatabase};

use super::{
    Store, StoreError,
    codec::{Body, Receipts, decode, decode_witness, join_senders},
    tables::{
        ACCESS_LISTS, BODIES, ByHash, CANONICAL, CODES, HEADERS, NODES, RECEIPTS, REQUESTS,
        SENDERS, TAG_FINALIZED, TAG_HEAD, TAG_SAFE, TAGS, TRANSACTIONS, WITNESSES,
    },
};
use crate::types::{StoredBlock, TransactionLocation, Witness};

/// Hashes of the blocks that have a role.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tags {
    pub(crate) head: B256,
    pub(crate) safe: B256,
    pub(crate) finalized: B256,
}

impl Store {
    /// The block with this hash.
    pub(crate) fn block(&self, hash: B256) -> Result<Option<Arc<StoredBlock>>, StoreError> {
        if let Some(block) = self.blocks.lock().get(&hash) {
            return Ok(Some(block));
        }
        let Some(block) = read_block(&self.db.begin_read()?, hash)? else { return Ok(None) };
        let block = Arc::new(block);
        self.blocks.lock().insert(hash, Arc::clone(&block));
        Ok(Some(block))
    }

    /// The header of the block with this hash.
    pub(crate) fn header(&self, hash: B256) -> Result<Option<Header>, StoreError> {
        if let Some(block) = self.blocks.lock().get(&hash) {
            return Ok(Some(block.header.clone()));
        }
        let read = self.db.begin_read()?;
        get(&read, HEADERS, hash)?.map(|bytes| decode("headers", hash, &bytes)).transpose()
    }

    /// The hash of the canonical block at a height.
    pub(crate) fn canonical_hash(&self, number: u64) -> Result<Option<B256>, StoreError> {
        let read = self.db.begin_read()?;
        let hash = read.open_table(CANONICAL)?.get(number)?;
        Ok(hash.map(|hash| B256::from(hash.value())))
    }

    /// Where a transaction stands in the canonical chain.
    pub(crate) fn transaction(
        &self,
        hash: B256,
    ) -> Result<Option<TransactionLocation>, StoreError> {
        let read = self.db.begin_read()?;
        let Some(row) = read.open_table(TRANSACTIONS)?.get(&hash.0)?.map(|row| row.value()) else {
            return Ok(None);
        };
        let corrupt = || StoreError::Corrupt { table: "transactions", key: hash };
        let block_hash = B256::from(row.0);
        let header: Header = get(&read, HEADERS, block_hash)?
            .ok_or_else(corrupt)
            .and_then(|bytes| decode("headers", block_hash, &bytes))?;
        let index = usize::try_from(row.1).map_err(|_| corrupt())?;
        Ok(Some(TransactionLocation { block_hash, block_number: header.number, index }))
    }

    /// The witness recorded with a block.
    pub(crate) fn witness(&self, hash: B256) -> Result<Option<Witness>, StoreError> {
        let read = self.db.begin_read()?;
        get(&read, WITNESSES, hash)?.map(|bytes| decode_witness(hash, &bytes)).transpose()
    }

    /// The blocks that have a role.
    pub(crate) fn tags(&self) -> Result<Tags, StoreError> {
        let read = self.db.begin_read()?;
        let table = read.open_table(TAGS)?;
        let tag = |tag: &'static str| {
            let hash = table.get(tag)?.map(|hash| B256::from(hash.value()));
            hash.ok_or(StoreError::Corrupt { table: "tags", key: B256::ZERO })
        };
        Ok(Tags { head: tag(TAG_HEAD)?, safe: tag(TAG_SAFE)?, finalized: tag(TAG_FINALIZED)? })
    }

    /// A view of the database as it is now, which later writes do not change.
    pub(crate) fn snapshot(self: &Arc<Self>) -> Result<Snapshot, StoreError> {
        let read = self.db.begin_read()?;
        Ok(Snapshot {
            store: Arc::clone(self),
            nodes: read.open_table(NODES)?,
            codes: read.open_table(CODES)?,
            headers: read.open_table(HEADERS)?,
            canonical: read.open_table(CANONICAL)?,
        })
    }
}

/// What execution reads, as the database was at one moment.
pub(crate) struct Snapshot {
    store: Arc<Store>,
    nodes: ReadOnlyTable<&'static [u8; 32], &'static [u8]>,
    codes: ReadOnlyTable<&'static [u8; 32], &'static [u8]>,
    headers: ReadOnlyTable<&'static [u8; 32], &'static [u8]>,
    canonical: ReadOnlyTable<u64, [u8; 32]>,
}

impl Snapshot {
    /// The trie node with this hash.
    pub(crate) fn node(&self, hash: B256) -> Result<Option<Arc<Node>>, StoreError> {
        if let Some(node) = self.store.nodes.lock().get(&hash) {
            return Ok(Some(node));
        }
        let Some(row) = self.nodes.get(&hash.0)? else { return Ok(None) };
        let raw = Bytes::copy_from_slice(row.value());
        let node = Node::decode(&raw)
            .map(Arc::new)
            .map_err(|_| StoreError::Corrupt { table: "nodes", key: hash })?;
        self.store.nodes.lock().insert(hash, node.clone());
        Ok(Some(node))
    }

    /// The code with this hash.
    pub(crate) fn code(&self, hash: B256) -> Result<Option<Bytes>, StoreError> {
        Ok(self.codes.get(&hash.0)?.map(|row| Bytes::copy_from_slice(row.value())))
    }

    /// The header of the block with this hash: its RLP.
    pub(crate) fn header_rlp(&self, hash: B256) -> Result<Option<Bytes>, StoreError> {
        Ok(self.headers.get(&hash.0)?.map(|row| Bytes::copy_from_slice(row.value())))
    }

    /// The header of the block with this hash.
    pub(crate) fn header(&self, hash: B256) -> Result<Option<Header>, StoreError> {
        self.header_rlp(hash)?.map(|bytes| decode("headers", hash, &bytes)).transpose()
    }

    /// The hash of the canonical block at a height.
    pub(crate) fn canonical_hash(&self, number: u64) -> Result<Option<B256>, StoreError> {
        Ok(self.canonical.get(number)?.map(|hash| B256::from(hash.value())))
    }
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot").finish_non_exhaustive()
    }
}

fn get(read: &ReadTransaction, table: ByHash, key: B256) -> Result<Option<Bytes>, StoreError> {
    let row = read.open_table(table)?.get(&key.0)?;
    Ok(row.map(|row| Bytes::copy_from_slice(row.value())))
}

fn read_block(read: &ReadTransaction, hash: B256) -> Result<Option<StoredBlock>, StoreError> {
    let Some(header_rlp) = get(read, HEADERS, hash)? else { return Ok(None) };
    let must = |name: &'static str, table: ByHash| {
        get(read, table, hash)?.ok_or(StoreError::Corrupt { table: name, key: hash })
    };
    let header: Header = decode("headers", hash, &header_rlp)?;
    let body_rlp = must("bodies", BODIES)?;
    let body: Body = decode("bodies", hash, &body_rlp)?;
    let senders = must("senders", SENDERS)?;
    let receipts: Receipts = decode("receipts", hash, &must("receipts", RECEIPTS)?)?;
    let requests = get(read, REQUESTS, hash)?
        .map(|bytes| decode::<Vec<Bytes>>("requests", hash, &bytes))
        .transpose()?;
    let size = alloy_consensus::Block::rlp_length_for(&header, &body);
    Ok(Some(StoredBlock {
        hash,
        header,
        transactions: join_senders(hash, body.transactions, &senders)?,
        ommers: body.ommers,
        withdrawals: body.withdrawals,
        receipts,
        block_access_list: get(read, ACCESS_LISTS, hash)?,
        requests,
        size,
    }))
}
