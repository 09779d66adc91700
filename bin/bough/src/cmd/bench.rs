//! `bough bench`.

use std::{
    io::{self, IsTerminal},
    path::{Path, PathBuf},
    process::ExitCode,
};

use bough_adversary::{Case, Input, Prepared, Row, Table, cases, measure};
use bough_stf::ForkSchedule;
use clap::{Args, Subcommand, value_parser};

use crate::{cli::Verbosity, cmd::execute::own_fork, failure::Failure, file, output};

/// Measure how fast this build is on one core
#[derive(Debug, Args)]
pub(crate) struct Bench {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Execute(Execute),
}

/// Charged gas per second of EXECUTE: exit 0 only when each case keeps to docs/gas.md
#[derive(Debug, Args)]
struct Execute {
    /// Files of input bytes
    #[arg(required_unless_present = "adversarial")]
    files: Vec<PathBuf>,
    /// Hostile inputs of every kind, and the same work in L1 transactions
    #[arg(long)]
    adversarial: bool,
    /// Only the cases whose names contain this
    #[arg(long, value_name = "TEXT", default_value = "")]
    filter: String,
    /// How often to run each; the fastest counts
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = value_parser!(u32).range(1..))]
    iters: u32,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Bench {
    /// Measures, reports.
    pub(crate) fn run(self, verbosity: Verbosity) -> eyre::Result<ExitCode> {
        let What::Execute(execute) = self.what;
        execute.run(verbosity)
    }
}

impl Execute {
    fn run(&self, verbosity: Verbosity) -> eyre::Result<ExitCode> {
        let mut chosen =
            self.files.iter().map(|path| from_file(path)).collect::<Result<Vec<_>, _>>()?;
        if self.adversarial {
            chosen.extend(cases());
        }
        chosen.retain(|case| case.name.contains(&self.filter));
        if chosen.is_empty() {
            return Err(Failure::unusable(format!(
                "no case's name contains {:?}; without --filter all are run",
                self.filter
            )));
        }
        let tell = !verbosity.quiet && io::stderr().is_terminal();
        let measured = chosen.iter().enumerate().map(|(at, case)| {
            if tell {
                eprint!("\r\x1b[K{} of {}: {}", at.saturating_add(1), chosen.len(), case.name);
            }
            measure(case, self.iters)
        });
        let table = Table { rows: measured.collect() };
        if tell {
            eprint!("\r\x1b[K");
        }
        if self.json {
            output::json(&table)?;
        } else {
            output::text(&table.to_string())?;
        }
        let holds = table.rows.iter().all(Row::holds);
        Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// An input from a file, under its own fork.
fn from_file(path: &Path) -> eyre::Result<Case> {
    let shown = path.display();
    let bytes = file::input(path).map_err(|why| {
        Failure::unusable(format!("cannot read {shown}: {why}; give a file of input bytes"))
    })?;
    let schema_id = bytes.first_chunk().map(|id| u16::from_be_bytes(*id));
    let mut input = Input::of_bytes(bytes, ForkSchedule::always(own_fork(schema_id)));
    input.l1.timestamp = u64::MAX;
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    Ok(Case::added(name, move || Ok(Prepared::call(input.clone()))))
}
