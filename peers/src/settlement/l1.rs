//! An L1 that ethrex executes, at the fork that has its EXECUTE.

use std::{collections::BTreeMap, sync::Arc};

use alloy_consensus::TxEip1559;
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256};
use bough_rollup::L1BlockId;
use bough_stf::{Fork, ForkSchedule, system_contracts};
use ethrex_common::{
    Address as TheirAddress, H256, U256 as TheirU256,
    constants::EMPTY_TRIE_HASH,
    types::{
        AccountState, Block, BlockBody, BlockHeader, ChainConfig, Code, CodeMetadata, Receipt,
        Transaction, block_execution_witness::amsterdam_chain_config,
    },
};
use ethrex_crypto::NativeCrypto;
use ethrex_levm::{
    db::Database,
    errors::{DatabaseError, ExecutionReport},
};
use ethrex_vm::Evm;

use crate::{theirs, transaction, world::Signer};

/// Seconds between blocks.
const BLOCK_TIME: u64 = 12;
const GAS_LIMIT: u64 = 200_000_000;
const BASE_FEE: u64 = 1_000_000_000;

/// State and hashes.
#[derive(Debug, Clone)]
struct Store {
    config: ChainConfig,
    accounts: BTreeMap<TheirAddress, AccountState>,
    codes: BTreeMap<H256, Code>,
    slots: BTreeMap<(TheirAddress, H256), TheirU256>,
    /// By block number.
    hashes: Vec<H256>,
}

/// The chain.
pub(super) struct L1 {
    store: Store,
    time: u64,
}

impl L1 {
    /// Genesis with Amsterdam's system contracts and an account with ether.
    pub(super) fn new(chain_id: u64, time: u64, rich: Address) -> Self {
        let config = ChainConfig {
            hegota_time: Some(0),
            lstar_time: Some(0),
            ..amsterdam_chain_config(chain_id)
        };
        let mut store = Store {
            config,
            accounts: BTreeMap::new(),
            codes: BTreeMap::new(),
            slots: BTreeMap::new(),
            hashes: vec![H256::repeat_byte(0x11)],
        };
        for (address, code) in system_contracts(&ForkSchedule::always(Fork::Amsterdam)) {
            let code = Code::from_bytecode(code.0, &NativeCrypto);
            let account =
                AccountState { nonce: 1, code_hash: code.hash, ..AccountState::default() };
            store.codes.insert(code.hash, code);
            store.accounts.insert(their_address(address), account);
        }
        let balance = TheirU256::MAX / 4;
        let account = AccountState { balance, ..AccountState::default() };
        store.accounts.insert(their_address(rich), account);
        Self { store, time }
    }

    /// The last block.
    pub(super) fn tip(&self) -> L1BlockId {
        let hash = self.store.hashes.last().expect("there is a block");
        L1BlockId { number: self.store.hashes.len() as u64 - 1, hash: B256::from(hash.0) }
    }

    /// Its timestamp.
    pub(super) const fn time(&self) -> u64 {
        self.time
    }

    /// The timestamp of the block to come.
    pub(super) const fn next_time(&self) -> u64 {
        self.time + BLOCK_TIME
    }

