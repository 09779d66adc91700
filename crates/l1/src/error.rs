//! Why a development L1 did not start.

use bough_chain::ChainError;
use bough_rpc::StartError;
use thiserror::Error;

/// Starting failed; nothing is left running.
#[derive(Debug, Error)]
pub enum L1Error {
    /// The chain could not be opened.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The RPC server could not be started.
    #[error(transparent)]
    Rpc(#[from] StartError),
    /// The file that says when the chain began cannot be read or written.
    #[error("cannot keep the genesis timestamp in {path}: {source}")]
    Timestamp {
        /// The file.
        path: std::path::PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
}
