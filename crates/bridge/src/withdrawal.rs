//! Proving a message from L2, and delivering it on L1.

use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{B256, Bytes, U256};
use alloy_sol_types::SolCall;
use bough_contracts::{
    Message,
    NativeRollup::{self, claimCall, headCall},
    addresses::L2_MESSENGER,
};
use bough_rollup::{Direction, sent_slot};

use crate::{Bridge, BridgeError, Chain, Delivered, MessageRef, delivery::check_deadline};

/// A message from L2 with the proof that it was sent, against a state that L1 has executed.
///
/// The contract keeps that state for 8191 calls to `advance`; after that, prove again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WithdrawalProof {
    /// The message.
    pub message: Message,
    /// Its hash.
    pub hash: B256,
    /// The L2 block whose state the proof is against.
    pub l2_block: u64,
    /// Nodes from the state root to the L2 messenger.
    pub account_proof: Vec<Bytes>,
    /// Nodes from its storage root to `sent[hash]`.
    pub storage_proof: Vec<Bytes>,
}

impl WithdrawalProof {
    /// Calldata for the rollup's contract.
    pub fn calldata(&self) -> Bytes {
        let call = claimCall {
            m: NativeRollup::Message::from(self.message.clone()),
            blockNumber: self.l2_block,
            accountProof: self.account_proof.clone(),
            storageProof: self.storage_proof.clone(),
        };
        call.abi_encode().into()
    }
}

impl Bridge {
    /// Proves a message from L2 against the last block that L1 has executed.
    ///
    /// # Errors
    /// [`BridgeError::NotExecuted`] while L1 has not executed the message's block, and
    /// [`BridgeError::Diverged`], [`BridgeError::AlreadyDelivered`],
    /// [`BridgeError::DeadlinePassed`], and those of the nodes.
    pub async fn prove(
        &self,
        message: impl Into<MessageRef>,
    ) -> Result<WithdrawalProof, BridgeError> {
        let sent = self.message(Direction::L2ToL1, message).await?;
        let nonce = sent.nonce;
        if self.is_delivered(Direction::L2ToL1, nonce).await? {
            return Err(BridgeError::AlreadyDelivered { chain: Chain::L1, nonce });
        }
        let now = self.l1.latest().await?.timestamp;
        check_deadline(Chain::L1, nonce, sent.message.deadline, now)?;
        let executed = self.executed().await?;
        let l2_block = sent.transaction.block_number;
        if l2_block > executed.number {
            let executed = executed.number;
            return Err(BridgeError::NotExecuted { nonce, l2_block, executed });
        }
        self.prove_at(sent.message, sent.hash, executed.number, executed.blockHash).await
    }

    async fn prove_at(
        &self,
        message: Message,
        hash: B256,
        number: u64,
        executed: B256,
    ) -> Result<WithdrawalProof, BridgeError> {
        // What the node proves is only of use when it has the block that L1 has executed.
        let got = self.l2.header(BlockNumberOrTag::Number(number)).await?.hash;
        if got != executed {
            return Err(BridgeError::Diverged { number, executed, got });
        }
        let proof = self.l2.proof(L2_MESSENGER, sent_slot(hash), number).await?;
        let sent = proof
            .storage_proof
            .into_iter()
            .next()
            .filter(|slot| slot.value == U256::ONE)
            .ok_or(BridgeError::Answer { chain: Chain::L2, what: "a proof" })?;
        Ok(WithdrawalProof {
            message,
            hash,
            l2_block: number,
            account_proof: proof.account_proof,
            storage_proof: sent.proof,
        })
    }

    /// Delivers a proved message on L1, and earns its fee.
    ///
    /// # Errors
    /// [`BridgeError::NoKey`], [`BridgeError::Refused`] when the message's call fails, and those of
    /// the node.
    pub async fn claim(&self, proof: &WithdrawalProof) -> Result<Delivered, BridgeError> {
        let what = "deliver the message";
        let receipt = self.l1.send(what, self.domain.rollup, U256::ZERO, proof.calldata()).await?;
        self.delivered_in(Direction::L2ToL1, &receipt, proof.message.nonce)
    }

    /// What claiming would do now: nothing wrong, or why it is refused.
    pub(crate) async fn try_claim(&self, proof: &WithdrawalProof) -> Result<(), BridgeError> {
        let (what, to) = ("deliver the message", self.domain.rollup);
        self.l1.call(what, to, proof.calldata(), BlockId::latest()).await.map(drop)
    }

    /// The last L2 block that L1 has executed: always one whose state the contract keeps.
    pub(crate) async fn executed(&self) -> Result<NativeRollup::headReturn, BridgeError> {
        self.l1.view("the head", self.domain.rollup, headCall {}, BlockId::latest()).await
    }
}
