//! What EXECUTE charges besides the gas the block claims: docs/gas.md says why so much.

use bough_stf::Fork;

/// Prices at a fork of L1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prices {
    /// Gas for each byte of input, charged before any of it is decoded: decoding, hashing, tries
    /// and signatures are paid from it.
    pub per_byte: u64,
    /// Gas that has to be charged, for whatever it is, for each read of a trie node when the new
    /// state is written. Not a charge of its own: what a tree has to read is paid for by its bytes.
    pub per_node: u64,
}

impl Prices {
    /// Twice what the shortest witness entries need, whose bytes are the most work, at 100 million
    /// charged gas a second on one core.
    const PER_BYTE: u64 = 16;

    /// Twice what it takes to copy a branch of sixteen hashes, encode it and hash it.
    const PER_NODE: u64 = 400;

    /// The prices that hold in L1 blocks of a fork.
    pub const fn at(fork: Fork) -> Self {
        let _ = fork;
        Self { per_byte: Self::PER_BYTE, per_node: Self::PER_NODE }
    }

    /// Nodes that may be read to write the state when so much gas is charged.
    pub const fn nodes_for(&self, gas: u64) -> u64 {
        match gas.checked_div(self.per_node) {
            Some(nodes) => nodes,
            None => u64::MAX,
        }
    }

    /// The charge for an input of this many bytes; `u64::MAX` when it would be more.
    pub fn for_bytes(&self, bytes: usize) -> u64 {
        self.per_byte.saturating_mul(u64::try_from(bytes).unwrap_or(u64::MAX))
    }
}
