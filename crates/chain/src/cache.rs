//! A bounded map that forgets what has not been asked for lately.

use alloy_primitives::{B256, map::B256HashMap};

/// Holds at least the last `capacity` entries used and at most twice as many.
///
/// Two generations: what is used moves to the young one; when that is full, the old one is
/// dropped and the young one takes its place. No list to maintain, and no work per eviction.
#[derive(Debug)]
pub(crate) struct Cache<V> {
    capacity: usize,
    young: B256HashMap<V>,
    old: B256HashMap<V>,
}

impl<V: Clone> Cache<V> {
    /// An empty cache of `capacity` entries a generation.
    pub(crate) fn new(capacity: usize) -> Self {
        Self { capacity, young: B256HashMap::default(), old: B256HashMap::default() }
    }

    /// The value under `key`, which counts as a use.
    pub(crate) fn get(&mut self, key: &B256) -> Option<V> {
        if let Some(value) = self.young.get(key) {
            return Some(value.clone());
        }
        let value = self.old.remove(key)?;
        self.insert(*key, value.clone());
        Some(value)
    }

    /// Keeps `value` under `key`.
    pub(crate) fn insert(&mut self, key: B256, value: V) {
        if self.young.len() >= self.capacity {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_is_used_and_stays_bounded() {
        let key = |number: u64| B256::from(alloy_primitives::U256::from(number));
        let mut cache = Cache::new(8);
        for number in 0..1_000 {
            cache.insert(key(number), number);
            assert_eq!(cache.get(&key(0)), Some(0), "used each time");
            assert!(cache.young.len() + cache.old.len() <= 16);
        }
        assert_eq!(cache.get(&key(999)), Some(999));
        assert_eq!(cache.get(&key(500)), None);
    }
}
