//! Bytes that all callers share.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes of each body that are not counted: connections bound how many there are.
const FREE: usize = 64 << 10;
/// What is counted, bytes.
const UNIT: usize = 1 << 10;

/// So many bytes in all, handed out in KiB.
#[derive(Debug, Clone)]
pub(crate) struct Budget(Arc<Semaphore>);

/// What one body has of a budget; it goes back when this is dropped.
#[derive(Debug)]
pub(crate) struct Share {
    budget: Budget,
    units: usize,
    held: Option<OwnedSemaphorePermit>,
}

/// The budget is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exhausted;

impl Budget {
    pub(crate) fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new((bytes / UNIT).min(Semaphore::MAX_PERMITS))))
    }

    /// A share of nothing yet.
    pub(crate) fn share(&self) -> Share {
        Share { budget: self.clone(), units: 0, held: None }
    }
}

impl Share {
    /// Grows the share to what a body of so many bytes needs.
    pub(crate) fn grow(&mut self, bytes: usize) -> Result<(), Exhausted> {
        let units = bytes.saturating_sub(FREE).div_ceil(UNIT);
        let more = units.saturating_sub(self.units);
        if more == 0 {
            return Ok(());
        }
        let more_units = u32::try_from(more).map_err(|_| Exhausted)?;
        let taken = Arc::clone(&self.budget.0).try_acquire_many_owned(more_units);
        let taken = taken.map_err(|_| Exhausted)?;
        match &mut self.held {
            Some(held) => held.merge(taken),
            None => self.held = Some(taken),
        }
        self.units = units;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_bodies_are_free_and_large_ones_share() {
        let budget = Budget::new(1 << 20);
        let (mut small, mut large, mut other) = (budget.share(), budget.share(), budget.share());
        assert_eq!(large.grow(FREE + (1 << 20)), Ok(()));
        assert_eq!(small.grow(FREE), Ok(()));
        assert_eq!(other.grow(FREE + 1), Err(Exhausted));
        assert_eq!(large.grow(FREE), Ok(()), "what is had stays");
        drop(large);
        assert_eq!(other.grow(FREE + 1), Ok(()));
    }
}
