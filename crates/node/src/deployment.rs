//! A deployed rollup, as a file tells it.

use alloy_primitives::{Address, U256};
use bough_rollup::RollupConfig;
use bough_stf::{Fork, ForkSchedule};
use serde::{Deserialize, Serialize};

use crate::NodeError;

/// All that another node needs to be a node of the same rollup, besides an L1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Deployment {
    /// L1's chain id.
    pub l1_chain_id: u64,
    /// L2's chain id.
    pub l2_chain_id: u64,
    /// The `NativeRollup` on L1.
    pub rollup: Address,
    /// Number of an L1 block before the contract was made.
    pub l1_block: u64,
    /// Gas limit of every L2 block.
    pub gas_limit: u64,
    /// L2 genesis' timestamp, seconds.
    pub timestamp: u64,
    /// The fork that L1 and L2 follow.
    pub fork: String,
    /// Who has how many wei in L2's genesis; the contract was made with their sum.
    pub allocation: Vec<(Address, U256)>,
}

impl Deployment {
    /// The fork L1 and L2 follow.
    ///
    /// # Errors
    /// [`NodeError::UnknownFork`].
    pub fn fork(&self) -> Result<Fork, NodeError> {
        Fork::from_name(&self.fork).ok_or_else(|| NodeError::UnknownFork(self.fork.clone()))
    }

    /// The rollup's protocol configuration.
    ///
    /// # Errors
    /// [`NodeError::UnknownFork`].
    pub fn rollup_config(&self) -> Result<RollupConfig, NodeError> {
        Ok(RollupConfig {
            l1_chain_id: self.l1_chain_id,
            l2_chain_id: self.l2_chain_id,
            rollup: self.rollup,
            gas_limit: self.gas_limit,
            timestamp: self.timestamp,
            forks: ForkSchedule::always(self.fork()?),
            allocation: self.allocation.clone(),
        })
    }
}
