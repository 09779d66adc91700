//! What a server did and refused, counted.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::MethodError;

/// What a server did and refused since it started.
#[derive(Debug, Default)]
pub struct Counters {
    running: AtomicU64,
    most_running: AtomicU64,
    timed_out: AtomicU64,
    left: AtomicU64,
    refused: AtomicU64,
}

impl Counters {
    /// Calls that run now on a thread of a lane.
    pub fn running_now(&self) -> u64 {
        self.running.load(Ordering::Relaxed)
    }

    /// The most that ever ran at a time.
    pub fn most_running(&self) -> u64 {
        self.most_running.load(Ordering::Relaxed)
    }

    /// Calls that were stopped because their time was over.
    pub fn timed_out(&self) -> u64 {
        self.timed_out.load(Ordering::Relaxed)
    }

    /// Calls that were stopped because their caller had left.
    pub fn caller_left(&self) -> u64 {
        self.left.load(Ordering::Relaxed)
    }

    /// Calls and connections that one of the server's limits refused.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Counts a call as running until what is returned is dropped.
    pub(crate) fn running(&self) -> Running<'_> {
        let now = self.running.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        self.most_running.fetch_max(now, Ordering::Relaxed);
        Running(self)
    }

    pub(crate) fn count(&self, error: &MethodError) {
        let counter = match error {
            MethodError::TimeLimit { .. } => &self.timed_out,
            MethodError::CallerGone => &self.left,
            error if error.is_limit() => &self.refused,
            _ => return,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn connection_refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }
}

/// A call that runs.
pub(crate) struct Running<'a>(&'a Counters);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::Relaxed);
    }
}
