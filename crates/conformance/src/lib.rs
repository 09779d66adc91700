#![doc = include_str!("../README.md")]

mod block;
mod blockchain;
mod chain;
mod error;
mod files;
mod fixture;
mod format;
mod recheck;
mod report;
mod run;
mod store;

pub use error::{CaseError, Field, FileError, ImportError, PairError};
pub use report::{Counters, Failure, Report, Skip, SkipReason};
pub use run::{Options, Progress, Sample, run};
