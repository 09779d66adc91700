//! The fixtures as their JSON has them.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B64, B256, Bloom, Bytes, U64, U256};
use serde::Deserialize;

/// A pair of the stateless guest: input and answer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Pair {
    pub(crate) name: Option<String>,
    pub(crate) stateless_input_bytes: Bytes,
    pub(crate) stateless_output_bytes: Bytes,
}

/// An EEST `blockchain_test`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BlockchainTest {
    pub(crate) network: String,
    #[serde(default)]
    pub(crate) config: Config,
    pub(crate) genesis_block_header: GenesisHeader,
    #[serde(rename = "genesisRLP")]
    pub(crate) genesis_rlp: Option<Bytes>,
    pub(crate) pre: Alloc,
    pub(crate) blocks: Vec<TestBlock>,
    #[serde(rename = "lastblockhash")]
    pub(crate) last_block_hash: B256,
    pub(crate) post_state: Option<Alloc>,
    pub(crate) post_state_hash: Option<B256>,
}

/// What a chain's rules depend on besides the network.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Config {
    pub(crate) chainid: Option<U64>,
    #[serde(default)]
    pub(crate) blob_schedule: BTreeMap<String, BlobSchedule>,
}

/// EIP-7840 parameters of one fork.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BlobSchedule {
    pub(crate) target: U64,
    pub(crate) max: U64,
    pub(crate) base_fee_update_fraction: U64,
}

/// Accounts by address.
pub(crate) type Alloc = BTreeMap<Address, Account>;

/// An account of a state.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Account {
    pub(crate) nonce: U64,
    pub(crate) balance: U256,
    pub(crate) code: Bytes,
    pub(crate) storage: BTreeMap<U256, U256>,
}

/// A block to import, or to refuse.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TestBlock {
    pub(crate) rlp: Bytes,
    pub(crate) expect_exception: Option<String>,
    pub(crate) stateless_input_bytes: Option<Bytes>,
    pub(crate) stateless_output_bytes: Option<Bytes>,
}

/// The genesis header, field by field.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GenesisHeader {
    pub(crate) hash: B256,
    pub(crate) parent_hash: B256,
    pub(crate) uncle_hash: B256,
    pub(crate) coinbase: Address,
    pub(crate) state_root: B256,
    pub(crate) transactions_trie: B256,
    pub(crate) receipt_trie: B256,
    pub(crate) bloom: Bloom,
    pub(crate) difficulty: U256,
    pub(crate) number: U64,
    pub(crate) gas_limit: U64,
    pub(crate) gas_used: U64,
    pub(crate) timestamp: U64,
    pub(crate) extra_data: Bytes,
    pub(crate) mix_hash: B256,
    pub(crate) nonce: B64,
    pub(crate) base_fee_per_gas: Option<U64>,
    pub(crate) withdrawals_root: Option<B256>,
    pub(crate) blob_gas_used: Option<U64>,
    pub(crate) excess_blob_gas: Option<U64>,
    pub(crate) parent_beacon_block_root: Option<B256>,
    pub(crate) requests_hash: Option<B256>,
    #[serde(alias = "balHash")]
    pub(crate) block_access_list_hash: Option<B256>,
    pub(crate) slot_number: Option<U64>,
}

impl From<&GenesisHeader> for alloy_consensus::Header {
    fn from(header: &GenesisHeader) -> Self {
        let number = |value: U64| value.to::<u64>();
        Self {
            parent_hash: header.parent_hash,
            ommers_hash: header.uncle_hash,
            beneficiary: header.coinbase,
            state_root: header.state_root,
            transactions_root: header.transactions_trie,
            receipts_root: header.receipt_trie,
            logs_bloom: header.bloom,
            difficulty: header.difficulty,
            number: number(header.number),
            gas_limit: number(header.gas_limit),
            gas_used: number(header.gas_used),
            timestamp: number(header.timestamp),
            extra_data: header.extra_data.clone(),
            mix_hash: header.mix_hash,
            nonce: header.nonce,
            base_fee_per_gas: header.base_fee_per_gas.map(number),
            withdrawals_root: header.withdrawals_root,
            blob_gas_used: header.blob_gas_used.map(number),
            excess_blob_gas: header.excess_blob_gas.map(number),
            parent_beacon_block_root: header.parent_beacon_block_root,
            requests_hash: header.requests_hash,
            block_access_list_hash: header.block_access_list_hash,
            slot_number: header.slot_number.map(number),
        }
    }
}
