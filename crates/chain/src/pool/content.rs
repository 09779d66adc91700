//! All transactions of all senders, within limits.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

use alloy_primitives::{Address, B256, U256, map::B256HashMap};

use super::{
    BestTransactions, DropReason, PoolConfig, PoolError, PooledTransaction,
    queue::{Queue, check_replacement},
};

/// How many senders are remembered to come last.
const MAX_LAST_IN_LINE: usize = 10_000;
/// How many drop reasons are remembered.
const MAX_REMEMBERED_DROPS: usize = 1_024;

/// A transaction that left the pool without having been mined.
pub(crate) type Dropped = (Arc<PooledTransaction>, DropReason);

/// What the pool holds.
#[derive(Debug, Default)]
pub(super) struct Content {
    senders: BTreeMap<Address, Queue>,
    by_hash: B256HashMap<Arc<PooledTransaction>>,
    bytes: usize,
    next_sequence: u64,
    /// How many blocks found that a transaction does not fit by itself.
    unfit: B256HashMap<u32>,
    /// Senders of such transactions that have had none mined since.
    last_in_line: BTreeSet<Address>,
    dropped: B256HashMap<DropReason>,
    dropped_order: VecDeque<B256>,
}

impl Content {
    pub(super) fn next_sequence(&mut self) -> u64 {
        let sequence = self.next_sequence;
        self.next_sequence = sequence.saturating_add(1);
        sequence
    }

    pub(super) fn contains(&self, hash: B256) -> bool {
        self.by_hash.contains_key(&hash)
    }

    pub(super) fn get(&self, hash: B256) -> Option<Arc<PooledTransaction>> {
        self.by_hash.get(&hash).cloned()
    }

    pub(super) fn queue(&self, sender: Address) -> Option<&Queue> {
        self.senders.get(&sender)
    }

    pub(super) fn queues(&self) -> impl Iterator<Item = (&Address, &Queue)> {
        self.senders.iter()
    }

    pub(super) fn len(&self) -> usize {
        self.by_hash.len()
    }

    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn drop_reason(&self, hash: B256) -> Option<DropReason> {
        self.dropped.get(&hash).cloned()
    }

    /// Adds a transaction of an account with this nonce and balance (wei), making room if need
    /// be. Gives what had to leave for it.
    pub(super) fn insert(
        &mut self,
        config: &PoolConfig,
        base_fee: u64,
        account: (u64, U256),
        transaction: Arc<PooledTransaction>,
    ) -> Result<Vec<Dropped>, PoolError> {
        let (nonce, balance) = account;
        let sender = transaction.sender();
        let mut dropped = self.set_nonce(sender, nonce, |_| false);
        match self.check_queue(config, balance, &transaction)? {
            None => dropped.extend(self.make_room(config, base_fee, &transaction)?),
            Some(last) if last.nonce() != transaction.nonce() => {
                self.take(&last);
                dropped.push((last, DropReason::Evicted));
            }
            Some(_) => {}
        }
        if let Some(old) = self.add(nonce, transaction) {
            dropped.push((old, DropReason::Replaced));
        }
        self.remember(&dropped);
        Ok(dropped)
    }

    /// Checks a transaction against the others of its sender; gives the one whose place it takes: one
    /// with its nonce, or where its sender has too many already, the last if that comes after it.
    fn check_queue(
        &self,
        config: &PoolConfig,
        balance: U256,
        transaction: &PooledTransaction,
    ) -> Result<Option<Arc<PooledTransaction>>, PoolError> {
        let empty = Queue::default();
        let queue = self.senders.get(&transaction.sender()).unwrap_or(&empty);
        let old = queue.get(transaction.nonce());
        let place = match old {
            Some(old) => {
                check_replacement(old, transaction, config.price_bump_percent)?;
                Some(old)
            }
            None if queue.len() >= config.max_per_sender => {
                let last = queue.last().map(|(last, _)| last);
                let last = last.filter(|last| last.nonce() > transaction.nonce());
                let (sender, limit) = (transaction.sender(), config.max_per_sender);
                Some(last.ok_or(PoolError::AccountLimit { sender, limit })?)
            }
            None => None,
        };
        let (queued, cost) = (queue.cost_before(transaction.nonce()), transaction.cost);
        if queued.saturating_add(cost) > balance {
            return Err(PoolError::InsufficientFunds { balance, queued, cost });
        }
        Ok(place.cloned())
    }

    /// Evicts the cheapest until one more transaction has room, or refuses the transaction.
    fn make_room(
        &mut self,
        config: &PoolConfig,
        base_fee: u64,
        transaction: &PooledTransaction,
    ) -> Result<Vec<Dropped>, PoolError> {
        let mut evicted = Vec::new();
        let mut result = Ok(());
        while self.len() >= config.max_transactions
            || self.bytes.saturating_add(transaction.size) > config.max_bytes
        {
            let got = transaction.tip_or_zero(base_fee);
            match self.cheapest(base_fee, transaction.sender()) {
                Some((tip, victim)) if tip < got => {
                    let nonce = self.queue(victim.sender()).map_or(0, Queue::nonce);
                    self.take(&victim);
                    evicted.push((nonce, victim));
                }
                victim => {
                    let cheapest = victim.map_or(u128::MAX, |(tip, _)| tip);
                    result = Err(PoolError::Full { got, cheapest });
                    break;
                }
            }
        }
        if let Err(error) = result {
            // Nothing leaves for a transaction that does not enter.
            for (nonce, victim) in evicted {
                self.add(nonce, victim);
            }
            return Err(error);
        }
        Ok(evicted.into_iter().map(|(_, victim)| (victim, DropReason::Evicted)).collect())
    }

