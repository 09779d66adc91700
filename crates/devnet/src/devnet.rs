//! Both chains together.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use alloy_primitives::{Address, B256, U256};
use alloy_signer_local::PrivateKeySigner;
use bough_contracts::addresses::L2_MESSENGER;
use bough_l1::{L1, L1Config};
use bough_node::{DeployConfig, Deployment, Endpoint, Here, Node, NodeConfig, deploy};
use bough_rpc::RpcConfig;
use bough_tasks::Ended;
use serde::Serialize;
use tokio::time::{Instant, sleep};

use crate::{
    DevnetConfig, DevnetError,
    accounts::{MNEMONIC, dev_accounts, sequencer},
    deposits::deposit_to_all,
};

/// Each account's ether on L1 at genesis.
const L1_ETHER: u64 = 10_000;
const WEI_PER_ETHER: u64 = 1_000_000_000_000_000_000;
/// L2's chain id: the number of the EIP, and the same on each devnet so that wallets can keep it.
const L2_CHAIN_ID: u64 = 8079;
const DEPLOYMENT_FILE: &str = "deployment.json";
const PATIENCE: Duration = Duration::from_secs(60);

/// A running L1 and L2.
#[derive(Debug)]
pub struct Devnet {
    l1: L1,
    node: Node,
    info: DevnetInfo,
}

/// Where a devnet is and what is on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DevnetInfo {
    /// L1's JSON-RPC.
    pub l1_url: String,
    /// L2's JSON-RPC.
    pub l2_url: String,
    /// L1's chain id.
    pub l1_chain_id: u64,
    /// L2's chain id.
    pub l2_chain_id: u64,
    /// The `NativeRollup` on L1.
    pub rollup: Address,
    /// The `L2Messenger` on L2.
    pub l2_messenger: Address,
    /// Who sequences L2, and deployed the rollup.
    pub sequencer: Address,
    /// The fork both chains follow.
    pub fork: String,
    /// What the accounts are derived from.
    pub mnemonic: &'static str,
    /// The accounts with ether on both chains.
    pub accounts: Vec<DevAccount>,
}

/// An account whose key everybody knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DevAccount {
    /// Its address.
    pub address: Address,
    /// Its private key.
    pub key: B256,
}

impl Devnet {
    /// Starts L1, deploys the rollup, starts L2, and waits until ten deposits have arrived.
    ///
    /// # Errors
    /// When a part does not start; nothing is left running then.
    pub async fn spawn(config: DevnetConfig) -> Result<Self, DevnetError> {
        let accounts = dev_accounts()?;
        let sequencer = sequencer()?;
        let l1 = L1::start(l1_config(&config, &accounts, &sequencer)).await?;
        let started = tokio::select! {
            started = Self::start_l2(&config, &l1, &accounts, &sequencer) => started,
            end = l1.ended() => Err(end.into()),
        };
        match started {
            Ok((node, info)) => Ok(Self { l1, node, info }),
            Err(why) => {
                l1.stop().await;
                Err(why)
            }
        }
    }

    /// Where it is and what is on it.
    pub const fn info(&self) -> &DevnetInfo {
        &self.info
    }

    /// The L1.
    pub const fn l1(&self) -> &L1 {
        &self.l1
    }

    /// The L2 node.
    pub const fn node(&self) -> &Node {
        &self.node
    }

    /// Returns once a part of either chain has ended that was not asked to. What is left is of no use.
    pub async fn ended(&self) -> Ended {
        tokio::select! {
            end = self.node.ended() => end,
            end = self.l1.ended() => end,
        }
    }

    /// Stops L2 once what it built is settled, then L1.
    pub async fn stop(self) {
        self.node.stop().await;
        self.l1.stop().await;
    }

    async fn start_l2(
        config: &DevnetConfig,
        l1: &L1,
        accounts: &[PrivateKeySigner],
        sequencer: &PrivateKeySigner,
    ) -> Result<(Node, DevnetInfo), DevnetError> {
        let (deployment, fresh) = deployment(config, l1, sequencer).await?;
        let node_config = NodeConfig {
            rpc: RpcConfig { port: config.l2_port, ..config.rpc.clone() },
            block_time: config.l2_block_time,
            datadir: config.datadir.as_ref().map(|datadir| datadir.join("l2")),
            unprotected_transactions: true,
            ..NodeConfig::new(endpoint(l1), deployment.clone(), sequencer.clone())
        };
        let node = Node::start(node_config).await?;
        let info = info(l1, &node, &deployment, accounts, sequencer);
        if !fresh {
            return Ok((node, info));
        }
        let funded = tokio::select! {
            funded = fund(&info, &node, accounts) => funded,
            end = node.ended() => Err(end.into()),
        };
        match funded {
            Ok(()) => Ok((node, info)),
            Err(why) => {
                node.stop().await;
                Err(why)
            }
        }
    }
}

