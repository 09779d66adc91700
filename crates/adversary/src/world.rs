//! The state a hostile block stands on.

use std::{collections::BTreeMap, sync::Arc};

use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256, keccak256};
use alloy_rlp::Encodable;
use alloy_trie::TrieAccount;
use bough_mpt::{MptError, NoNodes, Node, NodeSource, Trie};
use bough_stf::{StateError, StateSource};

use crate::HandMade;

/// An account of a world.
#[derive(Debug, Clone, Default)]
pub struct Account {
    /// Where it is.
    pub address: Address,
    /// Wei.
    pub balance: U256,
    /// Its nonce.
    pub nonce: u64,
    /// Its code.
    pub code: Bytes,
    /// Its storage.
    pub slots: Vec<(U256, U256)>,
    /// Its storage trie, if it is made by hand; `slots` do not count then.
    pub storage: Option<HandMade>,
}

impl Account {
    /// A contract with nonce 1.
    pub fn contract(address: Address, code: Bytes) -> Self {
        Self { address, nonce: 1, code, ..Self::default() }
    }
}

/// A state in memory, with all its nodes and codes.
#[derive(Debug, Clone, Default)]
pub struct World {
    nodes: BTreeMap<B256, Result<Arc<Node>, MptError>>,
    raw: Vec<Bytes>,
    codes: BTreeMap<B256, Bytes>,
    root: B256,
}

impl World {
    /// The state of these accounts.
    pub fn new(accounts: &[Account]) -> Self {
        let mut world = Self::default();
        let mut leaves = Vec::new();
        for account in accounts {
            let storage_root = match &account.storage {
                Some(made) => {
                    world.add_nodes(&made.nodes);
                    made.root
                }
                None => world.add_trie(account.slots.iter().map(|(slot, value)| {
                    (keccak256(slot.to_be_bytes::<32>()), alloy_rlp::encode(value))
                })),
            };
            let code_hash = if account.code.is_empty() {
                KECCAK256_EMPTY
            } else {
                world.add_code(account.code.clone())
            };
            let Account { nonce, balance, .. } = *account;
            let mut leaf = Vec::new();
            TrieAccount { nonce, balance, storage_root, code_hash }.encode(&mut leaf);
            leaves.push((keccak256(account.address), leaf));
        }
        world.root = world.add_trie(leaves);
        world
    }

    /// A state whose account trie is made by hand.
    pub fn hand_made(accounts: &HandMade, codes: &[Bytes]) -> Self {
        let mut world = Self { root: accounts.root, ..Self::default() };
        world.add_nodes(&accounts.nodes);
        codes.iter().for_each(|code| {
            world.add_code(code.clone());
        });
        world
    }

    /// Its root.
    pub const fn root(&self) -> B256 {
        self.root
    }

    /// All its nodes and codes: a witness of everything.
    pub fn parts(&self) -> (Vec<Bytes>, Vec<Bytes>) {
        (self.raw.clone(), self.codes.values().cloned().collect())
    }

    fn add_code(&mut self, code: Bytes) -> B256 {
        let hash = keccak256(&code);
        self.codes.insert(hash, code);
        hash
    }

    fn add_nodes(&mut self, nodes: &[Bytes]) {
        for raw in nodes {
            self.add_node(keccak256(raw), raw);
        }
    }

    fn add_node(&mut self, hash: B256, raw: &Bytes) {
        let node =
            Node::decode(raw).map(Arc::new).map_err(|reason| MptError::Malformed { hash, reason });
        if self.nodes.insert(hash, node).is_none() {
            self.raw.push(raw.clone());
        }
    }

    fn add_trie(&mut self, entries: impl IntoIterator<Item = (B256, Vec<u8>)>) -> B256 {
        let mut trie = Trie::default();
        for (key, value) in entries {
            trie.insert(&NoNodes, key, value.into()).expect("invariant: a new trie reads no node");
        }
        trie.commit(&mut |hash, raw| self.add_node(hash, &raw))
    }
}

impl NodeSource for World {
    fn node(&self, hash: B256) -> Result<Arc<Node>, MptError> {
        self.nodes.get(&hash).cloned().unwrap_or(Err(MptError::Missing(hash)))
    }
}

impl StateSource for World {
    fn code(&self, hash: B256) -> Result<Bytes, StateError> {
        self.codes.get(&hash).cloned().ok_or(StateError::MissingCode(hash))
    }

    fn block_hash(&self, number: u64) -> Result<B256, StateError> {
        Err(StateError::MissingAncestor(number))
    }
}
