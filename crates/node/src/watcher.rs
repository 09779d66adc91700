//! Following L1.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use alloy_eips::BlockNumberOrTag;
use alloy_primitives::B256;
use bough_rollup::{Action, AnchorPoint, DerivationError, Derived, L1BlockId};
use bough_tasks::{StopSignal, fault_point};
use tracing::{debug, warn};

use crate::{Flaw, L1Error, NodeError, l1_client::L1Client, retries::Retries, shared::Shared};

/// Longest wait after an error.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Feeds L1's blocks to the derivation and names the safe and the finalized L2 block.
pub(crate) struct Watcher {
    pub(crate) shared: Arc<Shared>,
    pub(crate) l1: L1Client,
    pub(crate) poll_interval: Duration,
    /// Wrong answers of L1 in a row before giving up.
    pub(crate) retries: u32,
    /// How far L1's time may be ahead of this machine's.
    pub(crate) time_ahead: Option<Duration>,
    /// Whether L1's blocks have changed since L2's were last named.
    pub(crate) untagged: bool,
}

impl Watcher {
    pub(crate) async fn run(mut self, mut stop: StopSignal) -> Result<(), NodeError> {
        let mut retries =
            Retries::new("following L1", self.poll_interval, LONGEST_WAIT, self.retries);
        loop {
            fault_point();
            let wait = match self.catch_up().await {
                Ok(()) => {
                    retries.succeeded();
                    self.poll_interval
                }
                Err(why) => retries.failed(why)?,
            };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = stop.asked() => return Ok(()),
            }
        }
    }

    /// Takes every block L1 has by now, and names L2's blocks by it.
    pub(crate) async fn catch_up(&mut self) -> Result<(), NodeError> {
        let head = self.l1.block_number().await?;
        loop {
            let tip = self.tip();
            if tip.number >= head {
                self.check_tip(tip, head).await?;
                break;
            }
            self.take_next(tip, head).await?;
        }
        if self.untagged {
            self.shared.l1_tip.send_replace(self.tip().number);
            self.tag().await?;
            self.untagged = false;
        }
        Ok(())
    }

    fn tip(&self) -> L1BlockId {
        self.shared.derivation.lock().tip()
    }

    /// Takes the block after the last one, or goes back if it is not on top of that.
    async fn take_next(&mut self, tip: L1BlockId, head: u64) -> Result<(), NodeError> {
        let number = tip.number.saturating_add(1);
        let block = match self.l1.block(number, self.shared.domain.rollup).await {
            Err(L1Error::NoBlock(_)) => {
                return Err(self.l1.flawed(Flaw::NoBlock { number, head }).into());
            }
            block => block?,
        };
        self.check_time(number, block.timestamp)?;
        let taken = self.shared.derivation.lock().push(&block);
        match taken {
            Ok(derived) => {
                log(&derived);
                self.untagged = true;
                Ok(())
            }
            Err(DerivationError::Reorg { got, .. }) => {
                if self.l1.id(tip.number).await? == Some(tip) {
                    let flaw = Flaw::Parent { number, got, expected: tip.hash };
                    return Err(self.l1.flawed(flaw).into());
                }
                self.rewind(tip.number, head).await
            }
            Err(why) => Err(self.malformed(number, why)),
        }
    }

    /// L2's time follows L1's and never goes back: what is too late is not taken.
    fn check_time(&self, number: u64, timestamp: u64) -> Result<(), NodeError> {
        let Some(ahead) = self.time_ahead else { return Ok(()) };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let latest = now.saturating_add(ahead).as_secs();
        if timestamp > latest {
            let flaw = Flaw::TimeAhead { number, got: timestamp, latest };
            return Err(self.l1.flawed(flaw).into());
        }
        Ok(())
    }

    /// What L1 answered wrongly has L1's name on it; what is wrong here has not.
    fn malformed(&self, block: u64, why: DerivationError) -> NodeError {
        match why.action() {
            Action::Critical => why.into(),
            _ => self.l1.flawed(Flaw::Block { block, why }).into(),
        }
    }

    /// Whether L1 still has the last block taken, or, if it is behind that, the one it has instead;
    /// goes back if not. A block that is not there says nothing: another one at its height does.
    async fn check_tip(&mut self, tip: L1BlockId, head: u64) -> Result<(), NodeError> {
        let number = head.min(tip.number);
        let known = self.shared.derivation.lock().l1_block(number);
        let Some(known) = known else {
            return Err(self.l1.behind(head, tip.number).into());
        };
        match self.l1.id(number).await? {
            Some(got) if got != known => self.rewind(number, head).await,
            _ => Ok(()),
        }
    }

    /// Goes back from a block that L1 does not have to the last that it still has, and L2 with it to
    /// the last block that is anchored to what is left. Nothing has changed after an error.
    async fn rewind(&mut self, from: u64, head: u64) -> Result<(), NodeError> {
        // Another chain's blocks are not a reorg.
        self.l1.check_chain_id().await?;
        let ancestor = self.common_ancestor(from, head).await?;
        warn!(l1_block = ancestor.number, "L1 has reorganised: it goes on after this block");
        self.shared.derivation.lock().rewind(ancestor)?;
        self.untagged = true;
        self.drop_unanchored()
    }

    async fn common_ancestor(&self, from: u64, head: u64) -> Result<L1BlockId, NodeError> {
        let mut number = from;
        loop {
            let (known, oldest) = {
                let derivation = self.shared.derivation.lock();
                (derivation.l1_block(number), derivation.oldest().number)
            };
            let below_final = DerivationError::ReorgBelowFinal { number, oldest };
            let Some(known) = known else { return Err(self.malformed(number, below_final)) };
            match self.l1.id(number).await? {
                Some(got) if got == known => return Ok(known),
                Some(_) if number <= oldest => return Err(self.malformed(number, below_final)),
                Some(_) => number = number.saturating_sub(1),
                None => return Err(self.l1.flawed(Flaw::NoBlock { number, head }).into()),
            }
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

    /// Safe is what L1 has executed, finalized what a final L1 block has. What L1 has executed and
    /// this node does not have changes neither.
    async fn tag(&self) -> Result<(), NodeError> {
        let l1_final = self.final_block().await?;
        let (safe, finalized) = {
            let mut derivation = self.shared.derivation.lock();
            let finalized = l1_final.and_then(|l1_final| derivation.head_at(l1_final));
            if let Some(l1_final) = l1_final {
                derivation.finalize(l1_final);
            }
            (derivation.head(), finalized)
        };
        let chain = &self.shared.chain;
        let known = |hash: B256, before: B256| -> Result<B256, NodeError> {
            Ok(chain.header(hash)?.map_or(before, |_| hash))
        };
        let safe = known(safe.hash, chain.safe().hash)?;
        let before = chain.finalized().hash;
        let finalized = match finalized {
            Some(block) => known(block.hash, before)?,
            None => before,
        };
        Ok(chain.set_tags(safe, finalized)?)
    }

    /// The number of L1's final block, if it is one that was taken and can still be gone back to.
    async fn final_block(&self) -> Result<Option<u64>, NodeError> {
        let block = match self.l1.header(BlockNumberOrTag::Finalized).await {
            Ok(block) => block,
            // There is none yet; some clients call that an error.
            Err(L1Error::NoBlock(_) | L1Error::Refused { .. }) => return Ok(None),
            Err(why) => return Err(why.into()),
        };
        let (number, got) = (block.number, block.hash);
        if number > self.tip().number {
            let head = self.l1.block_number().await?;
            if number > head {
                return Err(self.l1.flawed(Flaw::FinalAhead { finalized: number, head }).into());
            }
            return Ok(None);
        }
        let known = self.shared.derivation.lock().l1_block(number);
        match known {
            Some(known) if known.hash != got => {
                let flaw = Flaw::FinalElsewhere { number, got, expected: known.hash };
                Err(self.l1.flawed(flaw).into())
            }
            // An older one is final as well.
            known => Ok(known.map(|known| known.number)),
        }
    }
}

fn log(derived: &Derived) {
    for message in &derived.sent {
        debug!(nonce = message.message.nonce, "message from L1");
    }
    for advanced in &derived.advanced {
        debug!(l2_block = advanced.block.number, "executed by L1");
    }
}
