//! Seeded choices.

use alloy_primitives::U256;

/// A sequence of choices: the same in every run that begins with the same seed.
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number (splitmix64).
    pub(crate) const fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `bound`; zero when `bound` is.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next_u64() % bound).unwrap_or(0)
    }

    /// True once in `of` times.
    pub(crate) fn one_in(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }

    pub(crate) fn byte(&mut self) -> u8 {
        let [byte, ..] = self.next_u64().to_le_bytes();
        byte
    }

    /// One of a list; the default of an empty one.
    pub(crate) fn pick<T: Clone + Default>(&mut self, of: &[T]) -> T {
        of.get(self.below(of.len())).cloned().unwrap_or_default()
    }

    /// A word at which something may change: a power of two up to 2^256 or a neighbour of it.
    pub(crate) fn word(&mut self) -> U256 {
        let power = match self.below(257) {
            256 => U256::ZERO,
            at => U256::from(1) << at,
        };
        match self.below(3) {
            0 => power.wrapping_sub(U256::from(1)),
            1 => power,
            _ => power.wrapping_add(U256::from(1)),
        }
    }

    /// The same of 64 bits.
    pub(crate) fn number(&mut self) -> u64 {
        let power = 1u64.checked_shl(u32::from(self.byte() % 65)).unwrap_or(0);
        match self.below(3) {
            0 => power.wrapping_sub(1),
            1 => power,
            _ => power.wrapping_add(1),
        }
    }
}
