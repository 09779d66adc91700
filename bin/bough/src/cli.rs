//! The command line.

use std::{process::ExitCode, time::Duration};

use clap::{ArgAction, Parser, Subcommand};

use crate::{cmd, failure::EXIT_CODES, logging};

/// How long threads that still work may take to end with the process.
const SHUTDOWN_PATIENCE: Duration = Duration::from_secs(5);

/// Native rollups for Ethereum: an L2 whose every block L1 executes itself.
#[derive(Debug, Parser)]
#[command(
    name = "bough",
    version,
    propagate_version = true,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = EXIT_CODES
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
    Demo(cmd::demo::Demo),
    Dev(cmd::dev::Dev),
    L1(cmd::l1::L1),
    Deploy(cmd::deploy::Deploy),
    Node(cmd::node::Node),
    Deposit(cmd::deposit::Deposit),
    Message(cmd::message::Message),
    Withdraw(cmd::withdraw::Withdraw),
    Claim(cmd::claim::Claim),
    Status(cmd::status::Status),
    Execute(cmd::execute::Execute),
    Vectors(cmd::vectors::Vectors),
    Bench(cmd::bench::Bench),
}

impl Cli {
    /// Runs the command; its exit code when it came to an end.
    pub(crate) fn run(self) -> eyre::Result<ExitCode> {
        logging::start(self.verbosity);
        bough_tasks::keep_panics();
        let verbosity = self.verbosity;
        match self.command {
            Command::Demo(command) => in_runtime(command.run(verbosity)),
            Command::Dev(command) => in_runtime(command.run(verbosity)),
            Command::L1(command) => in_runtime(command.run(verbosity)),
            Command::Deploy(command) => in_runtime(command.run()),
            Command::Node(command) => in_runtime(command.run(verbosity)),
            Command::Deposit(command) => in_runtime(command.run(verbosity)),
            Command::Message(command) => in_runtime(command.run(verbosity)),
            Command::Withdraw(command) => in_runtime(command.run()),
            Command::Claim(command) => in_runtime(command.run(verbosity)),
            Command::Status(command) => in_runtime(command.run()),
            Command::Execute(command) => command.run(),
            Command::Vectors(command) => command.run(verbosity),
            Command::Bench(command) => command.run(verbosity),
        }
    }
}

fn in_runtime<F: Future<Output = eyre::Result<ExitCode>>>(command: F) -> eyre::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(command);
    runtime.shutdown_timeout(SHUTDOWN_PATIENCE);
    outcome
}
