//! State over tries: what execution reads, the block's writes above it, and the new root.

mod commit;

use std::{collections::BTreeMap, rc::Rc};

use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256, keccak256, map::HashMap};
use alloy_rlp::Decodable;
use alloy_trie::TrieAccount;
use bough_mpt::{EMPTY_ROOT_HASH, NodeSource, Trie};
use revm::{
    bytecode::Bytecode,
    database_interface::Database,
    state::{Account, AccountInfo, EvmState},
};

use crate::{StateError, bytecode};

/// What a state is read from: trie nodes by hash, codes by hash, ancestor hashes by number.
pub trait StateSource: NodeSource {
    /// The code with this keccak256 hash.
    ///
    /// # Errors
    /// [`StateError::MissingCode`] when the source does not have it.
    fn code(&self, hash: B256) -> Result<Bytes, StateError>;

    /// The hash of the ancestor block with this number, one of the last 256.
    ///
    /// # Errors
    /// [`StateError::MissingAncestor`] when the source does not have it.
    fn block_hash(&self, number: u64) -> Result<B256, StateError>;

    /// Called once before a trie is first walked, with its root. A witness checks here, as the
    /// spec's eager decoding does, that everything reachable is well-formed.
    ///
    /// # Errors
    /// Any [`StateError`]: it ends the block.
    fn open_trie(&self, root: B256) -> Result<(), StateError> {
        let _ = root;
        Ok(())
    }
}

impl<S: StateSource> StateSource for Rc<S> {
    fn code(&self, hash: B256) -> Result<Bytes, StateError> {
        (**self).code(hash)
    }

    fn block_hash(&self, number: u64) -> Result<B256, StateError> {
        (**self).block_hash(number)
    }

    fn open_trie(&self, root: B256) -> Result<(), StateError> {
        (**self).open_trie(root)
    }
}

impl<S: StateSource> StateSource for &S {
    fn code(&self, hash: B256) -> Result<Bytes, StateError> {
        (**self).code(hash)
    }

    fn block_hash(&self, number: u64) -> Result<B256, StateError> {
        (**self).block_hash(number)
    }

    fn open_trie(&self, root: B256) -> Result<(), StateError> {
        (**self).open_trie(root)
    }
}

/// What a block changed, for a store to keep.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StateUpdate {
    /// The new state root.
    pub root: B256,
    /// New trie nodes: keccak256 and RLP.
    pub nodes: Vec<(B256, Bytes)>,
    /// New codes: keccak256 and bytes.
    pub codes: Vec<(B256, Bytes)>,
}

/// State at a root, with the writes made since above it.
#[derive(Debug)]
pub struct State<S> {
    source: S,
    trie: Trie,
    opened: bool,
    root: B256,
    accounts: HashMap<Address, Entry>,
    codes: HashMap<B256, Bytecode>,
    new_codes: BTreeMap<B256, Bytes>,
}

#[derive(Debug)]
struct Entry {
    /// The account now; `None` when there is none.
    info: Option<AccountInfo>,
    /// Root of the storage trie beneath the writes.
    storage_root: B256,
    /// The trie itself, once opened.
    storage: Option<Trie>,
    slots: HashMap<U256, Slot>,
    /// The account as the trie has it.
    stored: Option<TrieAccount>,
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    origin: U256,
    now: U256,
}

impl<S: StateSource> State<S> {
    /// The state at `root`, read from `source`.
    pub fn new(source: S, root: B256) -> Self {
        Self {
            source,
            trie: Trie::from_root(root),
            opened: false,
            root,
            accounts: HashMap::default(),
            codes: HashMap::default(),
            new_codes: BTreeMap::new(),
        }
    }

    /// What the state is read from.
    pub const fn source(&self) -> &S {
        &self.source
    }

    /// The account at an address: nonce, balance (wei) and code hash.
    ///
    /// # Errors
    /// When the trie cannot be read.
    pub fn account(&mut self, address: Address) -> Result<Option<AccountInfo>, StateError> {
        Ok(self.entry(address)?.info.clone())
    }

