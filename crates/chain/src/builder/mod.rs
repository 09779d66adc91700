//! Building blocks: the transactions that must come first, then the pool's best, within budgets.
//!
//! What a transaction reads is only known once it was executed, and executing is not taking: the
//! builder looks at what each would do, and takes those that stay within the budgets. One that is
//! left out leaves nothing in the block, nor in its witness. The finished block is measured exactly;
//! where the estimate was too low, the last transactions are cut off. Each round has fewer
//! transactions than the one before, down to the block with none from the pool, which was measured
//! to begin with: so it ends, and what comes out is within its budget.
//!
//! A transaction that is looked at in vain costs its sender nothing. Therefore the gas looked at in
//! vain is bounded for each block, and transactions whose gas limit exceeds what is left of it wait;
//! one that does not even fit by itself leaves the pool after some blocks, and until another of its
//! sender's is mined, that sender comes after all others.

mod attempt;
mod attributes;
mod budget;
mod fill;
#[cfg(test)]
mod panics;

use std::sync::Arc;

use bough_stf::{BlockError, Environment, PreState};

pub use attributes::{BlockAttributes, Budget, BuiltBlock};
pub use budget::settlement_size;
use tracing::error;

use crate::{
    Chain, ChainError, FirstError, Panicked, StoreSource, StoredBlock, head::Fresh, panic::guarded,
};
use attempt::{Attempt, Finished, Look, LookError, Used};

/// A block changes its parent's gas limit by less than this part of it.
const GAS_LIMIT_DIVISOR: u64 = 1024;

/// What is fixed before the first transaction is executed.
struct Plan {
    parent: Arc<StoredBlock>,
    /// The parent's state.
    state: Arc<PreState<StoreSource>>,
    environment: Environment,
    attributes: BlockAttributes,
}

impl Chain {
    /// Builds a block on the head, or on another parent. Neither the chain nor the pool changes
    /// until [`Chain::commit`].
    ///
    /// # Errors
    /// [`ChainError::First`] when one of the transactions that must come first cannot be included,
    /// [`ChainError::UnknownBlock`] for an unknown parent, [`ChainError::Block`] for attributes that
    /// no block on it can have, [`ChainError::Panicked`] when something panics that is not the
    /// execution of one of the pool's transactions.
    pub fn prepare(&self, attributes: BlockAttributes) -> Result<BuiltBlock, ChainError> {
        let plan = self.plan(attributes)?;
        let number = plan.environment.number;
        guarded(|| self.build(plan)).unwrap_or_else(|Panicked| {
            error!(block = number, "making a block panicked");
            Err(ChainError::Panicked { number })
        })
    }

    fn build(&self, plan: Plan) -> Result<BuiltBlock, ChainError> {
        let base_fee = plan.environment.base_fee.unwrap_or_default();
        let mut best = self.pool.best(base_fee, self.blob_base_fee(&plan.environment));
        let from_pool = !plan.attributes.without_pool && !best.is_empty();

        let (finished, excluded) = match plan.attributes.budget.bytes {
            Some(budget) => {
                let bare = self.build_bare(&plan, budget)?;
                if from_pool { self.fill(&plan, &mut best, Some(bare))? } else { bare.alone() }
            }
            None if from_pool => self.fill(&plan, &mut best, None)?,
            None => (self.start(&plan)?.finish(&plan.attributes.withdrawals)?, Vec::new()),
        };
        let Finished { block, state, witness, bytes } = finished;
        Ok(BuiltBlock {
            block: Arc::new(block),
            witness,
            settlement_bytes: bytes,
            excluded,
            state,
            on_head: plan.attributes.parent.is_none(),
        })
    }

