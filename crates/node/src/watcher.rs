//! Following L1.

use std::{sync::Arc, time::Duration};

use alloy_eips::BlockNumberOrTag;
use alloy_primitives::B256;
use bough_rollup::{Action, AnchorPoint, DerivationError, L1BlockId};
use tracing::{debug, error, info, warn};

use crate::{NodeError, l1_client::L1Client, shared::Shared};

/// Feeds L1's blocks to the derivation and names the safe and the finalized L2 block.
pub(crate) struct Watcher {
    pub(crate) shared: Arc<Shared>,
    pub(crate) l1: L1Client,
    pub(crate) poll_interval: Duration,
}

impl Watcher {
    pub(crate) async fn run(self) {
        loop {
            if let Err(why) = self.catch_up().await {
                if is_critical(&why) {
                    error!(%why, "L1 cannot be followed any further");
                    return;
                }
                warn!(%why, "L1 not followed for now");
            }
            tokio::time::sleep(self.poll_interval).await;
        }
    }

    /// Takes every block L1 has by now.
    pub(crate) async fn catch_up(&self) -> Result<(), NodeError> {
        let head = self.l1.block_number().await?;
        let mut moved = false;
        loop {
            let tip = self.shared.derivation.lock().tip();
            if tip.number >= head {
                moved |= self.check_tip(tip).await?;
                break;
            }
            moved = true;
            let next = tip.number.saturating_add(1);
            let block = self.l1.block(next, self.shared.domain.rollup).await?;
            let taken = self.shared.derivation.lock().push(&block);
            match taken {
                Ok(derived) => {
                    for message in &derived.sent {
                        debug!(nonce = message.message.nonce, "message from L1");
                    }
                    for advanced in &derived.advanced {
                        debug!(l2_block = advanced.block.number, "executed by L1");
                    }
                }
                Err(why) if why.action() == Action::Reset => self.rewind().await?,
                Err(why) => return Err(why.into()),
            }
        }
        if moved {
            self.tag().await?;
            self.shared.l1_tip.send_replace(self.shared.derivation.lock().tip().number);
        }
        Ok(())
    }

    /// Whether L1 still has the last block taken; goes back if not.
    async fn check_tip(&self, tip: L1BlockId) -> Result<bool, NodeError> {
        if self.l1.id(tip.number).await? == Some(tip) {
            return Ok(false);
        }
        self.rewind().await?;
        Ok(true)
    }

    /// Goes back to the last block that L1 still has, and L2 with it to the last block that is
    /// anchored to what is left.
    async fn rewind(&self) -> Result<(), NodeError> {
        let (mut number, oldest) = {
            let derivation = self.shared.derivation.lock();
            (derivation.tip().number, derivation.oldest().number)
        };
        loop {
            let known = self.shared.derivation.lock().l1_block(number);
            if let Some(known) = known
                && self.l1.id(number).await? == Some(known)
            {
                info!(l1_block = number, "L1 has reorganised");
                self.shared.derivation.lock().rewind(known)?;
                return self.drop_unanchored();
            }
            if number <= oldest {
                return Err(DerivationError::ReorgBelowFinal { number, oldest }.into());
            }
            number -= 1;
        }
    }

    fn drop_unanchored(&self) -> Result<(), NodeError> {
        let chain = &self.shared.chain;
        let mut block = chain.head();
        while block.header.number > 0 && !self.is_anchored(&block.header) {
            let parent = chain.block(block.header.parent_hash)?;
            block =
                parent.ok_or(bough_chain::ChainError::UnknownBlock(block.header.parent_hash))?;
        }
        if block.hash != chain.head().hash {
            warn!(
                l2_block = block.header.number,
                "L2 goes back: what came after is anchored to L1 blocks that are gone"
            );
            chain.set_head(block.hash)?;
            self.shared.announce(&block);
        }
        Ok(())
    }

    fn is_anchored(&self, header: &alloy_consensus::Header) -> bool {
        let Some(point) = AnchorPoint::from_extra_data(&header.extra_data) else { return false };
        let derivation = self.shared.derivation.lock();
        // One that is forgotten is final.
        if point.l1_block < derivation.oldest().number {
            return true;
        }
        let anchor = derivation.anchor(point.l1_block, point.message_count);
        anchor.map(|anchor| anchor.value()) == header.parent_beacon_block_root
    }

    /// Safe is what L1 has executed, finalized what a final L1 block has.
    async fn tag(&self) -> Result<(), NodeError> {
        let l1_final = match self.l1.header(BlockNumberOrTag::Finalized).await {
            Ok(block) => block.number,
            Err(_) => 0,
        };
        let (safe, finalized) = {
            let mut derivation = self.shared.derivation.lock();
            let finalized = derivation.head_at(l1_final);
            derivation.finalize(l1_final);
            (derivation.head(), finalized)
        };
        let chain = &self.shared.chain;
        let known = |hash: B256| -> Result<B256, NodeError> {
            let block = chain.header(hash)?;
            Ok(block.map_or(chain.genesis_hash(), |_| hash))
        };
        let safe = known(safe.hash)?;
        let finalized = match finalized {
            Some(block) => known(block.hash)?,
            None => chain.finalized().hash,
        };
        Ok(chain.set_tags(safe, finalized)?)
    }
}

fn is_critical(error: &NodeError) -> bool {
    matches!(error, NodeError::Derivation(why) if why.action() == Action::Critical)
}