    /// The value of a storage slot, zero when it was never set.
    ///
    /// # Errors
    /// When a trie cannot be read.
    pub fn storage_at(&mut self, address: Address, slot: U256) -> Result<U256, StateError> {
        self.entry(address)?;
        let Self { source, accounts, .. } = self;
        let entry = accounts.get_mut(&address).ok_or(StateError::Source)?;
        if let Some(slot) = entry.slots.get(&slot) {
            return Ok(slot.now);
        }
        let value = match open_storage(source, entry)? {
            Some(trie) => read_slot(source, trie, address, slot)?,
            None => U256::ZERO,
        };
        entry.slots.insert(slot, Slot { origin: value, now: value });
        Ok(value)
    }

    /// Whether an account has storage (EIP-7610). Reads the account and nothing below it.
    ///
    /// # Errors
    /// When the trie cannot be read.
    pub fn has_storage(&mut self, address: Address) -> Result<bool, StateError> {
        let entry = self.entry(address)?;
        // Slots are only ever cleared by the account's own code, and who has code is not asked
        // about: what stands in the trie still stands.
        Ok(entry.storage_root != EMPTY_ROOT_HASH
            || entry.slots.values().any(|slot| !slot.now.is_zero()))
    }

    /// The code with a hash.
    ///
    /// # Errors
    /// [`StateError::MissingCode`] when the source does not have it.
    pub fn code(&mut self, hash: B256) -> Result<Bytecode, StateError> {
        if hash == KECCAK256_EMPTY || hash.is_zero() {
            return Ok(Bytecode::default());
        }
        if let Some(code) = self.codes.get(&hash) {
            return Ok(code.clone());
        }
        let code = bytecode(self.source.code(hash)?);
        self.codes.insert(hash, code.clone());
        Ok(code)
    }

    /// Adds wei to an account, creating it if need be. Adding nothing touches the account: an
    /// empty one is removed (EIP-161).
    ///
    /// # Errors
    /// When the trie cannot be read; `Ok(false)` when the balance would overflow.
    pub fn add_balance(&mut self, address: Address, wei: U256) -> Result<bool, StateError> {
        let entry = self.entry(address)?;
        let mut info = entry.info.clone().unwrap_or_default();
        let Some(balance) = info.balance.checked_add(wei) else { return Ok(false) };
        info.balance = balance;
        entry.info = (!info.is_empty()).then_some(info);
        Ok(true)
    }

    /// Replaces an account and slots of its storage outside any transaction: genesis and
    /// development tools. Never part of a block.
    ///
    /// # Errors
    /// When a trie cannot be read.
    pub fn overwrite(
        &mut self,
        address: Address,
        info: AccountInfo,
        slots: impl IntoIterator<Item = (U256, U256)>,
    ) -> Result<(), StateError> {
        for (slot, value) in slots {
            self.storage_at(address, slot)?;
            if let Some(slot) = self.entry(address)?.slots.get_mut(&slot) {
                slot.now = value;
            }
        }
        if let Some(code) = &info.code {
            self.keep_code(info.code_hash, code.clone());
        }
        let entry = self.entry(address)?;
        entry.info = Some(AccountInfo { code: None, ..info });
        Ok(())
    }

    /// Sets the balance (wei) of an account, creating it if need be: one without anything stays.
    #[cfg(feature = "pre-merge")]
    pub(crate) fn set_balance(&mut self, address: Address, wei: U256) -> Result<(), StateError> {
        let entry = self.entry(address)?;
        entry.info.get_or_insert_default().balance = wei;
        Ok(())
    }

    /// Takes over what one transaction or system call left behind. Touched accounts that are empty
    /// stay, or not (EIP-161).
    pub(crate) fn apply(&mut self, changes: EvmState, clear: bool) -> Result<(), StateError> {
        for (address, account) in changes.into_iter().collect::<BTreeMap<_, _>>() {
            if account.is_touched() {
                self.apply_account(address, account, clear)?;
            }
        }
        Ok(())
    }

