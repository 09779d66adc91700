//! What EXECUTE charges besides the gas the block claims: docs/gas.md says why so much.

use bough_stf::Fork;

/// Prices at a fork of L1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prices {
    /// Gas for each byte of input, charged before any of it is decoded: decoding, hashing, tries
    /// and signatures are paid from it.
    pub per_byte: u64,
    /// Gas that has to be charged, for whatever it is, for each Keccak block of trie nodes that
    /// writing the new state counts. Not a charge of its own: in a trie that is a tree, a node's
    /// bytes pay for it.
    pub per_keccak_block: u64,
}

impl Prices {
    /// One and a half times what the shortest witness entries need, whose bytes are the most work,
    /// at 100 million charged gas a second on one core.
    const PER_BYTE: u64 = 16;

    /// One and a half times what it takes to count, copy and encode a branch of sixteen hashes, and
    /// to hash its four blocks.
    const PER_KECCAK_BLOCK: u64 = 100;

    /// The prices that hold in L1 blocks of a fork.
    pub const fn at(fork: Fork) -> Self {
        let _ = fork;
        Self { per_byte: Self::PER_BYTE, per_keccak_block: Self::PER_KECCAK_BLOCK }
    }

    /// Keccak blocks of trie nodes that writing the state may count when so much gas is charged.
    pub const fn keccak_blocks_for(&self, gas: u64) -> u64 {
        match gas.checked_div(self.per_keccak_block) {
            Some(blocks) => blocks,
            None => u64::MAX,
        }
    }

    /// The charge for an input of this many bytes; `u64::MAX` when it would be more.
    pub fn for_bytes(&self, bytes: usize) -> u64 {
        self.per_byte.saturating_mul(u64::try_from(bytes).unwrap_or(u64::MAX))
    }
}
