//! The keys that execution read.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{Address, B256, U256};

/// What was read of the state before a block: what a witness has to prove besides what was changed.
/// A key that the block itself wrote before is not read from there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reads {
    /// Accounts, each with the slots of its storage.
    pub accounts: BTreeMap<Address, BTreeSet<U256>>,
    /// Hashes of codes.
    pub codes: BTreeSet<B256>,
    /// Number of the oldest ancestor whose hash was read, if any was.
    pub oldest_ancestor: Option<u64>,
}

impl Reads {
    pub(crate) fn account(&mut self, address: Address) {
        self.accounts.entry(address).or_default();
    }

    pub(crate) fn slot(&mut self, address: Address, slot: U256) {
        self.accounts.entry(address).or_default().insert(slot);
    }

    pub(crate) fn code(&mut self, hash: B256) {
        self.codes.insert(hash);
    }

    pub(crate) fn ancestor(&mut self, number: u64) {
        self.oldest_ancestor = older(self.oldest_ancestor, Some(number));
    }

    /// These without what is among `others`. The ancestor stays.
    #[must_use]
    pub fn without(&self, others: &Self) -> Self {
        let none = BTreeSet::new();
        let mut accounts = BTreeMap::new();
        for (address, slots) in &self.accounts {
            let known = others.accounts.get(address);
            let new: BTreeSet<U256> = slots.difference(known.unwrap_or(&none)).copied().collect();
            if known.is_none() || !new.is_empty() {
                accounts.insert(*address, new);
            }
        }
        let codes = self.codes.difference(&others.codes).copied().collect();
        Self { accounts, codes, oldest_ancestor: self.oldest_ancestor }
    }

    /// These and others.
    pub(crate) fn extend(&mut self, others: Self) {
        for (address, slots) in others.accounts {
            self.accounts.entry(address).or_default().extend(slots);
        }
        self.codes.extend(others.codes);
        self.oldest_ancestor = older(self.oldest_ancestor, others.oldest_ancestor);
    }
}

/// The older of two ancestors.
pub(crate) fn older(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    one.into_iter().chain(other).min()
}
