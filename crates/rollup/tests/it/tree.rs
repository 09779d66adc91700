//! The tree against one built naively, level by level.
use alloy_primitives::{B256, keccak256};
use bough_rollup::{MessageTree, root_of};
use proptest::prelude::*;

/// The root of `leaves`, all others empty, in a tree of depth 32.
fn naive_root(leaves: &[B256]) -> B256 {
    let (mut level, mut empty) = (leaves.to_vec(), B256::ZERO);
    for _ in 0..32 {
        level = level
            .chunks(2)
            .map(|pair| keccak256([pair[0], *pair.get(1).unwrap_or(&empty)].concat()))
            .collect();
        empty = keccak256([empty, empty].concat());
    }
    level.first().copied().unwrap_or(empty)
}

fn leaf(index: u64) -> B256 {
    keccak256(index.to_be_bytes())
}

fn tree(count: u64) -> MessageTree {
    let mut tree = MessageTree::new();
    for index in 0..count {
        tree.append(leaf(index)).unwrap();
    }
    tree
}

proptest! {
    #[test]
    fn any_proof_leads_to_the_naive_root(leaves in 1u64..80, count in 1u64..80, index in 0u64..80) {
        let count = count.min(leaves);
        let index = index % count;
        let tree = tree(leaves);
        let root = naive_root(&(0..count).map(leaf).collect::<Vec<_>>());
        prop_assert_eq!(tree.root_at(count).unwrap(), root);
        let proof = tree.proof(index, count).unwrap();
        prop_assert_eq!(root_of(leaf(index), index, &proof), root);
        if count > 1 {
            prop_assert_ne!(root_of(leaf(index), (index + 1) % count, &proof), root);
        }
    }

    #[test]
    fn truncating_is_never_having_appended(leaves in 0u64..80, count in 0u64..80) {
        let count = count.min(leaves);
        let mut truncated = tree(leaves);
        truncated.truncate(count);
        prop_assert_eq!(&truncated, &tree(count));
        truncated.append(leaf(1000)).unwrap();
        let mut expected = tree(count);
        expected.append(leaf(1000)).unwrap();
        prop_assert_eq!(truncated, expected);
    }
}
