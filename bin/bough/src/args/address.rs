//! Addresses and what is named in hex.

use alloy_primitives::{Address, B256, Bytes};
use bough_bridge::MessageRef;

/// An address.
pub(crate) fn address(text: &str) -> Result<Address, String> {
    text.parse().map_err(|_| "give an address, 0x and 40 hex digits".to_owned())
}

/// Bytes.
pub(crate) fn bytes(text: &str) -> Result<Bytes, String> {
    text.parse().map_err(|_| "give bytes, 0x and an even number of hex digits".to_owned())
}

/// A message, by its nonce or by the transaction that sent it.
pub(crate) fn message(text: &str) -> Result<MessageRef, String> {
    let by_nonce = text.parse().map(MessageRef::Nonce);
    by_nonce.or_else(|_| text.parse::<B256>().map(MessageRef::Transaction)).map_err(|_| {
        "give a message's nonce, or the hash of the transaction that sent it".to_owned()
    })
}
