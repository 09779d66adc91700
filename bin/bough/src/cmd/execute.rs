//! `bough execute`.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};

use alloy_primitives::Bytes;
use bough_execute::{Executed, L1Block, Refused};
use bough_stateless::{DecodeError, Schema, StatelessValidationResult, run_stateless_guest};
use bough_stf::{Fork, ForkSchedule};
use clap::{Args, value_parser};
use eyre::WrapErr;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{args, failure::Failure, file, output};

/// Gas for the call: more than any block claims.
const PLENTY: u64 = u64::MAX / 2;
/// L1's block number: every fork that a schedule names is by time.
const L1_NUMBER: u64 = 1;

/// Run EXECUTE on a file of input bytes: exit 0 valid, 1 refused, 2 unreadable
#[derive(Debug, Args)]
pub(crate) struct Execute {
    /// The input: schema id and SSZ of a StatelessInput
    file: PathBuf,
    /// JSON file of L1's forks and the timestamps they begin at, {"forks":{"osaka":0}}; without it
    /// the input's own fork is active from time 0
    #[arg(long, value_name = "FILE")]
    schedule: Option<PathBuf>,
    /// Timestamp of the L1 block that runs it, seconds; no limit without it
    #[arg(long, value_name = "SECONDS")]
    l1_time: Option<u64>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// How often to run it; the time is the median
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = value_parser!(u32).range(1..))]
    iters: u32,
}

/// What came of it, as `--json` prints it.
#[derive(Debug, Serialize)]
struct Report {
    valid: bool,
    reason: Option<String>,
    schema_id: Option<u16>,
    bytes: usize,
    gas_charged: Option<u64>,
    gas_used: Option<u64>,
    output: Bytes,
    ms: f64,
}

impl Execute {
    /// Reads, executes, reports.
    pub(crate) fn run(self) -> eyre::Result<ExitCode> {
        let input = read_input(&self.file)?;
        let schema_id = input.first_chunk().map(|id| u16::from_be_bytes(*id));
        let schedule = match &self.schedule {
            Some(path) => read_schedule(path)?,
            None => ForkSchedule::always(own_fork(schema_id)),
        };
        let l1 = L1Block { number: L1_NUMBER, timestamp: self.l1_time.unwrap_or(u64::MAX) };
        let execute = bough_execute::Execute::new(schedule);
        let (outcome, ms) = timed(self.iters, || execute.run(&input, PLENTY, l1));

        self.print(&report(&input, schema_id, &outcome, ms))?;
        match outcome {
            Ok(_) => Ok(ExitCode::SUCCESS),
            Err(why) if is_no_input(&why) => Err(Failure::unusable(format!(
                "{} is no input: {why}; give the bytes of a StatelessInput with its schema id in front",
                self.file.display(),
            ))),
            Err(_) => Ok(ExitCode::FAILURE),
        }
    }

    fn print(&self, report: &Report) -> eyre::Result<()> {
        if self.json {
            return output::json(report);
        }
        output::text(&table(report, self.iters))
    }
}

fn read_input(path: &Path) -> eyre::Result<Vec<u8>> {
    let shown = path.display();
    match file::input(path) {
        Ok(bytes) if bytes.is_empty() => {
            Err(Failure::unusable(format!("{shown} is empty; give a file of input bytes")))
        }
        Ok(bytes) => Ok(bytes),
        Err(why) => Err(Failure::unusable(format!(
            "cannot read {shown}: {why}; give a file of input bytes"
        ))),
    }
}

/// The fork of a schema; for an id that is none's any will do, the input is refused.
pub(super) fn own_fork(schema_id: Option<u16>) -> Fork {
    schema_id.and_then(|id| Schema::from_id(id).ok()).map_or(Fork::Amsterdam, Schema::fork)
}

fn read_schedule(path: &Path) -> eyre::Result<ForkSchedule> {
    parse_schedule(path).map_err(|why| {
        let shown = path.display();
        Failure::unusable(format!(
            "schedule {shown}: {why:#}; give a file like {{\"forks\":{{\"osaka\":0,\"amsterdam\":1700000000}}}}"
        ))
    })
}

