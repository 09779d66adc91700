//! The L2 block in an input that was posted on L1.

use alloy_consensus::{
    BlockBody, EMPTY_OMMER_ROOT_HASH, Header, proofs::calculate_withdrawals_root,
};
use alloy_eips::eip2718::Decodable2718;
use alloy_primitives::{B256, Bytes, keccak256};
use alloy_trie::root::ordered_trie_root_encoded;
use bough_stateless::{DecodeError, ExecutionWitness, NewPayloadRequest, StatelessInput};
use bough_stf::{Block, Fork, Transaction, requests_hash};
use thiserror::Error;

/// A block out of an input, and what it was posted with.
///
/// Its header hashes to what the payload says. Whether it is valid is for whoever executes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostedBlock {
    /// The block.
    pub block: Block,
    /// Its hash.
    pub hash: B256,
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// RLP of the EIP-7928 list; `None` before Amsterdam.
    pub block_access_list: Option<Bytes>,
    /// EIP-7685 requests, each its type byte and then its data.
    pub execution_requests: Vec<Bytes>,
    /// What it can be executed from.
    pub witness: ExecutionWitness,
}

/// Bytes that are no block. L1 accepts none of these.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PostedBlockError {
    /// Not an input.
    #[error("the input cannot be decoded: {0}")]
    Input(DecodeError),
    /// A transaction that cannot be decoded.
    #[error("transaction {0} of the payload is malformed")]
    Transaction(usize),
    /// A base fee that no header can carry (above 2^64 - 1 wei).
    #[error("the base fee is above 2^64 - 1")]
    BaseFee,
    /// The header made from the payload hashes to something else.
    #[error("block hash {got}, the payload hashes to {expected}")]
    BlockHash {
        /// The payload's `block_hash`.
        got: B256,
        /// The hash of the header.
        expected: B256,
    },
}

impl PostedBlock {
    /// The block in the bytes of an input.
    ///
    /// # Errors
    /// [`PostedBlockError`].
    pub fn from_input(input: &[u8]) -> Result<Self, PostedBlockError> {
        let input = StatelessInput::decode(input).map_err(PostedBlockError::Input)?;
        let header = header(input.schema.fork(), &input.new_payload_request)?;
        let payload = input.new_payload_request.execution_payload;
        let transactions = payload.transactions.iter().enumerate().map(|(at, raw)| {
            Transaction::decode_2718_exact(raw).map_err(|_| PostedBlockError::Transaction(at))
        });
        let body = BlockBody {
            transactions: transactions.collect::<Result<_, _>>()?,
            ommers: Vec::new(),
            withdrawals: Some(payload.withdrawals.into()),
        };
        Ok(Self {
            block: Block { header, body },
            hash: payload.block_hash,
            chain_id: input.chain_id,
            block_access_list: payload.block_access_list,
            execution_requests: input.new_payload_request.execution_requests,
            witness: input.witness,
        })
    }
}

fn header(fork: Fork, request: &NewPayloadRequest) -> Result<Header, PostedBlockError> {
    let payload = &request.execution_payload;
    let header = Header {
        parent_hash: payload.parent_hash,
        ommers_hash: EMPTY_OMMER_ROOT_HASH,
        beneficiary: payload.fee_recipient,
        state_root: payload.state_root,
        transactions_root: ordered_trie_root_encoded(&payload.transactions),
        receipts_root: payload.receipts_root,
        logs_bloom: payload.logs_bloom,
        number: payload.block_number,
        gas_limit: payload.gas_limit,
        gas_used: payload.gas_used,
        timestamp: payload.timestamp,
        extra_data: payload.extra_data.clone(),
        mix_hash: payload.prev_randao,
        base_fee_per_gas: Some(
            u64::try_from(payload.base_fee_per_gas).map_err(|_| PostedBlockError::BaseFee)?,
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
        ..Header::default()
    };
    let expected = header.hash_slow();
    if payload.block_hash != expected {
        return Err(PostedBlockError::BlockHash { got: payload.block_hash, expected });
    }
    Ok(header)
}
