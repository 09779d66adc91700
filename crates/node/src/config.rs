//! What a node is started with.

use std::{path::PathBuf, time::Duration};

use alloy_signer_local::PrivateKeySigner;
use bough_rpc::RpcConfig;
use bough_transport::Endpoint;

use crate::Deployment;

/// How long L1 may take to answer.
pub(crate) const L1_TIMEOUT: Duration = Duration::from_secs(30);

/// How far the time of an L1 that is no development chain may be ahead: clocks differ by seconds.
const TIME_AHEAD: Duration = Duration::from_secs(60 * 60);
/// The chain id of development L1s.
const DEV_L1_CHAIN_ID: u64 = 31337;

/// Settings of a sequencing node.
#[derive(Debug, Clone)]
pub struct NodeConfig {
    /// JSON-RPC of L1.
    pub l1: Endpoint,
    /// The rollup.
    pub deployment: Deployment,
    /// The sequencer's key: it pays for `advance` on L1, and for claims on L2.
    pub key: PrivateKeySigner,
    /// How it answers JSON-RPC.
    pub rpc: RpcConfig,
    /// Time between L2 blocks.
    pub block_time: Duration,
    /// How often L1 is asked for news.
    pub poll_interval: Duration,
    /// How long L1 may take to answer a request.
    pub l1_timeout: Duration,
    /// How often in a row an answer of L1 may be wrong before the node ends: it asks again after
    /// `poll_interval`, then after twice that, and so on up to five seconds.
    pub l1_retries: u32,
    /// How far L1's time may be ahead of this machine's; without it, as far as an L1 may be. L2's time
    /// follows L1's and never goes back, so that one timestamp too late would stop it. A development
    /// L1's time can be set at will.
    pub l1_time_ahead: Option<Duration>,
    /// Whether L2 takes transactions that could be replayed from other chains, without a chain id
    /// (EIP-155). Well-known deployments are taken in any case.
    pub unprotected_transactions: bool,
    /// Where to keep the chain; in memory without one.
    pub datadir: Option<PathBuf>,
}

impl NodeConfig {
    /// A node with the usual port and times, in memory. On an L1 with chain id 31337 any time is
    /// believed.
    pub fn new(l1: impl Into<Endpoint>, deployment: Deployment, key: PrivateKeySigner) -> Self {
        let is_dev = deployment.l1_chain_id == DEV_L1_CHAIN_ID;
        let l1_time_ahead = (!is_dev).then_some(TIME_AHEAD);
        Self {
            l1: l1.into(),
            deployment,
            key,
            rpc: RpcConfig { port: 9545, ..RpcConfig::default() },
            block_time: Duration::from_secs(1),
            poll_interval: Duration::from_millis(100),
            l1_timeout: L1_TIMEOUT,
            l1_retries: 15,
            l1_time_ahead,
            unprotected_transactions: false,
            datadir: None,
        }
    }
}
