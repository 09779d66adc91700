//! `bough demo`.

use std::process::ExitCode;

use bough_devnet::{Devnet, DevnetConfig};
use bough_stf::Fork;
use clap::Args;
use eyre::eyre;

use crate::{
    advice, args, cli::Verbosity, demo, output, progress::Progress, running, signals::Stop,
};

/// Run the whole life of a rollup on a fresh devnet, and show what came of it
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// The fork both chains follow from genesis: osaka, bpo1, bpo2 or amsterdam
    #[arg(long, value_name = "FORK", default_value = "amsterdam", value_parser = args::settling_fork)]
    hardfork: Fork,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Demo {
    /// Starts a devnet, tells the story on it, stops it, reports.
    pub(crate) async fn run(self, verbosity: Verbosity) -> eyre::Result<ExitCode> {
        let mut stop = Stop::listen()?;
        let progress = Progress::new(verbosity);
        progress.say("starting L1 and L2");
        let config =
            DevnetConfig { fork: self.hardfork, l1_port: 0, l2_port: 0, ..DevnetConfig::default() };
        let stopped = || eyre!("stopped before the end; nothing is left running");
        let devnet = tokio::select! {
            spawned = Devnet::spawn(config) => spawned.map_err(advice::devnet)?,
            () = stop.asked() => return Err(stopped()),
        };
        let told = tokio::select! {
            told = demo::run(&devnet, progress) => told,
            () = stop.asked() => Err(stopped()),
            end = devnet.ended() => return running::stop(Some(end), devnet.stop()).await,
        };
        devnet.stop().await;
        let report = told?;
        if self.json {
            output::json(&report)?;
        } else {
            output::text(&report.to_text())?;
        }
        if report.ok() {
            return Ok(ExitCode::SUCCESS);
        }
        Err(eyre!("the demo failed at {}; run it with -vv to see more", report.why_not()))
    }
}
