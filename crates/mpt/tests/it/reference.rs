//! Random tries against another implementation.
use crate::common::{Change, apply, apply_to_map, change, key, reference_root, value};
use alloy_primitives::{B256, Bytes};
use alloy_trie::{Nibbles, proof::verify_proof as alloy_verify_proof};
use bough_mpt::{MptError, NoNodes, NodeSet, Recorder, Trie, prove, verify_proof};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Stores the trie of these entries.
fn stored(entries: &BTreeMap<B256, Bytes>) -> (B256, BTreeMap<B256, Bytes>) {
    let (mut trie, mut nodes) = (Trie::default(), BTreeMap::new());
    for (key, value) in entries {
        trie.insert(&NoNodes, *key, value.clone()).unwrap();
    }
    (trie.commit(&mut |hash, raw| drop(nodes.insert(hash, raw))), nodes)
}

fn entries() -> impl Strategy<Value = BTreeMap<B256, Bytes>> {
    prop::collection::btree_map(
        prop_oneof![3 => key(), 1 => any::<[u8; 32]>().prop_map(B256::from)],
        value(),
        0..40,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Each step in memory, and each step over stored nodes alone.
    #[test]
    fn every_step_has_the_reference_root(changes in prop::collection::vec(change(), 1..40)) {
        let mut map = BTreeMap::new();
        let (mut kept, mut nodes, mut root) = (Trie::default(), BTreeMap::new(), Trie::default().root_hash());
        for change in &changes {
            apply_to_map(&mut map, change);
            let expected = reference_root(&map);
            apply(&mut kept, &NoNodes, change);
            prop_assert_eq!(kept.root_hash(), expected);

            let mut reopened = Trie::from_root(root);
            apply(&mut reopened, &nodes, change);
            let mut new = Vec::new();
            root = reopened.commit(&mut |hash, raw| new.push((hash, raw)));
            nodes.extend(new);
            prop_assert_eq!(root, expected);
            prop_assert_eq!(Trie::from_root(root).get(&nodes, change.0).unwrap(), change.1.clone());
            prop_assert_eq!(reopened.get(&NoNodes, change.0).unwrap(), change.1.clone(), "still in memory");
        }
        for (key, value) in &map {
            prop_assert_eq!(kept.get(&NoNodes, *key).unwrap(), Some(value.clone()));
        }
    }

    /// Changes between two roots, hashed once at the end.
    #[test]
    fn a_batch_has_the_reference_root(before in entries(), changes in prop::collection::vec(change(), 0..40)) {
        let (root, nodes) = stored(&before);
        prop_assert_eq!(root, reference_root(&before));
        let (mut map, mut trie) = (before, Trie::from_root(root));
        for change in &changes {
            apply_to_map(&mut map, change);
            apply(&mut trie, &nodes, change);
        }
        prop_assert_eq!(trie.root_hash(), reference_root(&map));
        prop_assert_eq!(trie.root_hash(), trie.commit(&mut |_, _| unreachable!("nothing new")));
    }

    /// The witness property, and that no recorded node is superfluous.
    #[test]
    fn recorded_nodes_are_enough_and_needed(
        before in entries(),
        reads in prop::collection::vec(key(), 0..8),
        changes in prop::collection::vec(change(), 0..12),
    ) {
        let (root, nodes) = stored(&before);
        let full = Recorder::new(NodeSet::new(nodes.values().cloned()));
        let after = run(&full, root, &reads, &changes).unwrap();
        let recorded = full.nodes();
        prop_assert!(recorded.is_sorted());

        let witness = NodeSet::new(recorded.clone());
        if !recorded.is_empty() {
            witness.check_reachable(root).unwrap();
        }
        prop_assert_eq!(run(&witness, root, &reads, &changes), Ok(after));
        prop_assert_eq!(witness.nodes_hashed(), recorded.len());
        prop_assert_eq!(witness.nodes_decoded(), recorded.len());

        for missing in 0..recorded.len() {
            let mut fewer = recorded.clone();
            let hash = alloy_primitives::keccak256(fewer.remove(missing));
            let fewer = NodeSet::new(fewer);
            prop_assert_eq!(run(&fewer, root, &reads, &changes), Err(MptError::Missing(hash)));
        }
    }

    /// Proofs of presence and of absence, by both verifiers.
    #[test]
    fn proofs_verify(entries in entries(), absent in key()) {
        let (root, nodes) = stored(&entries);
        for key in entries.keys().copied().chain([absent, B256::ZERO, B256::repeat_byte(0x11)]) {
            let proof = prove(&nodes, root, key).unwrap();
            let value = entries.get(&key).cloned();
            prop_assert!(alloy_verify_proof(root, Nibbles::unpack(key), value.clone().map(Into::into), &proof).is_ok());
            if proof.is_empty() {
                prop_assert!(entries.is_empty());
            }
            prop_assert_eq!(verify_proof(root, key, &proof).unwrap(), value);
            if let Some((last, shorter)) = proof.split_last() {
                let hash = alloy_primitives::keccak256(last);
                prop_assert_eq!(verify_proof(root, key, shorter), Err(MptError::Missing(hash)));
            }
        }
    }

    /// A clone is a snapshot.
    #[test]
    fn clones_do_not_share_changes(before in entries(), changes in prop::collection::vec(change(), 1..10)) {
        let (root, nodes) = stored(&before);
        let mut one = Trie::from_root(root);
        apply(&mut one, &nodes, &changes[0]);
        let snapshot = one.clone();
        let root = one.root_hash();
        for change in &changes {
            apply(&mut one, &nodes, change);
        }
        one.root_hash();
        prop_assert_eq!(snapshot.clone().root_hash(), root);
    }
}

/// Reads, then writes, then the root.
fn run<S: bough_mpt::NodeSource>(
    source: &S,
    root: B256,
    reads: &[B256],
    changes: &[Change],
) -> Result<B256, MptError> {
    let mut trie = Trie::from_root(root);
    for key in reads {
        trie.get(source, *key)?;
    }
    for (key, value) in changes {
        trie.insert(source, *key, value.clone().unwrap_or_default())?;
    }
    Ok(trie.root_hash())
}
