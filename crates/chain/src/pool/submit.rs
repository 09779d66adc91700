//! The way into the pool, and what a change of head does to it.

use std::{collections::BTreeSet, sync::Arc};

use alloy_consensus::Transaction as _;
use alloy_primitives::{Address, B256, map::B256HashSet};
use bough_stf::{Transaction, recover};

use super::{
    DropReason, Dropped, PoolError, PooledTransaction,
    check::{NextBlock, check_form, check_rules, check_sender},
};
use crate::{Chain, ChainEvent, StoredBlock};

impl Chain {
    /// Takes a transaction into the pool, checked on the state of the head, and gives its hash.
    ///
    /// # Errors
    /// The first rule it breaks; see [`PoolError`].
    pub fn submit(&self, transaction: Transaction) -> Result<B256, PoolError> {
        let (transaction, dropped) = self.admit(transaction)?;
        let hash = transaction.hash();
        self.events.push(ChainEvent::Pooled { transaction });
        self.push_drops(dropped);
        self.events.deliver();
        Ok(hash)
    }

    /// Removes a transaction from the pool; its successors wait for another.
    pub fn remove_transaction(&self, hash: B256) -> Option<Arc<PooledTransaction>> {
        let dropped = self.pool.lock().discard(hash, DropReason::Removed)?;
        let transaction = Arc::clone(&dropped.0);
        self.push_drops(vec![dropped]);
        self.events.deliver();
        Some(transaction)
    }

    /// Form first, then the signature, then state under the pool's lock: a head that changes
    /// meanwhile will look at the transaction again.
    fn admit(
        &self,
        transaction: Transaction,
    ) -> Result<(Arc<PooledTransaction>, Vec<Dropped>), PoolError> {
        let config = self.pool.config();
        if self.pool.get(*transaction.hash()).is_some() {
            return Err(PoolError::AlreadyKnown);
        }
        check_form(config, self.spec().chain_id, &transaction)?;
        let transaction = recover(transaction).map_err(|_| PoolError::Signature)?;

        let min_tip = self.pool.min_tip();
        let mut content = self.pool.lock();
        let head = self.head();
        check_rules(config, min_tip, NextBlock::after(self.spec(), &head.header), &transaction)?;
        let account = check_sender(&self.state_of(&head)?, &transaction)?;
        if content.contains(*transaction.hash()) {
            return Err(PoolError::AlreadyKnown);
        }
        let transaction =
            Arc::new(PooledTransaction::new(transaction, content.next_sequence(), min_tip));
        let base_fee = head.header.base_fee_per_gas.unwrap_or_default();
        let dropped = content.insert(
            config,
            base_fee,
            (account.nonce, account.balance),
            Arc::clone(&transaction),
        )?;
        Ok((transaction, dropped))
    }

    /// Follows a change of head: what was mined leaves, what was abandoned comes back.
    ///
    /// Where state cannot be read the pool stays as it is: execution checks what comes out of it.
    pub(crate) fn pool_follow(&self, removed: &[Arc<StoredBlock>], added: &[Arc<StoredBlock>]) {
        let mined: B256HashSet = hashes(added).collect();
        let concerned: BTreeSet<Address> =
            removed.iter().chain(added).flat_map(|block| concerned(block)).collect();
        let Ok(state) = self.state_of(&self.head()) else { return };
        for sender in concerned {
            if self.pool.lock().queue(sender).is_none() {
                continue;
            }
            let Ok(account) = state.account(sender) else { return };
            let nonce = account.unwrap_or_default().nonce;
            let dropped = self.pool.lock().set_nonce(sender, nonce, |hash| mined.contains(&hash));
            self.push_drops(dropped);
        }
        // Oldest first, so that each sender's nonces ascend.
        let abandoned = removed.iter().rev().flat_map(|block| &block.transactions);
        for transaction in abandoned.filter(|transaction| !mined.contains(transaction.hash())) {
            // One that no longer passes the checks is gone with its block.
            if let Ok((transaction, dropped)) = self.admit(transaction.inner().clone()) {
                self.events.push(ChainEvent::Pooled { transaction });
                self.push_drops(dropped);
            }
        }
    }

    /// Takes out what the build of a block found unusable.
    pub(crate) fn pool_exclude(&self, excluded: Vec<(B256, DropReason)>) {
        let limit = self.pool.config().unfit_blocks;
        for (hash, reason) in excluded {
            let mut content = self.pool.lock();
            let dropped = match reason {
                DropReason::ExceedsByteBudget { .. } | DropReason::ExceedsGasBudget { .. } => {
                    content.mark_unfit(hash, limit, reason)
                }
                reason => content.discard(hash, reason),
            };
            drop(content);
            self.push_drops(dropped.into_iter().collect());
        }
        self.events.deliver();
    }

    fn push_drops(&self, dropped: Vec<Dropped>) {
        for (transaction, reason) in dropped {
            self.events.push(ChainEvent::Dropped { transaction, reason });
        }
    }
}

fn hashes(blocks: &[Arc<StoredBlock>]) -> impl Iterator<Item = B256> + '_ {
    blocks.iter().flat_map(|block| &block.transactions).map(|transaction| *transaction.hash())
}

/// The accounts whose nonces a block moved: senders and who delegated (EIP-7702).
fn concerned(block: &StoredBlock) -> Vec<Address> {
    let transactions = block.transactions.iter();
    transactions
        .flat_map(|transaction| {
            let delegating = transaction.authorization_list().unwrap_or_default().iter();
            delegating
                .filter_map(|authorization| authorization.recover_authority().ok())
                .chain([transaction.signer()])
        })
        .collect()
}
