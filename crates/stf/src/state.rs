//! State over tries: what execution reads, what was changed above it as a value, and the new root.

mod changes;
mod pre_state;
mod reads;
mod update;
mod view;
mod witness;

use std::sync::Arc;

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_trie::TrieAccount;
use bough_mpt::{EMPTY_ROOT_HASH, NoNodes, NodeSource};
use revm::{
    bytecode::Bytecode,
    state::{AccountInfo, EvmState},
};

pub use changes::Changes;
pub use pre_state::PreState;
pub use reads::Reads;
pub use view::View;
pub use witness::{WitnessParts, WitnessRecorder};

use crate::StateError;

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

impl<S: StateSource> StateSource for Arc<S> {
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

/// The source that holds nothing: enough for a state that is made from the first account.
impl StateSource for NoNodes {
    fn code(&self, hash: B256) -> Result<Bytes, StateError> {
        Err(StateError::MissingCode(hash))
    }

    fn block_hash(&self, number: u64) -> Result<B256, StateError> {
        Err(StateError::MissingAncestor(number))
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
    /// Work of writing it, Keccak blocks; `None` where it was not limited.
    pub keccak_blocks: Option<u64>,
}

/// A state with changes above it.
#[derive(Debug)]
pub struct State<S> {
    pre: Arc<PreState<S>>,
    changes: Changes,
}

impl<S> Clone for State<S> {
    fn clone(&self) -> Self {
        Self { pre: Arc::clone(&self.pre), changes: self.changes.clone() }
    }
}

impl<S: StateSource> From<Arc<PreState<S>>> for State<S> {
    fn from(pre: Arc<PreState<S>>) -> Self {
        Self { pre, changes: Changes::default() }
    }
}

impl State<NoNodes> {
    /// The empty state.
    pub fn empty() -> Self {
        Self::new(NoNodes, EMPTY_ROOT_HASH)
    }
}

impl<S: StateSource> State<S> {
    /// The state at `root`, read from `source`.
    pub fn new(source: S, root: B256) -> Self {
        Arc::new(PreState::new(source, root)).into()
    }

    /// The state beneath.
    pub const fn pre(&self) -> &Arc<PreState<S>> {
        &self.pre
    }

    /// What was changed above it.
    pub const fn changes(&self) -> &Changes {
        &self.changes
    }

    /// The account at an address: nonce, balance (wei) and code hash.
    ///
    /// # Errors
    /// When the trie cannot be read.
    pub fn account(&self, address: Address) -> Result<Option<AccountInfo>, StateError> {
        match self.changes.accounts().get(&address) {
            Some(account) => Ok(account.info.clone()),
            None => Ok(self.pre.account(address)?.map(info)),
        }
    }

    /// The value of a storage slot, zero when it was never set.
    ///
    /// # Errors
    /// When a trie cannot be read.
    pub fn storage_at(&self, address: Address, slot: U256) -> Result<U256, StateError> {
        match self.changes.slot(address, slot) {
            Some(value) => Ok(value),
            None => self.pre.slot(address, slot),
        }
    }

    /// Whether an account has storage (EIP-7610). Reads the account and nothing below it.
    ///
    /// # Errors
    /// When the trie cannot be read.
    pub fn has_storage(&self, address: Address) -> Result<bool, StateError> {
        // Slots are only ever cleared by the account's own code, and who has code is not asked
        // about: what stands in the trie still stands.
        let account = self.changes.accounts().get(&address);
        let written =
            account.is_some_and(|account| account.slots.values().any(|now| !now.is_zero()));
        if written || account.is_some_and(|account| account.wiped) {
            return Ok(written);
        }
        let account = self.pre.account(address)?;
        Ok(account.is_some_and(|account| account.storage_root != EMPTY_ROOT_HASH))
    }

    /// The code with a hash.
    ///
    /// # Errors
    /// [`StateError::MissingCode`] when the source does not have it.
    pub fn code(&self, hash: B256) -> Result<Bytecode, StateError> {
        match self.changes.codes().get(&hash) {
            Some(code) => Ok(code.clone()),
            None => self.pre.code(hash),
        }
    }

    /// The hash of an ancestor block.
    ///
    /// # Errors
    /// As [`StateSource::block_hash`].
    pub fn block_hash(&self, number: u64) -> Result<B256, StateError> {
        self.pre.source().block_hash(number)
    }

    /// Replaces an account and slots of its storage outside any transaction: genesis, development
    /// tools, overrides of calls. Never part of a block.
    pub fn overwrite(
        &mut self,
        address: Address,
        info: AccountInfo,
        slots: impl IntoIterator<Item = (U256, U256)>,
    ) {
        self.changes.set(address, Some(info), slots);
    }

    /// The new root with all that is new.
    ///
    /// # Errors
    /// As [`PreState::update`].
    pub fn update(&self) -> Result<StateUpdate, StateError> {
        self.pre.update(&self.changes, None)
    }

    /// Adds wei to an account, creating it if need be. Adding nothing touches the account: an
    /// empty one is removed (EIP-161). `Ok(false)` when the balance would overflow.
    pub(crate) fn add_balance(&mut self, address: Address, wei: U256) -> Result<bool, StateError> {
        let mut info = self.account(address)?.unwrap_or_default();
        let Some(balance) = info.balance.checked_add(wei) else { return Ok(false) };
        info.balance = balance;
        self.changes.set(address, (!info.is_empty()).then_some(info), []);
        Ok(true)
    }

    /// Sets the balance (wei) of an account, creating it if need be: one without anything stays.
    #[cfg(feature = "pre-merge")]
    pub(crate) fn set_balance(&mut self, address: Address, wei: U256) -> Result<(), StateError> {
        let info = self.account(address)?.unwrap_or_default();
        self.changes.set(address, Some(AccountInfo { balance: wei, ..info }), []);
        Ok(())
    }

    /// Takes over what one transaction or system call left behind. Touched accounts that are empty
    /// stay, or not (EIP-161).
    pub(crate) fn apply(&mut self, left: EvmState, clear: bool) {
        self.changes.apply(left, clear);
    }

    /// What was changed.
    pub(crate) fn into_changes(self) -> Changes {
        self.changes
    }
}

/// An account as the EVM takes it, without its code.
fn info(account: TrieAccount) -> AccountInfo {
    AccountInfo {
        nonce: account.nonce,
        balance: account.balance,
        code_hash: account.code_hash,
        code: None,
        ..AccountInfo::default()
    }
}
