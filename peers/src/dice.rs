//! Seeded choices.

use alloy_primitives::{Address, B256, U256};
use bough_testing::Seeded;

/// The choices of one case: the same for the same seed.
#[derive(Debug)]
pub(crate) struct Dice(Seeded);

impl Dice {
    /// The choices of a case of a campaign.
    pub(crate) fn new(seed: u64, case: u64) -> Self {
        let mut seeded = Seeded::new(seed);
        let base = seeded.next_u64();
        Self(Seeded::new(base ^ case.wrapping_mul(0xd134_2543_de82_ef95)))
    }

    pub(crate) fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Below `bound`; zero when `bound` is.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        if bound == 0 { 0 } else { self.0.below(bound) }
    }

    /// From `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        let width = high.saturating_sub(low).saturating_add(1);
        low.saturating_add(self.next_u64().checked_rem(width).unwrap_or(0))
    }

    /// True once in `of` times.
    pub(crate) fn one_in(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }

    /// One of a list, which is not empty.
    pub(crate) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        *of.get(self.below(of.len())).expect("invariant: the list is not empty")
    }

    /// One of a list of weights, by its position.
    pub(crate) fn weighted(&mut self, weights: &[usize]) -> usize {
        let mut left = self.below(weights.iter().sum());
        for (at, weight) in weights.iter().enumerate() {
            if left < *weight {
                return at;
            }
            left -= weight;
        }
        0
    }

    pub(crate) fn byte(&mut self) -> u8 {
        let [byte, ..] = self.next_u64().to_le_bytes();
        byte
    }

    pub(crate) fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.byte()).collect()
    }

    pub(crate) fn hash(&mut self) -> B256 {
        B256::from_slice(&self.bytes(32))
    }

    pub(crate) fn address(&mut self) -> Address {
        Address::from_slice(&self.bytes(20))
    }

    /// A word that finds edges: zero, one, powers of two and their neighbours, anything.
    pub(crate) fn word(&mut self) -> U256 {
        match self.below(8) {
            0 => U256::ZERO,
            1 => U256::from(1),
            2 => U256::MAX,
            3 => U256::from(1) << self.below(256),
            4 => (U256::from(1) << self.below(256)).wrapping_sub(U256::from(1)),
            5 => U256::from(self.byte()),
            6 => U256::from(self.next_u64()),
            _ => self.hash().into(),
        }
    }
}
