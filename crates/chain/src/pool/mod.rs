//! The transaction pool: what was submitted and may still enter a block.
//!
//! A transaction is checked on the state of the head when it comes in and again by execution when
//! a block is built. In between, the pool follows the nonces of the senders that blocks concern.
//! [`crate::Chain::submit`] is the way in.

mod best;
mod check;
mod config;
mod content;
mod error;
mod queue;
mod submit;
mod transaction;
mod well_known;

use std::{collections::BTreeMap, sync::Arc};

use alloy_primitives::{Address, B256};
use parking_lot::{Mutex, MutexGuard};

pub use best::BestTransactions;
pub(crate) use check::gas_limit_cap;
pub use config::PoolConfig;
pub use error::{DropReason, PoolError};
pub use transaction::PooledTransaction;
pub use well_known::{WELL_KNOWN_DEPLOYMENTS, WellKnownDeployment};

use content::{Content, Dropped};

/// Transactions of several senders, each sender's by nonce.
pub type BySender = BTreeMap<Address, BTreeMap<u64, Arc<PooledTransaction>>>;

/// A pool of transactions over a chain.
#[derive(Debug)]
pub struct Pool {
    config: PoolConfig,
    min_tip: Mutex<u128>,
    content: Mutex<Content>,
}

/// How much a pool holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PoolStatus {
    /// Transactions that could be executed now.
    pub pending: usize,
    /// Transactions that wait for one with a lower nonce.
    pub queued: usize,
    /// Bytes of all encoded transactions.
    pub bytes: usize,
}

/// All a pool holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PoolContent {
    /// Transactions that could be executed now.
    pub pending: BySender,
    /// Transactions that wait for one with a lower nonce.
    pub queued: BySender,
}

impl Pool {
    pub(crate) fn new(config: PoolConfig) -> Self {
        let min_tip = Mutex::new(config.min_tip);
        Self { config, min_tip, content: Mutex::default() }
    }

    /// The rules it was made with.
    pub const fn config(&self) -> &PoolConfig {
        &self.config
    }

    /// Least tip cap (wei per gas) a transaction must have to come in.
    pub fn min_tip(&self) -> u128 {
        *self.min_tip.lock()
    }

    /// Sets the least tip cap (wei per gas) for transactions to come. Those already in keep the
    /// minimum they met.
    pub fn set_min_tip(&self, wei_per_gas: u128) {
        *self.min_tip.lock() = wei_per_gas;
    }

    /// A transaction by hash.
    pub fn get(&self, hash: B256) -> Option<Arc<PooledTransaction>> {
        self.content.lock().get(hash)
    }

    /// How much the pool holds.
    pub fn status(&self) -> PoolStatus {
        let content = self.content.lock();
        let pending = content.queues().map(|(_, queue)| queue.pending().count()).sum();
        let queued = content.len().saturating_sub(pending);
        PoolStatus { pending, queued, bytes: content.bytes() }
    }

    /// All the pool holds.
    pub fn content(&self) -> PoolContent {
        let content = self.content.lock();
        let mut all = PoolContent::default();
        for (sender, queue) in content.queues() {
            for (map, part) in [
                (&mut all.pending, by_nonce(queue.pending())),
                (&mut all.queued, by_nonce(queue.queued())),
            ] {
                if !part.is_empty() {
                    map.insert(*sender, part);
                }
            }
        }
        all
    }

    /// All the pool holds of one sender.
    pub fn content_from(&self, sender: Address) -> PoolContent {
        let mut all = PoolContent::default();
        if let Some(queue) = self.content.lock().queue(sender) {
            all.pending.insert(sender, by_nonce(queue.pending()));
            all.queued.insert(sender, by_nonce(queue.queued()));
        }
        all
    }

    /// Pending transactions in the order they came.
    pub fn pending(&self) -> Vec<Arc<PooledTransaction>> {
        let content = self.content.lock();
        let mut pending: Vec<_> =
            content.queues().flat_map(|(_, queue)| queue.pending().cloned()).collect();
        pending.sort_unstable_by_key(|transaction| transaction.sequence);
        pending
    }

    /// The nonce after a sender's pending transactions; `None` when the pool has none of it, and
    /// the account's own nonce is the next.
    pub fn next_nonce(&self, sender: Address) -> Option<u64> {
        self.content.lock().queue(sender).map(|queue| queue.next_nonce())
    }

    /// Pending transactions that can pay a base fee and a blob base fee (wei per gas), best first.
    pub fn best(&self, base_fee: u64, blob_base_fee: u128) -> BestTransactions {
        let min_tip = self.min_tip();
        self.content.lock().best(base_fee, blob_base_fee, min_tip)
    }

    /// Why a transaction that was in the pool left it unmined; the last thousand are remembered.
    pub fn drop_reason(&self, hash: B256) -> Option<DropReason> {
        self.content.lock().drop_reason(hash)
    }

    fn lock(&self) -> MutexGuard<'_, Content> {
        self.content.lock()
    }
}

fn by_nonce<'a>(
    transactions: impl Iterator<Item = &'a Arc<PooledTransaction>>,
) -> BTreeMap<u64, Arc<PooledTransaction>> {
    transactions.map(|transaction| (transaction.nonce(), Arc::clone(transaction))).collect()
}
