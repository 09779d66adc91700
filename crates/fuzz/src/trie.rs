//! The trie against a map.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{B256, Bytes, keccak256};
use alloy_trie::{EMPTY_ROOT_HASH, HashBuilder, Nibbles};
use bough_mpt::{NodeSet, Recorder, Trie, prove, verify_proof};

/// Bytes of one change.
const CHANGE: usize = 4;
/// Most changes that are made.
const MOST_CHANGES: usize = 64;
/// Bytes of a Keccak block, and how many of them a key may bring beyond what is counted: a leaf, a
/// fork and what an extension is split into, or the node that takes its parent's place.
const KECCAK_BLOCK: usize = 136;
const BROUGHT: u64 = 8;

/// Makes the changes that the bytes say, in a trie and in a map: values and roots agree, every key
/// can be proved, what was read is a witness of it all, and what was hashed was counted as work.
///
/// # Panics
/// When that does not hold.
pub fn trie(bytes: &[u8]) {
    let (before, after) = bytes.split_at(bytes.len() / 2);
    let mut map = BTreeMap::new();
    let mut trie = Trie::default();
    let mut nodes = BTreeMap::new();
    for (key, value) in changes(before) {
        set(&mut map, key, &value);
        trie.insert(&nodes, key, value).expect("a new trie has all its nodes");
    }
    let root = commit(&mut trie, &mut nodes);
    assert_eq!(root, reference(&map), "root of the first half");
    check_values(&nodes, root, &map);

    // The same again from the stored nodes, and once more from what that read.
    let recorder = Recorder::new(&nodes);
    let expected = apply(&recorder, root, after);
    for (key, value) in changes(after) {
        set(&mut map, key, &value);
    }
    assert_eq!(expected, Ok(reference(&map)), "root of the second half");
    let witness = NodeSet::new(recorder.nodes());
    assert_eq!(apply(&witness, root, after), expected, "from the witness");
    assert!(witness.nodes_decoded() <= recorder.len(), "a node was decoded twice");
}

fn apply<S: bough_mpt::NodeSource>(
    source: &S,
    root: B256,
    bytes: &[u8],
) -> Result<B256, bough_mpt::MptError> {
    let mut trie = Trie::from_root(root);
    let keys: BTreeSet<B256> = changes(bytes).map(|(key, _)| key).collect();
    let counted = trie.work(source, keys.iter().copied(), u64::MAX)?;
    for (key, value) in changes(bytes) {
        trie.insert(source, key, value)?;
    }
    let mut hashed = 0;
    let root = trie.commit(&mut |_, raw| hashed += 1 + (raw.len() / KECCAK_BLOCK) as u64);
    assert!(hashed <= counted + BROUGHT * keys.len() as u64, "{hashed} blocks, {counted} counted");
    Ok(root)
}

fn commit(trie: &mut Trie, nodes: &mut BTreeMap<B256, Bytes>) -> B256 {
    trie.commit(&mut |hash, raw| {
        assert_eq!(hash, keccak256(&raw), "a node's hash");
        nodes.insert(hash, raw);
    })
}

fn check_values(nodes: &BTreeMap<B256, Bytes>, root: B256, map: &BTreeMap<B256, Bytes>) {
    let trie = Trie::from_root(root);
    let absent = keccak256(root);
    for key in map.keys().chain([&absent]) {
        let expected = map.get(key).cloned();
        assert_eq!(trie.get(nodes, *key), Ok(expected.clone()), "a value");
        let proof = prove(nodes, root, *key).expect("all nodes are there");
        assert_eq!(verify_proof(root, *key, &proof), Ok(expected), "a proof");
    }
}

/// Changes: keys that share prefixes of any length, values of any length, none to remove.
fn changes(bytes: &[u8]) -> impl Iterator<Item = (B256, Bytes)> {
    bytes.chunks_exact(CHANGE).take(MOST_CHANGES).filter_map(|chunk| {
        let [shared, differs, length, value] = *chunk.first_chunk::<CHANGE>()?;
        let mut key = B256::ZERO;
        let at = usize::from(shared % 32);
        if let Some(place) = key.get_mut(at) {
            *place = differs;
        }
        if shared >= 0x80 {
            key = keccak256(key);
        }
        let length = if length < 0x40 { 0 } else { usize::from(length % 80) };
        Some((key, vec![value; length].into()))
    })
}

fn set(map: &mut BTreeMap<B256, Bytes>, key: B256, value: &Bytes) {
    if value.is_empty() {
        map.remove(&key);
    } else {
        map.insert(key, value.clone());
    }
}

/// The root as `alloy_trie` computes it.
fn reference(map: &BTreeMap<B256, Bytes>) -> B256 {
    if map.is_empty() {
        return EMPTY_ROOT_HASH;
    }
    let mut builder = HashBuilder::default();
    for (key, value) in map {
        builder.add_leaf(Nibbles::unpack(key), value);
    }
    builder.root()
}
