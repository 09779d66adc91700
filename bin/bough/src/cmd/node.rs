//! `bough node`.

use std::{net::IpAddr, path::PathBuf, process::ExitCode, time::Duration};

use alloy_primitives::Address;
use bough_contracts::addresses::L2_MESSENGER;
use bough_node::{Deployment, NodeConfig};
use bough_rpc::RpcConfig;
use clap::Args;
use serde::Serialize;

use crate::{
    advice, args,
    args::{KeyArgs, ReplayArgs, RpcArgs, l1_chain_id},
    cli::Verbosity,
    failure::Failure,
    file, output, running,
    signals::Stop,
};

/// Run an L2 node, until Ctrl-C
#[derive(Debug, Args)]
pub(crate) struct Node {
    /// Build the chain's blocks, settle them on L1 and deliver L1's messages; there are no other
    /// nodes yet
    #[arg(long, required = true)]
    sequencer: bool,
    #[command(flatten)]
    key: KeyArgs,
    /// The rollup, as `bough deploy` wrote it
    #[arg(long, value_name = "FILE", default_value = "rollup.json")]
    rollup_file: PathBuf,
    /// JSON-RPC of L1
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8545")]
    l1_url: String,
    /// Port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 9545)]
    port: u16,
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1")]
    host: IpAddr,
    /// Time between L2 blocks
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = args::block_time)]
    block_time: Duration,
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
    l2_url: String,
    l1_chain_id: u64,
    l2_chain_id: u64,
    rollup: Address,
    l2_messenger: Address,
    sequencer: Address,
}

impl Node {
    /// Starts it, shows it, waits, stops it.
    pub(crate) async fn run(self, verbosity: Verbosity) -> eyre::Result<ExitCode> {
        let deployment = self.deployment()?;
        let key = match self.key.given()? {
            Some(key) => key,
            None => self.key.or_test_key(l1_chain_id(&self.l1_url).await?)?,
        };
        // Files may be of a kind that keeps whoever reads them waiting: until here a signal ends it.
        let mut stop = Stop::listen()?;
        let sequencer = key.address();
        let config = NodeConfig {
            rpc: self.rpc.apply(RpcConfig {
                host: self.host,
                port: self.port,
                ..RpcConfig::default()
            }),
            block_time: self.block_time,
            unprotected_transactions: self.replay.allow_unprotected_txs,
            datadir: self.datadir.clone(),
            ..NodeConfig::new(self.l1_url.clone(), deployment.clone(), key)
        };
        let node = tokio::select! {
            started = bough_node::Node::start(config) => started.map_err(|why| advice::node(&why))?,
            () = stop.asked() => return Ok(ExitCode::SUCCESS),
        };
        let banner = Banner {
            l1_url: self.l1_url.clone(),
            l2_url: node.url(),
            l1_chain_id: deployment.l1_chain_id,
            l2_chain_id: deployment.l2_chain_id,
            rollup: deployment.rollup,
            l2_messenger: L2_MESSENGER,
            sequencer,
        };
        if self.json {
            output::json(&banner)?;
        } else if !verbosity.quiet {
            output::text(&banner.to_text())?;
        }
        let end = running::until_stopped(&mut stop, node.ended()).await;
        running::stop(end, node.stop()).await
    }

    fn deployment(&self) -> eyre::Result<Deployment> {
        let shown = self.rollup_file.display();
        let text = file::text(&self.rollup_file).map_err(|why| {
            Failure::unusable(format!(
                "cannot read rollup file {shown}: {why}; `bough deploy` writes one, --rollup-file names it"
            ))
        })?;
        serde_json::from_str(&text).map_err(|why| {
            Failure::unusable(format!(
                "{shown} is no rollup file: {why}; give the one that `bough deploy` wrote"
            ))
        })
    }
}

impl Banner {
    fn to_text(&self) -> String {
        output::pairs(&[
            ("L2", self.l2_url.clone()),
            ("L1", self.l1_url.clone()),
            ("L2 chain id", self.l2_chain_id.to_string()),
            ("L1 chain id", self.l1_chain_id.to_string()),
            ("rollup on L1", self.rollup.to_string()),
            ("messenger on L2", self.l2_messenger.to_string()),
            ("sequencer", self.sequencer.to_string()),
        ])
    }
}
