//! Having L1 execute what was built.

use std::{sync::Arc, time::Duration};

use alloy_primitives::TxKind;
use alloy_signer_local::PrivateKeySigner;
use bough_chain::{ChainError, StoredBlock};
use bough_rollup::{
    AnchorPoint, BlockCost, BlockInput, SettlementError, advance_calldata, block_input,
};
use bough_stateless::ExecutionWitness;
use bough_tasks::fault_point;
use tracing::debug;

use crate::{
    L1Error, NodeError,
    l1_client::{Call, L1Client},
    retries::Retries,
    shared::Shared,
};

const PATIENCE: Duration = Duration::from_secs(60);
/// Wait after a failure; it doubles with each that follows, so that a block that L1 refuses does not
/// burn the sequencer's ether.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// Most blocks of one `advance`.
const MAX_BLOCKS: usize = 64;

/// Posts the blocks L1 has not executed, oldest first, one transaction at a time.
pub(crate) struct Settler {
    pub(crate) shared: Arc<Shared>,
    pub(crate) l1: L1Client,
    pub(crate) key: PrivateKeySigner,
    /// Wrong answers of L1 in a row before giving up.
    pub(crate) retries: u32,
}

impl Settler {
    pub(crate) async fn run(self) -> Result<(), NodeError> {
        let mut built = self.shared.l2_head.subscribe();
        let mut retries = Retries::new("settling", FIRST_WAIT, LONGEST_WAIT, self.retries);
        loop {
            fault_point();
            match self.settle().await {
                Ok(settled) => {
                    retries.succeeded();
                    if !settled {
                        // The sender is shared: this cannot fail.
                        let _ = built.changed().await;
                    }
                }
                Err(why) => tokio::time::sleep(retries.failed(why)?).await,
            }
        }
    }

    /// Posts the next blocks, if there are any, and waits until the watcher has seen them.
    async fn settle(&self) -> Result<bool, NodeError> {
        let batch = self.batch()?;
        if batch.is_empty() {
            return Ok(false);
        }
        let costs: Vec<BlockCost> = batch.iter().map(|(cost, _)| *cost).collect();
        let inputs: Vec<BlockInput> = batch.into_iter().map(|(_, input)| input).collect();
        let call = Call {
            to: TxKind::Call(self.shared.domain.rollup),
            value: Default::default(),
            data: advance_calldata(&inputs),
            gas: Some(self.shared.budget.settlement_gas(&costs)),
        };
        let nonce = self.l1.next_nonce(self.key.address()).await?;
        let hash = self.l1.send(&self.key, nonce, call).await?;
        let (receipt, l1_block) = self.l1.receipt(hash, PATIENCE).await?;
        if !receipt.status() {
            return Err(L1Error::Reverted(hash).into());
        }
        debug!(blocks = inputs.len(), gas_used = receipt.gas_used, %hash, "settled");
        self.seen(l1_block).await?;
        Ok(true)
    }

    /// Waits until the derivation has taken an L1 block, so that nothing is posted twice.
    async fn seen(&self, l1_block: u64) -> Result<(), L1Error> {
        let mut tip = self.shared.l1_tip.subscribe();
        let seen = tokio::time::timeout(PATIENCE, tip.wait_for(|tip| *tip >= l1_block)).await;
        seen.map(drop).map_err(|_| L1Error::NotSeen(l1_block))
    }

    /// The next blocks that fit one transaction.
    fn batch(&self) -> Result<Vec<(BlockCost, BlockInput)>, NodeError> {
        let settled = self.shared.settled().number;
        let chain = &self.shared.chain;
        let head = chain.head().header.number;
        let mut batch: Vec<(BlockCost, BlockInput)> = Vec::new();
        for number in settled.saturating_add(1)..=head {
            let block = chain.block(number)?.ok_or(ChainError::UnknownNumber { number, head })?;
            let input = self.input(&block)?;
            let cost =
                BlockCost { input_bytes: input.input.len(), gas_used: block.header.gas_used };
            let costs: Vec<BlockCost> = batch.iter().map(|(cost, _)| *cost).chain([cost]).collect();
            if !batch.is_empty() && (costs.len() > MAX_BLOCKS || !self.shared.budget.fits(&costs)) {
                break;
            }
            batch.push((cost, input));
        }
        Ok(batch)
    }

    fn input(&self, block: &StoredBlock) -> Result<BlockInput, NodeError> {
        let chain = &self.shared.chain;
        let witness = chain.witness(block.hash)?;
        let anchor = AnchorPoint::from_extra_data(&block.header.extra_data)
            .ok_or(SettlementError::NoAnchor(block.header.number))?;
        let input = block_input(
            chain.spec(),
            &block.to_block(),
            block.block_access_list.clone(),
            block.requests.clone().unwrap_or_default(),
            ExecutionWitness {
                state: witness.state,
                codes: witness.codes,
                headers: witness.headers,
            },
        )?;
        Ok(BlockInput { anchor, input })
    }
}
