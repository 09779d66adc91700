//! What a run found.

use serde::{Serialize, Serializer};
use thiserror::Error;

use crate::CaseError;

/// What a run found, cases in the order of their names.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// How many cases are as they should be.
    pub passed: u64,
    /// Those that are not, and files that could not be read.
    pub failures: Vec<Failure>,
    /// Those that were not run.
    pub skips: Vec<Skip>,
    /// What was done on the way.
    pub counters: Counters,
}

/// A case that is not as it should be, or a file that could not be read.
#[derive(Debug, Serialize)]
pub struct Failure {
    /// File and name of the case.
    pub name: String,
    /// What differs.
    #[serde(serialize_with = "display")]
    pub reason: CaseError,
}

/// A case that was not run.
#[derive(Debug, Serialize)]
pub struct Skip {
    /// File and name of the case.
    pub name: String,
    /// Why.
    #[serde(serialize_with = "display")]
    pub reason: SkipReason,
}

/// Why a case was not run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Error)]
pub enum SkipReason {
    /// No rules for this network.
    #[error("network {0} is not known")]
    Network(String),
    /// Blob parameters that are not those of the protocol.
    #[error("blob schedule of {0} is not the protocol's")]
    BlobSchedule(String),
}

/// What was done on the way.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Documents read: a JSON file or a line of JSONL each.
    pub documents: u64,
    /// Pairs compared to the byte.
    pub pairs: u64,
    /// Blocks imported.
    pub imported: u64,
    /// Blocks refused, as expected.
    pub refused: u64,
    /// Imported blocks that `stateless` took from their witness alone.
    pub rechecked_valid: u64,
    /// Refused blocks that `stateless` refused for the same reason.
    pub rechecked_invalid: u64,
    /// Blocks of a fork with a schema that no payload can express, most of them refused.
    pub no_payload: u64,
}

impl Report {
    /// Whether nothing failed.
    pub const fn is_success(&self) -> bool {
        self.failures.is_empty()
    }

    /// Takes over what another run found.
    pub fn merge(&mut self, other: Self) {
        self.passed = self.passed.saturating_add(other.passed);
        self.failures.extend(other.failures);
        self.skips.extend(other.skips);
        self.counters.add(other.counters);
    }

    pub(crate) fn fail(&mut self, name: String, reason: impl Into<CaseError>) {
        self.failures.push(Failure { name, reason: reason.into() });
    }

    pub(crate) fn sort(&mut self) {
        self.failures.sort_by(|one, other| one.name.cmp(&other.name));
        self.skips.sort_by(|one, other| one.name.cmp(&other.name));
    }
}

impl Counters {
    pub(crate) fn add(&mut self, other: Self) {
        let sums = [
            (&mut self.documents, other.documents),
            (&mut self.pairs, other.pairs),
            (&mut self.imported, other.imported),
            (&mut self.refused, other.refused),
            (&mut self.rechecked_valid, other.rechecked_valid),
            (&mut self.rechecked_invalid, other.rechecked_invalid),
            (&mut self.no_payload, other.no_payload),
        ];
        for (sum, more) in sums {
            *sum = sum.saturating_add(more);
        }
    }
}

fn display<S: Serializer>(value: &impl std::fmt::Display, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(value)
}
