//! What the tests share: a reference root, and strategies that make crowded tries.

use alloy_primitives::{B256, Bytes};
use alloy_trie::{HashBuilder, Nibbles};
use bough_mpt::{NodeSource, Trie};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// A change of one key; no value removes it.
pub type Change = (B256, Option<Bytes>);

/// The root of these entries, by another implementation.
pub fn reference_root(entries: &BTreeMap<B256, Bytes>) -> B256 {
    let mut builder = HashBuilder::default();
    for (key, value) in entries {
        builder.add_leaf(Nibbles::unpack(key), value);
    }
    builder.root()
}

/// Keys that differ in few places, so that they share prefixes of all lengths, up to the last nibble.
pub fn key() -> impl Strategy<Value = B256> {
    let digit = prop::sample::select(vec![0x00u8, 0x01, 0x10, 0x11, 0x12, 0xf0]);
    let place = prop::sample::select(vec![0usize, 1, 16, 30, 31]);
    prop::collection::vec((place, digit), 1..4).prop_map(|digits| {
        let mut key = B256::repeat_byte(0x11);
        for (place, digit) in digits {
            key[place] = digit;
        }
        key
    })
}

/// Values around the size at which a node is no longer written in place.
pub fn value() -> impl Strategy<Value = Bytes> {
    prop::collection::vec(any::<u8>(), 1..40).prop_map(Bytes::from)
}

/// One insertion, update or removal.
pub fn change() -> impl Strategy<Value = Change> {
    (key(), prop::option::weighted(0.6, value()))
}

/// Applies a change to the trie.
pub fn apply(trie: &mut Trie, source: &impl NodeSource, (key, value): &Change) {
    match value {
        Some(value) => trie.insert(source, *key, value.clone()).unwrap(),
        None => drop(trie.remove(source, *key).unwrap()),
    }
}

/// Applies a change to a map.
pub fn apply_to_map(map: &mut BTreeMap<B256, Bytes>, (key, value): &Change) {
    match value {
        Some(value) => drop(map.insert(*key, value.clone())),
        None => drop(map.remove(key)),
    }
}
