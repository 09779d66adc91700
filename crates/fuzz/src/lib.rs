#![doc = include_str!("../README.md")]

mod contract_ssz;
mod execute;
mod mutate;
mod seeds;
mod ssz;
mod trie;
mod witness;

pub use contract_ssz::contract_ssz;
pub use execute::execute;
pub use mutate::Mutator;
pub use seeds::seeds;
pub use ssz::ssz;
pub use trie::trie;
pub use witness::witness;

/// A target: its name and what it does.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 5] = [
    ("ssz", ssz),
    ("witness", witness),
    ("trie", trie),
    ("execute", execute),
    ("contract_ssz", contract_ssz),
];
