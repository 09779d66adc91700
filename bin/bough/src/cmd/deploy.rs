//! `bough deploy`.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
};

use alloy_primitives::{Address, B256};
use bough_node::{DeployConfig, Deployed};
use bough_rollup::MAX_CHAIN_ID;
use bough_stf::Fork;
use clap::{Args, value_parser};
use eyre::{WrapErr, eyre};
use serde::Serialize;
use tempfile::NamedTempFile;

use crate::{
    advice, args,
    args::{KeyArgs, l1_chain_id},
    output,
};

/// Deploy a rollup to L1, and write the file that its nodes start with
#[derive(Debug, Args)]
pub(crate) struct Deploy {
    /// JSON-RPC of L1
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8545")]
    l1_url: String,
    /// Who may advance the chain; the deployer without it, anyone with the zero address
    #[arg(long, value_name = "ADDRESS", value_parser = args::address)]
    sequencer: Option<Address>,
    /// L2's chain id, at most 4503599627370476; without it one that no other rollup has, made from L1's chain id,
    /// the deployer and its nonce
    #[arg(long, value_name = "ID", value_parser = value_parser!(u64).range(1..=MAX_CHAIN_ID))]
    l2_chain_id: Option<u64>,
    /// The fork that L1 follows: osaka, bpo1, bpo2 or amsterdam
    #[arg(long, value_name = "FORK", default_value = "amsterdam", value_parser = args::settling_fork)]
    hardfork: Fork,
    /// Where to write the rollup file; it must not exist
    #[arg(long, value_name = "FILE", default_value = "rollup.json")]
    out: PathBuf,
    #[command(flatten)]
    key: KeyArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Report {
    rollup: Address,
    l1_chain_id: u64,
    l2_chain_id: u64,
    sequencer: Address,
    l1_tx: B256,
    l1_gas: u64,
    file: PathBuf,
}

impl Deploy {
    /// Deploys, writes the file, reports.
    pub(crate) async fn run(self) -> eyre::Result<ExitCode> {
        let key = match self.key.given()? {
            Some(key) => key,
            None => self.key.or_test_key(l1_chain_id(&self.l1_url).await?)?,
        };
        let sequencer = self.sequencer.unwrap_or_else(|| key.address());
        // Before anything is paid for.
        let draft = draft(&self.out)?;
        let config = DeployConfig {
            fork: self.hardfork,
            l2_chain_id: self.l2_chain_id,
            ..DeployConfig::new(self.l1_url.clone(), key, sequencer)
        };
        let deployed = bough_node::deploy(config).await.map_err(|why| advice::deploy(&why))?;
        write(draft, &self.out, &deployed)?;
        self.print(&report(deployed, sequencer, self.out.clone()))?;
        Ok(ExitCode::SUCCESS)
    }

    fn print(&self, report: &Report) -> eyre::Result<()> {
        if self.json {
            return output::json(report);
        }
        output::text(&output::pairs(&[
            ("rollup", report.rollup.to_string()),
            ("L1 chain id", report.l1_chain_id.to_string()),
            ("L2 chain id", report.l2_chain_id.to_string()),
            ("sequencer", report.sequencer.to_string()),
            ("L1 transaction", format!("{}, {} gas", report.l1_tx, report.l1_gas)),
            ("rollup file", report.file.display().to_string()),
        ]))
    }
}

fn report(deployed: Deployed, sequencer: Address, file: PathBuf) -> Report {
    Report {
        rollup: deployed.deployment.rollup,
        l1_chain_id: deployed.deployment.l1_chain_id,
        l2_chain_id: deployed.deployment.l2_chain_id,
        sequencer,
        l1_tx: deployed.tx_hash,
        l1_gas: deployed.gas_used,
        file,
    }
}

/// A file beside the one to write, so that this is there whole or not at all.
fn draft(out: &Path) -> eyre::Result<NamedTempFile> {
    let shown = out.display();
    if out.exists() {
        return Err(eyre!("{shown} exists already; give another --out, or move it away"));
    }
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty());
    NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))
        .map_err(|why| eyre!("cannot write {shown}: {why}; give another --out"))
}

fn write(mut draft: NamedTempFile, out: &Path, deployed: &Deployed) -> eyre::Result<()> {
    let rollup = deployed.deployment.rollup;
    let text = serde_json::to_vec_pretty(&deployed.deployment)?;
    let unwritten =
        || format!("the rollup is at {rollup}, but its file {} is not written", out.display());
    draft.write_all(&text).and_then(|()| draft.write_all(b"\n")).wrap_err_with(unwritten)?;
    draft.persist_noclobber(out).wrap_err_with(unwritten)?;
    Ok(())
}
