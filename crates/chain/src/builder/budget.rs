//! How large a block is when it is settled: as the SSZ of a `StatelessInput`.
//!
//! Sizes are those of execution-specs `amsterdam/stateless.py` (c1200883): fixed parts, and 4
//! bytes of offset for each item of variable size.

use alloy_consensus::{Header, Transaction as _, transaction::Recovered};
use alloy_eips::eip2718::Encodable2718;
use bough_stf::Transaction;

use crate::{StoredBlock, Witness, source::SSZ_OFFSET};

/// The schema id before the SSZ.
const SCHEMA_ID: usize = 2;
/// Fixed part of `StatelessInput`: two offsets and the chain id.
const STATELESS_INPUT: usize = 16;
/// Fixed part of `NewPayloadRequest`: three offsets and the parent beacon block root.
const NEW_PAYLOAD_REQUEST: usize = 44;
/// Fixed part of `ExecutionPayload` without the fields that came with access lists.
const EXECUTION_PAYLOAD: usize = 528;
/// What access lists added to it: an offset and the slot number.
const ACCESS_LIST_FIELDS: usize = 12;
/// Lists of `ExecutionRequests` before and since access lists: deposits, withdrawals and
/// consolidations, then two for builders.
const REQUEST_LISTS: usize = 3;
const REQUEST_LISTS_WITH_BUILDERS: usize = 5;
/// Fixed part of `ExecutionWitness`: three offsets.
const EXECUTION_WITNESS: usize = 12;
/// SSZ of a withdrawal: index, validator index, address, amount.
const WITHDRAWAL: usize = 44;
/// A versioned hash of a blob.
const VERSIONED_HASH: usize = 32;

/// Exact bytes of the `StatelessInput` (schema id included) of a block with this witness.
pub fn settlement_size(block: &StoredBlock, witness: &Witness) -> usize {
    let transactions: usize = block.transactions.iter().map(transaction_size).sum();
    let withdrawals = block.withdrawals.as_ref().map_or(0, |list| list.len());
    // Requests are SSZ lists of fixed-size items after their type byte (EIP-7685).
    let requests = block.requests.iter().flatten();
    let requests: usize = requests.map(|request| request.len().saturating_sub(1)).sum();
    let lists = [&witness.state, &witness.codes, &witness.headers];
    let witness: usize =
        lists.into_iter().flatten().map(|item| item.len().saturating_add(SSZ_OFFSET)).sum();
    fixed_size(&block.header, withdrawals)
        .saturating_add(transactions)
        .saturating_add(block.block_access_list.as_ref().map_or(0, |list| list.len()))
        .saturating_add(requests)
        .saturating_add(witness)
}

/// Bytes a transaction adds to the payload: itself, its offset, the hashes of its blobs.
pub(super) fn transaction_size(transaction: &Recovered<Transaction>) -> usize {
    let blobs = transaction.blob_versioned_hashes().unwrap_or_default().len();
    transaction
        .encode_2718_len()
        .saturating_add(SSZ_OFFSET)
        .saturating_add(blobs.saturating_mul(VERSIONED_HASH))
}

/// Bytes that do not depend on transactions or witness.
fn fixed_size(header: &Header, withdrawals: usize) -> usize {
    let (payload, lists) = if header.block_access_list_hash.is_some() {
        (EXECUTION_PAYLOAD + ACCESS_LIST_FIELDS, REQUEST_LISTS_WITH_BUILDERS)
    } else {
        (EXECUTION_PAYLOAD, REQUEST_LISTS)
    };
    SCHEMA_ID
        + STATELESS_INPUT
        + NEW_PAYLOAD_REQUEST
        + payload
        + header.extra_data.len()
        + withdrawals.saturating_mul(WITHDRAWAL)
        + lists * SSZ_OFFSET
        + EXECUTION_WITNESS
}

/// A guess of the bytes a transaction adds to the block access list, from its execution gas and
/// the bytes of witness it added. A transfer adds about 90; an account or slot adds 20 to 70 and
/// costs thousands of gas, and where it is new to the block its trie nodes are new to the witness.
/// Only a guess: the finished block is measured.
pub(super) fn access_list_guess(execution_gas: u64, witness_bytes: usize) -> usize {
    const BASE: usize = 32;
    const GAS_PER_BYTE: u64 = 200;
    let by_gas = usize::try_from(execution_gas / GAS_PER_BYTE).unwrap_or(usize::MAX);
    by_gas.min(witness_bytes).saturating_add(BASE)
}
