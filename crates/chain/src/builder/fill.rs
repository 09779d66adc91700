//! Filling a block from the pool.

use std::{collections::BTreeSet, sync::Arc};

use alloy_consensus::Transaction as _;
use alloy_primitives::{Address, B256};
use bough_stf::{
    BlockError, TransactionError, revm::context_interface::result::InvalidTransaction,
};

use tracing::error;

use super::{Attempt, Finished, Look, LookError, Plan, Used};
use crate::{
    BestTransactions, Chain, ChainError, DropReason, FirstError, Panicked, PooledTransaction,
    source::SSZ_OFFSET,
};

/// Gas that may be executed in vain, in blocks' worth.
const WASTE_BLOCKS: u64 = 4;
/// Largest RLP of a block (EIP-7934), and what of it is kept for header, withdrawals and lists.
const MAX_BLOCK_RLP: usize = 8_388_608;
const BLOCK_RLP_RESERVE: usize = 64 << 10;

/// The block without anything from the pool, measured.
pub(super) struct Bare {
    finished: Finished,
    /// The estimate before it was finished: the difference is what finishing adds.
    estimate: usize,
    budget: usize,
}

/// Transactions of the pool that cannot be used, and why.
type Excluded = Vec<(B256, DropReason)>;

impl Bare {
    pub(super) fn alone(self) -> (Finished, Excluded) {
        (self.finished, Vec::new())
    }

    /// Bytes that finishing a block adds to the estimate.
    const fn overhead(&self) -> usize {
        self.finished.bytes.saturating_sub(self.estimate)
    }
}

impl Chain {
    /// The block with only the transactions that must come first.
    pub(super) fn build_bare(&self, plan: &Plan, budget: usize) -> Result<Bare, ChainError> {
        let attempt = self.start(plan)?;
        let estimate = attempt.used().bytes;
        let finished = attempt.finish(&plan.attributes.withdrawals)?;
        let needed = finished.bytes;
        if needed > budget {
            let index = plan.attributes.first.len().saturating_sub(1);
            return Err(ChainError::First { index, error: FirstError::Bytes { needed, budget } });
        }
        Ok(Bare { finished, estimate, budget })
    }

    /// Adds the pool's transactions to those that come first and finishes the block.
    pub(super) fn fill(
        &self,
        plan: &Plan,
        best: &mut BestTransactions,
        bare: Option<Bare>,
    ) -> Result<(Finished, Excluded), ChainError> {
        let mut filler = Filler::new(self, plan, bare.as_ref())?;
        while let Some(transaction) = best.next() {
            if !filler.offer(transaction)? {
                best.skip_sender();
            }
        }
        filler.finish()
    }
}

/// Adds transactions while they fit.
struct Filler<'a> {
    chain: &'a Chain,
    plan: &'a Plan,
    bare: Option<&'a Bare>,
    attempt: Attempt<'a>,
    /// What was used before the first transaction from the pool.
    start: Used,
    accepted: Vec<Accepted>,
    senders: BTreeSet<Address>,
    excluded: Excluded,
    /// Gas that may still be executed in vain.
    waste_left: u64,
}

/// A transaction that was taken, and what the block used with it.
struct Accepted {
    transaction: Arc<PooledTransaction>,
    look: Look,
}

impl<'a> Filler<'a> {
    fn new(chain: &'a Chain, plan: &'a Plan, bare: Option<&'a Bare>) -> Result<Self, ChainError> {
        let attempt = chain.start(plan)?;
        Ok(Self {
            chain,
            plan,
            bare,
            start: attempt.used(),
            attempt,
            accepted: Vec::new(),
            senders: BTreeSet::new(),
            excluded: Vec::new(),
            waste_left: plan.environment.gas_limit.saturating_mul(WASTE_BLOCKS),
        })
    }

    /// Looks at a transaction and takes it, if it fits. Whether it was taken.
    fn offer(&mut self, transaction: Arc<PooledTransaction>) -> Result<bool, ChainError> {
        let rlp = self.attempt.rlp().saturating_add(transaction.size);
        // Whoever was looked at in vain too often leaves room for those who were not.
        if rlp > MAX_BLOCK_RLP - BLOCK_RLP_RESERVE
            || transaction.transaction.gas_limit() > self.waste_left
            || self.is_too_large(&transaction)
        {
            return Ok(false);
        }
        match self.attempt.look(&transaction.transaction) {
            Ok(look) if self.exceeds_budget(look.after) => {
                self.leave_out(&transaction, look.after);
                Ok(false)
            }
            Ok(look) => {
                self.attempt.take(transaction.transaction.clone(), look.clone())?;
                self.senders.insert(transaction.sender());
                self.accepted.push(Accepted { transaction, look });
                Ok(true)
            }
            Err(LookError::Block(BlockError::Transaction { error, .. })) => {
                self.refuse(&transaction, error);
                Ok(false)
            }
            Err(LookError::Panicked(Panicked) | LookError::Block(BlockError::Interpreter)) => {
                let (number, hash) = (self.plan.environment.number, transaction.hash());
                error!(block = number, transaction = %hash, "a fault: the transaction is dropped");
                self.excluded.push((hash, DropReason::Fault));
                self.waste(transaction.transaction.gas_limit());
                Ok(false)
            }
            Err(error) => Err(LookError::in_block(self.plan.environment.number)(error)),
        }
    }

