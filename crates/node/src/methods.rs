//! RPC methods of an L2 node besides the standard ones.

use std::sync::Arc;

use alloy_primitives::{B256, U64};
use bough_rollup::SignedPreconfirmation;
use bough_rpc::{Methods, RpcError};
use serde::Serialize;

use crate::shared::Shared;

const SERVER_ERROR: i32 = -32000;

/// A block the sequencer has promised (EIP-712, see `NativeRollup.preconfirmationDigest`).
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Preconfirmation {
    number: U64,
    parent_hash: B256,
    block_hash: B256,
    /// 65 bytes: r, s, v.
    signature: String,
}

impl From<&SignedPreconfirmation> for Preconfirmation {
    fn from(signed: &SignedPreconfirmation) -> Self {
        Self {
            number: U64::from(signed.header.number),
            parent_hash: signed.header.parent_hash,
            block_hash: signed.header.block_hash,
            signature: alloy_primitives::hex::encode_prefixed(signed.signature.as_bytes()),
        }
    }
}

/// How far L1 has executed L2, and what waits.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    l1_block: U64,
    head: U64,
    settled: U64,
    /// Messages from L1 that are not delivered.
    waiting: Vec<WaitingMessage>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct WaitingMessage {
    nonce: U64,
    why: String,
}

pub(crate) fn methods(shared: &Arc<Shared>) -> Methods {
    let mut methods = Methods::new();
    let of = Arc::clone(shared);
    methods.add("bough_getPreconfirmation", move |args| {
        let number: U64 = args.required()?;
        let promises = of.preconfirmations.lock();
        Ok(promises.get(&number.saturating_to()).map(Preconfirmation::from))
    });
    let of = Arc::clone(shared);
    methods.add("bough_status", move |_| status(&of));
    methods
}

fn status(shared: &Shared) -> Result<Status, RpcError> {
    let head = shared.chain.head();
    let waiting = shared.waiting.lock().clone();
    let state = shared
        .chain
        .state_at(head.hash)
        .map_err(|why| RpcError::new(SERVER_ERROR, why.to_string()))?;
    let derivation = shared.derivation.lock();
    let undelivered = derivation
        .messages_from(0)
        .iter()
        .filter(|sent| !crate::claimer::is_delivered(&state, sent.message.nonce).unwrap_or(false));
    let waiting = undelivered
        .map(|sent| {
            let nonce = sent.message.nonce;
            let why = if sent.message.deadline < head.header.timestamp {
                "its deadline is over".to_owned()
            } else {
                waiting
                    .get(&nonce)
                    .map_or_else(|| "not known to L2 yet".to_owned(), ToString::to_string)
            };
            WaitingMessage { nonce: U64::from(nonce), why }
        })
        .collect();
    Ok(Status {
        l1_block: U64::from(derivation.tip().number),
        head: U64::from(head.header.number),
        settled: U64::from(derivation.head().number),
        waiting,
    })
}
