//! The input, whatever the fork's wire form.

use alloy_eips::eip4895::Withdrawal;
use alloy_primitives::{Address, B256, Bloom, Bytes, U256};
use bough_stf::Fork;

use crate::DecodeError;

/// A schema id this crate knows: the fork's number and revision 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schema(Fork);

impl Schema {
    const REVISION: u16 = 0x01;

    /// The schema of a fork, for forks that have one.
    pub fn of(fork: Fork) -> Option<Self> {
        (fork >= Fork::Osaka).then_some(Self(fork))
    }

    /// The schema with an id.
    ///
    /// # Errors
    /// [`DecodeError::UnknownSchema`].
    pub fn from_id(id: u16) -> Result<Self, DecodeError> {
        let [fork, _] = id.to_be_bytes();
        Fork::from_protocol_number(fork)
            .and_then(Self::of)
            .filter(|schema| schema.id() == id)
            .ok_or(DecodeError::UnknownSchema(id))
    }

    /// `fork << 8 | revision`.
    pub fn id(self) -> u16 {
        u16::from(self.0.protocol_number()) << 8 | Self::REVISION
    }

    /// The fork whose rules and containers it names.
    pub const fn fork(self) -> Fork {
        self.0
    }
}

/// A block to check, and what to check it from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatelessInput {
    /// The fork's schema.
    pub schema: Schema,
    /// The block, as the engine API gives it.
    pub new_payload_request: NewPayloadRequest,
    /// What to execute it from.
    pub witness: ExecutionWitness,
    /// EIP-155 chain id.
    pub chain_id: u64,
}

/// The engine API's `NewPayloadRequest`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPayloadRequest {
    /// The block's fields and lists.
    pub execution_payload: ExecutionPayload,
    /// Those of all blob transactions, in order.
    pub versioned_hashes: Vec<B256>,
    /// EIP-4788 root.
    pub parent_beacon_block_root: B256,
    /// EIP-7685 requests, each its type byte and then its data, ascending, none without data.
    pub execution_requests: Vec<Bytes>,
}

/// The engine API's `ExecutionPayload`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct ExecutionPayload {
    pub parent_hash: B256,
    pub fee_recipient: Address,
    pub state_root: B256,
    pub receipts_root: B256,
    pub logs_bloom: Bloom,
    pub prev_randao: B256,
    pub block_number: u64,
    pub gas_limit: u64,
    pub gas_used: u64,
    /// Seconds.
    pub timestamp: u64,
    pub extra_data: Bytes,
    /// Wei per gas.
    pub base_fee_per_gas: U256,
    pub block_hash: B256,
    /// EIP-2718 bytes of each.
    pub transactions: Vec<Bytes>,
    pub withdrawals: Vec<Withdrawal>,
    pub blob_gas_used: u64,
    pub excess_blob_gas: u64,
    /// RLP of the EIP-7928 list; `None` before Amsterdam.
    pub block_access_list: Option<Bytes>,
    /// EIP-7843 slot; `None` before Amsterdam.
    pub slot_number: Option<u64>,
}

/// What execution reads of the state before the block.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExecutionWitness {
    /// RLP of trie nodes, in any order.
    pub state: Vec<Bytes>,
    /// Codes, in any order.
    pub codes: Vec<Bytes>,
    /// RLP of headers, oldest first; the last is the parent.
    pub headers: Vec<Bytes>,
}
