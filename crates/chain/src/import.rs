//! Importing blocks that others built.

use std::sync::Arc;

use alloy_consensus::{Header, proofs::calculate_ommers_root, transaction::Recovered};
use alloy_eips::eip4895::Withdrawal;
use alloy_primitives::B256;
use bough_stf::{
    Block, BlockError, BlockOutput, ExecutableBlock, PreState, StateSource, StateUpdate,
    Transaction, WitnessRecorder, WorkLimits, execute_block, recover,
};
use tracing::error;

use crate::{
    Chain, ChainError, Panicked, StoredBlock, Witness, head::Fresh, panic::guarded,
    types::block_size,
};

/// What becomes of an imported block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportAs {
    /// It becomes the head: a reorg, when it is not the head's child.
    Head,
    /// It is stored; [`Chain::set_head`] may make it the head later.
    Side,
}

impl Chain {
    /// Executes and validates a block on its parent's state and stores it. A block that is known
    /// is not executed again.
    ///
    /// # Errors
    /// [`ChainError::UnknownParent`], [`ChainError::Block`] with the first check that failed, or
    /// [`ChainError::Panicked`]; nothing is written then.
    pub fn import(&self, block: Block, import: ImportAs) -> Result<Arc<StoredBlock>, ChainError> {
        let hash = block.header.hash_slow();
        if let Some(known) = self.store.block(hash)? {
            if import == ImportAs::Head {
                self.switch(&known, None, None)?;
            }
            return Ok(known);
        }
        let parent = block.header.parent_hash;
        let parent =
            self.store.block(parent)?.ok_or(ChainError::UnknownParent { block: hash, parent })?;
        let number = block.header.number;
        let executed = guarded(|| self.execute(&parent, hash, block));
        let (block, state, witness) = executed.unwrap_or_else(|Panicked| {
            error!(block = number, %hash, "the execution of a block panicked");
            Err(ChainError::Panicked { number })
        })?;
        let block = Arc::new(block);
        let fresh = Fresh { block: &block, state: &state, witness: witness.as_ref() };
        match import {
            ImportAs::Head => self.switch(&block, Some(fresh), None)?,
            ImportAs::Side => self.keep(fresh)?,
        }
        Ok(block)
    }

    /// What the execution of a block read. Recorded with the block, or found by executing it again
    /// where it was not.
    ///
    /// Genesis was not executed and has an empty witness.
    ///
    /// # Errors
    /// [`ChainError::UnknownBlock`], or when the store cannot be read.
    pub fn witness(&self, block_hash: B256) -> Result<Witness, ChainError> {
        if let Some(witness) = self.store.witness(block_hash)? {
            return Ok(witness);
        }
        let block = self.require(block_hash)?;
        if block_hash == self.genesis_hash() {
            return Ok(Witness::default());
        }
        let parent = self.require(block.header.parent_hash)?;
        let (_, _, witness) = self.execute_recorded(&parent, &block.header, Body::of(&block))?;
        Ok(witness)
    }

    fn execute(
        &self,
        parent: &StoredBlock,
        hash: B256,
        block: Block,
    ) -> Result<(StoredBlock, StateUpdate, Option<Witness>), ChainError> {
        let number = block.header.number;
        check_ommers(&block).map_err(ChainError::in_block(number))?;
        let size = block_size(&block);
        let Block { header, body } = block;
        let transactions = recover_all(body.transactions).map_err(ChainError::in_block(number))?;
        let slices = Body {
            transactions: &transactions,
            withdrawals: body.withdrawals.as_ref().map(|list| list.as_slice()),
        };
        let (output, state, witness) = if self.keep_witnesses {
            let (output, state, witness) = self.execute_recorded(parent, &header, slices)?;
            (output, state, Some(witness))
        } else {
            let before = self.pre_state_of(parent)?;
            let (output, state) = self.execute_on(parent, &header, slices, before)?;
            (output, state, None)
        };
        let stored = StoredBlock {
            hash,
            header,
            transactions,
            ommers: body.ommers,
            withdrawals: body.withdrawals,
            receipts: output.receipts,
            block_access_list: output.block_access_list,
            requests: output.requests,
            size,
        };
        Ok((stored, state, witness))
    }

    /// [`Self::execute_on`] with what it read.
    fn execute_recorded(
        &self,
        parent: &StoredBlock,
        header: &Header,
        body: Body<'_>,
    ) -> Result<(BlockOutput, StateUpdate, Witness), ChainError> {
        let recorder = WitnessRecorder::new(self.source_of(parent)?);
        let before = Arc::new(PreState::new(recorder, parent.header.state_root));
        let (output, state) = self.execute_on(parent, header, body, Arc::clone(&before))?;
        let recorder = before.source();
        Ok((output, state, recorder.source().witness(&recorder.parts())?))
    }

    fn execute_on<S: StateSource>(
        &self,
        parent: &StoredBlock,
        header: &Header,
        body: Body<'_>,
        state: Arc<PreState<S>>,
    ) -> Result<(BlockOutput, StateUpdate), ChainError> {
        let block = ExecutableBlock {
            header,
            transactions: body.transactions,
            withdrawals: body.withdrawals,
        };
        execute_block(
            &self.spec,
            &parent.header,
            parent.hash,
            block,
            state,
            self.precompiles.clone(),
            WorkLimits::NONE,
        )
        .map_err(ChainError::in_block(header.number))
    }
}

/// The parts of a body that execution takes.
#[derive(Debug, Clone, Copy)]
struct Body<'a> {
    transactions: &'a [Recovered<Transaction>],
    withdrawals: Option<&'a [Withdrawal]>,
}

impl<'a> Body<'a> {
    fn of(block: &'a StoredBlock) -> Self {
        Self {
            transactions: &block.transactions,
            withdrawals: block.withdrawals.as_ref().map(|list| list.as_slice()),
        }
    }
}

fn recover_all(transactions: Vec<Transaction>) -> Result<Vec<Recovered<Transaction>>, BlockError> {
    transactions
        .into_iter()
        .enumerate()
        .map(|(index, transaction)| {
            recover(transaction).map_err(|error| BlockError::Transaction { index, error })
        })
        .collect()
}

/// Execution does not see the ommers: they must be the header's.
fn check_ommers(block: &Block) -> Result<(), BlockError> {
    let (got, expected) = (block.header.ommers_hash, calculate_ommers_root(&block.body.ommers));
    if got != expected {
        return Err(BlockError::Root {
            field: "ommers_hash",
            got: Some(got),
            expected: Some(expected),
        });
    }
    Ok(())
}
