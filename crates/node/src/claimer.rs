//! Delivering L1's messages on L2.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use alloy_consensus::{SignableTransaction, TxEip1559};
use alloy_primitives::{B256, Bytes, TxKind, U256};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use alloy_sol_types::{SolCall, SolError};
use bough_chain::{CallError, ChainError, StateOverrides, StoreSource, StoredBlock};
use bough_contracts::{L2Messenger, addresses::L2_MESSENGER, l2_messenger::CLAIMED_SLOT};
use bough_rollup::{Anchor, AnchorPoint, SentMessage};
use bough_stf::{State, Transaction, revm::context::TxEnv};
use bough_tasks::{StopSignal, blocking, fault_point};
use tracing::debug;

use crate::{
    NodeError,
    retries::Retries,
    shared::{Shared, Waiting},
};

/// Blocks after which a message that could not be delivered is tried again.
const RETRY_AFTER: u64 = 10;
/// Most messages claimed in one block.
const MAX_CLAIMS: usize = 64;
/// Tip offered for claims, wei per gas.
const TIP: u128 = 1;

/// Claims every message that L2 knows and whose fee pays for it.
pub(crate) struct Claimer {
    pub(crate) shared: Arc<Shared>,
    pub(crate) key: PrivateKeySigner,
    /// L2 blocks at which messages were last tried, by nonce.
    pub(crate) tried: BTreeMap<u64, u64>,
}

/// A message that L2 knows, and how L2 knows it.
struct Known {
    sent: SentMessage,
    anchor: Anchor,
    proof: [B256; 32],
}

impl Claimer {
    pub(crate) async fn run(mut self, mut stop: StopSignal) -> Result<(), NodeError> {
        let mut heads = self.shared.l2_head.subscribe();
        let mut retries = Retries::new("claiming messages", Duration::ZERO, Duration::ZERO, 0);
        loop {
            tokio::select! {
                // The sender is shared: this cannot fail.
                _ = heads.changed() => {}
                () = stop.asked() => return Ok(()),
            }
            let claimed;
            (self, claimed) = blocking(move || {
                let claimed = self.claim_all();
                (self, claimed)
            })
            .await;
            match claimed {
                Ok(()) => retries.succeeded(),
                // The next head comes soon enough.
                Err(why) => drop(retries.failed(why)?),
            }
        }
    }

    /// Looks at every message that is known and not delivered.
    fn claim_all(&mut self) -> Result<(), NodeError> {
        fault_point();
        let head = self.shared.chain.head();
        let known = self.known(&head)?;
        let nonces: Vec<u64> = known.iter().map(|known| known.sent.message.nonce).collect();
        self.tried.retain(|nonce, _| nonces.contains(nonce));
        self.shared.waiting.lock().retain(|nonce, _| nonces.contains(nonce));
        for message in known.into_iter().take(MAX_CLAIMS) {
            self.claim(&head, &message)?;
        }
        Ok(())
    }

    /// The messages that the head's anchor holds, that are not delivered, and whose time is not
    /// over.
    fn known(&self, head: &StoredBlock) -> Result<Vec<Known>, NodeError> {
        let Some(point) = AnchorPoint::from_extra_data(&head.header.extra_data) else {
            return Ok(Vec::new());
        };
        let state = self.shared.chain.state_at(head.hash)?;
        let derivation = self.shared.derivation.lock();
        let Some(anchor) = derivation.anchor(point.l1_block, point.message_count) else {
            return Ok(Vec::new());
        };
        let time = head.header.timestamp;
        let mut known = Vec::new();
        for sent in derivation.deliverable(point.message_count, time, |_| false) {
            let nonce = sent.message.nonce;
            if is_delivered(&state, nonce)? {
                continue;
            }
            let Ok(proof) = derivation.tree().proof(nonce, point.message_count) else { continue };
            known.push(Known { sent: sent.clone(), anchor, proof });
        }
        Ok(known)
    }

