//! The state in a witness, to be changed.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_rlp::Decodable;
use alloy_trie::TrieAccount;
use bough_mpt::{EMPTY_ROOT_HASH, Trie};
use bough_stateless::ExecutionWitness;

use crate::dice::Dice;

/// Most steps from a node to the root: more than any trie of keys has.
const MOST_STEPS: usize = 80;

/// Nodes and codes of a witness, and the root of the state.
#[derive(Debug)]
pub(super) struct World {
    root: B256,
    nodes: BTreeMap<B256, Bytes>,
    codes: Vec<Bytes>,
}

impl World {
    /// Takes the state out of a witness.
    pub(super) fn take(witness: &mut ExecutionWitness, root: B256) -> Self {
        let nodes = std::mem::take(&mut witness.state);
        Self {
            root,
            nodes: nodes.into_iter().map(|raw| (keccak256(&raw), raw)).collect(),
            codes: std::mem::take(&mut witness.codes),
        }
    }

    /// Puts it back.
    pub(super) fn give(self, witness: &mut ExecutionWitness) {
        witness.state = self.nodes.into_values().collect();
        witness.state.sort_unstable();
        witness.codes = self.codes;
        witness.codes.sort_unstable();
        witness.codes.dedup();
    }

    pub(super) const fn root(&self) -> B256 {
        self.root
    }

    pub(super) const fn codes_mut(&mut self) -> &mut Vec<Bytes> {
        &mut self.codes
    }

    /// An account, where the witness has the way to it.
    pub(super) fn account(&self, address: Address) -> Option<TrieAccount> {
        let leaf = Trie::from_root(self.root).get(&self.nodes, keccak256(address)).ok()??;
        TrieAccount::decode(&mut leaf.as_ref()).ok()
    }

    /// Changes an account, or makes it. Nothing happens where the witness lacks the way to it.
    pub(super) fn change(&mut self, address: Address, change: impl FnOnce(&mut TrieAccount)) {
        let mut account = self.account(address).unwrap_or_default();
        change(&mut account);
        self.root = self.write(self.root, keccak256(address), alloy_rlp::encode(account).into());
    }

    /// Removes an account.
    pub(super) fn remove(&mut self, address: Address) {
        self.root = self.write(self.root, keccak256(address), Bytes::new());
    }

    /// Gives an account this code.
    pub(super) fn set_code(&mut self, address: Address, code: Bytes) {
        let hash = keccak256(&code);
        self.codes.push(code);
        self.change(address, |account| account.code_hash = hash);
    }

    /// Gives a slot of an account this value, as it stands in a leaf.
    pub(super) fn set_slot(&mut self, address: Address, slot: U256, value: Bytes) {
        let root = self.account(address).map_or(EMPTY_ROOT_HASH, |account| account.storage_root);
        let root = self.write(root, keccak256(slot.to_be_bytes::<32>()), value);
        self.change(address, |account| account.storage_root = root);
    }

    /// Writes a value into a trie and gives its new root; the old one where a node is missing.
    fn write(&mut self, root: B256, key: B256, value: Bytes) -> B256 {
        let mut trie = Trie::from_root(root);
        let written = if value.is_empty() {
            trie.remove(&self.nodes, key).map(drop)
        } else {
            trie.insert(&self.nodes, key, value)
        };
        match written {
            Ok(()) => trie.commit(&mut |hash, raw| {
                self.nodes.insert(hash, raw);
            }),
            Err(_) => root,
        }
    }

    /// Replaces some node by what `change` makes of it, and whatever refers to it, up to the root.
    pub(super) fn replace_node(
        &mut self,
        dice: &mut Dice,
        change: impl FnOnce(&mut Dice, &[u8]) -> Vec<u8>,
    ) {
        let hashes: Vec<B256> = self.nodes.keys().copied().collect();
        let mut old = dice.pick(&hashes);
        let Some(raw) = self.nodes.remove(&old) else { return };
        let mut raw = Bytes::from(change(dice, &raw));
        for _ in 0..MOST_STEPS {
            let new = keccak256(&raw);
            self.nodes.insert(new, raw);
            if old == self.root {
                self.root = new;
                return;
            }
            let parent =
                self.nodes.iter().find_map(|(hash, raw)| Some((*hash, refer(raw, old, new)?)));
            let Some((hash, changed)) = parent else { return };
            self.nodes.remove(&hash);
            (old, raw) = (hash, changed);
        }
    }
}

/// A node that refers to another in place of the one it refers to, if it does.
fn refer(raw: &Bytes, old: B256, new: B256) -> Option<Bytes> {
    let at = raw.windows(old.len()).position(|window| window == old.as_slice())?;
    let mut raw = raw.to_vec();
    raw.get_mut(at..at + old.len())?.copy_from_slice(new.as_slice());
    Some(raw.into())
}
