//! One run of the executor towards a block.

use alloy_consensus::transaction::Recovered;
use alloy_eips::eip4895::{Withdrawal, Withdrawals};
use alloy_rlp::Encodable;
use bough_stf::{
    BlockError, BlockExecutor, BlockOutput, Environment, State, StateUpdate, Transaction,
    WorkLimits, check_header, seal_header,
};

use thiserror::Error;
use tracing::error;

use super::budget::{access_list_guess, settlement_size, transaction_size};
use crate::{
    Chain, ChainError, Panicked, StoredBlock, Witness,
    panic::guarded,
    source::{Recorder, SSZ_OFFSET},
    types::block_size,
};

/// RLP bytes that a block's header may take, for the estimate of a witness: 23 fields, of which
/// the bloom has 256 bytes.
const HEADER_RLP: usize = 768;

/// A block in the making. What was executed cannot be undone: a transaction too many means
/// another attempt.
pub(super) struct Attempt<'a> {
    chain: &'a Chain,
    parent: &'a StoredBlock,
    environment: &'a Environment,
    recorder: Recorder,
    executor: BlockExecutor<Recorder>,
    transactions: Vec<Recovered<Transaction>>,
    /// Bytes of the payload that are known to come from transactions.
    payload: usize,
    /// RLP bytes of the transactions.
    rlp: usize,
}

/// Why a transaction was not executed.
#[derive(Debug, Error)]
pub(super) enum PushError {
    /// It is not valid there, or state could not be read.
    #[error(transparent)]
    Block(#[from] BlockError),
    /// Its execution panicked.
    #[error(transparent)]
    Panicked(#[from] Panicked),
}

impl PushError {
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
    /// An empty block, its first system calls made.
    pub(super) fn start(
        chain: &'a Chain,
        parent: &'a StoredBlock,
        environment: &'a Environment,
    ) -> Result<Self, ChainError> {
        let recorder = chain.recorder_of(parent)?;
        let mut executor = BlockExecutor::new(
            &chain.spec,
            State::new(recorder.clone(), parent.header.state_root),
            environment.clone(),
            chain.precompiles.clone(),
            WorkLimits::NONE,
        );
        executor.apply_pre_execution().map_err(ChainError::in_block(environment.number))?;
        Ok(Self {
            chain,
            parent,
            environment,
            recorder,
            executor,
            transactions: Vec::new(),
            payload: 0,
            rlp: 0,
        })
    }

    /// Executes one more transaction.
    ///
    /// [`BlockError::Transaction`] leaves everything as it was. After [`PushError::Panicked`] the
    /// attempt is to be dropped.
    pub(super) fn push(&mut self, transaction: &Recovered<Transaction>) -> Result<(), PushError> {
        let before = self.recorder.bytes();
        let outcome = guarded(|| {
            #[cfg(test)]
            super::panics::panic_if_asked(transaction);
            self.executor.execute_transaction(transaction)
        })
        .inspect_err(|Panicked| {
            let (number, hash) = (self.environment.number, transaction.hash());
            error!(block = number, transaction = %hash, "the execution of a transaction panicked");
        })??;
        self.payload = self.payload.saturating_add(transaction_size(transaction));
        if self.executor.fork().has_block_access_list() {
            let read = self.recorder.bytes().saturating_sub(before);
            let gas = outcome.result.gas().block_regular_gas_used();
            self.payload = self.payload.saturating_add(access_list_guess(gas, read));
        }
        self.rlp = self.rlp.saturating_add(transaction.inner().length());
        self.transactions.push(transaction.clone());
        Ok(())
    }

    /// Gas used so far, as the header will count it.
    pub(super) fn gas_used(&self) -> u64 {
        self.executor.gas_used()
    }

    /// RLP bytes of the transactions so far.
    pub(super) const fn rlp(&self) -> usize {
        self.rlp
    }

    /// About how many settlement bytes the transactions and what they read take, without what
    /// finishing the block adds.
    pub(super) fn bytes(&self) -> usize {
        let headers = usize::try_from(self.recorder.headers()).unwrap_or(usize::MAX);
        self.payload
            .saturating_add(self.recorder.bytes())
            .saturating_add(headers.saturating_mul(HEADER_RLP + SSZ_OFFSET))
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
        let fork = self.executor.fork();
        let invalid = ChainError::in_block(self.environment.number);
        let output = self.executor.finish(withdrawals).map_err(&invalid)?;
        let header = seal_header(fork, self.environment, &self.transactions, withdrawals, &output);
        check_header(&self.chain.spec, &self.parent.header, self.parent.hash, &header)
            .map_err(&invalid)?;
        let BlockOutput { receipts, requests, block_access_list, state, .. } = output;
        let withdrawals = header.withdrawals_root.map(|_| Withdrawals::new(withdrawals.to_vec()));
        let mut block = StoredBlock {
            hash: header.hash_slow(),
            header,
            transactions: self.transactions,
            ommers: Vec::new(),
            withdrawals,
            receipts,
            block_access_list,
            requests,
            size: 0,
        };
        block.size = block_size(&block.to_block());
        let witness = self.recorder.witness()?;
        let bytes = settlement_size(&block, &witness);
        Ok(Finished { block, state, witness, bytes })
    }
}
