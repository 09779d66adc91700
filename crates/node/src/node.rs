//! The node: its parts, started and stopped together.

use std::{collections::BTreeMap, sync::Arc};

use alloy_eips::BlockNumberOrTag;
use alloy_primitives::Address;
use bough_chain::{Chain, ChainConfig, PoolConfig};
use bough_contracts::NativeRollup;
use bough_execute::Prices;
use bough_rollup::{Derivation, ExecutePrice, L1BlockId, RollupConfig, SettlementBudget};
use bough_rpc::{RpcHandle, RpcHooks, RpcServer};
use bough_tasks::{Ended, Tasks};
use parking_lot::Mutex;
use tokio::sync::watch;
use tracing::info;

use crate::{
    Flaw, L1Error, NodeConfig, NodeError, builder::Builder, claimer::Claimer, l1_client::L1Client,
    methods, settler::Settler, shared::Shared, watcher::Watcher,
};

/// Gas set aside for the system calls of a block: what the first blocks of a rollup need, whose
/// system contracts write new slots, with a third on top.
const SYSTEM_GAS: u64 = 500_000;
const SETTLE_PATIENCE: std::time::Duration = std::time::Duration::from_secs(5);

/// A running sequencer node.
#[derive(Debug)]
pub struct Node {
    shared: Arc<Shared>,
    rpc: RpcHandle,
    /// What makes L2's blocks.
    building: Tasks,
    /// What follows L1 and settles on it.
    following: Tasks,
}

impl Node {
    /// Checks the rollup on L1, takes L1's blocks so far, and starts building.
    ///
    /// # Errors
    /// When L1 does not answer, the contract is not the deployment's, or the data directory or the
    /// port cannot be had; nothing is left running then.
    pub async fn start(config: NodeConfig) -> Result<Self, NodeError> {
        let l1 = L1Client::connect(&config.l1, config.l1_timeout).await?;
        let protocol = config.deployment.rollup_config()?;
        let sequencer = check_rollup(&l1, &protocol).await?;
        if !sequencer.is_zero() && sequencer != config.key.address() {
            return Err(NodeError::NotSequencer { got: config.key.address(), expected: sequencer });
        }
        let shared = Arc::new(share(&config, &protocol, &l1).await?);
        let mut watcher = Watcher {
            shared: Arc::clone(&shared),
            l1: l1.clone(),
            poll_interval: config.poll_interval,
            retries: config.l1_retries,
            time_ahead: config.l1_time_ahead,
            untagged: true,
        };
        watcher.catch_up().await?;
        let rpc = RpcServer::start(
            Arc::clone(&shared.chain),
            config.rpc,
            RpcHooks::default(),
            methods::methods(&shared),
        )?;
        info!(rollup = %protocol.rollup, url = rpc.http_url(), "L2 started");
        let (key, block_time, retries) = (config.key, config.block_time, config.l1_retries);
        let builder = Builder { shared: Arc::clone(&shared), key: key.clone(), block_time };
        let claimer =
            Claimer { shared: Arc::clone(&shared), key: key.clone(), tried: BTreeMap::new() };
        let settler = Settler { shared: Arc::clone(&shared), l1, key, retries };
        let (mut building, mut following) = (Tasks::new(), Tasks::new());
        building.spawn("builder", builder.run(building.stop_signal()));
        building.spawn("claimer", claimer.run(building.stop_signal()));
        following.spawn("watcher", watcher.run(following.stop_signal()));
        following.spawn("settler", settler.run());
        following.spawn("RPC server", rpc.ended());
        Ok(Self { shared, rpc, building, following })
    }

    /// The URL it answers on.
    pub fn url(&self) -> String {
        self.rpc.http_url()
    }

    /// L2's chain.
    pub fn chain(&self) -> &Arc<Chain> {
        &self.shared.chain
    }

    /// Returns once a part of it has ended that was not asked to. What is left of it is of no use:
    /// it answers, but L2 does not go on.
    pub async fn ended(&self) -> Ended {
        tokio::select! {
            end = self.building.ended() => end,
            end = self.following.ended() => end,
        }
    }

    /// Stops building, gives what was built a few seconds to be settled, and stops. What is not
    /// settled then is kept in the data directory and settled after the next start.
    pub async fn stop(self) {
        let Self { shared, rpc, building, following } = self;
        building.stop().await;
        tokio::select! {
            _ = tokio::time::timeout(SETTLE_PATIENCE, settled(&shared)) => {}
            _ = following.ended() => {}
        }
        following.abort().await;
        rpc.stop().await;
    }
}

async fn settled(shared: &Shared) {
    let mut tip = shared.l1_tip.subscribe();
    while shared.settled().number < shared.chain.head().header.number {
        if tip.changed().await.is_err() {
            return;
        }
    }
}

/// That the contract on L1 is this rollup's. Gives its sequencer.
async fn check_rollup(l1: &L1Client, protocol: &RollupConfig) -> Result<Address, NodeError> {
    let l1_chain_id = l1.chain_id();
    if l1_chain_id != protocol.l1_chain_id {
        return Err(NodeError::ChainId { got: l1_chain_id, expected: protocol.l1_chain_id });
    }
    let rollup = protocol.rollup;
    let no_rollup = NodeError::NoRollup { rollup, l1_chain_id };
    if l1.code(rollup).await?.is_empty() {
        return Err(no_rollup);
    }
    let contract = match l1.view(rollup, NativeRollup::configCall {}).await {
        Ok(contract) => contract,
        Err(L1Error::Refused { .. }) => return Err(no_rollup),
        Err(L1Error::Malformed { flaw, .. }) if matches!(*flaw, Flaw::Output(_)) => {
            return Err(no_rollup);
        }
        Err(why) => return Err(why.into()),
    };
    protocol.check_contract(&contract).map_err(|source| NodeError::Config { rollup, source })?;
    Ok(contract.sequencer)
}

async fn share(
    config: &NodeConfig,
    protocol: &RollupConfig,
    l1: &L1Client,
) -> Result<Shared, NodeError> {
    let fork = config.deployment.fork()?;
    let start = l1.header(BlockNumberOrTag::Number(config.deployment.l1_block)).await?;
    let start_id = L1BlockId { number: start.number, hash: start.hash };
    let chain = Chain::open(ChainConfig {
        datadir: config.datadir.clone(),
        pool: PoolConfig {
            unprotected_transactions: config.unprotected_transactions,
            ..PoolConfig::default()
        },
        ..ChainConfig::new(protocol.spec(), protocol.genesis()?)
    })?;
    let price = ExecutePrice { base: SYSTEM_GAS, per_byte: Prices::at(fork).per_byte };
    let head = chain.head().header.number;
    Ok(Shared {
        chain: Arc::new(chain),
        derivation: Mutex::new(Derivation::new(
            protocol.domain(),
            start_id,
            start.timestamp,
            protocol.genesis_id()?,
        )),
        domain: protocol.domain(),
        sequencer: config.key.address(),
        budget: SettlementBudget::new(fork, price),
        waiting: Mutex::default(),
        preconfirmations: Mutex::default(),
        l1_tip: watch::channel(start.number).0,
        l2_head: watch::channel(head).0,
    })
}