    /// Makes a built block the head. Its transactions leave the pool, and so do those that were
    /// found unusable.
    ///
    /// # Errors
    /// [`ChainError::StaleBuild`] when it was built on the head and that has moved since. A block
    /// that was built on a named parent becomes the head in any case: a reorg, where it is not the
    /// head's child.
    pub fn commit(&self, built: BuiltBlock) -> Result<Arc<StoredBlock>, ChainError> {
        let BuiltBlock { block, witness, state, on_head, excluded, .. } = built;
        let witness = self.keep_witnesses.then_some(&witness);
        let fresh = Fresh { block: &block, state: &state, witness };
        let parent = block.header.parent_hash;
        self.switch(&block, Some(fresh), on_head.then_some(parent))?;
        self.pool_exclude(excluded);
        Ok(block)
    }

    fn plan(&self, attributes: BlockAttributes) -> Result<Plan, ChainError> {
        let parent = match attributes.parent {
            Some(hash) => self.require(hash)?,
            None => self.head(),
        };
        let (header, timestamp) = (&parent.header, attributes.timestamp);
        if timestamp <= header.timestamp {
            return Err(ChainError::Block {
                number: header.number.saturating_add(1),
                error: BlockError::Timestamp { got: timestamp, parent: header.timestamp },
            });
        }
        let after = Environment::after(&self.spec, header, parent.hash, timestamp);
        let environment = Environment {
            beneficiary: attributes.fee_recipient,
            gas_limit: towards(header.gas_limit, attributes.gas_limit),
            prev_randao: attributes.prev_randao,
            parent_beacon_block_root: after
                .parent_beacon_block_root
                .map(|_| attributes.parent_beacon_block_root),
            extra_data: attributes.extra_data.clone(),
            slot_number: after.slot_number.map(|_| attributes.slot_number),
            ..after
        };
        let state = self.pre_state_of(&parent)?;
        Ok(Plan { parent, state, environment, attributes })
    }

    /// An attempt with the transactions that must come first.
    fn start<'a>(&'a self, plan: &'a Plan) -> Result<Attempt<'a>, ChainError> {
        let mut attempt = Attempt::start(self, &plan.parent, &plan.state, &plan.environment)?;
        for (index, transaction) in plan.attributes.first.iter().enumerate() {
            let look = attempt.look(transaction).map_err(|error| match error {
                LookError::Block(BlockError::Transaction { error, .. }) => {
                    ChainError::First { index, error: FirstError::Invalid(error) }
                }
                LookError::Panicked(panicked) => {
                    ChainError::First { index, error: FirstError::Panicked(panicked) }
                }
                error => LookError::in_block(plan.environment.number)(error),
            })?;
            let (needed, budget) = (look.after.gas, plan.attributes.budget.gas);
            if needed > budget {
                let error = FirstError::Gas { needed, budget };
                return Err(ChainError::First { index, error });
            }
            attempt.take(transaction.clone(), look)?;
        }
        Ok(attempt)
    }

    /// The wei per blob gas that a block's blobs cost.
    fn blob_base_fee(&self, environment: &Environment) -> u128 {
        let fork = self.spec.forks.fork_at(environment.number, environment.timestamp);
        let excess = environment.excess_blob_gas.unwrap_or_default();
        fork.blob_params().map_or(0, |params| params.calc_blob_fee(excess))
    }
}

/// The gas limit nearest to `target` that a child of a block with `parent` may have.
fn towards(parent: u64, target: u64) -> u64 {
    let step = (parent / GAS_LIMIT_DIVISOR).saturating_sub(1);
    target.clamp(parent.saturating_sub(step), parent.saturating_add(step))
}

#[cfg(test)]
mod tests {
    use super::towards;

    #[test]
    fn gas_limit_moves_by_less_than_a_1024th() {
        assert_eq!(towards(30_000_000, 30_000_000), 30_000_000);
        assert_eq!(towards(30_000_000, 60_000_000), 30_000_000 + 29_296 - 1);
        assert_eq!(towards(30_000_000, 0), 30_000_000 - 29_296 + 1);
        assert_eq!(towards(5_000, 5_001), 5_001);
        assert_eq!(towards(1_000, 2_000), 1_000);
    }
}
