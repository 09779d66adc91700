//! Putting a rollup on an L1.

use std::time::Duration;

use alloy_eips::BlockNumberOrTag;
use alloy_primitives::{Address, B256, TxKind, U256};
use alloy_signer_local::PrivateKeySigner;
use alloy_sol_types::SolConstructor;
use bough_contracts::NativeRollup;
use bough_rollup::{Policy, RollupConfig, check_chain_id, derived_chain_id};
use bough_stf::{Fork, ForkSchedule};
use bough_transport::Endpoint;

use crate::{
    DeployError, Deployment,
    config::L1_TIMEOUT,
    l1_client::{Call, L1Client},
};

const PATIENCE: Duration = Duration::from_secs(120);

/// What a rollup is deployed with.
#[derive(Debug, Clone)]
pub struct DeployConfig {
    /// JSON-RPC of L1, over HTTP.
    pub l1_url: String,
    /// The deployer's key: it pays the gas and the escrow.
    pub key: PrivateKeySigner,
    /// Who may advance the chain; zero lets anyone.
    pub sequencer: Address,
    /// Seconds without `advance` after which anyone may.
    pub sequencer_timeout: u64,
    /// Seconds an L2 block may lag behind the L1 block it is posted in.
    pub timestamp_window: u64,
    /// L2's chain id; without one, [`derived_chain_id`].
    pub l2_chain_id: Option<u64>,
    /// Gas limit of every L2 block.
    pub gas_limit: u64,
    /// The fork L1 follows.
    pub fork: Fork,
    /// Who has how many wei in L2's genesis; the deployer escrows their sum.
    pub allocation: Vec<(Address, U256)>,
}

impl DeployConfig {
    /// A rollup with a chain id of its own, and the usual limits and times: the sequencer starts with ten ether on
    /// L2, to pay for the first claims.
    pub fn new(l1_url: String, key: PrivateKeySigner, sequencer: Address) -> Self {
        Self {
            l1_url,
            key,
            sequencer,
            sequencer_timeout: 2 * 60 * 60,
            timestamp_window: 7 * 24 * 60 * 60,
            l2_chain_id: None,
            gas_limit: 30_000_000,
            fork: Fork::Amsterdam,
            allocation: vec![(sequencer, U256::from(10u128.pow(19)))],
        }
    }
}

/// A rollup that was deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployed {
    /// The rollup.
    pub deployment: Deployment,
    /// The L1 transaction that made the contract.
    pub tx_hash: B256,
    /// L1 gas it used.
    pub gas_used: u64,
}

/// Deploys a `NativeRollup`.
///
/// Genesis holds the contract's address and the contract holds genesis' hash: the address is that
/// of the deployer's next nonce.
///
/// # Errors
/// When L1 does not answer or the transaction fails.
pub async fn deploy(config: DeployConfig) -> Result<Deployed, DeployError> {
    let l1 = L1Client::connect(&Endpoint::from(config.l1_url.as_str()), L1_TIMEOUT).await?;
    let l1_chain_id = l1.chain_id();
    let head = l1.header(BlockNumberOrTag::Latest).await?;
    let nonce = l1.next_nonce(config.key.address()).await?;
    let deployer = config.key.address();
    let rollup = deployer.create(nonce);
    let l2_chain_id =
        config.l2_chain_id.unwrap_or_else(|| derived_chain_id(l1_chain_id, deployer, nonce));
    check_chain_id(l2_chain_id, l1_chain_id)?;
    let protocol = RollupConfig {
        l1_chain_id,
        l2_chain_id,
        rollup,
        gas_limit: config.gas_limit,
        timestamp: head.timestamp,
        forks: ForkSchedule::always(config.fork),
        allocation: config.allocation.clone(),
    };
    let contract = protocol.contract_config(Policy {
        timestamp_window: config.timestamp_window,
        sequencer: config.sequencer,
        sequencer_timeout: config.sequencer_timeout,
    })?;
    let arguments = NativeRollup::constructorCall { config_: contract }.abi_encode();
    let data = [NativeRollup::BYTECODE.as_ref(), &arguments].concat();
    let call = Call { to: TxKind::Create, value: protocol.escrow()?, data: data.into(), gas: None };
    let tx_hash = l1.send(&config.key, nonce, call).await?;
    let (receipt, _) = l1.receipt(tx_hash, PATIENCE).await?;
    if !receipt.status() {
        return Err(DeployError::Failed(tx_hash));
    }
    if receipt.contract_address != Some(rollup) {
        return Err(DeployError::Address { got: receipt.contract_address, expected: rollup });
    }
    let deployment = Deployment {
        l1_chain_id,
        l2_chain_id,
        rollup,
        l1_block: head.number,
        gas_limit: config.gas_limit,
        timestamp: head.timestamp,
        fork: config.fork.name().to_owned(),
        allocation: config.allocation,
    };
    Ok(Deployed { deployment, tx_hash, gas_used: receipt.gas_used })
}
