//! Building L2 blocks.

use std::{sync::Arc, time::Duration};

use alloy_primitives::{B256, keccak256};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use bough_chain::{BlockAttributes, Budget, ChainError, StoredBlock};
use bough_rollup::{AnchorPoint, PreconfirmedHeader};
use bough_tasks::{StopSignal, blocking, fault_point};
use tokio::time::{MissedTickBehavior, interval};
use tracing::{debug, error};

use crate::{NodeError, retries::Retries, shared::Shared};

/// Longest wait after a block that could not be built.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Most seconds that an L2 block may lag behind the last L1 block.
const MAX_LAG: u64 = 12;

/// How many signed headers are kept.
const MAX_PROMISES: usize = 8192;

/// Builds a block at every tick of its clock.
pub(crate) struct Builder {
    pub(crate) shared: Arc<Shared>,
    pub(crate) key: PrivateKeySigner,
    pub(crate) block_time: Duration,
}

impl Builder {
    pub(crate) async fn run(self, mut stop: StopSignal) -> Result<(), NodeError> {
        let mut ticks = interval(self.block_time);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut retries = Retries::new("building L2 blocks", self.block_time, LONGEST_WAIT, 0);
        let this = Arc::new(self);
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = stop.asked() => return Ok(()),
            }
            let builder = Arc::clone(&this);
            match blocking(move || builder.build()).await {
                Ok(_) => retries.succeeded(),
                Err(why) => ticks.reset_after(retries.failed(why)?),
            }
        }
    }

    /// Builds the next block, unless L2 has reached L1's time.
    fn build(&self) -> Result<Option<Arc<StoredBlock>>, NodeError> {
        fault_point();
        let Some(attributes) = self.attributes()? else { return Ok(None) };
        let chain = &self.shared.chain;
        let built = chain.prepare(attributes)?;
        let block = match chain.commit(built) {
            Ok(block) => block,
            // L1 has reorganised meanwhile, and L2 with it.
            Err(ChainError::StaleBuild { .. }) => return Ok(None),
            Err(why) => return Err(why.into()),
        };
        self.preconfirm(&block);
        debug!(
            l2_block = block.header.number,
            transactions = block.transactions.len(),
            gas_used = block.header.gas_used,
            "built"
        );
        self.shared.announce(&block);
        Ok(Some(block))
    }

    fn attributes(&self) -> Result<Option<BlockAttributes>, NodeError> {
        let head = self.shared.chain.head();
        let derivation = self.shared.derivation.lock();
        let l1_time = derivation.tip_timestamp();
        let timestamp =
            head.header.timestamp.saturating_add(1).max(l1_time.saturating_sub(MAX_LAG));
        if timestamp > l1_time {
            return Ok(None);
        }
        // Anchors never go back: what L1 has reorganised away is gone from the head as well.
        let before = AnchorPoint::from_extra_data(&head.header.extra_data).unwrap_or_default();
        let Some(anchor) = derivation.anchor_at(derivation.tip().number) else { return Ok(None) };
        if anchor.point().l1_block < before.l1_block || anchor.message_count < before.message_count
        {
            return Ok(None);
        }
        let bytes = self.shared.budget.max_settlement_bytes(0).ok_or(NodeError::NoBudget)?;
        let gas = self.shared.budget.max_gas_used(bytes).ok_or(NodeError::NoBudget)?;
        Ok(Some(BlockAttributes {
            parent: None,
            timestamp,
            fee_recipient: self.shared.sequencer,
            prev_randao: randao(head.hash, anchor.value()),
            parent_beacon_block_root: anchor.value(),
            gas_limit: head.header.gas_limit,
            extra_data: anchor.point().to_extra_data(),
            slot_number: head.header.number.saturating_add(1),
            budget: Budget { gas, bytes: Some(bytes) },
            ..BlockAttributes::default()
        }))
    }

    /// Signs the block's header, once for each number.
    fn preconfirm(&self, block: &StoredBlock) {
        let number = block.header.number;
        let mut promises = self.shared.preconfirmations.lock();
        if promises.contains_key(&number) {
            return;
        }
        let header = PreconfirmedHeader {
            number,
            parent_hash: block.header.parent_hash,
            block_hash: block.hash,
        };
        match header.sign(&self.shared.domain, |digest| self.key.sign_hash_sync(&digest)) {
            Ok(signed) => {
                promises.insert(number, signed);
                while promises.len() > MAX_PROMISES {
                    promises.pop_first();
                }
            }
            Err(why) => error!(%why, "block not signed"),
        }
    }
}

/// Nothing may count on L2's randomness; it only differs from block to block.
fn randao(parent: B256, anchor: B256) -> B256 {
    keccak256([parent, anchor].concat())
}
