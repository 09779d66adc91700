//! Writing: one transaction for all that belongs together.

use std::sync::Arc;

use alloy_consensus::{BlockBody, transaction::Recovered};
use alloy_primitives::B256;
use bough_stf::StateUpdate;
use redb::{ReadableTable, Table, WriteTransaction};

use super::{
    Store, StoreError,
    codec::{encode_senders, encode_witness, rlp},
    tables::{
        ACCESS_LISTS, BODIES, ByHash, CANONICAL, CODES, HEADERS, LAYOUT, META, META_LAYOUT, NODES,
        RECEIPTS, REQUESTS, SENDERS, TAG_FINALIZED, TAG_GENESIS, TAG_HEAD, TAG_SAFE, TAGS,
        TRANSACTIONS, WITNESSES,
    },
};
use crate::types::{StoredBlock, Witness};

/// What one transaction writes. Empty parts are left alone.
#[derive(Debug, Default)]
pub(crate) struct Commit<'a> {
    /// A block to store, with the state it leads to.
    pub(crate) block: Option<(&'a Arc<StoredBlock>, &'a StateUpdate)>,
    /// What its execution read.
    pub(crate) witness: Option<&'a Witness>,
    /// Blocks that leave the canonical chain.
    pub(crate) removed: &'a [Arc<StoredBlock>],
    /// Blocks that join it, oldest first.
    pub(crate) added: &'a [Arc<StoredBlock>],
    /// The head.
    pub(crate) head: Option<B256>,
    /// The safe and the finalized block.
    pub(crate) tags: Option<(B256, B256)>,
}

impl Store {
    /// Writes the genesis block, its state and the empty tables.
    pub(crate) fn write_genesis(
        &self,
        genesis: &Arc<StoredBlock>,
        state: &StateUpdate,
    ) -> Result<(), StoreError> {
        let write = self.db.begin_write()?;
        write.open_table(META)?.insert(META_LAYOUT, LAYOUT)?;
        write.open_table(TAGS)?.insert(TAG_GENESIS, genesis.hash.0)?;
        for table in [NODES, CODES, REQUESTS, ACCESS_LISTS, WITNESSES] {
            write.open_table(table)?;
        }
        write.open_table(TRANSACTIONS)?;
        let commit = Commit {
            block: Some((genesis, state)),
            added: std::slice::from_ref(genesis),
            head: Some(genesis.hash),
            tags: Some((genesis.hash, genesis.hash)),
            ..Commit::default()
        };
        write_parts(&write, &commit)?;
        Ok(write.commit()?)
    }

    /// Writes all of `commit`, or nothing.
    pub(crate) fn write(&self, commit: &Commit<'_>) -> Result<(), StoreError> {
        let write = self.db.begin_write()?;
        write_parts(&write, commit)?;
        write.commit()?;
        if let Some((block, _)) = commit.block {
            self.blocks.lock().insert(block.hash, Arc::clone(block));
        }
        Ok(())
    }
}

fn write_parts(write: &WriteTransaction, commit: &Commit<'_>) -> Result<(), StoreError> {
    if let Some((block, state)) = commit.block {
        write_state(write, state)?;
        write_block(write, block)?;
        if let Some(witness) = commit.witness {
            put(write, WITNESSES, block.hash, &encode_witness(witness))?;
        }
    }
    write_canonical(write, commit)?;
    let mut tags = write.open_table(TAGS)?;
    if let Some(head) = commit.head {
        tags.insert(TAG_HEAD, head.0)?;
    }
    if let Some((safe, finalized)) = commit.tags {
        tags.insert(TAG_SAFE, safe.0)?;
        tags.insert(TAG_FINALIZED, finalized.0)?;
    }
    Ok(())
}

/// Rows go in by ascending hash: neighbours share pages of the tree.
fn write_state(write: &WriteTransaction, state: &StateUpdate) -> Result<(), StoreError> {
    for (table, rows) in [(NODES, &state.nodes), (CODES, &state.codes)] {
        let mut rows: Vec<_> = rows.iter().collect();
        rows.sort_unstable_by_key(|(hash, _)| *hash);
        let mut table = write.open_table(table)?;
        for (hash, bytes) in rows {
            insert_new(&mut table, hash, bytes)?;
        }
    }
    Ok(())
}

/// A row under the hash of its value is never written twice: pages stay clean.
fn insert_new(
    table: &mut Table<'_, &'static [u8; 32], &'static [u8]>,
    hash: &B256,
    bytes: &[u8],
) -> Result<(), StoreError> {
    if table.get(&hash.0)?.is_none() {
        table.insert(&hash.0, bytes)?;
    }
    Ok(())
}

fn write_block(write: &WriteTransaction, block: &StoredBlock) -> Result<(), StoreError> {
    let body = BlockBody {
        transactions: block.transactions.iter().map(Recovered::inner).collect(),
        ommers: block.ommers.iter().collect(),
        withdrawals: block.withdrawals.clone(),
    };
    put(write, HEADERS, block.hash, &rlp(&block.header))?;
    put(write, BODIES, block.hash, &rlp(&body))?;
    put(write, SENDERS, block.hash, &encode_senders(&block.transactions))?;
    put(write, RECEIPTS, block.hash, &rlp(&block.receipts))?;
    if let Some(requests) = &block.requests {
        put(write, REQUESTS, block.hash, &rlp(requests))?;
    }
    if let Some(access_list) = &block.block_access_list {
        put(write, ACCESS_LISTS, block.hash, access_list)?;
    }
    Ok(())
}

/// Leaves come before joins: a transaction may stand on both sides.
fn write_canonical(write: &WriteTransaction, commit: &Commit<'_>) -> Result<(), StoreError> {
    let mut canonical = write.open_table(CANONICAL)?;
    let mut transactions = write.open_table(TRANSACTIONS)?;
    for block in commit.removed {
        canonical.remove(block.header.number)?;
        for transaction in &block.transactions {
            transactions.remove(&transaction.hash().0)?;
        }
    }
    for block in commit.added {
        canonical.insert(block.header.number, block.hash.0)?;
        for (index, transaction) in (0u64..).zip(&block.transactions) {
            transactions.insert(&transaction.hash().0, (block.hash.0, index))?;
        }
    }
    Ok(())
}

fn put(write: &WriteTransaction, table: ByHash, key: B256, value: &[u8]) -> Result<(), StoreError> {
    write.open_table(table)?.insert(&key.0, value)?;
    Ok(())
}
