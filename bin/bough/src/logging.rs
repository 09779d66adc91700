//! Logs, on stderr.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

use crate::cli::Verbosity;

/// Logs from here on. `RUST_LOG` has the last word; `NO_COLOR` means no colour.
pub(crate) fn start(verbosity: Verbosity) {
    let level = match verbosity {
        Verbosity { quiet: true, .. } => "off",
        Verbosity { verbose: 0, .. } => "warn",
        Verbosity { verbose: 1, .. } => "bough=info,bough_node=info,bough_l1=info,warn",
        Verbosity { verbose: 2, .. } => "debug,hyper=info,jsonrpsee=info,reqwest=info",
        Verbosity { .. } => "trace",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    let colour = io::stderr().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(colour)
        .with_target(false)
        .init();
}
