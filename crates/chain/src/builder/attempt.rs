//! A block in the making.

use std::sync::Arc;

use alloy_consensus::transaction::Recovered;
use alloy_eips::eip4895::{Withdrawal, Withdrawals};
use alloy_rlp::Encodable;
use bough_stf::{
    BlockError, BlockExecutor, BlockOutput, Environment, PreState, StateUpdate, Transaction,
    TxResult, WitnessParts, WorkLimits, check_header, seal_header,
};

use thiserror::Error;
use tracing::error;

use super::budget::{access_list_guess, settlement_size, transaction_size};
use crate::{
    Chain, ChainError, Panicked, StoreSource, StoredBlock, Witness, panic::guarded,
    source::SSZ_OFFSET, types::block_size,
};

/// RLP bytes that a block's header may take, for the estimate of a witness: 23 fields, of which
/// the bloom has 256 bytes.
const HEADER_RLP: usize = 768;

/// A block in the making: transactions are looked at, and taken or not.
pub(super) struct Attempt<'a> {
    chain: &'a Chain,
    parent: &'a StoredBlock,
    environment: &'a Environment,
    state: Arc<PreState<StoreSource>>,
    executor: BlockExecutor<StoreSource>,
    /// What proves all that was read.
    witness: WitnessParts,
    transactions: Vec<Recovered<Transaction>>,
    used: Used,
    /// RLP bytes of the transactions.
    rlp: usize,
}

/// What a block uses of its budget.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Used {
    /// Gas as the header will count it.
    pub(super) gas: u64,
    /// About how many settlement bytes the transactions and what was read take, without what finishing
    /// the block adds.
    pub(super) bytes: usize,
}

/// What a transaction would do to a block.
#[derive(Clone)]
pub(super) struct Look {
    executed: TxResult,
    /// What it adds to the witness.
    witness: WitnessParts,
    /// What the block would use with it.
    pub(super) after: Used,
}

