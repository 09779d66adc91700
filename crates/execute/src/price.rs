//! What EXECUTE charges besides the gas the block claims.

use bough_stf::Fork;

/// Prices at a fork of L1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prices {
    /// Gas for each byte of input, charged before any of it is decoded: decoding, hashing, tries
    /// and signatures are paid from it.
    pub per_byte: u64,
}

impl Prices {
    /// The prices that hold in L1 blocks of a fork.
    pub const fn at(fork: Fork) -> Self {
        let _ = fork;
        Self { per_byte: 16 }
    }

    /// The charge for an input of this many bytes; `u64::MAX` when it would be more.
    pub fn for_bytes(&self, bytes: usize) -> u64 {
        self.per_byte.saturating_mul(u64::try_from(bytes).unwrap_or(u64::MAX))
    }
}
