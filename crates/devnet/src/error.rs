//! Why a devnet did not start.

use std::path::PathBuf;

use bough_bridge::BridgeError;
use bough_l1::L1Error;
use bough_node::{DeployError, NodeError};
use bough_tasks::Ended;
use thiserror::Error;

/// Starting failed; nothing is left running.
#[derive(Debug, Error)]
pub enum DevnetError {
    /// L1.
    #[error(transparent)]
    L1(#[from] L1Error),
    /// The rollup's contract.
    #[error(transparent)]
    Deploy(#[from] DeployError),
    /// L2.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// The first deposits.
    #[error(transparent)]
    Bridge(#[from] BridgeError),
    /// A part of a chain ended meanwhile.
    #[error(transparent)]
    Ended(#[from] Ended),
    /// A key of the mnemonic cannot be derived.
    #[error("a development key cannot be derived")]
    Key,
    /// The data directory.
    #[error("cannot use {path}: {source}")]
    Datadir {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The deposits did not arrive.
    #[error("the deposits did not arrive on L2 in time")]
    NoDeposits,
}