/// L1, as its node asks it.
fn endpoint(l1: &L1) -> Endpoint {
    let rpc = l1.local_rpc();
    Endpoint::Here(Here::new(move |request| {
        let rpc = rpc.clone();
        async move { rpc.answer(request).await }
    }))
}

fn l1_config(
    config: &DevnetConfig,
    accounts: &[PrivateKeySigner],
    sequencer: &PrivateKeySigner,
) -> L1Config {
    let ether = U256::from(L1_ETHER) * U256::from(WEI_PER_ETHER);
    let addresses = accounts.iter().chain([sequencer]).map(PrivateKeySigner::address);
    L1Config {
        fork: config.fork,
        rpc: RpcConfig { port: config.l1_port, ..config.rpc.clone() },
        block_time: config.l1_block_time,
        finality: config.finality,
        accounts: addresses.map(|address| (address, ether)).collect(),
        datadir: config.datadir.as_ref().map(|datadir| datadir.join("l1")),
        unprotected_transactions: true,
        ..L1Config::default()
    }
}

/// The rollup of the data directory, or a new one; whether it is new.
async fn deployment(
    config: &DevnetConfig,
    l1: &L1,
    sequencer: &PrivateKeySigner,
) -> Result<(Deployment, bool), DevnetError> {
    let path = config.datadir.as_ref().map(|datadir| datadir.join(DEPLOYMENT_FILE));
    if let Some(path) = path.as_ref().filter(|path| path.exists()) {
        return Ok((read_deployment(path).map_err(|source| in_datadir(path, source))?, false));
    }
    let request = DeployConfig {
        fork: config.fork,
        l2_chain_id: Some(L2_CHAIN_ID),
        ..DeployConfig::new(l1.url(), sequencer.clone(), sequencer.address())
    };
    let deployment = deploy(request).await?.deployment;
    if let Some(path) = &path {
        write_deployment(path, &deployment).map_err(|source| in_datadir(path, source))?;
    }
    Ok((deployment, true))
}

fn read_deployment(path: &Path) -> std::io::Result<Deployment> {
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}

/// Written whole or not at all.
fn write_deployment(path: &Path, deployment: &Deployment) -> std::io::Result<()> {
    let draft = path.with_extension("json.tmp");
    fs::write(&draft, serde_json::to_vec_pretty(deployment)?)?;
    fs::rename(draft, path)
}

fn in_datadir(path: &Path, source: std::io::Error) -> DevnetError {
    DevnetError::Datadir { path: PathBuf::from(path), source }
}

fn info(
    l1: &L1,
    node: &Node,
    deployment: &Deployment,
    accounts: &[PrivateKeySigner],
    sequencer: &PrivateKeySigner,
) -> DevnetInfo {
    DevnetInfo {
        l1_url: l1.url(),
        l2_url: node.url(),
        l1_chain_id: deployment.l1_chain_id,
        l2_chain_id: deployment.l2_chain_id,
        rollup: deployment.rollup,
        l2_messenger: L2_MESSENGER,
        sequencer: sequencer.address(),
        fork: deployment.fork.clone(),
        mnemonic: MNEMONIC,
        accounts: accounts
            .iter()
            .map(|key| DevAccount { address: key.address(), key: key.to_bytes() })
            .collect(),
    }
}

/// Deposits for every account, and waits until they are on L2.
async fn fund(
    info: &DevnetInfo,
    node: &Node,
    accounts: &[PrivateKeySigner],
) -> Result<(), DevnetError> {
    let wei = deposit_to_all(info, accounts).await?;
    let deadline = Instant::now() + PATIENCE;
    while !have_arrived(node, accounts, wei) {
        if Instant::now() > deadline {
            return Err(DevnetError::NoDeposits);
        }
        sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

fn have_arrived(node: &Node, accounts: &[PrivateKeySigner], wei: U256) -> bool {
    let chain = node.chain();
    let Ok(state) = chain.state_at(chain.head().hash) else { return false };
    accounts.iter().all(|key| {
        let account = state.account(key.address());
        account.is_ok_and(|account| account.unwrap_or_default().balance >= wei)
    })
}
