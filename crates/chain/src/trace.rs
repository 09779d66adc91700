//! Executing mined blocks again, to look at what happened.

use alloy_consensus::transaction::Recovered;
use alloy_primitives::B256;
use bough_stf::{
    BlockError, BlockExecutor, Environment, EvmContext, Transaction, TxResult, WorkLimits,
    revm::{inspector::Inspector, interpreter::interpreter::EthInterpreter},
};

use crate::{Chain, ChainError, StoreSource, StoredBlock};

impl Chain {
    /// Executes a canonical transaction again under an inspector, which is given back.
    ///
    /// # Errors
    /// [`ChainError::UnknownTransaction`], or when the store cannot be read.
    pub fn trace_transaction<I>(
        &self,
        hash: B256,
        inspector: I,
    ) -> Result<(TxResult, I), ChainError>
    where
        I: for<'a> Inspector<EvmContext<'a, StoreSource>, EthInterpreter>,
    {
        let unknown = ChainError::UnknownTransaction(hash);
        let Some(place) = self.transaction(hash)? else { return Err(unknown) };
        let block = self.require(place.block_hash)?;
        let Some(transaction) = block.transactions.get(place.index) else { return Err(unknown) };
        let executor = self.replay(&block, place.index)?;
        executor.inspect(transaction, inspector).map_err(ChainError::in_block(block.header.number))
    }

    /// Executes all transactions of a block again, each under an inspector of its own.
    ///
    /// # Errors
    /// [`ChainError::UnknownBlock`], or when the store cannot be read.
    pub fn trace_block<I>(
        &self,
        block_hash: B256,
        mut inspector: impl FnMut(usize, &Recovered<Transaction>) -> I,
    ) -> Result<Vec<(TxResult, I)>, ChainError>
    where
        I: for<'a> Inspector<EvmContext<'a, StoreSource>, EthInterpreter>,
    {
        let block = self.require(block_hash)?;
        if block.transactions.is_empty() {
            return Ok(Vec::new());
        }
        let mut executor = self.replay(&block, 0)?;
        let transactions = block.transactions.iter().enumerate();
        transactions
            .map(|(index, transaction)| {
                let inspector = inspector(index, transaction);
                let (executed, inspector) = executor.inspect(transaction, inspector)?;
                executor.commit(executed.clone())?;
                Ok((executed, inspector))
            })
            .collect::<Result<_, BlockError>>()
            .map_err(ChainError::in_block(block.header.number))
    }

    /// An executor as it was before the transaction at `index` of a stored block: its system calls
    /// and the transactions before are executed. The next one may be inspected, and the state
    /// around it read.
    ///
    /// # Errors
    /// [`ChainError::UnknownBlock`] for the block or its parent, or when the store cannot be read.
    pub fn executor_at(
        &self,
        block_hash: B256,
        index: usize,
    ) -> Result<BlockExecutor<StoreSource>, ChainError> {
        self.replay(&*self.require(block_hash)?, index)
    }

    fn replay(
        &self,
        block: &StoredBlock,
        index: usize,
    ) -> Result<BlockExecutor<StoreSource>, ChainError> {
        let parent = self.require(block.header.parent_hash)?;
        let mut executor = BlockExecutor::new(
            &self.spec,
            self.pre_state_of(&parent)?,
            Environment::of(&block.header),
            self.precompiles.clone(),
            WorkLimits::NONE,
        );
        let failed = ChainError::in_block(block.header.number);
        executor.apply_pre_execution().map_err(&failed)?;
        for transaction in block.transactions.iter().take(index) {
            let executed = executor.execute(transaction).map_err(&failed)?;
            executor.commit(executed).map_err(&failed)?;
        }
        Ok(executor)
    }
}
