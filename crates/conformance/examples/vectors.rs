//! Runs fixtures: `cargo run --release -p bough-conformance --example vectors -- PATH…`.
// A program for the terminal.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::{env, path::Path, process::ExitCode};

use bough_conformance::{Options, Report, run};

fn main() -> ExitCode {
    let mut report = Report::default();
    for path in env::args().skip(1) {
        report.merge(run(Path::new(&path), Options::default(), &|progress| {
            let bytes = u128::from(progress.bytes_read) * 100;
            let percent = bytes / u128::from(progress.bytes_total.max(1));
            eprint!("\r{percent:3} % {} passed {} failed  ", progress.passed, progress.failed);
        }));
    }
    eprintln!();
    for failure in &report.failures {
        println!("failed {}: {}", failure.name, failure.reason);
    }
    for skip in &report.skips {
        println!("skipped {}: {}", skip.name, skip.reason);
    }
    println!("{:?}", report.counters);
    println!(
        "passed {} failed {} skipped {}",
        report.passed,
        report.failures.len(),
        report.skips.len()
    );
    if report.is_success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
