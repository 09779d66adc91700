//! Bytes that all callers share.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// What is counted, bytes.
const UNIT: usize = 1 << 10;
/// Bytes by which a buffer grows at least.
const LITTLE: usize = 64 << 10;
/// How long a reader that is cut off may take to be gone.
const GOING: Duration = Duration::from_secs(1);

/// So many bytes in all, handed out in KiB. The first bytes of each share are not counted: something
/// else bounds how many shares there are.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    left: Arc<Semaphore>,
    free: usize,
    taken: Arc<Mutex<Taken>>,
}

/// The shares whose owners make or take what they are for, oldest first.
#[derive(Debug, Default)]
struct Taken {
    next: u64,
    readers: BTreeMap<u64, Reader>,
}

#[derive(Debug)]
struct Reader {
    since: Instant,
    units: u32,
    cut: Arc<Notify>,
}

/// What one body has of a budget; it goes back when this is dropped.
#[derive(Debug)]
pub(crate) struct Share {
    budget: Budget,
    units: usize,
    /// How often what it is for is there at a time.
    copies: usize,
    held: Option<OwnedSemaphorePermit>,
    /// Its place among the readers.
    reader: Option<u64>,
}

/// The budget is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exhausted;

impl Budget {
    /// `bytes` in all, besides the first `free` of each share.
    pub(crate) fn new(bytes: usize, free: usize) -> Self {
        let units = (bytes / UNIT).min(Semaphore::MAX_PERMITS);
        Self { left: Arc::new(Semaphore::new(units)), free, taken: Arc::default() }
    }

    /// The same bytes, of which other shares have other first ones.
    pub(crate) fn with_free(&self, free: usize) -> Self {
        Self { free, ..self.clone() }
    }

    /// A share of nothing yet.
    pub(crate) fn share(&self) -> Share {
        Share { budget: self.clone(), units: 0, copies: 1, held: None, reader: None }
    }

    /// Cuts off the readers that have been at it for so long. Whether there is room where they were.
    pub(crate) async fn make_room(&self, time: Duration) -> bool {
        let mut units = 0_u32;
        for reader in self.slow_readers(time) {
            reader.cut.notify_waiters();
            units = units.saturating_add(reader.units);
        }
        units > 0 && matches!(timeout(GOING, self.left.acquire_many(units)).await, Ok(Ok(_)))
    }

    fn slow_readers(&self, time: Duration) -> Vec<Reader> {
        let readers = &mut self.taken.lock().readers;
        let slow =
            readers.extract_if(.., |_, reader| reader.units > 0 && reader.since.elapsed() >= time);
        slow.map(|(_, reader)| reader).collect()
    }
}

impl Share {
    /// Grows the share to what a body of so many bytes needs.
    pub(crate) fn grow(&mut self, bytes: usize) -> Result<(), Exhausted> {
        let units = self.units_for(bytes);
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
        self.set_units(units);
        Ok(())
    }

    /// Makes room in a buffer for more bytes, of at most `limit` in all: twice what it has, or what is
    /// needed and a little where there is not so much. It is paid for as it is: with what it has, not
    /// only what it uses.
    pub(crate) fn make_room_in(
        &mut self,
        buffer: &mut Vec<u8>,
        more: usize,
        limit: usize,
    ) -> Result<(), Exhausted> {
        let bytes = buffer.len().saturating_add(more);
        if bytes <= buffer.capacity() {
            return Ok(());
        }
        let twice = buffer.capacity().saturating_mul(2).min(limit);
        let mut wanted =
            [twice, bytes.saturating_add(LITTLE)].map(|wanted| wanted.max(bytes)).into_iter();
        let got = wanted.find(|wanted| self.grow(*wanted).is_ok()).ok_or(Exhausted)?;
        buffer.reserve_exact(got.saturating_sub(buffer.len()));
        Ok(())
    }

    /// Gives back what a body of so many bytes does not need.
    pub(crate) fn shrink(&mut self, bytes: usize) {
        let units = self.units_for(bytes).min(self.units);
        if let Some(held) = &mut self.held {
            drop(held.split(self.units.saturating_sub(units)));
        }
        self.set_units(units);
    }

    fn set_units(&mut self, units: usize) {
        self.units = units;
        let Some(number) = self.reader else { return };
        if let Some(reader) = self.budget.taken.lock().readers.get_mut(&number) {
            reader.units = u32::try_from(units).unwrap_or(u32::MAX);
        }
    }

    /// The same for what is copied on its way, and so is there twice.
    pub(crate) fn twice(mut self) -> Self {
        self.copies = 2;
        self
    }

    fn not_taken(&mut self) {
        if let Some(number) = self.reader.take() {
            self.budget.taken.lock().readers.remove(&number);
        }
    }

    fn units_for(&self, bytes: usize) -> usize {
        let bytes = bytes.saturating_mul(self.copies);
        bytes.saturating_sub(self.budget.free).div_ceil(UNIT)
    }

    /// From now on somebody makes, or takes, what the share is for. `cut` wakes whoever waits for it then,
    /// when others need the memory and it has taken long.
    pub(crate) fn being_taken(&mut self, cut: &Arc<Notify>) {
        self.not_taken();
        let units = u32::try_from(self.units).unwrap_or(u32::MAX);
        let taken = &mut *self.budget.taken.lock();
        let number = taken.next;
        taken.next = number.saturating_add(1);
        let (since, cut) = (Instant::now(), Arc::clone(cut));
        taken.readers.insert(number, Reader { since, units, cut });
        self.reader = Some(number);
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.not_taken();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn slow_readers_make_room() {
        let budget = Budget::new(2 * UNIT, 0);
        let cut = Arc::new(Notify::new());
        let mut shares = [budget.share(), budget.share()];
        for share in &mut shares {
            share.grow(UNIT).unwrap();
            share.being_taken(&cut);
        }
        assert!(!budget.make_room(Duration::from_secs(3600)).await, "nobody has taken long");
        let gone = cut.notified();
        let (made_room, ()) = tokio::join!(budget.make_room(Duration::ZERO), async {
            gone.await;
            drop(shares);
        });
        assert!(made_room);
        assert_eq!(budget.share().grow(2 * UNIT), Ok(()));
        assert!(!budget.make_room(Duration::ZERO).await, "nobody is left");
    }

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

    #[test]
    fn what_is_not_needed_goes_back_and_copies_count() {
        let budget = Budget::new(4 * UNIT, 0);
        let (mut share, mut other) = (budget.share(), budget.share());
        assert_eq!(share.grow(4 * UNIT), Ok(()));
        assert_eq!(other.grow(1), Err(Exhausted));
        share.shrink(UNIT);
        assert_eq!(other.grow(3 * UNIT), Ok(()));
        drop((share, other));
        assert_eq!(budget.share().twice().grow(2 * UNIT + 1), Err(Exhausted));
        assert_eq!(budget.share().twice().grow(2 * UNIT), Ok(()));
    }
}
