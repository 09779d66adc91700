//! The state before a block.

use alloy_primitives::{
    Address, B256, KECCAK256_EMPTY, U256, keccak256,
    map::{AddressMap, B256Map, B256Set, HashMap},
};
use alloy_rlp::Decodable;
use alloy_trie::TrieAccount;
use bough_mpt::{EMPTY_ROOT_HASH, Trie};
use parking_lot::{Mutex, RwLock};
use revm::bytecode::Bytecode;

use super::StateSource;
use crate::{StateError, bytecode};

/// The state at a root: read only, so that many can read it at the same time. What was read once is
/// kept.
#[derive(Debug)]
pub struct PreState<S> {
    source: S,
    root: B256,
    opened: Mutex<B256Set>,
    accounts: RwLock<AddressMap<Option<TrieAccount>>>,
    slots: RwLock<HashMap<(Address, U256), U256>>,
    codes: RwLock<B256Map<Bytecode>>,
}

impl<S: StateSource> PreState<S> {
    /// The state at `root`, read from `source`.
    pub fn new(source: S, root: B256) -> Self {
        Self {
            source,
            root,
            opened: Mutex::default(),
            accounts: RwLock::default(),
            slots: RwLock::default(),
            codes: RwLock::default(),
        }
    }

    /// What the state is read from.
    pub const fn source(&self) -> &S {
        &self.source
    }

    /// The state's root.
    pub const fn root(&self) -> B256 {
        self.root
    }

    /// The account at an address, as its leaf has it.
    ///
    /// # Errors
    /// When the trie cannot be read.
    pub fn account(&self, address: Address) -> Result<Option<TrieAccount>, StateError> {
        if let Some(account) = self.accounts.read().get(&address) {
            return Ok(*account);
        }
        let leaf = self.trie(self.root)?.get(&self.source, keccak256(address))?;
        let account = leaf
            .map(|leaf| exactly(&leaf).ok_or(StateError::MalformedAccount(address)))
            .transpose()?;
        self.accounts.write().insert(address, account);
        Ok(account)
    }

    /// The value of a storage slot, zero when it was never set.
    ///
    /// # Errors
    /// When a trie cannot be read.
    pub fn slot(&self, address: Address, slot: U256) -> Result<U256, StateError> {
        let key = (address, slot);
        if let Some(value) = self.slots.read().get(&key) {
            return Ok(*value);
        }
        let root = self.account(address)?.map_or(EMPTY_ROOT_HASH, |account| account.storage_root);
        let leaf = self.trie(root)?.get(&self.source, slot_key(slot))?;
        let value = leaf
            .map(|leaf| exactly(&leaf).ok_or(StateError::MalformedSlot { address, slot }))
            .transpose()?
            .unwrap_or_default();
        self.slots.write().insert(key, value);
        Ok(value)
    }

    /// The code with a hash.
    ///
    /// # Errors
    /// [`StateError::MissingCode`] when the source does not have it.
    pub fn code(&self, hash: B256) -> Result<Bytecode, StateError> {
        if is_no_code(hash) {
            return Ok(Bytecode::default());
        }
        if let Some(code) = self.codes.read().get(&hash) {
            return Ok(code.clone());
        }
        let code = bytecode(self.source.code(hash)?);
        self.codes.write().insert(hash, code.clone());
        Ok(code)
    }

    /// The trie with a root, opened.
    pub(super) fn trie(&self, root: B256) -> Result<Trie, StateError> {
        if root != EMPTY_ROOT_HASH && !self.opened.lock().contains(&root) {
            self.source.open_trie(root)?;
            self.opened.lock().insert(root);
        }
        Ok(Trie::from_root(root))
    }
}

/// Whether accounts with this code hash have no code.
pub(super) fn is_no_code(hash: B256) -> bool {
    hash == KECCAK256_EMPTY || hash.is_zero()
}

/// The key of a slot in the storage trie.
pub(super) fn slot_key(slot: U256) -> B256 {
    keccak256(slot.to_be_bytes::<32>())
}

/// What an RLP is, and nothing after it.
fn exactly<T: Decodable>(mut rlp: &[u8]) -> Option<T> {
    T::decode(&mut rlp).ok().filter(|_| rlp.is_empty())
}
