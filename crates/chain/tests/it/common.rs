//! Chains, accounts and transactions for tests.

#![allow(dead_code, missing_docs, clippy::unwrap_used)]

use std::{path::Path, sync::Arc};

use alloy_consensus::{SignableTransaction, TxEip1559, TxEip4844, TxLegacy};
use alloy_eips::{
    eip2935::{HISTORY_STORAGE_ADDRESS, HISTORY_STORAGE_CODE},
    eip4788::{BEACON_ROOTS_ADDRESS, BEACON_ROOTS_CODE},
    eip7002::{WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS, WITHDRAWAL_REQUEST_PREDEPLOY_CODE},
    eip7251::{CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS, CONSOLIDATION_REQUEST_PREDEPLOY_CODE},
    eip8282::{
        BUILDER_DEPOSIT_CONTRACT_ADDRESS, BUILDER_DEPOSIT_CONTRACT_CODE,
        BUILDER_EXIT_CONTRACT_ADDRESS, BUILDER_EXIT_CONTRACT_CODE,
    },
};
use alloy_genesis::{Genesis, GenesisAccount};
use alloy_network::TxSignerSync;
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256, bytes};
use alloy_signer_local::PrivateKeySigner;
use bough_chain::{BlockAttributes, Chain, ChainConfig, PoolConfig, StoredBlock};
use bough_stf::{ChainSpec, Fork, ForkSchedule, Transaction};

pub const CHAIN_ID: u64 = 8079;
pub const GAS_LIMIT: u64 = 30_000_000;
pub const ETHER: u128 = 1_000_000_000_000_000_000;
pub const GWEI: u128 = 1_000_000_000;
/// Accounts with 1000 ether each at genesis.
pub const ACCOUNTS: u8 = 10;

/// Without call data returns slot 0; with it, sets the slot of its first word to its second.
pub const STORAGE: Bytes = bytes!("36600f5760005460005260206000f35b6020356000355500");
/// Emits a log without data whose topic is the first word of the call data.
pub const LOGGER: Bytes = bytes!("60003560006000a100");
/// Stores the hash of the block whose number is the first word of the call data in slot 0.
pub const BLOCK_HASHER: Bytes = bytes!("6000354060005500");
/// Reverts with the call data.
pub const REVERTER: Bytes = bytes!("366000600037366000fd");

pub fn key(index: u8) -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::with_last_byte(index + 1)).unwrap()
}

pub fn address(index: u8) -> Address {
    key(index).address()
}

/// Forks that have a schema to be settled under.
pub fn forks() -> [Fork; 2] {
    [Fork::Osaka, Fork::Amsterdam]
}

pub fn newest() -> Fork {
    Fork::Amsterdam
}

pub fn genesis() -> Genesis {
    let contracts = [
        (BEACON_ROOTS_ADDRESS, &BEACON_ROOTS_CODE),
        (HISTORY_STORAGE_ADDRESS, &HISTORY_STORAGE_CODE),
        (WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS, &WITHDRAWAL_REQUEST_PREDEPLOY_CODE),
        (CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS, &CONSOLIDATION_REQUEST_PREDEPLOY_CODE),
        (BUILDER_DEPOSIT_CONTRACT_ADDRESS, &BUILDER_DEPOSIT_CONTRACT_CODE),
        (BUILDER_EXIT_CONTRACT_ADDRESS, &BUILDER_EXIT_CONTRACT_CODE),
    ];
    let contracts = contracts.map(|(address, code)| {
        (address, GenesisAccount { code: Some(code.clone()), ..Default::default() })
    });
    let accounts = (0..ACCOUNTS).map(|index| {
        let account = GenesisAccount::default().with_balance(U256::from(1_000 * ETHER));
        (address(index), account)
    });
    Genesis { gas_limit: GAS_LIMIT, ..Genesis::default() }
        .extend_accounts(contracts.into_iter().chain(accounts))
}

/// Genesis with contracts besides.
pub fn genesis_with(contracts: &[(Address, Bytes)]) -> Genesis {
    genesis().extend_accounts(contracts.iter().map(|(address, code)| {
        (*address, GenesisAccount { code: Some(code.clone()), ..Default::default() })
    }))
}

pub fn spec(fork: Fork) -> ChainSpec {
    ChainSpec::new(CHAIN_ID, ForkSchedule::always(fork))
}

pub fn config() -> ChainConfig {
    ChainConfig::new(spec(newest()), genesis())
}

pub fn chain() -> Chain {
    Chain::open(config()).unwrap()
}

