//! Transactions that could be replayed.

/// Whether transactions without a chain id are taken.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct ReplayArgs {
    /// Take transactions without a chain id (EIP-155), which anyone can send again on other chains;
    /// without it only well-known deployments
    #[arg(long, alias = "rpc.allow-unprotected-txs")]
    pub(crate) allow_unprotected_txs: bool,
}
