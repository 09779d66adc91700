//! What execution changed, as a value.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, U256};
use alloy_trie::TrieAccount;
use revm::{
    bytecode::Bytecode,
    state::{Account, AccountInfo, EvmState},
};

/// What was changed above a state: accounts, slots and codes. What has its old value again may be
/// among it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    accounts: BTreeMap<Address, AccountChange>,
    codes: BTreeMap<B256, Bytecode>,
}

/// An account after its changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct AccountChange {
    /// The account now, without its code; `None` when there is none.
    pub(crate) info: Option<AccountInfo>,
    /// Whether the storage it had is gone.
    pub(crate) wiped: bool,
    /// Slots that were written since.
    pub(crate) slots: BTreeMap<U256, U256>,
}

impl Changes {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.accounts.is_empty()
    }

    pub(crate) const fn accounts(&self) -> &BTreeMap<Address, AccountChange> {
        &self.accounts
    }

    /// Codes that accounts were given: keccak256 and code.
    pub(crate) const fn codes(&self) -> &BTreeMap<B256, Bytecode> {
        &self.codes
    }

    /// The value of a slot, where it is not that of the state beneath.
    pub(crate) fn slot(&self, address: Address, slot: U256) -> Option<U256> {
        let account = self.accounts.get(&address)?;
        let gone = account.wiped.then_some(U256::ZERO);
        account.slots.get(&slot).copied().or(gone)
    }

    /// Replaces an account and some of its slots; other slots stay.
    pub(crate) fn set(
        &mut self,
        address: Address,
        info: Option<AccountInfo>,
        slots: impl IntoIterator<Item = (U256, U256)>,
    ) {
        if let Some(AccountInfo { code_hash, code: Some(code), .. }) = &info {
            self.codes.insert(*code_hash, code.clone());
        }
        let account = self.accounts.entry(address).or_default();
        account.slots.extend(slots);
        account.leave(info);
    }

    /// Takes over what one transaction or system call left behind. Touched accounts that are empty
    /// stay, or not (EIP-161).
    pub(crate) fn apply(&mut self, state: EvmState, clear: bool) {
        for (address, account) in state {
            if account.is_touched() {
                self.apply_account(address, account, clear);
            }
        }
    }

    fn apply_account(&mut self, address: Address, account: Account, clear: bool) {
        if let Some(code) = &account.info.code
            && !account.info.is_empty_code_hash()
            && account.is_changed_code()
        {
            self.codes.insert(account.info.code_hash, code.clone());
        }
        let change = self.accounts.entry(address).or_default();
        if account.is_selfdestructed() {
            return change.leave(None);
        }
        if account.is_created() {
            change.wipe();
        }
        let written = account.storage.iter().filter(|(_, slot)| slot.is_changed());
        change.slots.extend(written.map(|(key, slot)| (*key, slot.present_value)));
        let stays = !clear || !account.is_empty();
        change.leave(stays.then_some(account.info));
    }
}

impl AccountChange {
    /// The account as its leaf has it, above a storage with this root.
    pub(crate) fn leaf(&self, storage_root: B256) -> Option<TrieAccount> {
        self.info.as_ref().map(|info| TrieAccount {
            nonce: info.nonce,
            balance: info.balance,
            storage_root,
            code_hash: info.code_hash,
        })
    }

    /// The account is this now. One that is no more has no storage either.
    fn leave(&mut self, info: Option<AccountInfo>) {
        self.info = info.map(|info| AccountInfo { code: None, ..info });
        if self.info.is_none() {
            self.wipe();
        }
    }

    fn wipe(&mut self) {
        self.wiped = true;
        self.slots.clear();
    }
}

/// Whether a transaction gave an account code.
trait ChangedCode {
    fn is_changed_code(&self) -> bool;
}

impl ChangedCode for Account {
    fn is_changed_code(&self) -> bool {
        self.is_created() || self.original_info().code_hash != self.info.code_hash
    }
}
