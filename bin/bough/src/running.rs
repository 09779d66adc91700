//! What runs until it is told to stop, or a part of it ends.

use std::{process::ExitCode, time::Duration};

use bough_tasks::Ended;

use crate::{failure::Failure, signals::Stop};

/// How long what is left of a node may take to stop when a part of it has ended.
const STOP_PATIENCE: Duration = Duration::from_secs(15);

/// Waits until a signal, or the end of a part, which it gives.
pub(crate) async fn until_stopped(
    stop: &mut Stop,
    ended: impl Future<Output = Ended>,
) -> Option<Ended> {
    tokio::select! {
        () = stop.asked() => None,
        end = ended => Some(end),
    }
}

/// Stops what is left, and gives the exit code: a part's end is the failure, and is not kept waiting
/// by what it may have broken.
pub(crate) async fn stop(
    end: Option<Ended>,
    stopping: impl Future<Output = ()>,
) -> eyre::Result<ExitCode> {
    let Some(end) = end else {
        stopping.await;
        return Ok(ExitCode::SUCCESS);
    };
    let _ = tokio::time::timeout(STOP_PATIENCE, stopping).await;
    Err(Failure::ended(&end))
}
