//! Bytes that all callers share.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What is counted, bytes.
const UNIT: usize = 1 << 10;

/// So many bytes in all, handed out in KiB. The first bytes of each share are not counted: something
/// else bounds how many shares there are.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    left: Arc<Semaphore>,
    free: usize,
}

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
    /// `bytes` in all, besides the first `free` of each share.
    pub(crate) fn new(bytes: usize, free: usize) -> Self {
        let units = (bytes / UNIT).min(Semaphore::MAX_PERMITS);
        Self { left: Arc::new(Semaphore::new(units)), free }
    }

    /// The same bytes, of which other shares have other first ones.
    pub(crate) fn with_free(&self, free: usize) -> Self {
        Self { left: Arc::clone(&self.left), free }
    }

    /// A share of nothing yet.
    pub(crate) fn share(&self) -> Share {
        Share { budget: self.clone(), units: 0, held: None }
    }
}

impl Share {
    /// Grows the share to what a body of so many bytes needs.
    pub(crate) fn grow(&mut self, bytes: usize) -> Result<(), Exhausted> {
        let units = bytes.saturating_sub(self.budget.free).div_ceil(UNIT);
        let more = units.saturating_sub(self.units);
        if more == 0 {
            return Ok(());
        }
        let more_units = u32::try_from(more).map_err(|_| Exhausted)?;
        let taken = Arc::clone(&self.budget.left).try_acquire_many_owned(more_units);
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
        const FREE: usize = 64 << 10;
        let budget = Budget::new(1 << 20, FREE);
        let (mut small, mut large, mut other) = (budget.share(), budget.share(), budget.share());
        assert_eq!(large.grow(FREE + (1 << 20)), Ok(()));
        assert_eq!(small.grow(FREE), Ok(()));
        assert_eq!(other.grow(FREE + 1), Err(Exhausted));
        assert_eq!(large.grow(FREE), Ok(()), "what is had stays");
        drop(large);
        assert_eq!(other.grow(FREE + 1), Ok(()));
        assert_eq!(budget.with_free(0).share().grow((1 << 20) - UNIT), Ok(()));
        assert_eq!(budget.with_free(0).share().grow(1 << 20), Err(Exhausted), "it is the same");
    }
}
