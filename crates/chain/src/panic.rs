//! What becomes of a panic. None is expected; one that is left must not end or wedge a chain.

use std::panic::{AssertUnwindSafe, catch_unwind};

use thiserror::Error;

/// Something panicked: a fault of this program, whatever it was given. The panic is in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a panic, which is a fault of this node: see its log")]
pub struct Panicked;

/// Runs something that must not panic; if it does, that ends this and nothing else.
///
/// What it had in its hands may be half done: the caller must drop it.
pub(crate) fn guarded<T>(run: impl FnOnce() -> T) -> Result<T, Panicked> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|_| Panicked)
}
