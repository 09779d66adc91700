//! The state as the EVM sees it.

use alloy_primitives::{Address, B256, U256};
use revm::{
    bytecode::Bytecode,
    database_interface::{Database, DatabaseRef},
    state::AccountInfo,
};

use super::{Reads, State, StateSource, pre_state::is_no_code};
use crate::StateError;

/// Outside of execution, where nobody asks what was read.
impl<S: StateSource> DatabaseRef for State<S> {
    type Error = StateError;

    fn basic_ref(&self, address: Address) -> Result<Option<AccountInfo>, StateError> {
        self.account(address)
    }

    fn code_by_hash_ref(&self, code_hash: B256) -> Result<Bytecode, StateError> {
        self.code(code_hash)
    }

    fn storage_ref(&self, address: Address, index: U256) -> Result<U256, StateError> {
        self.storage_at(address, index)
    }

    fn block_hash_ref(&self, number: u64) -> Result<B256, StateError> {
        self.block_hash(number)
    }
}

/// A state, and what is read of it.
#[derive(Debug)]
pub struct View<'a, S> {
    state: &'a State<S>,
    reads: Reads,
}

impl<'a, S: StateSource> View<'a, S> {
    pub(crate) fn new(state: &'a State<S>) -> Self {
        Self { state, reads: Reads::default() }
    }

    /// The state.
    pub const fn state(&self) -> &'a State<S> {
        self.state
    }

    /// What was read so far; from now on nothing was.
    pub(crate) fn take_reads(&mut self) -> Reads {
        std::mem::take(&mut self.reads)
    }

    /// Whether an account has storage (EIP-7610).
    pub(crate) fn has_storage(&mut self, address: Address) -> Result<bool, StateError> {
        self.reads.account(address);
        self.state.has_storage(address)
    }
}

impl<S: StateSource> Database for View<'_, S> {
    type Error = StateError;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, StateError> {
        if !self.state.changes().accounts().contains_key(&address) {
            self.reads.account(address);
        }
        self.state.account(address)
    }

    fn code_by_hash(&mut self, code_hash: B256) -> Result<Bytecode, StateError> {
        if !is_no_code(code_hash) && !self.state.changes().codes().contains_key(&code_hash) {
            self.reads.code(code_hash);
        }
        self.state.code(code_hash)
    }

    fn storage(&mut self, address: Address, index: U256) -> Result<U256, StateError> {
        if self.state.changes().slot(address, index).is_none() {
            self.reads.slot(address, index);
        }
        self.state.storage_at(address, index)
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, StateError> {
        self.reads.ancestor(number);
        self.state.block_hash(number)
    }
}
