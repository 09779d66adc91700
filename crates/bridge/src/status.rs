//! Where the rollup and its messages stand.

use std::collections::BTreeSet;

use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{B256, U256};
use alloy_rpc_types_eth::Header;
use bough_contracts::{L2Messenger::circulatingCall, Message, addresses::L2_MESSENGER};
use bough_rollup::Direction;

use crate::{Bridge, BridgeError, Chain, Refusal, delivery::check_deadline};

/// Messages of a direction whose delivery is tried, to tell why nobody delivers them.
const TRIED: usize = 16;

/// A block, in short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockHead {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: B256,
    /// Seconds.
    pub timestamp: u64,
}

/// L2's heads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heads {
    /// The last block of the sequencer.
    pub unsafe_head: BlockHead,
    /// The last block that L1 has executed, as the L2 node knows it; `None` if it does not say.
    pub safe: Option<BlockHead>,
    /// The last block that a final L1 block has executed; `None` if the L2 node does not say.
    pub finalized: Option<BlockHead>,
}

/// How far L1 is behind L2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lag {
    /// L2 blocks that L1 has not executed.
    pub blocks: u64,
    /// Seconds from the last executed L2 block to L1's latest block.
    pub seconds: u64,
}

/// Why a message is not delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// No L2 block knows it yet.
    NotAnchored,
    /// L1 has not executed the L2 block it was sent in.
    NotExecuted {
        /// That block.
        l2_block: u64,
    },
    /// Its deadline has passed: it will never be.
    DeadlinePassed,
    /// Its call fails.
    Refused(Refusal),
    /// It can be: nobody has.
    Ready,
}

/// A message that was sent and not delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its hash.
    pub hash: B256,
    /// The message.
    pub message: Message,
    /// Why.
    pub reason: Reason,
}

/// Where the rollup stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// L1's latest block.
    pub l1: BlockHead,
    /// L2's heads, by its node.
    pub l2: Heads,
    /// The last L2 block that L1 has executed, by the contract.
    pub executed: BlockHead,
    /// The distance from there to the sequencer.
    pub lag: Lag,
    /// Messages under way to L2.
    pub to_l2: Vec<Waiting>,
    /// Messages under way to L1.
    pub to_l1: Vec<Waiting>,
    /// Wei that the contract holds.
    pub escrow: U256,
    /// Wei that are usable on L2: never more than the escrow.
    pub circulating: U256,
}

/// How far behind the sequencer L1 is. L1's clock may be ahead of a chain that has nothing to settle.
fn lag(l1: &Header, blocks: u64, executed: BlockHead) -> Lag {
    let seconds = l1.timestamp.saturating_sub(executed.timestamp);
    Lag { blocks, seconds: if blocks == 0 { 0 } else { seconds } }
}

impl Bridge {
    /// Where the rollup and its messages stand now.
    ///
    /// # Errors
    /// Those of the nodes.
    pub async fn status(&self) -> Result<Status, BridgeError> {
        let (l1, l2) = (self.l1.latest().await?, self.l2.latest().await?);
        let executed = self.executed().await?;
        let executed = BlockHead {
            number: executed.number,
            hash: executed.blockHash,
            timestamp: executed.timestamp,
        };
        Ok(Status {
            l2: Heads {
                unsafe_head: head(&l2),
                safe: self.tagged(BlockNumberOrTag::Safe).await?,
                finalized: self.tagged(BlockNumberOrTag::Finalized).await?,
            },
            lag: lag(&l1, l2.number.saturating_sub(executed.number), executed),
            to_l2: self.waiting_for_l2(&l2).await?,
            to_l1: self.waiting_for_l1(&l1, &l2, executed.number).await?,
            escrow: self.l1.balance(self.domain.rollup).await?,
            circulating: self
                .l2
                .view("circulating ETH", L2_MESSENGER, circulatingCall {}, BlockId::latest())
                .await?,
            l1: head(&l1),
            executed,
        })
    }