    /// Whether the bytes of the transaction alone exceed what is left of the budget.
    fn is_too_large(&mut self, transaction: &PooledTransaction) -> bool {
        let Some(bare) = self.bare else { return false };
        let size = transaction.size.saturating_add(SSZ_OFFSET);
        let used = self.attempt.used().bytes.saturating_add(bare.overhead());
        if used.saturating_add(size) <= bare.budget {
            return false;
        }
        let needed = bare.finished.bytes.saturating_add(size);
        if needed > bare.budget {
            let reason = DropReason::ExceedsByteBudget { needed, budget: bare.budget };
            self.excluded.push((transaction.hash(), reason));
        }
        true
    }

    fn exceeds_budget(&self, Used { gas, bytes }: Used) -> bool {
        let bytes_exceeded =
            self.bare.is_some_and(|bare| bytes.saturating_add(bare.overhead()) > bare.budget);
        bytes_exceeded || gas > self.plan.attributes.budget.gas
    }

    /// Leaves out a transaction with which the block would use so much.
    fn leave_out(&mut self, transaction: &PooledTransaction, after: Used) {
        let before = self.attempt.used();
        let added = Used {
            gas: after.gas.saturating_sub(before.gas),
            bytes: after.bytes.saturating_sub(before.bytes),
        };
        self.waste(added.gas);
        if let Some(reason) = self.unfit_alone(added) {
            self.excluded.push((transaction.hash(), reason));
        }
    }

    fn waste(&mut self, gas: u64) {
        self.waste_left = self.waste_left.saturating_sub(gas);
    }

    /// Why a transaction that added so much does not fit in a block of its own.
    fn unfit_alone(&self, added: Used) -> Option<DropReason> {
        if let Some(bare) = self.bare {
            let needed =
                self.start.bytes.saturating_add(added.bytes).saturating_add(bare.overhead());
            if needed > bare.budget {
                return Some(DropReason::ExceedsByteBudget { needed, budget: bare.budget });
            }
        }
        let needed = self.start.gas.saturating_add(added.gas);
        let budget = self.plan.attributes.budget.gas;
        (needed > budget).then_some(DropReason::ExceedsGasBudget { needed, budget })
    }

    /// Remembers a transaction that can never be included from this state. A sender that already
    /// has one in the block is judged by the next block.
    fn refuse(&mut self, transaction: &PooledTransaction, error: TransactionError) {
        if is_final(&error) && !self.senders.contains(&transaction.sender()) {
            self.excluded.push((transaction.hash(), DropReason::Invalid(error)));
        }
    }

    /// Finishes the block, cutting off transactions until what was measured is within budget.
    fn finish(self) -> Result<(Finished, Excluded), ChainError> {
        let Self { chain, plan, bare, mut attempt, mut accepted, mut excluded, .. } = self;
        loop {
            let estimate = attempt.used().bytes;
            let keep = match attempt.finish(&plan.attributes.withdrawals) {
                Ok(finished) => match bare.map(|bare| bare.budget) {
                    Some(budget) if finished.bytes > budget && !accepted.is_empty() => {
                        within(&accepted, budget, finished.bytes.saturating_sub(estimate))
                    }
                    _ => return Ok((finished, excluded)),
                },
                Err(ChainError::Block {
                    error: BlockError::AccessListTooLarge { items, max },
                    ..
                }) if !accepted.is_empty() => share(accepted.len(), max, items),
                // Half of them, down to the one without which the block can be finished.
                Err(ChainError::Panicked { .. }) if !accepted.is_empty() => {
                    if let [only] = accepted.as_slice() {
                        let hash = only.transaction.hash();
                        error!(transaction = %hash, "a fault: the transaction is dropped");
                        excluded.push((hash, DropReason::Fault));
                    }
                    accepted.len() / 2
                }
                Err(error) => return Err(error),
            };
            accepted.truncate(keep.min(accepted.len().saturating_sub(1)));
            attempt = chain.start(plan)?;
            for Accepted { transaction, look } in &accepted {
                attempt.take(transaction.transaction.clone(), look.clone())?;
            }
        }
    }
}

/// How many transactions stay within a budget when finishing adds so much to the estimate.
fn within(accepted: &[Accepted], budget: usize, overhead: usize) -> usize {
    accepted
        .iter()
        .take_while(|one| one.look.after.bytes.saturating_add(overhead) <= budget)
        .count()
}

/// The part `part / of` of `count`, rounded down.
fn share(count: usize, part: u64, of: u64) -> usize {
    let count = u128::try_from(count).unwrap_or_default();
    let share = count.saturating_mul(u128::from(part)).checked_div(u128::from(of));
    share.and_then(|share| usize::try_from(share).ok()).unwrap_or_default()
}

/// Whether a transaction that was refused for this reason would be refused from the same state
/// again, whatever else the block holds and whatever its fees are.
const fn is_final(error: &TransactionError) -> bool {
    !matches!(
        error,
        TransactionError::BlockGasExhausted { .. }
            | TransactionError::BlockStateGasExhausted { .. }
            | TransactionError::BlockBlobGasExhausted { .. }
            | TransactionError::Evm(
                InvalidTransaction::GasPriceLessThanBasefee
                    | InvalidTransaction::BlobGasPriceGreaterThanMax { .. }
                    | InvalidTransaction::CallerGasLimitMoreThanBlock
                    | InvalidTransaction::NonceTooHigh { .. }
            )
    )
}
