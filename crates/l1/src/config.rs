//! What a development L1 is started with.

use std::{path::PathBuf, time::Duration};

use alloy_primitives::{Address, U256};
use bough_rpc::RpcConfig;
use bough_stf::Fork;

/// Settings of a development L1.
#[derive(Debug, Clone)]
pub struct L1Config {
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// The fork it follows from genesis.
    pub fork: Fork,
    /// How it answers JSON-RPC.
    pub rpc: RpcConfig,
    /// Longest time between blocks.
    pub block_time: Duration,
    /// Whether a transaction makes a block at once.
    pub automine: bool,
    /// Gas limit of its blocks.
    pub gas_limit: u64,
    /// How many blocks the finalized block lags the head.
    pub finality: u64,
    /// Accounts that have ether at genesis (wei).
    pub accounts: Vec<(Address, U256)>,
    /// Timestamp of genesis, seconds; now without one. A data directory keeps its own.
    pub genesis_timestamp: Option<u64>,
    /// Whether it takes transactions that could be replayed from other chains, without a chain id
    /// (EIP-155). Well-known deployments are taken in any case.
    pub unprotected_transactions: bool,
    /// Where to keep the chain; in memory without one.
    pub datadir: Option<PathBuf>,
}

impl Default for L1Config {
    fn default() -> Self {
        Self {
            chain_id: 31337,
            fork: Fork::Amsterdam,
            rpc: RpcConfig { port: 8545, ..RpcConfig::development() },
            block_time: Duration::from_secs(2),
            automine: true,
            gas_limit: 60_000_000,
            finality: 2,
            accounts: Vec::new(),
            genesis_timestamp: None,
            unprotected_transactions: false,
            datadir: None,
        }
    }
}
