//! The block that a payload makes, and the input that a block makes.

use alloy_consensus::{
    BlockBody, EMPTY_OMMER_ROOT_HASH, EMPTY_ROOT_HASH, Header, Transaction as _,
    proofs::calculate_withdrawals_root,
};
use alloy_eips::{eip2718::Decodable2718, eip2718::Encodable2718};
use alloy_primitives::{B256, Bytes, keccak256};
use alloy_trie::root::ordered_trie_root_with_encoder;
use bough_stf::{Block, Fork, Transaction, requests_hash};

use crate::{
    ExecutionPayload, ExecutionWitness, NewPayloadRequest, PayloadError, Schema, StatelessInput,
};

/// The header a request's payload has. It hashes to `block_hash`, or the payload is refused.
pub(crate) fn payload_header(
    fork: Fork,
    request: &NewPayloadRequest,
) -> Result<Header, PayloadError> {
    let payload = &request.execution_payload;
    if let Some(at) = payload.transactions.iter().position(|tx| tx.is_empty()) {
        return Err(PayloadError::EmptyTransaction(at));
    }
    let header = Header {
        parent_hash: payload.parent_hash,
        ommers_hash: EMPTY_OMMER_ROOT_HASH,
        beneficiary: payload.fee_recipient,
        state_root: payload.state_root,
        transactions_root: transactions_root(&payload.transactions),
        receipts_root: payload.receipts_root,
        logs_bloom: payload.logs_bloom,
        number: payload.block_number,
        gas_limit: payload.gas_limit,
        gas_used: payload.gas_used,
        timestamp: payload.timestamp,
        extra_data: payload.extra_data.clone(),
        mix_hash: payload.prev_randao,
        base_fee_per_gas: Some(
            u64::try_from(payload.base_fee_per_gas).map_err(|_| PayloadError::BaseFee)?,
        ),
        withdrawals_root: Some(calculate_withdrawals_root(&payload.withdrawals)),
        blob_gas_used: Some(payload.blob_gas_used),
        excess_blob_gas: Some(payload.excess_blob_gas),
        parent_beacon_block_root: Some(request.parent_beacon_block_root),
        requests_hash: Some(requests_hash(&request.execution_requests)),
        block_access_list_hash: fork
            .has_block_access_list()
            .then(|| keccak256(payload.block_access_list.clone().unwrap_or_default())),
        slot_number: payload.slot_number,
        ..Default::default()
    };
    let expected = header.hash_slow();
    if payload.block_hash != expected {
        return Err(PayloadError::BlockHash { got: payload.block_hash, expected });
    }
    Ok(header)
}

/// The payload's transactions, and the check that the versioned hashes are theirs.
pub(crate) fn payload_transactions(
    request: &NewPayloadRequest,
) -> Result<Vec<Transaction>, PayloadError> {
    let transactions = request
        .execution_payload
        .transactions
        .iter()
        .enumerate()
        .map(|(at, raw)| {
            Transaction::decode_2718_exact(raw).map_err(|_| PayloadError::MalformedTransaction(at))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let hashes = transactions.iter().flat_map(|tx| tx.blob_versioned_hashes().unwrap_or_default());
    if !hashes.eq(&request.versioned_hashes) {
        return Err(PayloadError::VersionedHashes);
    }
    Ok(transactions)
}

fn transactions_root(transactions: &[Bytes]) -> B256 {
    if transactions.is_empty() {
        return EMPTY_ROOT_HASH;
    }
    ordered_trie_root_with_encoder(transactions, |raw, buffer| buffer.extend_from_slice(raw))
}

impl StatelessInput {
    /// The block of the payload: what [`Self::from_block`] was given. Whether it is valid is for
    /// whoever executes it.
    ///
    /// # Errors
    /// When the payload makes no block, or one of another hash than it says.
    pub fn block(&self) -> Result<Block, PayloadError> {
        let request = &self.new_payload_request;
        let header = payload_header(self.schema.fork(), request)?;
        let withdrawals = request.execution_payload.withdrawals.clone().into();
        let body = BlockBody {
            transactions: payload_transactions(request)?,
            ommers: Vec::new(),
            withdrawals: Some(withdrawals),
        };
        Ok(Block { header, body })
    }

    /// The input that has a block checked: what was built, and the witness recorded meanwhile.
    pub fn from_block(
        schema: Schema,
        chain_id: u64,
        block: &Block,
        block_access_list: Option<Bytes>,
        execution_requests: Vec<Bytes>,
        witness: ExecutionWitness,
    ) -> Self {
        let header = &block.header;
        let transactions = &block.body.transactions;
        let execution_payload = ExecutionPayload {
            parent_hash: header.parent_hash,
            fee_recipient: header.beneficiary,
            state_root: header.state_root,
            receipts_root: header.receipts_root,
            logs_bloom: header.logs_bloom,
            prev_randao: header.mix_hash,
            block_number: header.number,
            gas_limit: header.gas_limit,
            gas_used: header.gas_used,
            timestamp: header.timestamp,
            extra_data: header.extra_data.clone(),
            base_fee_per_gas: alloy_primitives::U256::from(
                header.base_fee_per_gas.unwrap_or_default(),
            ),
            block_hash: header.hash_slow(),
            transactions: transactions.iter().map(|tx| tx.encoded_2718().into()).collect(),
            withdrawals: block.body.withdrawals.clone().unwrap_or_default().into_inner(),
            blob_gas_used: header.blob_gas_used.unwrap_or_default(),
            excess_blob_gas: header.excess_blob_gas.unwrap_or_default(),
            block_access_list,
            slot_number: header.slot_number,
        };
        let hashes =
            transactions.iter().flat_map(|tx| tx.blob_versioned_hashes().unwrap_or_default());
        let new_payload_request = NewPayloadRequest {
            execution_payload,
            versioned_hashes: hashes.copied().collect(),
            parent_beacon_block_root: header.parent_beacon_block_root.unwrap_or_default(),
            execution_requests,
        };
        Self { schema, new_payload_request, witness, chain_id }
    }
}
