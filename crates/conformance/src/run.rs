//! All fixtures below a path, on all cores.

use std::{
    fs,
    panic::{self, AssertUnwindSafe},
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use alloy_primitives::keccak256;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use crate::{
    CaseError, Counters, FileError, Report, Skip, SkipReason, blockchain,
    files::{self, Document, Visit},
    format::{self, Case},
};

/// What is read before it is run: as many bytes of JSON, and as many documents.
const BATCH_BYTES: usize = 64 << 20;
const BATCH_DOCUMENTS: usize = 1024;

/// How to run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Only some documents of each file; all of them when `None`.
    pub sample: Option<Sample>,
}

/// A choice of documents that depends on the seed and their names only.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// Another seed is another choice.
    pub seed: u64,
    /// One in so many.
    pub one_in: u64,
}

impl Sample {
    fn has(self, name: &str) -> bool {
        // Where the file lies must not matter.
        let name = name.rsplit('/').next().unwrap_or(name);
        let hash = keccak256([&self.seed.to_be_bytes(), name.as_bytes()].concat());
        let [a, b, c, d, e, f, g, h, ..] = hash.0;
        u64::from_be_bytes([a, b, c, d, e, f, g, h]).is_multiple_of(self.one_in.max(1))
    }
}

/// How far a run is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of the files, read so far.
    pub bytes_read: u64,
    /// Bytes of all files.
    pub bytes_total: u64,
    /// Cases passed so far.
    pub passed: u64,
    /// Cases failed so far, unread documents included.
    pub failed: u64,
    /// Cases skipped so far.
    pub skipped: u64,
}

/// Runs every fixture below a path: a file, or a folder with all its folders. `progress` is called
/// after each document, from any thread.
pub fn run(path: &Path, options: Options, progress: &(dyn Fn(Progress) + Sync)) -> Report {
    let files = match files::files(path) {
        Ok(files) => files,
        Err(error) => {
            let mut report = Report::default();
            report.fail(path.display().to_string(), error);
            return report;
        }
    };
    let length = |file| fs::metadata(file).map(|file| file.len()).unwrap_or_default();
    let bytes_read = AtomicU64::new(0);
    let mut runner = Runner {
        options,
        progress,
        bytes_read: &bytes_read,
        bytes_total: files.iter().map(length).fold(0, u64::saturating_add),
        report: Mutex::default(),
        batch: Vec::new(),
        batch_bytes: 0,
    };
    for file in &files {
        files::read(file, &bytes_read, &mut runner);
    }
    runner.finish(path)
}

struct Runner<'a> {
    options: Options,
    progress: &'a (dyn Fn(Progress) + Sync),
    bytes_read: &'a AtomicU64,
    bytes_total: u64,
    report: Mutex<Report>,
    batch: Vec<Document>,
    batch_bytes: usize,
}

impl Visit for Runner<'_> {
    fn wants(&self, name: &str) -> bool {
        self.options.sample.is_none_or(|sample| sample.has(name))
    }

    fn take(&mut self, document: Document) {
        let bytes = document.text.as_ref().map_or(0, Vec::len);
        self.batch_bytes = self.batch_bytes.saturating_add(bytes);
        self.batch.push(document);
        if self.batch_bytes >= BATCH_BYTES || self.batch.len() >= BATCH_DOCUMENTS {
            self.run_batch();
        }
    }
}

impl Runner<'_> {
    fn run_batch(&mut self) {
        self.batch_bytes = 0;
        let batch = std::mem::take(&mut self.batch);
        batch.into_par_iter().for_each(|document| self.run_document(document));
    }

    fn run_document(&self, document: Document) {
        let mut report = Report::default();
        report.counters.documents = 1;
        match document.text.and_then(|text| format::cases(&text)) {
            Ok(cases) => cases
                .into_par_iter()
                .map(|(name, case)| run_case(format!("{}::{name}", document.name), &case))
                .collect::<Vec<_>>()
                .into_iter()
                .for_each(|one| report.merge(one)),
            Err(error) => report.fail(document.name, error),
        }
        let mut sum = self.report.lock().unwrap_or_else(PoisonError::into_inner);
        sum.merge(report);
        let count = |list: usize| u64::try_from(list).unwrap_or(u64::MAX);
        let progress = Progress {
            bytes_read: self.bytes_read.load(Ordering::Relaxed),
            bytes_total: self.bytes_total,
            passed: sum.passed,
            failed: count(sum.failures.len()),
            skipped: count(sum.skips.len()),
        };
        drop(sum);
        (self.progress)(progress);
    }

    fn finish(mut self, path: &Path) -> Report {
        self.run_batch();
        let mut report = self.report.into_inner().unwrap_or_else(PoisonError::into_inner);
        // A sample may be empty, a path may not.
        if report.counters.documents == 0 && self.options.sample.is_none() {
            report.fail(path.display().to_string(), FileError::Nothing(path.to_owned()));
        }
        report.sort();
        report
    }
}

/// What became of a case.
enum Outcome {
    Passed(Counters),
    Skipped(SkipReason),
}

fn run_case(name: String, case: &Case) -> Report {
    let mut report = Report::default();
    let result = panic::catch_unwind(AssertUnwindSafe(|| outcome(case)));
    match result.unwrap_or(Err(CaseError::Panic)) {
        Ok(Outcome::Passed(counters)) => {
            report.passed = 1;
            report.counters = counters;
        }
        Ok(Outcome::Skipped(reason)) => report.skips.push(Skip { name, reason }),
        Err(error) => report.fail(name, error),
    }
    report
}

fn outcome(case: &Case) -> Result<Outcome, CaseError> {
    match case {
        Case::Pair(pair) => {
            blockchain::run_pair(pair)?;
            Ok(Outcome::Passed(Counters { pairs: 1, ..Counters::default() }))
        }
        Case::Blockchain(test) => match blockchain::rules(test) {
            Ok(spec) => Ok(Outcome::Passed(blockchain::run(test, spec)?)),
            Err(reason) => Ok(Outcome::Skipped(reason)),
        },
    }
}
