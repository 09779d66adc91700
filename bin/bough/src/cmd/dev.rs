//! `bough dev`.

use std::{net::IpAddr, path::PathBuf, process::ExitCode, time::Duration};

use alloy_primitives::Address;
use bough_devnet::{DevAccount, Devnet, DevnetConfig, DevnetInfo};
use bough_execute::EXECUTE_ADDRESS;
use bough_rpc::RpcConfig;
use bough_stf::Fork;
use clap::Args;
use serde::Serialize;

use crate::{
    advice, args, args::RpcArgs, cli::Verbosity, output, progress::Progress, running, signals::Stop,
};

/// Run L1 and L2 in one process, until Ctrl-C
#[derive(Debug, Args)]
pub(crate) struct Dev {
    /// Longest time between L1 blocks; transactions make blocks at once
    #[arg(long, value_name = "SECONDS", default_value = "2", value_parser = args::block_time)]
    l1_block_time: Duration,
    /// Time between L2 blocks
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = args::block_time)]
    l2_block_time: Duration,
    /// L1's port; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 8545)]
    l1_port: u16,
    /// L2's port; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 9545)]
    l2_port: u16,
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1")]
    host: IpAddr,
    /// The fork both chains follow from genesis: osaka, bpo1, bpo2 or amsterdam
    #[arg(long, value_name = "FORK", default_value = "amsterdam", value_parser = args::settling_fork)]
    hardfork: Fork,
    /// How many blocks L1's finalized block lags its head
    #[arg(long, value_name = "BLOCKS", default_value_t = 2)]
    finality: u64,
    /// Folder to keep both chains in; in memory without it
    #[arg(long, value_name = "DIR")]
    datadir: Option<PathBuf>,
    /// Print the banner as one line of JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    rpc: RpcArgs,
}

/// What one needs to use both chains.
#[derive(Debug, Serialize)]
struct Banner<'a> {
    l1_url: &'a str,
    l2_url: &'a str,
    l1_chain_id: u64,
    l2_chain_id: u64,
    hardfork: &'static str,
    rollup: Address,
    l2_messenger: Address,
    execute: Address,
    sequencer: Address,
    mnemonic: &'static str,
    accounts: &'a [DevAccount],
}

impl Dev {
    /// Starts both chains, shows them, waits, stops them.
    pub(crate) async fn run(self, verbosity: Verbosity) -> eyre::Result<ExitCode> {
        let mut stop = Stop::listen()?;
        Progress::new(verbosity).say("starting L1 and L2");
        let devnet = tokio::select! {
            spawned = Devnet::spawn(self.config()) => spawned.map_err(advice::devnet)?,
            () = stop.asked() => return Ok(ExitCode::SUCCESS),
        };
        let banner = Banner::new(devnet.info(), self.hardfork);
        if self.json {
            output::json(&banner)?;
        } else if !verbosity.quiet {
            output::text(&banner.to_text())?;
        }
        let end = running::until_stopped(&mut stop, devnet.ended()).await;
        if end.is_none() {
            Progress::new(verbosity).say("stopping");
        }
        running::stop(end, devnet.stop()).await
    }

    fn config(&self) -> DevnetConfig {
        DevnetConfig {
            fork: self.hardfork,
            l1_block_time: self.l1_block_time,
            l2_block_time: self.l2_block_time,
            rpc: self.rpc.apply(RpcConfig { host: self.host, ..RpcConfig::development() }),
            l1_port: self.l1_port,
            l2_port: self.l2_port,
            finality: self.finality,
            datadir: self.datadir.clone(),
        }
    }
}

impl<'a> Banner<'a> {
    fn new(info: &'a DevnetInfo, hardfork: Fork) -> Self {
        Self {
            l1_url: &info.l1_url,
            l2_url: &info.l2_url,
            l1_chain_id: info.l1_chain_id,
            l2_chain_id: info.l2_chain_id,
            hardfork: hardfork.name(),
            rollup: info.rollup,
            l2_messenger: info.l2_messenger,
            execute: EXECUTE_ADDRESS,
            sequencer: info.sequencer,
            mnemonic: info.mnemonic,
            accounts: &info.accounts,
        }
    }

    fn to_text(&self) -> String {
        let chains = output::pairs(&[
            ("L1", format!("{} (chain id {})", self.l1_url, self.l1_chain_id)),
            ("L2", format!("{} (chain id {})", self.l2_url, self.l2_chain_id)),
            ("hardfork", self.hardfork.to_owned()),
            ("rollup on L1", self.rollup.to_string()),
            ("EXECUTE on L1", self.execute.to_string()),
            ("messenger on L2", self.l2_messenger.to_string()),
            ("sequencer", self.sequencer.to_string()),
            ("mnemonic", self.mnemonic.to_owned()),
        ]);
        let accounts: Vec<(String, String)> = self
            .accounts
            .iter()
            .map(|account| (account.address.to_string(), account.key.to_string()))
            .collect();
        format!(
            "{chains}\nAccounts with ETH on both chains, and their keys (public: for development only)\n\
             {}\nCtrl-C stops both\n",
            output::pairs(&accounts)
        )
    }
}
