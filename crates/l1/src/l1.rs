//! The chain, its miner and its RPC server together.

use std::{collections::BTreeMap, fs, path::Path, sync::Arc};

use alloy_genesis::{Genesis, GenesisAccount};
use alloy_primitives::Address;
use bough_chain::{Chain, ChainConfig, PoolConfig};
use bough_execute::{EXECUTE_ADDRESS, Execute};
use bough_rpc::{LocalRpc, RpcConfig, RpcHandle, RpcHooks, RpcServer};
use bough_stf::{ChainSpec, ExtraPrecompiles, ForkSchedule, system_contracts};
use bough_tasks::{Ended, Tasks};

use crate::{
    L1Config, L1Error, Miner, dev_methods,
    miner::{Settings, clock},
};

/// Bytes of the largest transaction the pool takes: settlement transactions are big.
const MAX_TRANSACTION_BYTES: usize = 4 << 20;
/// Where a data directory keeps the timestamp its genesis was made with.
const TIMESTAMP_FILE: &str = "genesis_timestamp";

/// A running development L1.
#[derive(Debug)]
pub struct L1 {
    chain: Arc<Chain>,
    miner: Arc<Miner>,
    rpc: RpcHandle,
    tasks: Tasks,
}

impl L1 {
    /// Opens the chain, starts the miner and the RPC server.
    ///
    /// # Errors
    /// When the data directory or the port cannot be had; nothing is left running then.
    pub async fn start(config: L1Config) -> Result<Self, L1Error> {
        let genesis_timestamp = genesis_timestamp(&config)?;
        let forks = ForkSchedule::always(config.fork);
        let execute = Execute::new(forks.clone());
        let chain = Arc::new(Chain::open(ChainConfig {
            datadir: config.datadir.clone(),
            precompiles: ExtraPrecompiles::none().with(EXECUTE_ADDRESS, Arc::new(execute)),
            pool: PoolConfig {
                max_transaction_bytes: MAX_TRANSACTION_BYTES,
                blob_transactions: true,
                unprotected_transactions: config.unprotected_transactions,
                ..PoolConfig::default()
            },
            keep_witnesses: false,
            ..ChainConfig::new(
                ChainSpec::new(config.chain_id, forks.clone()),
                genesis(&config, &forks, genesis_timestamp),
            )
        })?);
        let settings = Settings {
            automine: config.automine,
            interval: Some(config.block_time).filter(|time| !time.is_zero()),
            offset: 0,
            next_timestamp: None,
            gas_limit: config.gas_limit,
            finality: config.finality,
        };
        let mut tasks = Tasks::new();
        let miner = Arc::new(Miner::start(Arc::clone(&chain), settings, &mut tasks));
        let (hooks, methods) = (RpcHooks::default(), dev_methods::methods(&miner));
        let rpc = RpcServer::start(Arc::clone(&chain), config.rpc, hooks, methods)?;
        let (ended, mut stop) = (rpc.ended(), tasks.stop_signal());
        tasks.spawn("RPC server", async move {
            tokio::select! {
                ended = ended => ended,
                () = stop.asked() => Ok(()),
            }
        });
        Ok(Self { chain, miner, rpc, tasks })
    }

    /// The URL it answers on.
    pub fn url(&self) -> String {
        self.rpc.http_url()
    }

    /// What answers a node of this process, without a port: whoever asks at that keeps it from
    /// nothing.
    pub fn local_rpc(&self) -> LocalRpc {
        let (config, hooks) = (RpcConfig::default(), RpcHooks::default());
        LocalRpc::new(Arc::clone(&self.chain), config, hooks, dev_methods::methods(&self.miner))
    }

    /// The chain.
    pub const fn chain(&self) -> &Arc<Chain> {
        &self.chain
    }

    /// The miner.
    pub const fn miner(&self) -> &Arc<Miner> {
        &self.miner
    }

    /// Returns once a part of it has ended that was not asked to. What is left of it is of no use:
    /// it answers, but makes no block.
    pub async fn ended(&self) -> Ended {
        self.tasks.ended().await
    }

    /// Stops mining, then answering.
    pub async fn stop(self) {
        self.tasks.stop().await;
        self.rpc.stop().await;
    }
}

fn genesis(config: &L1Config, forks: &ForkSchedule, timestamp: u64) -> Genesis {
    let funded = config.accounts.iter().map(|(address, wei)| {
        (*address, GenesisAccount { balance: *wei, ..GenesisAccount::default() })
    });
    let contracts = system_contracts(forks).into_iter().map(|(address, code)| {
        (address, GenesisAccount { nonce: Some(1), code: Some(code), ..GenesisAccount::default() })
    });
    let alloc: BTreeMap<Address, GenesisAccount> = funded.chain(contracts).collect();
    Genesis { gas_limit: config.gas_limit, timestamp, alloc, ..Genesis::default() }
}

/// A chain that goes on must have the genesis it began with, and that has a timestamp.
fn genesis_timestamp(config: &L1Config) -> Result<u64, L1Error> {
    let fresh = config.genesis_timestamp.unwrap_or_else(clock);
    let Some(datadir) = &config.datadir else { return Ok(fresh) };
    let path = datadir.join(TIMESTAMP_FILE);
    kept_timestamp(datadir, &path, fresh).map_err(|source| L1Error::Timestamp { path, source })
}

fn kept_timestamp(datadir: &Path, path: &Path, fresh: u64) -> std::io::Result<u64> {
    if path.exists() {
        let text = fs::read_to_string(path)?;
        return text.trim().parse().map_err(std::io::Error::other);
    }
    fs::create_dir_all(datadir)?;
    fs::write(path, fresh.to_string())?;
    Ok(fresh)
}
