//! `bough l1`.

use std::{net::IpAddr, path::PathBuf, process::ExitCode, time::Duration};

use alloy_primitives::{Address, U256};
use alloy_signer_local::PrivateKeySigner;
use bough_devnet::{DevAccount, MNEMONIC, dev_accounts};
use bough_execute::EXECUTE_ADDRESS;
use bough_l1::L1Config;
use bough_rpc::RpcConfig;
use bough_stf::Fork;
use clap::Args;
use serde::Serialize;

use crate::{
    advice, args,
    args::{ReplayArgs, RpcArgs},
    cli::Verbosity,
    output, running, signals,
};

/// Wei each account has at genesis: 10,000 ETH.
const BALANCE: U256 = U256::from_limbs([0x19e0_c9ba_b240_0000, 0x21e, 0, 0]);

/// Run a development L1 that has EXECUTE, until Ctrl-C
#[derive(Debug, Args)]
pub(crate) struct L1 {
    /// Port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 8545)]
    port: u16,
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1")]
    host: IpAddr,
    /// Longest time between blocks, seconds; 0 makes blocks only when there are transactions
    #[arg(long, value_name = "SECONDS", default_value = "2", value_parser = args::seconds)]
    block_time: Duration,
    /// The fork it follows from genesis: osaka, bpo1, bpo2 or amsterdam
    #[arg(long, value_name = "FORK", default_value = "amsterdam", value_parser = args::settling_fork)]
    hardfork: Fork,
    /// How many blocks the finalized block lags the head
    #[arg(long, value_name = "BLOCKS", default_value_t = 2)]
    finality: u64,
    /// Make no block when a transaction arrives, only by time
    #[arg(long)]
    no_automine: bool,
    #[command(flatten)]
    replay: ReplayArgs,
    /// Folder to keep the chain in; in memory without it
    #[arg(long, value_name = "DIR")]
    datadir: Option<PathBuf>,
    /// Print the banner as one line of JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    rpc: RpcArgs,
}

/// What one needs to use the chain.
#[derive(Debug, Serialize)]
struct Banner {
    l1_url: String,
    l1_chain_id: u64,
    hardfork: &'static str,
    execute: Address,
    mnemonic: &'static str,
    accounts: Vec<DevAccount>,
}

impl L1 {
    /// Starts it, shows it, waits, stops it.
    pub(crate) async fn run(self, verbosity: Verbosity) -> eyre::Result<ExitCode> {
        let accounts = dev_accounts()?;
        let mut stop = signals::Stop::listen()?;
        let config = self.config(&accounts);
        let chain_id = config.chain_id;
        let l1 = bough_l1::L1::start(config).await.map_err(|why| advice::l1(&why))?;
        let banner = Banner {
            l1_url: l1.url(),
            l1_chain_id: chain_id,
            hardfork: self.hardfork.name(),
            execute: EXECUTE_ADDRESS,
            mnemonic: MNEMONIC,
            accounts: accounts
                .iter()
                .map(|key| DevAccount { address: key.address(), key: key.to_bytes() })
                .collect(),
        };
        if self.json {
            output::json(&banner)?;
        } else if !verbosity.quiet {
            output::text(&banner.to_text())?;
        }
        let end = running::until_stopped(&mut stop, l1.ended()).await;
        running::stop(end, l1.stop()).await
    }

    fn config(&self, accounts: &[PrivateKeySigner]) -> L1Config {
        L1Config {
            fork: self.hardfork,
            rpc: self.rpc.apply(RpcConfig {
                host: self.host,
                port: self.port,
                ..RpcConfig::development()
            }),
            block_time: self.block_time,
            automine: !self.no_automine,
            finality: self.finality,
            accounts: accounts.iter().map(|key| (key.address(), BALANCE)).collect(),
            unprotected_transactions: self.replay.allow_unprotected_txs,
            datadir: self.datadir.clone(),
            ..L1Config::default()
        }
    }
}

impl Banner {
    fn to_text(&self) -> String {
        let head = output::pairs(&[
            ("L1", self.l1_url.clone()),
            ("chain id", self.l1_chain_id.to_string()),
            ("hardfork", self.hardfork.to_owned()),
            ("EXECUTE", self.execute.to_string()),
            ("mnemonic", self.mnemonic.to_owned()),
        ]);
        let accounts: Vec<(String, String)> = self
            .accounts
            .iter()
            .map(|account| (account.address.to_string(), account.key.to_string()))
            .collect();
        format!(
            "{head}\nAccounts with 10000 ETH, and their keys (public: for development only)\n{}",
            output::pairs(&accounts)
        )
    }
}
