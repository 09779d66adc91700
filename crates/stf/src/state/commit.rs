//! Writing what has changed into the tries.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_trie::TrieAccount;
use bough_mpt::{EMPTY_ROOT_HASH, Trie};

use super::{Entry, Slot, State, StateSource, StateUpdate, open_storage, slot_key};
use crate::StateError;

/// The accounts that have changed.
type Changes = BTreeMap<Address, Changed>;

/// What has changed of an account.
struct Changed {
    /// Its key in the account trie.
    key: B256,
    /// Slots that have another value than is stored, ascending; none of an account that is no more.
    slots: Vec<ChangedSlot>,
}

/// A slot that has another value than is stored.
struct ChangedSlot {
    slot: U256,
    /// Its key in the storage trie.
    key: B256,
    value: U256,
}

impl<S: StateSource> State<S> {
    /// Writes everything into the tries and gives the new root with all that is new. What has not
    /// changed is not written again.
    ///
    /// The order is the spec's, because it decides which siblings a witness must hold: in each
    /// storage trie the non-zero writes first and then the deletes, then the account trie
    /// likewise.
    ///
    /// # Errors
    /// When a trie cannot be read or updated.
    pub fn commit(&mut self) -> Result<StateUpdate, StateError> {
        Ok(self.commit_within(None)?.0)
    }

    /// [`Self::commit`] if it is no more work than this many Keccak blocks, and how many it is; see
    /// [`Trie::work`]. Without a limit nothing is counted.
    pub(crate) fn commit_within(
        &mut self,
        most: Option<u64>,
    ) -> Result<(StateUpdate, Option<u64>), StateError> {
        self.open()?;
        let changes = self.changes();
        let work = most.map(|most| self.work(&changes, most)).transpose()?;
        Ok((self.write(&changes)?, work))
    }

    fn changes(&self) -> Changes {
        let changes = self.accounts.iter().filter_map(|(address, entry)| {
            let slots = entry.changed_slots();
            let changed = !slots.is_empty() || entry.account() != entry.stored;
            changed.then(|| (*address, Changed { key: keccak256(address), slots }))
        });
        changes.collect()
    }

    /// Keccak blocks that the changes count in all tries together: the account trie, and each storage
    /// trie with changed slots.
    fn work(&mut self, changes: &Changes, most: u64) -> Result<u64, StateError> {
        let Self { source, trie, accounts, .. } = self;
        let mut work = trie.work(source, changes.values().map(|changed| changed.key), most)?;
        for (address, Changed { slots, .. }) in changes {
            let Some(left) = most.checked_sub(work) else { break };
            let Some(entry) = accounts.get_mut(address).filter(|_| !slots.is_empty()) else {
                continue;
            };
            if let Some(storage) = open_storage(source, entry)? {
                let written = slots.iter().map(|changed| changed.key);
                work = work.saturating_add(storage.work(source, written, left)?);
            }
        }
        if work > most {
            return Err(StateError::WritesTooMuch { most });
        }
        Ok(work)
    }

    fn write(&mut self, changes: &Changes) -> Result<StateUpdate, StateError> {
        let mut nodes = Vec::new();
        let mut deleted = Vec::new();
        let Self { source, trie, accounts, new_codes, .. } = self;
        for (address, Changed { key, slots }) in changes {
            let Some(entry) = accounts.get_mut(address) else { continue };
            entry.write_storage(source, slots, &mut nodes)?;
            entry.stored = entry.account();
            match &entry.stored {
                Some(account) => trie.insert(source, *key, alloy_rlp::encode(account).into())?,
                None => deleted.push(*key),
            }
        }
        for key in deleted {
            trie.remove(source, key)?;
        }
        let root = trie.commit(&mut |hash, node| nodes.push((hash, node)));
        self.root = root;
        let codes = std::mem::take(new_codes).into_iter().collect();
        Ok(StateUpdate { root, nodes, codes })
    }
}

impl Entry {
    /// The account as its leaf has it.
    fn account(&self) -> Option<TrieAccount> {
        self.info.as_ref().map(|info| TrieAccount {
            nonce: info.nonce,
            balance: info.balance,
            storage_root: self.storage_root,
            code_hash: info.code_hash,
        })
    }

    fn changed_slots(&self) -> Vec<ChangedSlot> {
        if self.info.is_none() {
            return Vec::new();
        }
        let changed = self.slots.iter().filter(|(_, slot)| slot.now != slot.origin);
        let keyed = changed.map(|(key, slot)| ChangedSlot {
            slot: *key,
            key: slot_key(*key),
            value: slot.now,
        });
        let mut slots: Vec<ChangedSlot> = keyed.collect();
        slots.sort_unstable_by_key(|changed| changed.slot);
        slots
    }

    fn write_storage<S: StateSource>(
        &mut self,
        source: &S,
        slots: &[ChangedSlot],
        nodes: &mut Vec<(B256, Bytes)>,
    ) -> Result<(), StateError> {
        if slots.is_empty() {
            return Ok(());
        }
        open_storage(source, self)?;
        let trie = self.storage.get_or_insert_with(|| Trie::from_root(EMPTY_ROOT_HASH));
        for ChangedSlot { key, value, .. } in slots.iter().filter(|slot| !slot.value.is_zero()) {
            trie.insert(source, *key, alloy_rlp::encode(value).into())?;
        }
        for ChangedSlot { key, .. } in slots.iter().filter(|slot| slot.value.is_zero()) {
            trie.remove(source, *key)?;
        }
        self.storage_root = trie.commit(&mut |hash, node| nodes.push((hash, node)));
        for ChangedSlot { slot, value, .. } in slots {
            self.slots.insert(*slot, Slot { origin: *value, now: *value });
        }
        Ok(())
    }
}