    /// Executes the next block and keeps what it did.
    pub(super) fn block(&mut self, calls: &[Call<'_>]) -> Vec<Receipt> {
        let mut header = self.header();
        let body = BlockBody {
            transactions: self.sign(calls),
            ommers: Vec::new(),
            withdrawals: Some(Vec::new()),
        };
        let mut evm = self.evm();
        let block = Block::new(header.clone(), body);
        let (result, access_list) = evm.execute_block(&block).expect("the block is executed");
        assert!(access_list.is_some() && result.burned_fees.is_some(), "the fork is LStar");
        header.gas_used = result.block_gas_used;
        header.burned_fees = result.burned_fees;
        for update in evm.get_state_transitions().expect("the block has an outcome") {
            self.store.take(update);
        }
        self.store.hashes.push(header.compute_block_hash(&NativeCrypto));
        self.time = header.timestamp;
        result.receipts
    }

    /// Executes a transaction as the first of the next block, and keeps nothing.
    pub(super) fn try_one(&self, call: Call<'_>) -> ExecutionReport {
        let from = their_address(call.from.address);
        let transactions = self.sign(&[call]);
        let transaction = transactions.first().expect("one was signed");
        let (_, report) = self
            .evm()
            .execute_tx(transaction, &self.header(), &mut 0, from)
            .expect("the transaction is includable");
        report
    }

    /// Wei of an account.
    pub(super) fn balance(&self, address: Address) -> U256 {
        let account = self.store.accounts.get(&their_address(address)).copied();
        U256::from_limbs(account.unwrap_or_default().balance.0)
    }

    fn header(&self) -> BlockHeader {
        BlockHeader {
            parent_hash: *self.store.hashes.last().expect("there is a block"),
            number: self.store.hashes.len() as u64,
            gas_limit: GAS_LIMIT,
            timestamp: self.next_time(),
            base_fee_per_gas: Some(BASE_FEE),
            withdrawals_root: Some(*EMPTY_TRIE_HASH),
            blob_gas_used: Some(0),
            excess_blob_gas: Some(0),
            parent_beacon_block_root: Some(H256::zero()),
            requests_hash: Some(H256::zero()),
            block_access_list_hash: Some(H256::zero()),
            slot_number: Some(self.store.hashes.len() as u64),
            burned_fees: Some(0),
            ..BlockHeader::default()
        }
    }

    fn evm(&self) -> Evm {
        let crypto = Arc::new(NativeCrypto);
        let mut evm = Evm::new_from_db_for_l1(Arc::new(self.store.clone()), crypto);
        evm.stateless_validator = Some(Arc::new(theirs::Validator));
        evm
    }

    fn sign(&self, calls: &[Call<'_>]) -> Vec<Transaction> {
        let mut nonces: BTreeMap<TheirAddress, u64> = BTreeMap::new();
        let sign = |call: &Call<'_>| {
            let from = their_address(call.from.address);
            let first = || self.store.accounts.get(&from).copied().unwrap_or_default().nonce;
            let nonce = nonces.entry(from).or_insert_with(first);
            let transaction = TxEip1559 {
                chain_id: self.store.config.chain_id,
                nonce: *nonce,
                gas_limit: call.gas,
                max_fee_per_gas: u128::from(BASE_FEE),
                max_priority_fee_per_gas: 0,
                to: call.to,
                value: call.value,
                input: call.data.clone(),
                ..TxEip1559::default()
            };
            *nonce += 1;
            let raw = transaction::sign(&call.from.key, transaction).encoded_2718();
            Transaction::decode_canonical(&raw).expect("ethrex decodes it")
        };
        calls.iter().map(sign).collect()
    }
}

/// An L1 transaction.
pub(super) struct Call<'a> {
    pub(super) from: &'a Signer,
    pub(super) to: TxKind,
    pub(super) value: U256,
    pub(super) gas: u64,
    pub(super) data: Bytes,
}

impl Store {
    fn take(&mut self, update: ethrex_common::types::AccountUpdate) {
        if update.removed || update.removed_storage {
            self.slots.retain(|(address, _), _| *address != update.address);
        }
        if update.removed {
            self.accounts.remove(&update.address);
            return;
        }
        let account = self.accounts.entry(update.address).or_default();
        if let Some(info) = update.info {
            account.nonce = info.nonce;
            account.balance = info.balance;
            account.code_hash = info.code_hash;
        }
        if let Some(code) = update.code {
            self.codes.insert(code.hash, code);
        }
        for (slot, value) in update.added_storage {
            self.slots.insert((update.address, slot), value);
            // Any root but the empty one: there is storage.
            account.storage_root = H256::repeat_byte(0x22);
        }
    }
}

impl Database for Store {
    fn get_account_state(&self, address: TheirAddress) -> Result<AccountState, DatabaseError> {
        Ok(self.accounts.get(&address).copied().unwrap_or_default())
    }

    fn get_storage_value(
        &self,
        address: TheirAddress,
        slot: H256,
    ) -> Result<TheirU256, DatabaseError> {
        Ok(self.slots.get(&(address, slot)).copied().unwrap_or_default())
    }

    fn get_block_hash(&self, number: u64) -> Result<H256, DatabaseError> {
        let hash = usize::try_from(number).ok().and_then(|at| self.hashes.get(at));
        hash.copied().ok_or_else(|| DatabaseError::Custom(format!("no block {number}")))
    }

    fn get_chain_config(&self) -> Result<ChainConfig, DatabaseError> {
        Ok(self.config)
    }

    fn get_account_code(&self, hash: H256) -> Result<Code, DatabaseError> {
        if hash == AccountState::default().code_hash {
            return Ok(Code::default());
        }
        let code = self.codes.get(&hash).cloned();
        code.ok_or_else(|| DatabaseError::Custom(format!("no code {hash}")))
    }

    fn get_code_metadata(&self, hash: H256) -> Result<CodeMetadata, DatabaseError> {
        Ok(CodeMetadata { length: self.get_account_code(hash)?.len() as u64 })
    }
}

pub(super) fn their_address(address: Address) -> TheirAddress {
    TheirAddress::from(address.into_array())
}
