//! `bough vectors`.

use std::{
    io::{self, IsTerminal, Write},
    path::PathBuf,
    process::ExitCode,
};

use bough_conformance::{Options, Progress, Report, run};
use clap::Args;
use serde::Serialize;

use crate::{cli::Verbosity, output};

/// Run every test fixture below a path: EEST blockchain tests and stateless pairs
#[derive(Debug, Args)]
pub(crate) struct Vectors {
    /// A file, or a folder with all its folders; .json, .jsonl, .zst and .tar.zst
    path: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// What came of it, as `--json` prints it.
#[derive(Debug, Serialize)]
struct Told<'a> {
    failed: usize,
    skipped: usize,
    #[serde(flatten)]
    report: &'a Report,
}

impl Vectors {
    /// Runs, reports; exit code 0 only when nothing failed.
    pub(crate) fn run(self, verbosity: Verbosity) -> eyre::Result<ExitCode> {
        let bar = !verbosity.quiet && io::stderr().is_terminal();
        let report = run(&self.path, Options::default(), &|progress| {
            if bar {
                draw(progress);
            }
        });
        if bar {
            eprintln!();
        }
        if self.json {
            let (failed, skipped) = (report.failures.len(), report.skips.len());
            output::json(&Told { failed, skipped, report: &report })?;
        } else {
            output::text(&lines(&report))?;
        }
        Ok(if report.is_success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Draws the bar over itself, on stderr.
fn draw(progress: Progress) {
    const WIDTH: u64 = 40;
    let done = u128::from(progress.bytes_read) * u128::from(WIDTH)
        / u128::from(progress.bytes_total.max(1));
    let done = usize::try_from(done).unwrap_or_default();
    let rest = usize::try_from(WIDTH).unwrap_or_default().saturating_sub(done);
    let Progress { passed, failed, skipped, .. } = progress;
    // Nothing depends on the bar.
    let _ = write!(
        io::stderr(),
        "\r[{}{}] passed {passed} failed {failed} skipped {skipped} ",
        "#".repeat(done),
        ".".repeat(rest),
    );
}

fn lines(report: &Report) -> String {
    let mut text = String::new();
    for failure in &report.failures {
        text.push_str(&format!("failed {}: {}\n", failure.name, failure.reason));
    }
    for skip in &report.skips {
        text.push_str(&format!("skipped {}: {}\n", skip.name, skip.reason));
    }
    let counters = &report.counters;
    let told = [
        ("blocks imported", counters.imported),
        ("blocks refused", counters.refused),
        ("valid again through stateless", counters.rechecked_valid),
        ("refused again through stateless", counters.rechecked_invalid),
        ("no payload can express", counters.no_payload),
        ("pairs compared", counters.pairs),
    ];
    text.push_str(&output::pairs(&told.map(|(name, count)| (name, count.to_string()))));
    let (passed, failed, skipped) = (report.passed, report.failures.len(), report.skips.len());
    text.push_str(&format!("passed {passed} failed {failed} skipped {skipped}\n"));
    text
}
