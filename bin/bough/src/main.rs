//! Bough on the command line: stdout is the result, stderr everything else.

mod advice;
mod args;
mod cli;
mod cmd;
mod demo;
mod failure;
mod file;
mod logging;
mod output;
mod progress;
mod running;
mod signals;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::Cli;

/// Gives memory back soon. That of the system keeps what large answers left in one arena per thread.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let outcome = match Cli::try_parse() {
        Ok(cli) => cli.run(),
        Err(refused) => failure::usage(&refused),
    };
    match outcome {
        Ok(code) => code,
        Err(why) => failure::report(&why),
    }
}
