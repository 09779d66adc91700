#![doc = include_str!("../README.md")]

mod block;
mod campaign;
mod code;
mod dice;
mod explain;
mod judge;
mod mutate;
mod opcode;
mod ours;
mod plant;
mod planted;
mod precompiles;
mod random;
#[cfg(test)]
mod settlement;
mod theirs;
mod transaction;
mod verdict;
mod world;

use std::{panic, path::PathBuf, process::ExitCode};

use clap::Parser;

use crate::campaign::{Plan, Tally};

/// Feeds the same EXECUTE inputs to ethrex and to Bough and compares their answers.
#[derive(Debug, Parser)]
struct Args {
    /// How many cases; the shared inputs are the first of them.
    #[arg(long, default_value_t = 1000)]
    cases: u64,
    /// Seed of the generated blocks and of the changes.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Number of the first case.
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// Threads.
    #[arg(long, default_value_t = 1)]
    jobs: usize,
    /// Tell of every case.
    #[arg(long)]
    verbose: bool,
    /// Folder for inputs that are not explained.
    #[arg(long)]
    dump: Option<PathBuf>,
}

fn main() -> ExitCode {
    let Args { cases, seed, first, jobs, verbose, dump } = Args::parse();
    // A panic is a verdict here, told with its case.
    panic::set_hook(Box::new(|_| {}));
    let cases = (first, first.saturating_add(cases));
    let tally = campaign::run(&Plan { seed, cases, jobs, verbose, dump });
    let _ = panic::take_hook();
    report(&tally);
    if tally.unexplained == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Rules on stderr, the one line of result on stdout.
fn report(tally: &Tally) {
    let Tally { cases, agree, valid, explained, unexplained, reached } = tally;
    eprintln!("{reached:#?}");
    for (rule, times) in explained {
        eprintln!("{rule}: {times}");
    }
    let by_rule: u64 = explained.values().sum();
    println!(
        "{cases} cases, {agree} agree ({valid} valid), {by_rule} explained, {unexplained} unexplained"
    );
}
