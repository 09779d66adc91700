//! What the store can fail with.

use std::path::PathBuf;

use alloy_primitives::B256;
use thiserror::Error;

/// The store could not be opened, read or written.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Another process (or another chain in this one) has the data directory open.
    #[error("{path} is in use by another process", path = path.display())]
    Locked {
        /// The database file.
        path: PathBuf,
    },
    /// The data directory could not be made.
    #[error("cannot make the data directory {path}: {source}", path = path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is no database, or could not be opened.
    #[error("cannot open {path}: {source}", path = path.display())]
    Open {
        /// The database file.
        path: PathBuf,
        /// Why.
        source: Box<redb::DatabaseError>,
    },
    /// The files are not what was written: something else has changed them.
    #[error("the data in {path} is damaged", path = path.display())]
    Damaged {
        /// The data directory.
        path: PathBuf,
    },
    /// The data was written with another layout of tables.
    #[error("the data has layout {got}, this version reads layout {expected}")]
    Layout {
        /// The layout found.
        got: u64,
        /// The layout this version reads and writes.
        expected: u64,
    },
    /// The data belongs to another chain.
    #[error("the data begins at genesis {got}, expected {expected}")]
    Genesis {
        /// Hash of the genesis block found.
        got: B256,
        /// Hash of the configured genesis block.
        expected: B256,
    },
    /// A row that does not decode, or that another row promises and is not there.
    #[error("corrupt or missing row {key} in table {table}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The row's key, or the block it belongs to.
        key: B256,
    },
    /// The database failed.
    #[error("database: {0}")]
    Database(Box<redb::Error>),
}

impl<E: Into<redb::Error>> From<E> for StoreError {
    fn from(error: E) -> Self {
        Self::Database(Box::new(error.into()))
    }
}