    /// The cheapest of the senders' last transactions, those that wait for another first; not one
    /// of `except`.
    fn cheapest(&self, base_fee: u64, except: Address) -> Option<(u128, Arc<PooledTransaction>)> {
        let lasts = self.senders.iter().filter(|(sender, _)| **sender != except);
        lasts
            .filter_map(|(_, queue)| queue.last())
            .min_by_key(|(last, pending)| {
                (*pending, last.tip_or_zero(base_fee), std::cmp::Reverse(last.sequence))
            })
            .map(|(last, pending)| {
                let tip = if pending { last.tip_or_zero(base_fee) } else { 0 };
                (tip, Arc::clone(last))
            })
    }

    fn add(
        &mut self,
        nonce: u64,
        transaction: Arc<PooledTransaction>,
    ) -> Option<Arc<PooledTransaction>> {
        self.bytes = self.bytes.saturating_add(transaction.size);
        self.by_hash.insert(transaction.hash(), Arc::clone(&transaction));
        let queue = self.senders.entry(transaction.sender()).or_default();
        queue.set_nonce(nonce);
        let old = queue.insert(transaction);
        if let Some(old) = &old {
            self.forget(old);
        }
        old
    }

    /// Removes a transaction.
    pub(super) fn take(&mut self, transaction: &PooledTransaction) {
        let sender = transaction.sender();
        if let Some(queue) = self.senders.get_mut(&sender) {
            queue.remove(transaction.nonce());
            if queue.is_empty() {
                self.senders.remove(&sender);
            }
        }
        self.forget(transaction);
    }

    fn forget(&mut self, transaction: &PooledTransaction) {
        if self.by_hash.remove(&transaction.hash()).is_some() {
            self.bytes = self.bytes.saturating_sub(transaction.size);
        }
        self.unfit.remove(&transaction.hash());
    }

    /// Removes a transaction and remembers why.
    pub(super) fn discard(&mut self, hash: B256, reason: DropReason) -> Option<Dropped> {
        let transaction = self.get(hash)?;
        self.take(&transaction);
        let drop = (transaction, reason);
        self.remember(std::slice::from_ref(&drop));
        Some(drop)
    }

    /// Counts a block that a transaction did not fit in by itself; drops it at the limit. Its sender
    /// comes last from now on.
    pub(super) fn mark_unfit(
        &mut self,
        hash: B256,
        limit: u32,
        reason: DropReason,
    ) -> Option<Dropped> {
        let sender = self.by_hash.get(&hash)?.sender();
        if self.last_in_line.len() >= MAX_LAST_IN_LINE {
            self.last_in_line.clear();
        }
        self.last_in_line.insert(sender);
        let count = self.unfit.entry(hash).or_default();
        *count = count.saturating_add(1);
        if *count < limit { None } else { self.discard(hash, reason) }
    }

    /// Sets an account's nonce. What it leaves behind is gone: mined where `mined` says so.
    pub(super) fn set_nonce(
        &mut self,
        sender: Address,
        nonce: u64,
        mined: impl Fn(B256) -> bool,
    ) -> Vec<Dropped> {
        let Some(queue) = self.senders.get_mut(&sender) else { return Vec::new() };
        let past = queue.set_nonce(nonce);
        if queue.is_empty() {
            self.senders.remove(&sender);
        }
        let mut dropped = Vec::new();
        for transaction in past {
            self.forget(&transaction);
            if mined(transaction.hash()) {
                self.last_in_line.remove(&sender);
            } else {
                dropped.push((transaction, DropReason::NonceUsed));
            }
        }
        self.remember(&dropped);
        dropped
    }

    fn remember(&mut self, dropped: &[Dropped]) {
        for (transaction, reason) in dropped {
            let hash = transaction.hash();
            if self.dropped.insert(hash, reason.clone()).is_none() {
                self.dropped_order.push_back(hash);
            }
            if self.dropped_order.len() > MAX_REMEMBERED_DROPS
                && let Some(oldest) = self.dropped_order.pop_front()
            {
                self.dropped.remove(&oldest);
            }
        }
    }

    /// The pending transactions, best first.
    pub(super) fn best(
        &self,
        base_fee: u64,
        blob_base_fee: u128,
        min_tip: u128,
    ) -> BestTransactions {
        let mut best = BestTransactions::new(base_fee, blob_base_fee, min_tip);
        for (sender, queue) in &self.senders {
            let last = self.last_in_line.contains(sender);
            best.add_sender(*sender, queue.pending().cloned().collect(), last);
        }
        best
    }
}
