//! The command line.

use std::process::ExitCode;

use clap::{ArgAction, Parser, Subcommand};

use crate::{cmd, logging};

/// Native rollups for Ethereum: an L2 whose every block L1 executes itself.
#[derive(Debug, Parser)]
#[command(
    name = "bough",
    version,
    propagate_version = true,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    verbosity: Verbosity,
}

/// How much goes to stderr.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Verbosity {
    /// Log what happens to stderr; twice for details
    #[arg(short, long, action = ArgAction::Count, global = true, conflicts_with = "quiet", display_order = 900)]
    pub(crate) verbose: u8,
    /// Nothing but results and errors: no progress, logs or banner
    #[arg(short, long, global = true, display_order = 901)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    Execute(cmd::execute::Execute),
    L1(cmd::l1::L1),
}

impl Cli {
    /// Runs the command; its exit code when it came to an end.
    pub(crate) fn run(self) -> eyre::Result<ExitCode> {
        logging::start(self.verbosity);
        match self.command {
            Command::Execute(command) => command.run(),
            Command::L1(command) => in_runtime(command.run(self.verbosity)),
        }
    }
}

fn in_runtime<F: Future<Output = eyre::Result<ExitCode>>>(command: F) -> eyre::Result<ExitCode> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(command)
}
