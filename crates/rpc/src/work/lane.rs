//! Who may run when: a few threads for each kind of work, and a bounded queue before them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{Limits, error::MethodError};

/// A kind of work, with threads of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Reads the store, or sends a transaction.
    Read,
    /// Executes.
    Call,
    /// Executes and tells what happened.
    Trace,
    /// Waits for something else, and takes no thread for that.
    Wait,
}

/// The lanes of a server.
#[derive(Debug)]
pub(crate) struct Lanes {
    reads: Lane,
    calls: Lane,
    traces: Lane,
    waits: Lane,
}

impl Lanes {
    pub(crate) fn new(limits: &Limits) -> Self {
        let lane = |name, threads| Lane::new(name, threads, limits);
        Self {
            reads: lane("reads", limits.threads.reads),
            calls: lane("calls", limits.threads.calls),
            traces: lane("traces", limits.threads.traces),
            waits: lane("calls that wait", limits.threads.waits),
        }
    }

    pub(crate) const fn of(&self, kind: Kind) -> &Lane {
        match kind {
            Kind::Read => &self.reads,
            Kind::Call => &self.calls,
            Kind::Trace => &self.traces,
            Kind::Wait => &self.waits,
        }
    }
}

/// A few threads, first come, first served.
#[derive(Debug)]
pub(crate) struct Lane {
    name: &'static str,
    threads: usize,
    free: Arc<Semaphore>,
    waiting: AtomicUsize,
    most_waiting: usize,
    patience: Duration,
}

impl Lane {
    fn new(name: &'static str, threads: usize, limits: &Limits) -> Self {
        Self {
            name,
            threads,
            free: Arc::new(Semaphore::new(threads)),
            waiting: AtomicUsize::new(0),
            most_waiting: limits.waiting,
            patience: limits.patience,
        }
    }

    /// Waits for a thread, which is had until what is returned is dropped. Whoever stops waiting
    /// leaves the queue.
    ///
    /// # Errors
    /// [`MethodError::QueueFull`] and [`MethodError::NoThread`].
    pub(crate) async fn enter(&self) -> Result<OwnedSemaphorePermit, MethodError> {
        let Self { name, threads, most_waiting, patience, .. } = *self;
        if let Ok(turn) = Arc::clone(&self.free).try_acquire_owned() {
            return Ok(turn);
        }
        let waiting = Waiting::join(&self.waiting);
        if waiting.before >= most_waiting {
            return Err(MethodError::QueueFull { name, limit: most_waiting });
        }
        let turn = Arc::clone(&self.free).acquire_owned();
        match tokio::time::timeout(patience, turn).await {
            Ok(Ok(turn)) => Ok(turn),
            _ => Err(MethodError::NoThread { name, threads, patience }),
        }
    }
}

/// A place in a queue.
struct Waiting<'a> {
    count: &'a AtomicUsize,
    before: usize,
}

impl<'a> Waiting<'a> {
    fn join(count: &'a AtomicUsize) -> Self {
        Self { count, before: count.fetch_add(1, Ordering::Relaxed) }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
    }
}