    async fn tagged(&self, tag: BlockNumberOrTag) -> Result<Option<BlockHead>, BridgeError> {
        match self.l2.header(tag).await {
            Ok(header) => Ok(Some(head(&header))),
            Err(BridgeError::NoBlock { .. }) => Ok(None),
            Err(BridgeError::Rpc { source, .. }) if source.is_error_resp() => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn waiting_for_l2(&self, l2: &Header) -> Result<Vec<Waiting>, BridgeError> {
        let messages = self.l1_messages().await?;
        let known = match self.anchor_of(l2, &messages).await {
            Ok(anchor) => anchor.map_or(0, |anchor| anchor.message_count),
            // While L1 reorganises.
            Err(BridgeError::AnchorNotFound(_)) => 0,
            Err(error) => return Err(error),
        };
        let delivered = self.delivered(Direction::L1ToL2).await?;
        let mut waiting = Vec::new();
        let sent = messages.sent.iter().map(|sent| (sent.hash, &sent.message));
        for (hash, message) in sent.filter(|(_, message)| !delivered.contains(&message.nonce)) {
            let reason = if is_late(Chain::L2, message, l2.timestamp) {
                Reason::DeadlinePassed
            } else if message.nonce >= known {
                Reason::NotAnchored
            } else if waiting.len() >= TRIED {
                Reason::Ready
            } else {
                match self.prove_delivery(message.nonce).await {
                    Ok(proof) => reason(self.try_delivery(&proof).await)?,
                    error => reason(error.map(drop))?,
                }
            };
            waiting.push(Waiting { hash, message: message.clone(), reason });
        }
        Ok(waiting)
    }

    async fn waiting_for_l1(
        &self,
        l1: &Header,
        l2: &Header,
        executed: u64,
    ) -> Result<Vec<Waiting>, BridgeError> {
        let logged = self.all_sent(Direction::L2ToL1, 0, l2.number).await?;
        let delivered = self.delivered(Direction::L2ToL1).await?;
        let mut waiting = Vec::new();
        for sent in logged.into_iter().filter(|sent| !delivered.contains(&sent.message.nonce)) {
            let reason = if is_late(Chain::L1, &sent.message, l1.timestamp) {
                Reason::DeadlinePassed
            } else if sent.block_number > executed {
                Reason::NotExecuted { l2_block: sent.block_number }
            } else if waiting.len() >= TRIED {
                Reason::Ready
            } else {
                match self.prove(sent.message.nonce).await {
                    Ok(proof) => reason(self.try_claim(&proof).await)?,
                    error => reason(error.map(drop))?,
                }
            };
            waiting.push(Waiting { hash: sent.hash, message: sent.message, reason });
        }
        Ok(waiting)
    }

    async fn delivered(&self, direction: Direction) -> Result<BTreeSet<u64>, BridgeError> {
        Ok(self.all_delivered(direction).await?.into_iter().collect())
    }
}

const fn head(header: &Header) -> BlockHead {
    BlockHead { number: header.inner.number, hash: header.hash, timestamp: header.inner.timestamp }
}

fn is_late(chain: Chain, message: &Message, timestamp: u64) -> bool {
    check_deadline(chain, message.nonce, message.deadline, timestamp).is_err()
}

/// What trying to deliver says. Things move meanwhile: that is no error.
fn reason(tried: Result<(), BridgeError>) -> Result<Reason, BridgeError> {
    match tried {
        Ok(()) | Err(BridgeError::AlreadyDelivered { .. }) => Ok(Reason::Ready),
        Err(BridgeError::Refused { refusal, .. }) => Ok(Reason::Refused(refusal)),
        Err(BridgeError::DeadlinePassed { .. }) => Ok(Reason::DeadlinePassed),
        Err(BridgeError::NotAnchored { .. } | BridgeError::AnchorNotFound(_)) => {
            Ok(Reason::NotAnchored)
        }
        Err(BridgeError::NotExecuted { l2_block, .. }) => Ok(Reason::NotExecuted { l2_block }),
        Err(BridgeError::Diverged { number, .. }) => Ok(Reason::NotExecuted { l2_block: number }),
        Err(error) => Err(error),
    }
}
