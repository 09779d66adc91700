//! Pending transactions in the order a builder wants them.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap, VecDeque},
    sync::Arc,
};

use alloy_primitives::Address;

use super::PooledTransaction;

/// The pool's pending transactions as they were at one moment: the highest tip first, the earliest
/// among equals, each sender's by nonce. Senders whose transactions proved not to fit in a block
/// come after all others.
#[derive(Debug, Default)]
pub struct BestTransactions {
    base_fee: u64,
    blob_base_fee: u128,
    min_tip: u128,
    /// The next transaction of each sender whose turn it is.
    heap: BinaryHeap<Candidate>,
    /// What follows it.
    later: BTreeMap<Address, Later>,
    /// The sender of the transaction given last, whose next one is not in the heap yet.
    last: Option<Address>,
}

#[derive(Debug)]
struct Later {
    transactions: VecDeque<Arc<PooledTransaction>>,
    /// Whether the sender comes after all others.
    last: bool,
}

#[derive(Debug)]
struct Candidate {
    last: bool,
    tip: u128,
    transaction: Arc<PooledTransaction>,
}

impl BestTransactions {
    pub(super) fn new(base_fee: u64, blob_base_fee: u128, min_tip: u128) -> Self {
        Self { base_fee, blob_base_fee, min_tip, ..Self::default() }
    }

    /// Adds all pending transactions of one sender.
    pub(super) fn add_sender(
        &mut self,
        sender: Address,
        transactions: VecDeque<Arc<PooledTransaction>>,
        last: bool,
    ) {
        self.later.insert(sender, Later { transactions, last });
        self.advance(sender);
    }

    /// Leaves out what else the sender of the last transaction has: it cannot follow one that was
    /// not included.
    pub fn skip_sender(&mut self) {
        if let Some(sender) = self.last.take() {
            self.later.remove(&sender);
        }
    }

    /// Whether there is nothing left.
    pub fn is_empty(&self) -> bool {
        let more = self.last.and_then(|sender| self.later.get(&sender));
        self.heap.is_empty() && more.is_none_or(|later| later.transactions.is_empty())
    }

    /// Moves a sender's next transaction into the heap, if it pays enough.
    fn advance(&mut self, sender: Address) {
        let next = self
            .later
            .get_mut(&sender)
            .and_then(|later| Some((later.transactions.pop_front()?, later.last)));
        match next.and_then(|(transaction, last)| self.candidate(transaction, last)) {
            Some(candidate) => self.heap.push(candidate),
            None => {
                self.later.remove(&sender);
            }
        }
    }

    fn candidate(&self, transaction: Arc<PooledTransaction>, last: bool) -> Option<Candidate> {
        let tip = transaction.tip(self.base_fee)?;
        let enough = tip >= self.min_tip.min(transaction.min_tip);
        let blob_cap = transaction.blob_fee_cap();
        let includable = enough && blob_cap.is_none_or(|cap| cap >= self.blob_base_fee);
        includable.then_some(Candidate { last, tip, transaction })
    }
}

impl Iterator for BestTransactions {
    type Item = Arc<PooledTransaction>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(sender) = self.last.take() {
            self.advance(sender);
        }
        let Candidate { transaction, .. } = self.heap.pop()?;
        self.last = Some(transaction.sender());
        Some(transaction)
    }
}

impl Candidate {
    fn rank(&self) -> (bool, u128, Reverse<u64>) {
        (!self.last, self.tip, Reverse(self.transaction.sequence))
    }
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.rank().cmp(&other.rank())
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.rank() == other.rank()
    }
}

impl Eq for Candidate {}