    fn claim(&mut self, head: &StoredBlock, known: &Known) -> Result<(), NodeError> {
        let nonce = known.sent.message.nonce;
        let number = head.header.number;
        if self.is_pending(nonce) {
            return Ok(());
        }
        if self.tried.get(&nonce).is_some_and(|last| number.saturating_sub(*last) < RETRY_AFTER) {
            return Ok(());
        }
        self.tried.insert(nonce, number);
        let state = match self.submit(head, known)? {
            Ok(hash) => {
                debug!(nonce, %hash, "claiming");
                Waiting::Claiming(hash)
            }
            Err(why) => {
                debug!(nonce, %why, "not claimed");
                why
            }
        };
        self.shared.waiting.lock().insert(nonce, state);
        Ok(())
    }

    fn is_pending(&self, nonce: u64) -> bool {
        match self.shared.waiting.lock().get(&nonce) {
            Some(Waiting::Claiming(hash)) => self.shared.chain.pool().get(*hash).is_some(),
            _ => false,
        }
    }

    /// Puts the claim into the pool if it works and pays.
    fn submit(
        &self,
        head: &StoredBlock,
        known: &Known,
    ) -> Result<Result<B256, Waiting>, NodeError> {
        let chain = &self.shared.chain;
        let caller = self.key.address();
        let data = claim_data(head, known);
        let call = TxEnv {
            caller,
            kind: TxKind::Call(L2_MESSENGER),
            data: data.clone(),
            ..TxEnv::default()
        };
        let gas_limit = match chain.estimate_gas(head.hash, &StateOverrides::default(), call) {
            Ok(estimate) => estimate.gas,
            Err(CallError::Chain(why)) => return Err(why.into()),
            Err(why) => return Ok(Err(Waiting::Fails(reason(&why)))),
        };
        let base_fee = u128::from(head.header.base_fee_per_gas.unwrap_or_default());
        let tip = TIP.max(chain.pool().min_tip());
        let cost = U256::from(base_fee.saturating_add(tip)) * U256::from(gas_limit);
        let fee = known.sent.message.fee;
        if fee < cost {
            let (fee, cost) = (fee.to_string(), cost.to_string());
            return Ok(Err(Waiting::FeeTooLow { fee, cost }));
        }
        let nonce = match chain.pool().next_nonce(caller) {
            Some(nonce) => nonce,
            None => {
                let state = chain.state_at(head.hash)?;
                let account = state.account(caller).map_err(ChainError::from)?;
                account.unwrap_or_default().nonce
            }
        };
        let transaction = TxEip1559 {
            chain_id: chain.chain_id(),
            nonce,
            gas_limit,
            max_fee_per_gas: base_fee.saturating_mul(2).saturating_add(tip),
            max_priority_fee_per_gas: tip,
            to: TxKind::Call(L2_MESSENGER),
            input: data,
            ..TxEip1559::default()
        };
        let signature =
            self.key.sign_hash_sync(&transaction.signature_hash()).map_err(crate::L1Error::from)?;
        let transaction = Transaction::from(transaction.into_signed(signature));
        Ok(chain.submit(transaction).map_err(|why| Waiting::Fails(why.to_string())))
    }
}

fn claim_data(head: &StoredBlock, known: &Known) -> Bytes {
    L2Messenger::claimCall {
        m: known.sent.message.clone().into(),
        anchorTimestamp: U256::from(head.header.timestamp),
        l1BlockHash: known.anchor.l1_block.hash,
        messageRoot: known.anchor.message_root,
        proof: known.proof,
    }
    .abi_encode()
    .into()
}

/// What a failed call says, with the recipient's own words if it is the recipient that fails.
fn reason(error: &CallError) -> String {
    if let CallError::Reverted { output } = error
        && let Ok(failed) = L2Messenger::DeliveryFailed::abi_decode(output)
    {
        return format!("the recipient reverts with {}", failed.reason);
    }
    error.to_string()
}

/// Whether a message from L1 was delivered, by the messenger's bitmap.
pub(crate) fn is_delivered(state: &State<StoreSource>, nonce: u64) -> Result<bool, ChainError> {
    let word = state.storage_at(L2_MESSENGER, claimed_word(nonce))?;
    let [.., bit] = nonce.to_be_bytes();
    Ok(word.bit(usize::from(bit)))
}

/// Slot of the word of the claimed bitmap that has a message's bit.
fn claimed_word(nonce: u64) -> U256 {
    let word = U256::from(nonce >> 8).to_be_bytes::<32>();
    let slot = CLAIMED_SLOT.to_be_bytes::<32>();
    alloy_primitives::keccak256([word, slot].concat()).into()
}
