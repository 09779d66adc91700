//! The task that the current code belongs to.

use std::sync::Arc;

use parking_lot::Mutex;

tokio::task_local! {
    /// The task that runs here; also set on threads that work for it.
    pub(crate) static CURRENT: Arc<Current>;
}

/// What is known of a running task.
#[derive(Debug)]
pub(crate) struct Current {
    pub(crate) name: &'static str,
    /// What its panic said, and where: a panic's payload does not say where.
    pub(crate) panic: Mutex<Option<String>>,
}

impl Current {
    pub(crate) fn new(name: &'static str) -> Arc<Self> {
        Arc::new(Self { name, panic: Mutex::default() })
    }
}
