//! What a devnet is started with.

use std::{path::PathBuf, time::Duration};

use bough_rpc::RpcConfig;
use bough_stf::Fork;

/// Settings of a devnet.
#[derive(Debug, Clone)]
pub struct DevnetConfig {
    /// The fork both chains follow.
    pub fork: Fork,
    /// Longest time between L1 blocks.
    pub l1_block_time: Duration,
    /// Time between L2 blocks.
    pub l2_block_time: Duration,
    /// How both chains answer JSON-RPC; each has its own port.
    pub rpc: RpcConfig,
    /// L1's port; 0 takes a free one.
    pub l1_port: u16,
    /// L2's port; 0 takes a free one.
    pub l2_port: u16,
    /// How many blocks L1's finalized block lags its head.
    pub finality: u64,
    /// Where to keep both chains; in memory without one.
    pub datadir: Option<PathBuf>,
}

impl Default for DevnetConfig {
    fn default() -> Self {
        Self {
            fork: Fork::Amsterdam,
            l1_block_time: Duration::from_secs(2),
            l2_block_time: Duration::from_secs(1),
            rpc: RpcConfig::development(),
            l1_port: 8545,
            l2_port: 9545,
            finality: 2,
            datadir: None,
        }
    }
}
