//! Work that would keep other tasks waiting, on a thread of its own.

use std::{future, panic::resume_unwind, sync::Arc};

use crate::current::CURRENT;

/// Runs work that blocks on a thread for such work. If it panics, so does the task that waits here.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let current = CURRENT.try_with(Arc::clone).ok();
    let work = tokio::task::spawn_blocking(move || match current {
        Some(current) => CURRENT.sync_scope(current, work),
        None => work(),
    });
    match work.await {
        Ok(done) => done,
        Err(why) => match why.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            // The runtime is shutting down: nothing goes on from here.
            Err(_) => future::pending().await,
        },
    }
}
