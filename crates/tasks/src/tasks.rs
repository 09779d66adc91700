//! Tasks that run together.

use std::{error::Error, sync::Arc};

use tokio::{
    sync::watch,
    task::{AbortHandle, JoinError, JoinHandle, JoinSet},
};

use crate::{
    Ended, Reason,
    current::{CURRENT, Current},
    panics::message,
};

type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

/// Named tasks that run together. Dropping this ends them at their next await.
#[derive(Debug)]
pub struct Tasks {
    supervisors: JoinSet<()>,
    tasks: Vec<AbortHandle>,
    stopping: watch::Sender<bool>,
    ended: watch::Sender<Option<Ended>>,
}

/// Tells a task that it is asked to stop.
#[derive(Debug, Clone)]
pub struct StopSignal(watch::Receiver<bool>);

impl StopSignal {
    /// Returns once the task is asked to stop.
    pub async fn asked(&mut self) {
        // An error says that the tasks were dropped, which asks the same.
        let _ = self.0.wait_for(|stopping| *stopping).await;
    }
}

impl Default for Tasks {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Tasks {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl Tasks {
    /// None yet.
    pub fn new() -> Self {
        Self {
            supervisors: JoinSet::new(),
            tasks: Vec::new(),
            stopping: watch::channel(false).0,
            ended: watch::channel(None).0,
        }
    }

    /// What asks a task to stop.
    pub fn stop_signal(&self) -> StopSignal {
        StopSignal(self.stopping.subscribe())
    }

    /// Starts a task, on the current tokio runtime. It goes on until its [`StopSignal`] asks it to
    /// stop, or its error says why it cannot.
    pub fn spawn<E: Into<Box<dyn Error + Send + Sync>>>(
        &mut self,
        name: &'static str,
        task: impl Future<Output = Result<(), E>> + Send + 'static,
    ) {
        let current = Current::new(name);
        let task = async move { task.await.map_err(Into::into) };
        let running = tokio::spawn(CURRENT.scope(Arc::clone(&current), task));
        self.tasks.push(running.abort_handle());
        let (stopping, ended) = (self.stopping.subscribe(), self.ended.clone());
        self.supervisors.spawn(supervise(current, running, stopping, ended));
    }

    /// Returns once a task has ended that was not asked to: the first that did.
    pub async fn ended(&self) -> Ended {
        let mut ended = self.ended.subscribe();
        loop {
            if let Some(end) = ended.borrow_and_update().clone() {
                return end;
            }
            // The sender is here: this cannot fail.
            let _ = ended.changed().await;
        }
    }

    /// Asks all tasks to stop, and waits until they have.
    pub async fn stop(mut self) {
        self.stopping.send_replace(true);
        while self.supervisors.join_next().await.is_some() {}
    }

    /// Ends all tasks at their next await, and waits until they have.
    pub async fn abort(mut self) {
        for task in &self.tasks {
            task.abort();
        }
        while self.supervisors.join_next().await.is_some() {}
    }
}

/// Waits for a task's end, and makes it known if nobody asked for it and no other came before.
async fn supervise(
    current: Arc<Current>,
    running: JoinHandle<Outcome>,
    stopping: watch::Receiver<bool>,
    ended: watch::Sender<Option<Ended>>,
) {
    let outcome = running.await;
    let asked = *stopping.borrow();
    let Some(reason) = reason(&current, outcome, asked) else { return };
    let end = Ended { task: current.name, reason: Arc::new(reason) };
    ended.send_if_modified(|first| {
        let is_first = first.is_none();
        first.get_or_insert(end);
        is_first
    });
}

/// Why a task ended; `None` if it was asked to.
fn reason(current: &Current, outcome: Result<Outcome, JoinError>, asked: bool) -> Option<Reason> {
    match outcome {
        Ok(Ok(())) => (!asked).then_some(Reason::Returned),
        Ok(Err(why)) => Some(Reason::Failed(why)),
        Err(why) => {
            // One that was aborted did not panic.
            let panic = why.try_into_panic().ok()?;
            let what = current.panic.lock().take().unwrap_or_else(|| message(&*panic));
            Some(Reason::Panicked { what })
        }
    }
}