pub fn chain_with(contracts: &[(Address, Bytes)]) -> Chain {
    Chain::open(ChainConfig::new(spec(newest()), genesis_with(contracts))).unwrap()
}

pub fn chain_with_pool(pool: PoolConfig) -> Chain {
    Chain::open(ChainConfig { pool, ..config() }).unwrap()
}

pub fn chain_in(datadir: &Path) -> Chain {
    Chain::open(ChainConfig { datadir: Some(datadir.into()), ..config() }).unwrap()
}

/// Attributes of a block one second after the head.
pub fn attributes(chain: &Chain) -> BlockAttributes {
    let head = chain.head();
    BlockAttributes {
        timestamp: head.header.timestamp + 1,
        gas_limit: GAS_LIMIT,
        slot_number: head.header.number + 1,
        fee_recipient: Address::with_last_byte(0xfe),
        ..Default::default()
    }
}

/// Builds a block from the pool and makes it the head.
pub fn mine(chain: &Chain) -> Arc<StoredBlock> {
    mine_with(chain, attributes(chain))
}

pub fn mine_with(chain: &Chain, attributes: BlockAttributes) -> Arc<StoredBlock> {
    chain.commit(chain.prepare(attributes).unwrap()).unwrap()
}

/// A transaction that costs what tests do not care about.
pub fn call(nonce: u64, to: Address, input: impl Into<Bytes>) -> TxEip1559 {
    TxEip1559 {
        chain_id: CHAIN_ID,
        nonce,
        gas_limit: 1_000_000,
        max_fee_per_gas: 10 * GWEI,
        max_priority_fee_per_gas: GWEI,
        to: TxKind::Call(to),
        input: input.into(),
        ..Default::default()
    }
}

pub fn transfer(nonce: u64, to: Address, wei: u128) -> TxEip1559 {
    TxEip1559 { value: U256::from(wei), gas_limit: 300_000, ..call(nonce, to, Bytes::new()) }
}

pub fn deploy(nonce: u64, runtime: &Bytes) -> TxEip1559 {
    let length = u8::try_from(runtime.len()).unwrap();
    let prefix = [0x60, length, 0x80, 0x60, 0x09, 0x3d, 0x39, 0x3d, 0xf3];
    let initcode = [prefix.as_slice(), runtime].concat();
    let create = TxEip1559 { gas_limit: 3_000_000, ..call(nonce, Address::ZERO, initcode) };
    TxEip1559 { to: TxKind::Create, ..create }
}

/// Call data that sets a slot of [`STORAGE`].
pub fn set_slot(slot: u64, value: u64) -> Vec<u8> {
    [U256::from(slot).to_be_bytes::<32>(), U256::from(value).to_be_bytes::<32>()].concat()
}

/// Signs with the key of an account.
pub fn sign<T>(account: u8, mut transaction: T) -> Transaction
where
    T: SignableTransaction<Signature>,
    Transaction: From<alloy_consensus::Signed<T>>,
{
    let signature = key(account).sign_transaction_sync(&mut transaction).unwrap();
    transaction.into_signed(signature).into()
}

/// Signs and submits; gives the hash.
pub fn send<T>(chain: &Chain, account: u8, transaction: T) -> B256
where
    T: SignableTransaction<Signature>,
    Transaction: From<alloy_consensus::Signed<T>>,
{
    chain.submit(sign(account, transaction)).unwrap()
}

pub fn legacy(nonce: u64) -> TxLegacy {
    TxLegacy {
        chain_id: Some(CHAIN_ID),
        nonce,
        gas_price: 10 * GWEI,
        gas_limit: 300_000,
        to: TxKind::Call(address(1)),
        ..Default::default()
    }
}

pub fn blob(nonce: u64) -> TxEip4844 {
    TxEip4844 {
        chain_id: CHAIN_ID,
        nonce,
        gas_limit: 300_000,
        max_fee_per_gas: 10 * GWEI,
        max_priority_fee_per_gas: GWEI,
        to: address(1),
        max_fee_per_blob_gas: GWEI,
        blob_versioned_hashes: vec![B256::with_last_byte(1).map_version()],
        ..Default::default()
    }
}

trait Versioned {
    fn map_version(self) -> Self;
}

impl Versioned for B256 {
    /// The version byte of a KZG commitment's hash (EIP-4844).
    fn map_version(mut self) -> Self {
        self.0[0] = 1;
        self
    }
}

/// Balance (wei) of an address at the head.
pub fn balance(chain: &Chain, address: Address) -> U256 {
    let account = chain.account(chain.head().hash, address).unwrap();
    account.map_or(U256::ZERO, |account| account.balance)
}