/// Why a transaction cannot be in a block.
#[derive(Debug, Error)]
pub(super) enum LookError {
    /// It is not valid there, or state could not be read.
    #[error(transparent)]
    Block(#[from] BlockError),
    /// Its execution panicked.
    #[error(transparent)]
    Panicked(#[from] Panicked),
}

impl LookError {
    /// As an error of the block, where the transaction is one that must not fail.
    pub(super) fn in_block(number: u64) -> impl Fn(Self) -> ChainError {
        move |error| match error {
            Self::Block(error) => ChainError::Block { number, error },
            Self::Panicked(Panicked) => ChainError::Panicked { number },
        }
    }
}

/// A finished block with its state and its witness.
pub(super) struct Finished {
    pub(super) block: StoredBlock,
    pub(super) state: StateUpdate,
    pub(super) witness: Witness,
    /// Exact settlement bytes.
    pub(super) bytes: usize,
}

impl<'a> Attempt<'a> {
    /// An empty block on a state of its parent's, its first system calls made.
    pub(super) fn start(
        chain: &'a Chain,
        parent: &'a StoredBlock,
        state: &Arc<PreState<StoreSource>>,
        environment: &'a Environment,
    ) -> Result<Self, ChainError> {
        let mut executor = BlockExecutor::new(
            &chain.spec,
            Arc::clone(state),
            environment.clone(),
            chain.precompiles.clone(),
            WorkLimits::NONE,
        );
        executor.apply_pre_execution().map_err(ChainError::in_block(environment.number))?;
        let witness = state.prove(executor.reads())?;
        let mut attempt = Self {
            chain,
            parent,
            environment,
            state: Arc::clone(state),
            executor,
            witness: WitnessParts::default(),
            transactions: Vec::new(),
            used: Used::default(),
            rlp: 0,
        };
        attempt.used.bytes = attempt.witness_bytes(&witness);
        attempt.witness = witness;
        Ok(attempt)
    }

    /// What the block uses so far.
    pub(super) const fn used(&self) -> Used {
        self.used
    }

    /// RLP bytes of the transactions so far.
    pub(super) const fn rlp(&self) -> usize {
        self.rlp
    }

    /// Executes a transaction as the next one. Nothing changes.
    pub(super) fn look(&self, transaction: &Recovered<Transaction>) -> Result<Look, LookError> {
        guarded(|| {
            #[cfg(test)]
            super::panics::panic_if_asked(transaction);
            let executed = self.executor.execute(transaction)?;
            Ok(self.weigh(transaction, executed)?)
        })
        .inspect_err(|Panicked| {
            let (number, hash) = (self.environment.number, transaction.hash());
            error!(block = number, transaction = %hash, "the execution of a transaction panicked");
        })?
    }

    /// Takes a transaction into the block that was looked at, and no other taken since.
    pub(super) fn take(
        &mut self,
        transaction: Recovered<Transaction>,
        look: Look,
    ) -> Result<(), ChainError> {
        let Look { executed, witness, after } = look;
        let number = self.environment.number;
        self.executor.commit(executed).map_err(ChainError::in_block(number))?;
        self.witness.extend(witness);
        self.used = after;
        self.rlp = self.rlp.saturating_add(transaction.inner().length());
        self.transactions.push(transaction);
        Ok(())
    }

    /// What the block would use with a transaction that did this.
    fn weigh(
        &self,
        transaction: &Recovered<Transaction>,
        executed: TxResult,
    ) -> Result<Look, BlockError> {
        let new = executed.reads.without(self.executor.reads());
        let witness = self.state.prove(&new)?.without(&self.witness);
        let read = self.witness_bytes(&witness);
        let mut bytes = read.saturating_add(transaction_size(transaction));
        if self.executor.fork().has_block_access_list() {
            let gas = executed.result.gas().block_regular_gas_used();
            bytes = bytes.saturating_add(access_list_guess(gas, read));
        }
        let after = Used {
            gas: self.executor.gas_used_with(&executed),
            bytes: self.used.bytes.saturating_add(bytes),
        };
        Ok(Look { executed, witness, after })
    }

    /// SSZ bytes that these parts add to the witness, headers included.
    fn witness_bytes(&self, parts: &WitnessParts) -> usize {
        let headers = |oldest: Option<u64>| {
            let parent = self.parent.header.number;
            let back = oldest.map_or(0, |oldest| parent.saturating_sub(oldest));
            usize::try_from(back).unwrap_or(usize::MAX)
        };
        let known = headers(self.witness.oldest_ancestor);
        let more = headers(parts.oldest_ancestor).saturating_sub(known);
        let items = parts.len().saturating_mul(SSZ_OFFSET);
        let headers = more.saturating_mul(HEADER_RLP + SSZ_OFFSET);
        parts.bytes().saturating_add(items).saturating_add(headers)
    }

    /// Withdrawals, requests, the new state and the header, which must follow from the parent's.
    pub(super) fn finish(self, withdrawals: &[Withdrawal]) -> Result<Finished, ChainError> {
        let number = self.environment.number;
        guarded(|| self.finish_unguarded(withdrawals)).unwrap_or_else(|Panicked| {
            error!(block = number, "finishing a block panicked");
            Err(ChainError::Panicked { number })
        })
    }

    fn finish_unguarded(self, withdrawals: &[Withdrawal]) -> Result<Finished, ChainError> {
        #[cfg(test)]
        super::panics::panic_at_the_end_if_asked(&self.transactions);
        let Self { chain, parent, environment, state, executor, transactions, .. } = self;
        let (fork, before) = (executor.fork(), executor.reads().clone());
        let invalid = ChainError::in_block(environment.number);
        let output = executor.finish(withdrawals).map_err(&invalid)?;
        let (update, changed) = state.update_proven(&output.changes)?;
        let mut parts = self.witness;
        parts.extend(state.prove(&output.reads.without(&before))?);
        parts.extend(changed);
        let witness = state.source().witness(&parts)?;

        let root = update.root;
        let header = seal_header(fork, environment, &transactions, withdrawals, &output, root);
        check_header(&chain.spec, &parent.header, parent.hash, &header).map_err(&invalid)?;
        let BlockOutput { receipts, requests, block_access_list, .. } = output;
        let withdrawals = header.withdrawals_root.map(|_| Withdrawals::new(withdrawals.to_vec()));
        let mut block = StoredBlock {
            hash: header.hash_slow(),
            header,
            transactions,
            ommers: Vec::new(),
            withdrawals,
            receipts,
            block_access_list,
            requests,
            size: 0,
        };
        block.size = block_size(&block.to_block());
        let bytes = settlement_size(&block, &witness);
        Ok(Finished { block, state: update, witness, bytes })
    }
}
