//! Delivering a message from L1 on L2.

use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{B256, Bytes, U256};
use alloy_rpc_types_eth::Header;
use alloy_sol_types::SolCall;
use bough_contracts::{
    L2Messenger::{self, claimCall},
    addresses::L2_MESSENGER,
    native_rollup::MESSAGE_TREE_DEPTH,
};
use bough_rollup::{
    Anchor, AnchorPoint, Direction, L1BlockId, MessageTree, SentMessage, TreeError, find_anchor,
};

use crate::{Bridge, BridgeError, Chain, Delivered, MessageRef, messages::L1Messages};

/// L1 blocks that are looked at for an anchor that its block gives no hint of.
const ANCHOR_BLOCKS: u64 = 64;
/// Most L1 blocks that are passed over because they are after the L2 block: a week of them, in which
/// an L2 block must be settled, and more.
const LATER_BLOCKS: u64 = 100_000;
/// Messages after an L1 block that the anchor may know besides those up to it.
const ANCHOR_MESSAGES: u64 = 64;

/// A message from L1 with the proof that L2 knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryProof {
    /// The message.
    pub sent: SentMessage,
    /// Timestamp of the L2 block whose anchor knows it.
    pub anchor_timestamp: u64,
    /// What that anchor is made of.
    pub anchor: Anchor,
    /// The siblings of the message's leaf, from the leaves up.
    pub siblings: [B256; MESSAGE_TREE_DEPTH],
}

impl DeliveryProof {
    /// The proof from the tree of messages, under the anchor of the L2 block at a timestamp.
    ///
    /// # Errors
    /// [`TreeError`], when the anchor does not know the message or the tree not the anchor.
    pub fn new(
        tree: &MessageTree,
        sent: SentMessage,
        anchor: Anchor,
        anchor_timestamp: u64,
    ) -> Result<Self, TreeError> {
        let siblings = tree.proof(sent.message.nonce, anchor.message_count)?;
        Ok(Self { sent, anchor_timestamp, anchor, siblings })
    }

    /// Calldata for the L2 messenger.
    pub fn calldata(&self) -> Bytes {
        let call = claimCall {
            m: L2Messenger::Message::from(self.sent.message.clone()),
            anchorTimestamp: U256::from(self.anchor_timestamp),
            l1BlockHash: self.anchor.l1_block.hash,
            messageRoot: self.anchor.message_root,
            proof: self.siblings,
        };
        call.abi_encode().into()
    }
}

impl Bridge {
    /// Delivers a message from L1 on L2, and earns its fee.
    ///
    /// # Errors
    /// Those of [`Self::prove_delivery`], and [`BridgeError::Refused`] when the message's call fails.
    pub async fn deliver(&self, message: impl Into<MessageRef>) -> Result<Delivered, BridgeError> {
        let proof = self.prove_delivery(message).await?;
        let receipt =
            self.l2.send("deliver the message", L2_MESSENGER, U256::ZERO, proof.calldata()).await?;
        self.delivered_in(Direction::L1ToL2, &receipt, proof.sent.message.nonce)
    }

    /// The proof that L2's latest block knows a message from L1.
    ///
    /// # Errors
    /// [`BridgeError::AlreadyDelivered`], [`BridgeError::DeadlinePassed`],
    /// [`BridgeError::NotAnchored`], [`BridgeError::AnchorNotFound`], and those of the nodes.
    pub async fn prove_delivery(
        &self,
        message: impl Into<MessageRef>,
    ) -> Result<DeliveryProof, BridgeError> {
        let nonce = match message.into() {
            MessageRef::Nonce(nonce) => nonce,
            transaction => self.message(Direction::L1ToL2, transaction).await?.nonce,
        };
        let messages = self.l1_messages().await?;
        let unknown = BridgeError::UnknownMessage { chain: Chain::L1, nonce };
        let sent = messages.get(nonce).ok_or(unknown)?;
        if self.is_delivered(Direction::L1ToL2, nonce).await? {
            return Err(BridgeError::AlreadyDelivered { chain: Chain::L2, nonce });
        }
        let block = self.l2.latest().await?;
        check_deadline(Chain::L2, nonce, sent.message.deadline, block.timestamp)?;
        let anchor = self.anchor_of(&block, &messages).await?;
        let known = anchor.map_or(0, |anchor| anchor.message_count);
        let not_anchored = BridgeError::NotAnchored { nonce, known };
        let Some(anchor) = anchor else { return Err(not_anchored) };
        DeliveryProof::new(&messages.tree, sent.clone(), anchor, block.timestamp)
            .map_err(|_| not_anchored)
    }

    /// What delivering would do now: nothing wrong, or why it is refused.
    pub(crate) async fn try_delivery(&self, proof: &DeliveryProof) -> Result<(), BridgeError> {
        let (what, latest) = ("deliver the message", BlockId::latest());
        self.l2.call(what, L2_MESSENGER, proof.calldata(), latest).await.map(drop)
    }

    /// What an L2 block is anchored to; `None` for genesis, which is not.
    pub(crate) async fn anchor_of(
        &self,
        block: &Header,
        messages: &L1Messages,
    ) -> Result<Option<Anchor>, BridgeError> {
        let value = block.inner.parent_beacon_block_root.unwrap_or_default();
        if block.number == 0 || value.is_zero() {
            return Ok(None);
        }
        if let Some(point) = AnchorPoint::from_extra_data(&block.inner.extra_data)
            && let Some(l1_block) = self.l1_block_id(point.l1_block).await?
            && let Some(anchor) =
                find_anchor(value, &messages.tree, [(l1_block, point.message_count)])
        {
            return Ok(Some(anchor));
        }
        self.search_anchor(value, block.timestamp, messages)
            .await?
            .map(Some)
            .ok_or(BridgeError::AnchorNotFound(block.number))
    }

    /// Looks among the L1 blocks up to the L2 block's time, the newest first.
    async fn search_anchor(
        &self,
        value: B256,
        l2_timestamp: u64,
        messages: &L1Messages,
    ) -> Result<Option<Anchor>, BridgeError> {
        let mut header = self.l1.latest().await?;
        let (mut looked_at, mut later) = (0, 0);
        while looked_at < ANCHOR_BLOCKS && later < LATER_BLOCKS {
            if header.timestamp <= l2_timestamp {
                looked_at += 1;
                let l1_block = L1BlockId { number: header.number, hash: header.hash };
                let count = messages.count_at(header.number);
                let counts = count..=count.saturating_add(ANCHOR_MESSAGES);
                let candidates = counts.map(|count| (l1_block, count));
                if let Some(anchor) = find_anchor(value, &messages.tree, candidates) {
                    return Ok(Some(anchor));
                }
            } else {
                later += 1;
            }
            let Some(parent) = header.number.checked_sub(1) else { break };
            header = self.l1.header(BlockNumberOrTag::Number(parent)).await?;
        }
        Ok(None)
    }

    async fn l1_block_id(&self, number: u64) -> Result<Option<L1BlockId>, BridgeError> {
        match self.l1.header(BlockNumberOrTag::Number(number)).await {
            Ok(header) => Ok(Some(L1BlockId { number, hash: header.hash })),
            Err(BridgeError::NoBlock { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

pub(crate) const fn check_deadline(
    chain: Chain,
    nonce: u64,
    deadline: u64,
    timestamp: u64,
) -> Result<(), BridgeError> {
    if timestamp > deadline {
        return Err(BridgeError::DeadlinePassed { chain, nonce, deadline, timestamp });
    }
    Ok(())
}
