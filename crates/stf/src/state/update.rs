//! Writing what has changed into the tries.

use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_trie::TrieAccount;
use bough_mpt::{EMPTY_ROOT_HASH, Trie};

use super::{
    Changes, PreState, StateSource, StateUpdate, changes::AccountChange, pre_state::slot_key,
};
use crate::StateError;

/// An account that is not what it was.
struct Changed<'a> {
    account: &'a AccountChange,
    /// Its key in the account trie.
    key: B256,
    /// Root of the storage trie that its slots are written into.
    storage_root: B256,
    /// Slots that have another value than is stored, ascending; none of an account that is no more.
    slots: Vec<ChangedSlot>,
}

/// A slot that has another value than is stored.
struct ChangedSlot {
    /// Its key in the storage trie.
    key: B256,
    value: U256,
}

impl<S: StateSource> PreState<S> {
    /// The state with these changes: the new root with all that is new. What has not changed is not
    /// written again.
    ///
    /// The order is the spec's, because it decides which siblings a witness must hold: in each
    /// storage trie the non-zero writes first and then the deletes, then the account trie
    /// likewise.
    ///
    /// With a limit it must be no more work than this many Keccak blocks; see [`Trie::work`]. Without
    /// one nothing is counted.
    ///
    /// # Errors
    /// When a trie cannot be read or updated, or the limit is exceeded.
    pub fn update(&self, changes: &Changes, most: Option<u64>) -> Result<StateUpdate, StateError> {
        let changed = self.changed(changes)?;
        let keccak_blocks = most.map(|most| self.work(&changed, most)).transpose()?;
        Ok(StateUpdate { keccak_blocks, ..self.write(changes, &changed)? })
    }

    fn changed<'a>(&self, changes: &'a Changes) -> Result<Vec<Changed<'a>>, StateError> {
        let mut changed = Vec::new();
        for (address, account) in changes.accounts() {
            let before = self.account(*address)?;
            let storage_root = match before {
                Some(TrieAccount { storage_root, .. }) if !account.wiped => storage_root,
                _ => EMPTY_ROOT_HASH,
            };
            let slots = self.changed_slots(*address, account)?;
            if !slots.is_empty() || account.leaf(storage_root) != before {
                changed.push(Changed { account, key: keccak256(address), storage_root, slots });
            }
        }
        Ok(changed)
    }

    fn changed_slots(
        &self,
        address: Address,
        account: &AccountChange,
    ) -> Result<Vec<ChangedSlot>, StateError> {
        let mut changed = Vec::new();
        for (slot, value) in &account.slots {
            let before = if account.wiped { U256::ZERO } else { self.slot(address, *slot)? };
            if *value != before {
                changed.push(ChangedSlot { key: slot_key(*slot), value: *value });
            }
        }
        Ok(changed)
    }

    /// Keccak blocks that the changes count in all tries together: the account trie, and each storage
    /// trie with changed slots.
    fn work(&self, changed: &[Changed<'_>], most: u64) -> Result<u64, StateError> {
        let source = self.source();
        let keys = changed.iter().map(|changed| changed.key);
        let mut work = self.trie(self.root())?.work(source, keys, most)?;
        let written = changed.iter().filter(|changed| !changed.slots.is_empty());
        for Changed { storage_root, slots, .. } in written {
            let Some(left) = most.checked_sub(work) else { break };
            let keys = slots.iter().map(|slot| slot.key);
            work = work.saturating_add(self.trie(*storage_root)?.work(source, keys, left)?);
        }
        if work > most {
            return Err(StateError::WritesTooMuch { most });
        }
        Ok(work)
    }

    fn write(&self, changes: &Changes, changed: &[Changed<'_>]) -> Result<StateUpdate, StateError> {
        let (source, mut trie) = (self.source(), self.trie(self.root())?);
        let (mut nodes, mut deleted) = (Vec::new(), Vec::new());
        for Changed { account, key, storage_root, slots } in changed {
            let mut storage_root = *storage_root;
            if !slots.is_empty() {
                let mut storage = self.trie(storage_root)?;
                write_slots(source, &mut storage, slots)?;
                storage_root = storage.commit(&mut |hash, node| nodes.push((hash, node)));
            }
            match account.leaf(storage_root) {
                Some(leaf) => trie.insert(source, *key, alloy_rlp::encode(leaf).into())?,
                None => deleted.push(*key),
            }
        }
        for key in deleted {
            trie.remove(source, key)?;
        }
        let root = trie.commit(&mut |hash, node| nodes.push((hash, node)));
        let codes = changes.codes().iter().map(|(hash, code)| (*hash, code.original_bytes()));
        Ok(StateUpdate { root, nodes, codes: codes.collect(), keccak_blocks: None })
    }
}

fn write_slots<S: StateSource>(
    source: &S,
    trie: &mut Trie,
    slots: &[ChangedSlot],
) -> Result<(), StateError> {
    for ChangedSlot { key, value } in slots.iter().filter(|slot| !slot.value.is_zero()) {
        trie.insert(source, *key, alloy_rlp::encode(value).into())?;
    }
    for ChangedSlot { key, .. } in slots.iter().filter(|slot| slot.value.is_zero()) {
        trie.remove(source, *key)?;
    }
    Ok(())
}
