//! The transactions of one sender, by nonce.

use std::{collections::BTreeMap, sync::Arc};

use alloy_consensus::Transaction as _;
use alloy_primitives::U256;

use super::{PoolError, PooledTransaction, transaction::tip_cap};

/// One sender's transactions. Those whose nonces follow the account's without a gap are pending,
/// the others queued.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// The account's nonce at the head.
    nonce: u64,
    transactions: BTreeMap<u64, Arc<PooledTransaction>>,
}

impl Queue {
    /// The account's nonce at the head.
    pub(super) const fn nonce(&self) -> u64 {
        self.nonce
    }

    pub(super) fn len(&self) -> usize {
        self.transactions.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.transactions.is_empty()
    }

    pub(super) fn get(&self, nonce: u64) -> Option<&Arc<PooledTransaction>> {
        self.transactions.get(&nonce)
    }

    /// Those that could be executed one after the other from the account's nonce on.
    pub(super) fn pending(&self) -> impl Iterator<Item = &Arc<PooledTransaction>> {
        (self.nonce..)
            .zip(self.transactions.range(self.nonce..))
            .take_while(|(expected, (nonce, _))| expected == *nonce)
            .map(|(_, (_, transaction))| transaction)
    }

    /// The nonce after the last pending transaction's.
    pub(super) fn next_nonce(&self) -> u64 {
        self.pending().last().map_or(self.nonce, |last| last.nonce().saturating_add(1))
    }

    /// Those that wait for another.
    pub(super) fn queued(&self) -> impl Iterator<Item = &Arc<PooledTransaction>> {
        self.transactions.range(self.next_nonce()..).map(|(_, transaction)| transaction)
    }

    /// The transaction with the highest nonce, and whether it is pending.
    pub(super) fn last(&self) -> Option<(&Arc<PooledTransaction>, bool)> {
        let (nonce, last) = self.transactions.last_key_value()?;
        Some((last, *nonce < self.next_nonce()))
    }

    /// The most that the transactions before `nonce` may cost, in wei.
    pub(super) fn cost_before(&self, nonce: u64) -> U256 {
        self.transactions
            .range(..nonce)
            .fold(U256::ZERO, |sum, (_, transaction)| sum.saturating_add(transaction.cost))
    }

    /// Adds a transaction and gives the one it replaces.
    pub(super) fn insert(
        &mut self,
        transaction: Arc<PooledTransaction>,
    ) -> Option<Arc<PooledTransaction>> {
        self.transactions.insert(transaction.nonce(), transaction)
    }

    pub(super) fn remove(&mut self, nonce: u64) -> Option<Arc<PooledTransaction>> {
        self.transactions.remove(&nonce)
    }

    /// Sets the account's nonce and gives the transactions it leaves behind.
    pub(super) fn set_nonce(&mut self, nonce: u64) -> Vec<Arc<PooledTransaction>> {
        self.nonce = nonce;
        let rest = self.transactions.split_off(&nonce);
        std::mem::replace(&mut self.transactions, rest).into_values().collect()
    }
}

/// Whether `new` pays enough more than `old`, in each of its caps, to take its place.
pub(super) fn check_replacement(
    old: &PooledTransaction,
    new: &PooledTransaction,
    bump_percent: u64,
) -> Result<(), PoolError> {
    let caps = |pooled: &PooledTransaction| {
        let transaction = &pooled.transaction;
        [
            Some(transaction.max_fee_per_gas()),
            Some(tip_cap(transaction)),
            transaction.max_fee_per_blob_gas(),
        ]
    };
    for (old, new) in caps(old).into_iter().zip(caps(new)) {
        let Some(old) = old else { continue };
        let got = new.unwrap_or_default();
        let needed = bumped(old, bump_percent);
        if got < needed {
            return Err(PoolError::ReplacementUnderpriced { got, needed });
        }
    }
    Ok(())
}

/// `price` raised by a percentage, rounded up.
fn bumped(price: u128, percent: u64) -> u128 {
    let percent = u128::from(percent);
    let rise = price.saturating_mul(percent).div_ceil(100);
    price.saturating_add(rise)
}
