//! The example chain: a genesis with contracts, one block with a transaction of every type, one
//! with a plain transfer, and two transactions that wait.

use std::{collections::BTreeMap, sync::Arc};

use alloy_consensus::{
    SignableTransaction, TxEip1559, TxEip2930, TxEip4844, TxEip7702, TxLegacy,
    transaction::RlpEcdsaEncodableTx,
};
use alloy_eips::{
    eip2930::{AccessList, AccessListItem},
    eip7702::Authorization,
};
use alloy_genesis::{Genesis, GenesisAccount};
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256, address, b256, bytes};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use alloy_sol_types::{Revert, SolError};
use bough_chain::{BlockAttributes, Chain, ChainConfig, StoredBlock};
use bough_stf::{ChainSpec, Fork, ForkSchedule, Transaction};

pub const CHAIN_ID: u64 = 31337;
pub const GENESIS_TIME: u64 = 1_700_000_000;
pub const GAS_LIMIT: u64 = 30_000_000;
pub const GWEI: u128 = 1_000_000_000;
pub const FEE_RECIPIENT: Address = address!("00000000000000000000000000000000000000fe");
/// Stores the first word of its call data in slot 0, logs it as a topic with the caller as data,
/// and returns it.
pub const LOGGER: Address = address!("000000000000000000000000000000000000aa01");
const LOGGER_CODE: Bytes = bytes!("5f35805f55335f5260205fa15f545f5260205ff3");
/// Reverts with `Error("nope")`.
pub const REVERTER: Address = address!("000000000000000000000000000000000000aa02");
/// Runs into an invalid instruction.
pub const INVALID: Address = address!("000000000000000000000000000000000000aa03");
/// Deploys the code `00`.
pub const INIT_CODE: Bytes = bytes!("5f5f5360015ff3");
pub const TOPIC: B256 = b256!("00000000000000000000000000000000000000000000000000000000cafe0001");
pub const OTHER_TOPIC: B256 =
    b256!("00000000000000000000000000000000000000000000000000000000cafe0002");
const BLOB_HASH: B256 = b256!("0100000000000000000000000000000000000000000000000000000000000b10");
/// Code that stops: enough for the system contracts, which blocks of late forks must find.
const STOP: Bytes = bytes!("00");
const SYSTEM_CONTRACTS: [Address; 6] = [
    address!("000F3df6D732807Ef1319fB7B8bB8522d0Beac02"),
    address!("0000F90827F1C53a10cb7A02335B175320002935"),
    address!("00000961Ef480Eb55e80D19ad83579A64c007002"),
    address!("0000BBdDc7CE488642fb579F8B00f3a590007251"),
    address!("0000BFF46984E3725691FA540A8C7589300D8282"),
    address!("000064D678505AD48F8CCB093BC65613800E8282"),
];

/// The key with this number.
pub fn key(number: u8) -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::with_last_byte(number)).unwrap()
}

pub fn sign<T>(key: &PrivateKeySigner, transaction: T) -> Transaction
where
    T: SignableTransaction<Signature> + RlpEcdsaEncodableTx,
    Transaction: From<alloy_consensus::Signed<T>>,
{
    let signature = key.sign_hash_sync(&transaction.signature_hash()).unwrap();
    transaction.into_signed(signature).into()
}

/// The next nonce of a key that has nothing in the pool.
pub fn next_nonce(chain: &Chain, key: &PrivateKeySigner) -> u64 {
    let account = chain.account(chain.head().hash, key.address()).unwrap();
    account.unwrap_or_default().nonce
}

/// A transfer of 1 wei to the fee recipient.
pub fn transfer(key: &PrivateKeySigner, nonce: u64) -> Transaction {
    sign(key, eip1559(nonce, FEE_RECIPIENT, Bytes::new()))
}

/// A call of the logger.
pub fn log(key: &PrivateKeySigner, nonce: u64, topic: B256) -> Transaction {
    sign(key, eip1559(nonce, LOGGER, topic.into()))
}

pub fn eip1559(nonce: u64, to: Address, input: Bytes) -> TxEip1559 {
    TxEip1559 {
        chain_id: CHAIN_ID,
        nonce,
        gas_limit: 500_000,
        max_fee_per_gas: 10 * GWEI,
        max_priority_fee_per_gas: GWEI,
        to: TxKind::Call(to),
        value: U256::from(u64::from(input.is_empty())),
        access_list: AccessList::default(),
        input,
    }
}

pub fn config(fork: Fork) -> ChainConfig {
    let rich = GenesisAccount::default().with_balance(U256::from(10).pow(U256::from(21)));
    let mut alloc: BTreeMap<Address, GenesisAccount> =
        (1..=9).map(|number| (key(number).address(), rich.clone())).collect();
    let codes = [(LOGGER, LOGGER_CODE), (REVERTER, reverter_code()), (INVALID, bytes!("fe"))];
    for (address, code) in codes.into_iter().chain(SYSTEM_CONTRACTS.map(|at| (at, STOP))) {
        alloc.insert(address, GenesisAccount::default().with_code(Some(code)));
    }
    let genesis = Genesis {
        timestamp: GENESIS_TIME,
        gas_limit: GAS_LIMIT,
        base_fee_per_gas: Some(GWEI),
        alloc,
        ..Genesis::default()
    };
    let spec = ChainSpec::new(CHAIN_ID, ForkSchedule::always(fork));
    let mut config = ChainConfig::new(spec, genesis);
    config.pool.blob_transactions = true;
    config
}

