//! How what is stored is written as bytes: RLP throughout.

use alloy_consensus::{BlockBody, Header, transaction::Recovered};
use alloy_primitives::{Address, B256, Bytes};
use alloy_rlp::{Decodable, Encodable};
use bough_stf::{Receipt, Transaction};

use super::StoreError;
use crate::Witness;

/// RLP of anything.
pub(super) fn rlp(value: &impl Encodable) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(value.length());
    value.encode(&mut bytes);
    bytes
}

/// Reads all of `bytes` as one RLP value; `table` and `key` name the row in the error.
pub(super) fn decode<T: Decodable>(
    table: &'static str,
    key: B256,
    mut bytes: &[u8],
) -> Result<T, StoreError> {
    T::decode(&mut bytes)
        .ok()
        .filter(|_| bytes.is_empty())
        .ok_or(StoreError::Corrupt { table, key })
}

/// The senders of a block, 20 bytes each.
pub(super) fn encode_senders(transactions: &[Recovered<Transaction>]) -> Vec<u8> {
    transactions.iter().flat_map(|transaction| transaction.signer().0.0).collect()
}

/// Joins the transactions of a body with their stored senders.
pub(super) fn join_senders(
    key: B256,
    transactions: Vec<Transaction>,
    senders: &[u8],
) -> Result<Vec<Recovered<Transaction>>, StoreError> {
    let corrupt = StoreError::Corrupt { table: "senders", key };
    let (chunks, rest) = senders.as_chunks::<20>();
    if !rest.is_empty() || chunks.len() != transactions.len() {
        return Err(corrupt);
    }
    let pairs = transactions.into_iter().zip(chunks);
    Ok(pairs
        .map(|(transaction, sender)| Recovered::new_unchecked(transaction, Address::from(sender)))
        .collect())
}

/// A body as the store keeps it: that of the `eth` wire protocol.
pub(super) type Body = BlockBody<Transaction, Header>;

/// The receipts of a block.
pub(super) type Receipts = Vec<Receipt>;

/// RLP of the three lists of a witness.
pub(super) fn encode_witness(witness: &Witness) -> Vec<u8> {
    let Witness { state, codes, headers } = witness;
    let mut bytes = Vec::new();
    for list in [state, codes, headers] {
        list.encode(&mut bytes);
    }
    bytes
}

/// The inverse of [`encode_witness`].
pub(super) fn decode_witness(key: B256, mut bytes: &[u8]) -> Result<Witness, StoreError> {
    let mut list = || {
        Vec::<Bytes>::decode(&mut bytes)
            .map_err(|_| StoreError::Corrupt { table: "witnesses", key })
    };
    Ok(Witness { state: list()?, codes: list()?, headers: list()? })
}
