//! The end of a task that nobody asked for.

use std::{error::Error, sync::Arc};

use thiserror::Error;

/// A task ended although nobody had asked it to.
#[derive(Debug, Clone, Error)]
#[error("the {task} ended: {reason}")]
pub struct Ended {
    /// Its name.
    pub task: &'static str,
    /// Why.
    #[source]
    pub reason: Arc<Reason>,
}

/// Why a task ended.
#[derive(Debug, Error)]
pub enum Reason {
    /// It returned without an error.
    #[error("it returned, and should have gone on")]
    Returned,
    /// It gave up.
    #[error("{0}")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
    /// It panicked.
    #[error("it panicked: {what}")]
    Panicked {
        /// The panic's message, and its place in the source if [`crate::keep_panics`] was called.
        what: String,
    },
}