/// Copies its own tail, `Error("nope")`, into memory and reverts with it.
fn reverter_code() -> Bytes {
    let data = Revert { reason: "nope".to_owned() }.abi_encode();
    assert_eq!(data.len(), 0x64);
    [&[0x60, 0x64, 0x60, 0x0a, 0x5f, 0x39, 0x60, 0x64, 0x5f, 0xfd], data.as_slice()].concat().into()
}

/// Builds a block of what the pool holds and makes it the head.
pub fn mine(chain: &Chain) -> Arc<StoredBlock> {
    chain.commit(chain.prepare(attributes(&chain.head())).unwrap()).unwrap()
}

/// Builds a block without transactions and makes it the head.
pub fn mine_empty(chain: &Chain) -> Arc<StoredBlock> {
    let attributes = BlockAttributes { without_pool: true, ..attributes(&chain.head()) };
    chain.commit(chain.prepare(attributes).unwrap()).unwrap()
}

fn attributes(on: &StoredBlock) -> BlockAttributes {
    BlockAttributes {
        timestamp: on.header.timestamp + 12,
        fee_recipient: FEE_RECIPIENT,
        prev_randao: B256::with_last_byte(7),
        parent_beacon_block_root: B256::with_last_byte(8),
        gas_limit: GAS_LIMIT,
        slot_number: on.header.number + 1,
        ..BlockAttributes::default()
    }
}

/// The example chain.
pub fn example(fork: Fork) -> Arc<Chain> {
    let chain = Arc::new(Chain::open(config(fork)).unwrap());
    for transaction in every_type() {
        chain.submit(transaction).unwrap();
    }
    let block = mine(&chain);
    assert_eq!(block.transactions.len(), 7, "{block:?}");
    chain.submit(transfer(&key(8), 0)).unwrap();
    let second = mine(&chain);
    chain.set_tags(second.hash, block.hash).unwrap();
    chain.submit(log(&key(8), 1, TOPIC)).unwrap();
    chain.submit(transfer(&key(9), 3)).unwrap();
    chain
}

/// One of every type, a deployment and a revert; each of another sender, ever cheaper, so that
/// the block has them in this order.
fn every_type() -> Vec<Transaction> {
    let access_list =
        AccessList(vec![AccessListItem { address: LOGGER, storage_keys: vec![B256::ZERO] }]);
    let authorization = Authorization { chain_id: U256::from(CHAIN_ID), address: LOGGER, nonce: 0 };
    let authorization = {
        let signature = key(7).sign_hash_sync(&authorization.signature_hash()).unwrap();
        authorization.into_signed(signature)
    };
    let legacy = TxLegacy {
        chain_id: Some(CHAIN_ID),
        nonce: 0,
        gas_price: 9 * GWEI,
        gas_limit: 500_000,
        to: TxKind::Call(FEE_RECIPIENT),
        value: U256::from(1000),
        input: Bytes::new(),
    };
    let eip2930 = TxEip2930 {
        chain_id: CHAIN_ID,
        nonce: 0,
        gas_price: 8 * GWEI,
        gas_limit: 500_000,
        to: TxKind::Call(LOGGER),
        value: U256::ZERO,
        access_list: access_list.clone(),
        input: TOPIC.into(),
    };
    let eip1559 = TxEip1559 {
        access_list: access_list.clone(),
        max_priority_fee_per_gas: 6 * GWEI,
        ..eip1559(0, LOGGER, OTHER_TOPIC.into())
    };
    let eip4844 = TxEip4844 {
        chain_id: CHAIN_ID,
        nonce: 0,
        gas_limit: 500_000,
        max_fee_per_gas: 10 * GWEI,
        max_priority_fee_per_gas: 5 * GWEI,
        to: LOGGER,
        value: U256::ZERO,
        access_list: AccessList::default(),
        blob_versioned_hashes: vec![BLOB_HASH],
        max_fee_per_blob_gas: GWEI,
        input: TOPIC.into(),
    };
    let eip7702 = TxEip7702 {
        chain_id: CHAIN_ID,
        nonce: 0,
        gas_limit: 500_000,
        max_fee_per_gas: 10 * GWEI,
        max_priority_fee_per_gas: 4 * GWEI,
        to: key(7).address(),
        value: U256::ZERO,
        access_list,
        authorization_list: vec![authorization],
        input: OTHER_TOPIC.into(),
    };
    let create = TxEip1559 {
        to: TxKind::Create,
        value: U256::ZERO,
        max_priority_fee_per_gas: 3 * GWEI,
        ..self::eip1559(0, FEE_RECIPIENT, INIT_CODE)
    };
    let reverts = TxEip1559 {
        max_priority_fee_per_gas: 2 * GWEI,
        ..self::eip1559(1, REVERTER, bytes!("01"))
    };
    vec![
        sign(&key(1), legacy),
        sign(&key(2), eip2930),
        sign(&key(3), eip1559),
        sign(&key(4), eip4844),
        sign(&key(5), eip7702),
        sign(&key(6), create),
        sign(&key(1), reverts),
    ]
}
