//! Private keys. They are never printed, not even when they are wrong.

use std::{env, path::PathBuf};

use alloy_signer_local::PrivateKeySigner;
use clap::Args;

use crate::{failure::Failure, file};

/// The variable that a key is taken from when no flag gives one.
const VARIABLE: &str = "BOUGH_KEY";
/// The chain whose accounts everybody has the keys of.
const TEST_CHAIN: u64 = 31337;

/// Where the key is.
#[derive(Debug, Args)]
pub(crate) struct KeyArgs {
    /// Private key, 64 hex digits; others can see it in the list of processes, so better in a file
    /// or in BOUGH_KEY
    #[arg(long, value_name = "HEX", conflicts_with = "key_file")]
    key: Option<String>,
    /// File with the private key, 64 hex digits
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

impl KeyArgs {
    /// The key of the flags or of the environment, if there is one.
    pub(crate) fn given(&self) -> eyre::Result<Option<PrivateKeySigner>> {
        if let Some(key) = &self.key {
            return parse(key, "--key").map(Some);
        }
        if let Some(path) = &self.key_file {
            let shown = path.display();
            let text = file::text(path).map_err(|why| {
                Failure::unusable(format!("cannot read key file {shown}: {why}; check --key-file"))
            })?;
            return parse(&text, &format!("key file {shown}")).map(Some);
        }
        match env::var(VARIABLE) {
            Ok(key) => parse(&key, VARIABLE).map(Some),
            Err(env::VarError::NotPresent) => Ok(None),
            Err(env::VarError::NotUnicode(_)) => Err(no_key(VARIABLE)),
        }
    }

    /// The key; without one that of the first test account, when L1 is a chain for tests.
    pub(crate) fn or_test_key(&self, l1_chain_id: u64) -> eyre::Result<PrivateKeySigner> {
        if let Some(key) = self.given()? {
            return Ok(key);
        }
        if l1_chain_id != TEST_CHAIN {
            eyre::bail!(
                "this needs a key: set {VARIABLE} or give --key-file (test keys are for L1 chain \
                 {TEST_CHAIN}, this is {l1_chain_id})"
            );
        }
        let accounts = bough_devnet::dev_accounts()?;
        accounts.into_iter().next().ok_or_else(|| eyre::eyre!("there are no test accounts"))
    }
}

fn parse(text: &str, source: &str) -> eyre::Result<PrivateKeySigner> {
    text.trim().parse().map_err(|_| no_key(source))
}

fn no_key(source: &str) -> eyre::Report {
    Failure::unusable(format!("{source} is no private key; give 64 hex digits"))
}