fn parse_schedule(path: &Path) -> eyre::Result<ForkSchedule> {
    let text = file::text(path).wrap_err("cannot read it")?;
    let file: Map<String, Value> = serde_json::from_str(&text).wrap_err("no JSON object")?;
    if let Some(other) = file.keys().find(|key| *key != "forks") {
        eyre::bail!("unknown field {other:?}");
    }
    let Some(Value::Object(forks)) = file.get("forks") else { eyre::bail!("no object \"forks\"") };
    let mut forks = forks
        .iter()
        .map(|(name, from)| {
            let fork = args::fork(name).map_err(|why| eyre::eyre!("{name:?}: {why}"))?;
            let from = from
                .as_u64()
                .ok_or_else(|| eyre::eyre!("{name:?} begins at {from}, no timestamp"))?;
            Ok((fork, from))
        })
        .collect::<eyre::Result<Vec<_>>>()?;
    // Names in JSON have no order; forks have.
    forks.sort_unstable();
    Ok(ForkSchedule::by_time(&forks)?)
}

/// The last outcome and the median time, milliseconds.
fn timed<T>(iters: u32, mut run: impl FnMut() -> T) -> (T, f64) {
    let mut times = Vec::new();
    let mut once = || {
        let start = Instant::now();
        let outcome = run();
        times.push(start.elapsed().as_secs_f64() * 1e3);
        outcome
    };
    let mut outcome = once();
    for _ in 1..iters {
        outcome = once();
    }
    (outcome, median(times))
}

/// The middle value; of an even number of values the mean of the two in the middle.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let at = |index: usize| values.get(index).copied().unwrap_or_default();
    if values.len() % 2 == 1 {
        at(middle)
    } else {
        f64::midpoint(at(middle.saturating_sub(1)), at(middle))
    }
}

fn report(
    input: &[u8],
    schema_id: Option<u16>,
    outcome: &Result<Executed, Refused>,
    ms: f64,
) -> Report {
    let executed = outcome.as_ref().ok();
    let answer: StatelessValidationResult =
        executed.map_or_else(|| run_stateless_guest(input), |executed| executed.result);
    Report {
        valid: outcome.is_ok(),
        reason: outcome.as_ref().err().map(ToString::to_string),
        schema_id,
        bytes: input.len(),
        gas_charged: executed.map(|executed| executed.gas_charged),
        gas_used: executed.map(|executed| executed.gas_used),
        output: Bytes::copy_from_slice(&answer.to_bytes()),
        ms,
    }
}

fn table(report: &Report, iters: u32) -> String {
    let schema = report.schema_id.map_or_else(
        || "none".to_owned(),
        |id| match Schema::from_id(id) {
            Ok(schema) => format!("{id:#06x} ({})", schema.fork().name()),
            Err(_) => format!("{id:#06x} (unknown)"),
        },
    );
    let verdict = if report.valid { "valid" } else { "refused" };
    let mut rows = vec![("verdict", verdict.to_owned())];
    rows.extend(report.reason.clone().map(|reason| ("reason", reason)));
    rows.extend([("schema", schema), ("bytes", report.bytes.to_string())]);
    rows.extend(report.gas_charged.map(|gas| ("gas charged", gas.to_string())));
    rows.extend(report.gas_used.map(|gas| ("gas used", gas.to_string())));
    rows.push(("output", report.output.to_string()));
    let runs = if iters == 1 { String::new() } else { format!(" (median of {iters})") };
    rows.push(("time", format!("{:.3} ms{runs}", report.ms)));
    output::pairs(&rows)
}

/// Not even the beginning of an input, as opposed to one that is refused.
fn is_no_input(why: &Refused) -> bool {
    matches!(
        why,
        Refused::TooShort { .. }
            | Refused::Undecodable(DecodeError::TooShort(_) | DecodeError::UnknownSchema(_))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_is_the_middle() {
        assert!((median(vec![3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!((median(vec![4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < f64::EPSILON);
    }
}
