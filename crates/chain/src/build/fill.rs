//! Filling a block from the pool.

use std::{collections::BTreeSet, sync::Arc};

use alloy_consensus::Transaction as _;
use alloy_primitives::{Address, B256};
use bough_stf::{
    BlockError, TransactionError, revm::context_interface::result::InvalidTransaction,
};

use tracing::error;

use super::{Attempt, Finished, Plan, PushError};
use crate::{
    BestTransactions, Chain, ChainError, DropReason, FirstError, Panicked, PooledTransaction,
    source::SSZ_OFFSET,
};

/// Gas that may be executed in vain, in blocks' worth: for attempts given up because of one
/// transaction too many.
const WASTE_BLOCKS: u64 = 4;
/// What giving up an attempt costs besides its gas.
const RESTART_GAS: u64 = 1_000_000;
/// A block whose budget is used to this part (of four) is not worth another start.
const FULL_ENOUGH: (usize, usize) = (3, 4);
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
        let estimate = attempt.bytes();
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
            let next = filler.offer(transaction)?;
            if next != Next::Sender {
                best.skip_sender();
            }
            if next == Next::Stop {
                break;
            }
        }
        filler.finish()
    }
}

/// What to offer next.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    /// Anything, from the same sender too.
    Sender,
    /// Anything from other senders.
    Other,
    /// Nothing.
    Stop,
}

/// Adds transactions while they fit.
struct Filler<'a> {
    chain: &'a Chain,
    plan: &'a Plan,
    bare: Option<&'a Bare>,
    attempt: Attempt<'a>,
    /// Gas used and estimated bytes before the first transaction from the pool.
    start: (u64, usize),
    accepted: Vec<Accepted>,
    senders: BTreeSet<Address>,
    excluded: Excluded,
    /// Gas that may still be executed in vain.
    waste_left: u64,
    /// Whether a refused transaction left what it read in the record.
    stained: bool,
}

/// A transaction that was executed, and the estimate of bytes after it.
struct Accepted {
    transaction: Arc<PooledTransaction>,
    bytes: usize,
}

impl<'a> Filler<'a> {
    fn new(chain: &'a Chain, plan: &'a Plan, bare: Option<&'a Bare>) -> Result<Self, ChainError> {
        let attempt = chain.start(plan)?;
        Ok(Self {
            chain,
            plan,
            bare,
            start: (attempt.gas_used(), attempt.bytes()),
            attempt,
            accepted: Vec::new(),
            senders: BTreeSet::new(),
            excluded: Vec::new(),
            waste_left: plan.environment.gas_limit.saturating_mul(WASTE_BLOCKS),
            stained: false,
        })
    }

    fn offer(&mut self, transaction: Arc<PooledTransaction>) -> Result<Next, ChainError> {
        if self.attempt.rlp().saturating_add(transaction.size) > MAX_BLOCK_RLP - BLOCK_RLP_RESERVE {
            return Ok(Next::Other);
        }
        // Whoever made the builder start again too often leaves room for those who cannot.
        if transaction.transaction.gas_limit() > self.waste_left {
            return Ok(Next::Other);
        }
        if let Some(next) = self.too_large(&transaction) {
            return Ok(next);
        }
        let before = (self.attempt.gas_used(), self.attempt.bytes());
        match self.attempt.push(&transaction.transaction) {
            Ok(()) => self.accept(transaction, before),
            Err(PushError::Block(BlockError::Transaction { error, .. })) => {
                self.stained |= self.attempt.bytes() > before.1;
                self.refuse(&transaction, error);
                Ok(Next::Other)
            }
            Err(PushError::Panicked(Panicked) | PushError::Block(BlockError::Interpreter)) => {
                self.drop_faulty(&transaction)
            }
            Err(error) => Err(PushError::in_block(self.plan.environment.number)(error)),
        }
    }

    /// Goes on without a transaction whose execution panicked or failed: nothing of the attempt is
    /// kept, since it may be half done.
    fn drop_faulty(&mut self, transaction: &PooledTransaction) -> Result<Next, ChainError> {
        let (number, hash) = (self.plan.environment.number, transaction.hash());
        error!(block = number, transaction = %hash, "a fault: the transaction is dropped");
        self.excluded.push((hash, DropReason::Fault));
        let executed = self.attempt.gas_used();
        self.restart(executed)
    }

