//! The store: everything the chain remembers, in one redb database.
//!
//! Trie nodes lie by hash and are never removed, so the state of any block can be read, and a
//! reorg only moves names. Everything that belongs to one block is written in one transaction
//! with immediate durability: after a crash the head is a block that is wholly there. In memory
//! the same costs nothing, since there is nothing to synchronise.

mod codec;
mod error;
mod read;
mod tables;
mod write;

use std::{fmt, fs, path::Path, sync::Arc};

use alloy_primitives::B256;
use bough_mpt::Node;
use parking_lot::Mutex;
use redb::{Database, DatabaseError, ReadableDatabase, TableError, backends::InMemoryBackend};

pub use error::StoreError;
pub(crate) use read::Snapshot;
pub(crate) use write::Commit;

use crate::{cache::Cache, types::StoredBlock};
use tables::{LAYOUT, META, META_LAYOUT, TAG_GENESIS, TAGS};

/// Name of the database within the data directory.
const FILE: &str = "chain.redb";
/// Memory (bytes) that redb may use for pages: of a file, and of a database that lies in memory
/// anyway.
const PAGE_CACHE: usize = 256 << 20;
const PAGE_CACHE_IN_MEMORY: usize = 32 << 20;
/// Entries a generation of decoded trie nodes, and of decoded blocks, may have.
const NODE_CACHE: usize = 50_000;
const BLOCK_CACHE: usize = 256;

/// An open database.
pub(crate) struct Store {
    db: Database,
    nodes: Mutex<Cache<Arc<Node>>>,
    blocks: Mutex<Cache<std::sync::Arc<StoredBlock>>>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the database in `datadir`, making both where they do not exist; in memory without
    /// one. A database that was just made has no tables yet.
    pub(crate) fn open(datadir: Option<&Path>) -> Result<Self, StoreError> {
        let mut builder = Database::builder();
        let db = match datadir {
            None => builder
                .set_cache_size(PAGE_CACHE_IN_MEMORY)
                .create_with_backend(InMemoryBackend::new())?,
            Some(datadir) => {
                fs::create_dir_all(datadir)
                    .map_err(|source| StoreError::Directory { path: datadir.into(), source })?;
                let path = datadir.join(FILE);
                builder.set_cache_size(PAGE_CACHE).create(&path).map_err(|source| match source {
                    DatabaseError::DatabaseAlreadyOpen => StoreError::Locked { path: path.clone() },
                    source => StoreError::Open { path: path.clone(), source: Box::new(source) },
                })?
            }
        };
        Ok(Self {
            db,
            nodes: Mutex::new(Cache::new(NODE_CACHE)),
            blocks: Mutex::new(Cache::new(BLOCK_CACHE)),
        })
    }

    /// Whether a chain is in the database; that its layout and genesis are the expected ones.
    pub(crate) fn holds_chain(&self, genesis: B256) -> Result<bool, StoreError> {
        let read = self.db.begin_read()?;
        let meta = match read.open_table(META) {
            Ok(table) => table,
            Err(TableError::TableDoesNotExist(_)) => return Ok(false),
            Err(error) => return Err(error.into()),
        };
        let got = meta.get(META_LAYOUT)?.map_or(0, |layout| layout.value());
        if got != LAYOUT {
            return Err(StoreError::Layout { got, expected: LAYOUT });
        }
        let got = read.open_table(TAGS)?.get(TAG_GENESIS)?.map(|hash| B256::from(hash.value()));
        let got = got.ok_or(StoreError::Corrupt { table: "tags", key: genesis })?;
        if got != genesis {
            return Err(StoreError::Genesis { got, expected: genesis });
        }
        Ok(true)
    }
}
