//! The block access list (EIP-7928), built as execution-specs builds it: each transaction's
//! result is compared with the state before it, so a write that changes nothing is a read.

use std::collections::{BTreeMap, BTreeSet};

use alloy_eip7928::{
    AccountChanges, BalanceChange, BlockAccessIndex, BlockAccessList, CodeChange, NonceChange,
    SlotChanges, StorageChange,
};
use alloy_primitives::{Address, Bytes, KECCAK256_EMPTY, U256};
use revm::state::{Account, EvmState};

use crate::{State, StateError, StateSource};

/// Gas of the block's limit that one address or distinct slot of the list takes (EIP-7928).
const ITEM_COST: u64 = 2000;

/// Collects what each transaction and system call read and changed.
#[derive(Debug, Default)]
pub struct AccessListBuilder {
    index: u64,
    accounts: BTreeMap<Address, Changes>,
}

#[derive(Debug, Default)]
struct Changes {
    slots: BTreeMap<U256, BTreeMap<u64, U256>>,
    reads: BTreeSet<U256>,
    balances: BTreeMap<u64, U256>,
    nonces: BTreeMap<u64, u64>,
    codes: BTreeMap<u64, Bytes>,
}

impl AccessListBuilder {
    /// Sets the block access index: 0 before the transactions, then 1 for the first, and after
    /// the last one more.
    pub const fn set_index(&mut self, index: u64) {
        self.index = index;
    }

    /// Records what one transaction or system call did, before `state` takes it over.
    pub(crate) fn record<S: StateSource>(
        &mut self,
        state: &State<S>,
        changes: &EvmState,
    ) -> Result<(), StateError> {
        for (address, account) in changes.iter().collect::<BTreeMap<_, _>>() {
            self.record_account(state, *address, account)?;
        }
        Ok(())
    }

    /// Records an account that was only looked at.
    pub fn record_read(&mut self, address: Address) {
        self.accounts.entry(address).or_default();
    }

    /// Records a balance (wei) set outside any transaction.
    pub fn record_balance(&mut self, address: Address, before: U256, after: U256) {
        let changes = self.accounts.entry(address).or_default();
        if before != after {
            changes.balances.insert(self.index, after);
        }
    }

    fn record_account<S: StateSource>(
        &mut self,
        state: &State<S>,
        address: Address,
        account: &Account,
    ) -> Result<(), StateError> {
        let index = self.index;
        let changes = self.accounts.entry(address).or_default();
        for key in account.storage.keys().collect::<BTreeSet<_>>() {
            changes.reads.insert(*key);
        }
        if !account.is_touched() {
            return Ok(());
        }
        let before = state.account(address)?.unwrap_or_default();
        let gone = account.is_selfdestructed();
        let after = if gone { Default::default() } else { account.info.clone() };
        if before.balance != after.balance {
            changes.balances.insert(index, after.balance);
        }
        if before.nonce != after.nonce {
            let highest = changes.nonces.entry(index).or_insert(after.nonce);
            *highest = (*highest).max(after.nonce);
        }
        if before.code_hash != after.code_hash {
            let code = match &after.code {
                _ if after.code_hash == KECCAK256_EMPTY => Bytes::new(),
                Some(code) => code.original_bytes(),
                None => state.code(after.code_hash)?.original_bytes(),
            };
            changes.codes.insert(index, code);
        }
        for (key, slot) in account.storage.iter().collect::<BTreeMap<_, _>>() {
            let present = if gone { U256::ZERO } else { slot.present_value };
            if slot.original_value != present {
                changes.slots.entry(*key).or_default().insert(index, present);
            }
        }
        Ok(())
    }

    /// The number of items the list has: addresses and distinct slots.
    pub fn items(&self) -> u64 {
        self.accounts.values().fold(0u64, |items, changes| {
            let only_read =
                changes.reads.iter().filter(|slot| !changes.slots.contains_key(*slot)).count();
            let slots = u64::try_from(changes.slots.len() + only_read).unwrap_or(u64::MAX);
            items.saturating_add(1).saturating_add(slots)
        })
    }

    /// The most items a block with this gas limit may have.
    pub const fn max_items(gas_limit: u64) -> u64 {
        gas_limit / ITEM_COST
    }

    /// The list in its canonical order; its hash is that of its RLP.
    pub fn build(self) -> BlockAccessList {
        self.accounts
            .into_iter()
            .map(|(address, changes)| {
                let storage_reads = changes
                    .reads
                    .iter()
                    .filter(|slot| !changes.slots.contains_key(*slot))
                    .copied()
                    .collect();
                AccountChanges {
                    address,
                    storage_reads,
                    storage_changes: changes
                        .slots
                        .into_iter()
                        .map(|(slot, values)| SlotChanges::new(slot, storage_changes(values)))
                        .collect(),
                    balance_changes: each(changes.balances, BalanceChange::new),
                    nonce_changes: each(changes.nonces, NonceChange::new),
                    code_changes: each(changes.codes, CodeChange::new),
                }
            })
            .collect()
    }
}

fn storage_changes(values: BTreeMap<u64, U256>) -> Vec<StorageChange> {
    each(values, StorageChange::new)
}

fn each<T, C>(values: BTreeMap<u64, T>, make: impl Fn(BlockAccessIndex, T) -> C) -> Vec<C> {
    values.into_iter().map(|(index, value)| make(BlockAccessIndex::new(index), value)).collect()
}