    /// Starts again with what was accepted, after so much gas was executed in vain.
    fn restart(&mut self, executed: u64) -> Result<Next, ChainError> {
        self.attempt = replay(self.chain, self.plan, &self.accepted)?;
        self.stained = false;
        let wasted = executed.saturating_add(RESTART_GAS);
        self.waste_left = self.waste_left.saturating_sub(wasted);
        let stop = self.attempt.gas_used() > self.waste_left;
        Ok(if stop { Next::Stop } else { Next::Other })
    }

    /// Whether the bytes of the transaction alone exceed what is left of the budget.
    fn too_large(&mut self, transaction: &PooledTransaction) -> Option<Next> {
        let bare = self.bare?;
        let size = transaction.size.saturating_add(SSZ_OFFSET);
        if self.attempt.bytes().saturating_add(bare.overhead()).saturating_add(size) <= bare.budget
        {
            return None;
        }
        let needed = bare.finished.bytes.saturating_add(size);
        if needed > bare.budget {
            let reason = DropReason::ExceedsByteBudget { needed, budget: bare.budget };
            self.excluded.push((transaction.hash(), reason));
        }
        Some(Next::Other)
    }

    /// Keeps an executed transaction, or starts again without it when a budget is exceeded.
    fn accept(
        &mut self,
        transaction: Arc<PooledTransaction>,
        before: (u64, usize),
    ) -> Result<Next, ChainError> {
        let after = (self.attempt.gas_used(), self.attempt.bytes());
        if !self.exceeds_budget(after) {
            self.senders.insert(transaction.sender());
            self.accepted.push(Accepted { transaction, bytes: after.1 });
            return Ok(Next::Sender);
        }
        let added = (after.0.saturating_sub(before.0), after.1.saturating_sub(before.1));
        if let Some(reason) = self.unfit_alone(added) {
            self.excluded.push((transaction.hash(), reason));
        }
        let next = self.restart(after.0)?;
        Ok(if self.full_enough() { Next::Stop } else { next })
    }

    fn exceeds_budget(&self, (gas, bytes): (u64, usize)) -> bool {
        let bytes_exceeded =
            self.bare.is_some_and(|bare| bytes.saturating_add(bare.overhead()) > bare.budget);
        bytes_exceeded || gas > self.plan.attributes.budget.gas
    }

    /// Why a transaction that added so much does not fit in a block of its own.
    fn unfit_alone(&self, (gas, bytes): (u64, usize)) -> Option<DropReason> {
        let (start_gas, start_bytes) = self.start;
        if let Some(bare) = self.bare {
            let needed = start_bytes.saturating_add(bytes).saturating_add(bare.overhead());
            if needed > bare.budget {
                return Some(DropReason::ExceedsByteBudget { needed, budget: bare.budget });
            }
        }
        let (needed, budget) = (start_gas.saturating_add(gas), self.plan.attributes.budget.gas);
        (needed > budget).then_some(DropReason::ExceedsGasBudget { needed, budget })
    }

    fn full_enough(&self) -> bool {
        let (part, of) = FULL_ENOUGH;
        let bytes_full = self.bare.is_some_and(|bare| {
            let used = self.attempt.bytes().saturating_add(bare.overhead());
            used.saturating_mul(of) >= bare.budget.saturating_mul(part)
        });
        let (used, budget) = (self.attempt.gas_used(), self.plan.attributes.budget.gas);
        bytes_full || used >= budget / 4 * 3
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
        let Self { chain, plan, bare, mut attempt, mut accepted, mut excluded, stained, .. } = self;
        if stained {
            attempt = replay(chain, plan, &accepted)?;
        }
        loop {
            let estimate = attempt.bytes();
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
            attempt = replay(chain, plan, &accepted)?;
        }
    }
}

/// A new attempt with what was accepted.
fn replay<'a>(
    chain: &'a Chain,
    plan: &'a Plan,
    accepted: &[Accepted],
) -> Result<Attempt<'a>, ChainError> {
    let mut attempt = chain.start(plan)?;
    for Accepted { transaction, .. } in accepted {
        attempt
            .push(&transaction.transaction)
            .map_err(PushError::in_block(plan.environment.number))?;
    }
    Ok(attempt)
}

/// How many transactions stay within a budget when finishing adds so much to the estimate.
fn within(accepted: &[Accepted], budget: usize, overhead: usize) -> usize {
    accepted.iter().take_while(|one| one.bytes.saturating_add(overhead) <= budget).count()
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