    fn apply_account(
        &mut self,
        address: Address,
        account: Account,
        clear: bool,
    ) -> Result<(), StateError> {
        if let Some(code) = &account.info.code
            && !account.info.is_empty_code_hash()
            && account.is_changed_code()
        {
            self.keep_code(account.info.code_hash, code.clone());
        }
        let entry = self.entry(address)?;
        if account.is_selfdestructed() {
            entry.wipe();
            entry.info = None;
            return Ok(());
        }
        if account.is_created() {
            entry.wipe();
        }
        for (key, value) in account.storage.iter().collect::<BTreeMap<_, _>>() {
            let slot = entry
                .slots
                .entry(*key)
                .or_insert(Slot { origin: value.original_value, now: value.original_value });
            slot.now = value.present_value;
        }
        let stays = !clear || !account.is_empty();
        entry.info = stays.then_some(AccountInfo { code: None, ..account.info });
        Ok(())
    }

    fn keep_code(&mut self, hash: B256, code: Bytecode) {
        self.new_codes.insert(hash, code.original_bytes());
        self.codes.insert(hash, code);
    }

    fn open(&mut self) -> Result<(), StateError> {
        if !self.opened {
            if self.root != EMPTY_ROOT_HASH {
                self.source.open_trie(self.root)?;
            }
            self.opened = true;
        }
        Ok(())
    }

    fn entry(&mut self, address: Address) -> Result<&mut Entry, StateError> {
        self.open()?;
        let Self { source, trie, accounts, .. } = self;
        match accounts.entry(address) {
            alloy_primitives::map::Entry::Occupied(entry) => Ok(entry.into_mut()),
            alloy_primitives::map::Entry::Vacant(vacant) => {
                let leaf = trie.get(source, keccak256(address))?;
                let account = leaf
                    .map(|leaf| {
                        let mut bytes = leaf.as_ref();
                        TrieAccount::decode(&mut bytes)
                            .ok()
                            .filter(|_| bytes.is_empty())
                            .ok_or(StateError::MalformedAccount(address))
                    })
                    .transpose()?;
                Ok(vacant.insert(Entry::load(account)))
            }
        }
    }
}

impl Entry {
    fn load(account: Option<TrieAccount>) -> Self {
        let storage_root = account.map_or(EMPTY_ROOT_HASH, |account| account.storage_root);
        let info = account.map(|account| AccountInfo {
            nonce: account.nonce,
            balance: account.balance,
            code_hash: account.code_hash,
            code: None,
            ..Default::default()
        });
        Self { info, storage_root, storage: None, slots: HashMap::default(), stored: account }
    }

    fn wipe(&mut self) {
        self.storage_root = EMPTY_ROOT_HASH;
        self.storage = None;
        self.slots.clear();
    }
}

/// The storage trie of an account, opened; `None` when it is empty and was never opened.
fn open_storage<'a, S: StateSource>(
    source: &S,
    entry: &'a mut Entry,
) -> Result<Option<&'a mut Trie>, StateError> {
    if entry.storage.is_none() {
        if entry.storage_root == EMPTY_ROOT_HASH {
            return Ok(None);
        }
        source.open_trie(entry.storage_root)?;
        entry.storage = Some(Trie::from_root(entry.storage_root));
    }
    Ok(entry.storage.as_mut())
}

fn read_slot<S: StateSource>(
    source: &S,
    trie: &Trie,
    address: Address,
    slot: U256,
) -> Result<U256, StateError> {
    let Some(leaf) = trie.get(source, slot_key(slot))? else { return Ok(U256::ZERO) };
    let mut bytes = leaf.as_ref();
    U256::decode(&mut bytes)
        .ok()
        .filter(|_| bytes.is_empty())
        .ok_or(StateError::MalformedSlot { address, slot })
}

fn slot_key(slot: U256) -> B256 {
    keccak256(slot.to_be_bytes::<32>())
}

impl<S: StateSource> Database for State<S> {
    type Error = StateError;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, StateError> {
        self.account(address)
    }

    fn code_by_hash(&mut self, code_hash: B256) -> Result<Bytecode, StateError> {
        self.code(code_hash)
    }

    fn storage(&mut self, address: Address, index: U256) -> Result<U256, StateError> {
        self.storage_at(address, index)
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, StateError> {
        self.source.block_hash(number)
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
