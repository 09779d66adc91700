#![doc = include_str!("../README.md")]

mod contract_ssz;
mod dice;
mod execute;
mod mutate;
mod plant;
mod rebuild;
mod seeds;
mod ssz;
mod trie;
mod witness;

pub use contract_ssz::contract_ssz;
pub use execute::execute;
pub use mutate::{Mutator, planted};
pub use rebuild::{Rebuilt, rebuild};
pub use seeds::seeds;
pub use ssz::ssz;
pub use trie::trie;
pub use witness::witness;

/// A target.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub body: fn(&[u8]),
    /// Bytes it may hold at once besides [`TIMES_INPUT`] for each byte of input.
    pub memory: usize,
}

/// Bytes that a target may hold at once for each byte of input.
pub const TIMES_INPUT: usize = 32;

/// Every target.
pub const TARGETS: [Target; 5] = [
    Target { name: "ssz", body: ssz, memory: 1 << 16 },
    Target { name: "witness", body: witness, memory: 2 << 20 },
    Target { name: "trie", body: trie, memory: 1 << 20 },
    // Execution may hold 4 bytes for each gas, of which it gets up to 20 million.
    Target { name: "execute", body: execute, memory: 84 << 20 },
    Target { name: "contract_ssz", body: contract_ssz, memory: 1 << 20 },
];
