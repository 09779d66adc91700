//! The witness as a source: what is decoded, what is missed, what is refused.
use alloy_primitives::{B256, Bytes, b256, keccak256};
use bough_mpt::{
    Child, EMPTY_ROOT_HASH, Malformed, MptError, Nibbles, NoNodes, Node, NodeSet, Recorder, Trie,
    prove,
};
use std::{collections::BTreeMap, sync::Arc};

/// A branch with these children.
fn branch(children: &[(usize, Child)]) -> Bytes {
    let mut all: Box<[Child; 16]> = Box::default();
    for (place, child) in children {
        all[*place] = child.clone();
    }
    Node::Branch { children: all, value: Bytes::new() }.encode()
}

fn extension(path: &[u8], child: Child) -> Bytes {
    Node::Extension { path: Nibbles::new(path), child }.encode()
}

fn leaf(path: &[u8], value: &[u8]) -> Bytes {
    Node::Leaf { path: Nibbles::new(path), value: value.to_vec().into() }.encode()
}

/// The reference by hash to a node.
fn by_hash(raw: &Bytes) -> Child {
    Child::Hash(keccak256(raw))
}

const UNKNOWN: Child = Child::Hash(B256::repeat_byte(0xee));
const KEY: B256 = B256::ZERO;

/// A chain of branches, each of whose places all refer to the next one: 16^levels paths.
fn shared(levels: usize) -> Vec<Bytes> {
    let mut nodes = vec![leaf([0; 64].get(levels..).unwrap_or_default(), &[1; 40])];
    for _ in 0..levels {
        let below = by_hash(nodes.last().unwrap());
        nodes.push(branch(&(0..16).map(|place| (place, below.clone())).collect::<Vec<_>>()));
    }
    nodes
}

#[test]
fn shared_children_are_visited_once() {
    for levels in [64, 20_000] {
        let nodes = shared(levels);
        let (count, root) = (nodes.len(), keccak256(nodes.last().unwrap()));
        let set = NodeSet::new(nodes);
        set.check_reachable(root).unwrap();
        assert_eq!((set.nodes_hashed(), set.nodes_decoded()), (count, count));
    }
}

#[test]
fn updates_of_shared_children_expand_the_path_only() {
    let nodes = shared(40);
    let root = keccak256(nodes.last().unwrap());
    let set = NodeSet::new(nodes);
    let mut trie = Trie::from_root(root);
    let changed = b256!("0000000000000000000000000000000000000000110000000000000000000000");
    trie.insert(&set, changed, Bytes::from_static(&[2; 40])).unwrap();
    let mut new = 0;
    assert_ne!(trie.commit(&mut |_, _| new += 1), root);
    assert_eq!(
        new,
        40 + 3,
        "the branches of the path, one more where the leaves part, and its two leaves"
    );
    assert_eq!(trie.get(&set, KEY).unwrap(), Some(Bytes::from_static(&[1; 40])));
    assert_eq!(set.nodes_decoded(), 41);
}

#[test]
fn what_was_checked_is_not_looked_at_again() {
    let nodes = shared(10);
    let roots: Vec<B256> = nodes.iter().map(keccak256).collect();
    let set = NodeSet::new(nodes);
    for root in roots.iter().chain(&roots) {
        set.check_reachable(*root).unwrap();
    }
    assert_eq!(set.nodes_decoded(), 11);
}

#[test]
fn duplicates_and_strangers_do_no_harm() {
    let nodes = shared(3);
    let root = keccak256(nodes.last().unwrap());
    let strangers = [Bytes::new(), Bytes::from_static(&[0xff; 100]), leaf(&[1], &[1; 50])];
    let set = NodeSet::new(nodes.iter().chain(&nodes).chain(&strangers).rev().cloned());
    set.check_reachable(root).unwrap();
    assert_eq!((set.nodes_hashed(), set.nodes_decoded()), (11, 4));
}

#[test]
fn an_unknown_root_is_missing_and_the_empty_one_never() {
    let set = NodeSet::default();
    assert_eq!(set.check_reachable(EMPTY_ROOT_HASH), Ok(()));
    assert_eq!(set.check_reachable(KEY), Err(MptError::Missing(KEY)));
    assert_eq!(Trie::from_root(EMPTY_ROOT_HASH).get(&set, KEY), Ok(None));
    assert_eq!(Trie::from_root(KEY).get(&set, KEY), Err(MptError::Missing(KEY)));
    assert_eq!(
        Trie::from_root(KEY).insert(&set, KEY, Bytes::from_static(&[1])),
        Err(MptError::Missing(KEY))
    );
    assert_eq!(Trie::from_root(KEY).remove(&set, KEY), Err(MptError::Missing(KEY)));
    assert_eq!(prove(&set, KEY, KEY), Err(MptError::Missing(KEY)));
    assert_eq!(prove(&set, EMPTY_ROOT_HASH, KEY), Ok(vec![]));
    assert_eq!(Trie::from_root(KEY).root_hash(), KEY);
    assert_eq!(Trie::default().root_hash(), EMPTY_ROOT_HASH);
}

#[test]
fn a_malformed_node_off_the_path_is_found_by_the_check_only() {
    let wrong = leaf(&[1; 62], &[1; 40]).slice(..40);
    let below = branch(&[(7, by_hash(&wrong)), (8, UNKNOWN)]);
    let good = leaf(&[0; 63], &[1; 40]);
    let root = branch(&[(0, by_hash(&good)), (5, by_hash(&below))]);
    let set = NodeSet::new([&root, &below, &wrong, &good].map(Clone::clone));
    let trie = Trie::from_root(keccak256(&root));
    assert_eq!(trie.get(&set, KEY), Ok(Some(Bytes::from_static(&[1; 40]))));
    let error = MptError::Malformed { hash: keccak256(&wrong), reason: Malformed::Rlp };
    assert_eq!(set.check_reachable(keccak256(&root)), Err(error));
    assert_eq!(set.check_reachable(keccak256(&root)), Err(error), "the second time too");
    assert_eq!(set.check_reachable(keccak256(&below)), Err(error));
    assert_eq!(set.check_reachable(keccak256(&good)), Ok(()));
}

#[test]
fn an_unknown_child_is_an_error_when_it_is_needed() {
    let Child::Hash(unknown) = UNKNOWN else { unreachable!() };
    let leaf = leaf(&[0; 63], &[1; 40]);
    let root = branch(&[(0, by_hash(&leaf)), (5, UNKNOWN)]);
    let set = NodeSet::new([root.clone(), leaf]);
    let open = || Trie::from_root(keccak256(&root));
    set.check_reachable(keccak256(&root)).unwrap();
    let below = b256!("5000000000000000000000000000000000000000000000000000000000000000");
    let beside = b256!("6000000000000000000000000000000000000000000000000000000000000000");
    assert_eq!(open().get(&set, beside), Ok(None));
    assert_eq!(open().insert(&set, beside, Bytes::from_static(&[1])), Ok(()));
    assert_eq!(open().get(&set, below), Err(MptError::Missing(unknown)));
    assert_eq!(
        open().insert(&set, below, Bytes::from_static(&[1])),
        Err(MptError::Missing(unknown))
    );
    assert_eq!(open().remove(&set, below), Err(MptError::Missing(unknown)));
    assert_eq!(
        open().remove(&set, KEY),
        Err(MptError::Missing(unknown)),
        "the branch collapses onto it"
    );
    let mut trie = open();
    trie.insert(&set, beside, Bytes::from_static(&[1])).unwrap();
    assert_eq!(trie.remove(&set, KEY), Ok(true), "the branch keeps two children");
}

#[test]
fn the_child_of_an_extension_is_a_branch_whoever_looks() {
    for below in [leaf(&[0; 60], &[1; 40]), extension(&[0; 3], UNKNOWN)] {
        let root = extension(&[0, 0, 0, 0], by_hash(&below));
        let set = NodeSet::new([root.clone(), below.clone()]);
        let error =
            MptError::Malformed { hash: keccak256(&below), reason: Malformed::ExtensionChild };
        let mut trie = Trie::from_root(keccak256(&root));
        assert_eq!(set.check_reachable(keccak256(&root)), Err(error));
        assert_eq!(trie.get(&set, KEY), Err(error));
        assert_eq!(trie.insert(&set, KEY, Bytes::from_static(&[1])), Err(error));
        assert_eq!(trie.remove(&set, KEY), Err(error));
    }
    let root = extension(&[1; 40], UNKNOWN);
    assert_eq!(NodeSet::new([root.clone()]).check_reachable(keccak256(root)), Ok(()));
}

/// A branch of a leaf at 0 and `sibling` at 5, and the root that the removal of the leaf should leave.
fn collapse(sibling: Bytes, left: Bytes) {
    let gone = leaf(&[0; 63], &[1; 40]);
    let root = branch(&[(0, by_hash(&gone)), (5, by_hash(&sibling))]);
    let full = Recorder::new(NodeSet::new([root.clone(), gone.clone(), sibling.clone()]));
    let mut trie = Trie::from_root(keccak256(&root));
    assert_eq!(trie.remove(&full, KEY), Ok(true));
    assert_eq!(trie.root_hash(), keccak256(left));
    let mut read = [root, gone, sibling];
    read.sort();
    assert_eq!(full.nodes(), read, "the sibling is part of the witness");
}

#[test]
fn a_branch_collapses_onto_a_leaf() {
    let path = [&[5][..], &[2; 63]].concat();
    collapse(leaf(&[2; 63], &[3; 40]), leaf(&path, &[3; 40]));
}

#[test]
fn a_branch_collapses_onto_an_extension() {
    collapse(extension(&[1, 2], UNKNOWN), extension(&[5, 1, 2], UNKNOWN));
}

#[test]
fn a_branch_collapses_onto_a_branch() {
    let below = branch(&[(1, UNKNOWN), (2, UNKNOWN)]);
    collapse(below.clone(), extension(&[5], by_hash(&below)));
}

#[test]
fn an_extension_takes_in_what_its_branch_leaves() {
    let two = branch(&[(1, UNKNOWN), (2, UNKNOWN)]);
    for (sibling, left) in [
        (leaf(&[2; 59], &[3; 40]), leaf(&[&[0, 0, 0, 0, 5][..], &[2; 59]].concat(), &[3; 40])),
        (extension(&[7], UNKNOWN), extension(&[0, 0, 0, 0, 5, 7], UNKNOWN)),
        (two.clone(), extension(&[0, 0, 0, 0, 5], by_hash(&two))),
    ] {
        let gone = leaf(&[0; 59], &[1; 40]);
        let fork = branch(&[(0, by_hash(&gone)), (5, by_hash(&sibling))]);
        let root = extension(&[0; 4], by_hash(&fork));
        let set = NodeSet::new([root.clone(), fork, gone, sibling]);
        let mut trie = Trie::from_root(keccak256(&root));
        assert_eq!(trie.remove(&set, KEY), Ok(true));
        assert_eq!(trie.root_hash(), keccak256(left));
    }
}

#[test]
fn removing_what_is_not_there_changes_nothing() {
    let nodes = shared(4);
    let root = keccak256(nodes.last().unwrap());
    let set = NodeSet::new(nodes);
    let mut trie = Trie::from_root(root);
    assert_eq!(trie.remove(&set, B256::repeat_byte(1)), Ok(false));
    assert_eq!(
        trie.insert(&set, B256::repeat_byte(2), Bytes::new()),
        Ok(()),
        "an empty value removes"
    );
    assert_eq!(trie.root_hash(), root);
}

#[test]
fn the_last_removal_leaves_the_empty_trie() {
    let mut trie = Trie::default();
    trie.insert(&NoNodes, KEY, Bytes::from_static(&[1])).unwrap();
    assert_eq!(trie.remove(&NoNodes, KEY), Ok(true));
    assert_eq!(trie.root_hash(), EMPTY_ROOT_HASH);
}

/// The spec decodes a known child with its parent, and a short one loses its hash.
#[test]
fn a_short_node_under_a_hash_is_one_written_in_place() {
    let (short, empty) = (leaf(&[1], &[1]), Bytes::from_static(&[0x80]));
    let root = branch(&[(1, by_hash(&short)), (2, UNKNOWN), (3, by_hash(&empty))]);
    let decoded = |nodes: &[&Bytes]| {
        let set = NodeSet::new(nodes.iter().copied().cloned());
        set.check_reachable(keccak256(&root))
            .map(|()| bough_mpt::NodeSource::node(&set, keccak256(&root)).unwrap().encode())
    };
    assert_eq!(decoded(&[&root]), Ok(root.clone()));
    let in_place = Child::Node(Arc::new(Node::decode(&short).unwrap()));
    assert_eq!(
        decoded(&[&root, &short]),
        Ok(branch(&[(1, in_place), (2, UNKNOWN), (3, by_hash(&empty))]))
    );
    assert_eq!(decoded(&[&root, &empty]), Ok(branch(&[(1, by_hash(&short)), (2, UNKNOWN)])));

    let root = branch(&[(1, UNKNOWN), (3, by_hash(&empty))]);
    let error = MptError::Malformed { hash: keccak256(&root), reason: Malformed::BranchOccupancy };
    assert_eq!(NodeSet::new([root.clone()]).check_reachable(keccak256(&root)), Ok(()));
    assert_eq!(
        NodeSet::new([root.clone(), empty.clone()]).check_reachable(keccak256(&root)),
        Err(error)
    );
    let root = branch(&[(1, UNKNOWN), (3, Child::Hash(keccak256([0x05])))]);
    let error = MptError::Malformed { hash: keccak256(&root), reason: Malformed::NotAList };
    assert_eq!(
        NodeSet::new([root.clone(), Bytes::from_static(&[5])]).check_reachable(keccak256(&root)),
        Err(error)
    );
}

#[test]
fn nodes_deeper_than_a_key_are_walked_to_its_end() {
    let deep = branch(&[(1, UNKNOWN), (2, UNKNOWN)]);
    let root = extension(&[0; 64], by_hash(&deep));
    let set = NodeSet::new([root.clone(), deep]);
    let mut trie = Trie::from_root(keccak256(&root));
    assert_eq!(trie.get(&set, KEY), Ok(None));
    assert_eq!(trie.remove(&set, KEY), Ok(false));
    assert_eq!(trie.root_hash(), keccak256(&root));
    trie.insert(&set, KEY, Bytes::from_static(&[1])).unwrap();
    assert_eq!(trie.get(&set, KEY), Ok(Some(Bytes::from_static(&[1]))));
    assert_ne!(trie.root_hash(), keccak256(&root));
    assert_eq!(trie.remove(&set, KEY), Ok(true));
    assert_eq!(trie.root_hash(), keccak256(&root));
    let longer = extension(&[0; 65], UNKNOWN);
    let set = NodeSet::new([longer.clone()]);
    let mut trie = Trie::from_root(keccak256(&longer));
    assert_eq!(trie.get(&set, KEY), Ok(None));
    trie.insert(&set, KEY, Bytes::from_static(&[1])).unwrap();
    assert_eq!(trie.get(&set, KEY), Ok(Some(Bytes::from_static(&[1]))));
}

#[test]
fn a_short_root_is_given_to_the_sink() {
    // Not from 32-byte keys alone, but a short node can stand at the root of a made-up trie.
    let (one, other) = (leaf(&[0; 2], &[1]), leaf(&[1; 2], &[1]));
    let place = |raw: &Bytes| Child::Node(Arc::new(Node::decode(raw).unwrap()));
    let root = branch(&[(0, place(&one)), (1, place(&other))]);
    assert!(root.len() < 32);
    let set = NodeSet::new([root.clone()]);
    let mut trie = Trie::from_root(keccak256(&root));
    assert_eq!(trie.remove(&set, KEY), Ok(false));
    let mut nodes = BTreeMap::new();
    assert_eq!(trie.commit(&mut |hash, raw| drop(nodes.insert(hash, raw))), keccak256(&root));
    assert_eq!(nodes, BTreeMap::from([(keccak256(&root), root)]));
}

/// A leaf that ends before the key does and has no value: an insertion puts it at the value of a branch, where it is
/// no longer seen. The spec then fails to collapse that branch.
#[test]
fn a_leaf_without_a_value_is_followed_as_far_as_the_spec_goes() {
    let hidden = Child::Node(Arc::new(Node::decode(&leaf(&[], &[])).unwrap()));
    let root = branch(&[(0, hidden), (5, UNKNOWN)]);
    let set = NodeSet::new([root.clone()]);
    let mut trie = Trie::from_root(keccak256(&root));
    set.check_reachable(keccak256(&root)).unwrap();
    assert_eq!(trie.get(&set, KEY), Ok(None));
    trie.insert(&set, KEY, Bytes::from_static(&[1])).unwrap();
    assert_eq!(trie.get(&set, KEY), Ok(Some(Bytes::from_static(&[1]))));
    let error = MptError::Malformed { hash: B256::ZERO, reason: Malformed::BranchOccupancy };
    assert_eq!(trie.remove(&set, KEY), Err(error));
    // Where the key does end there, an empty value is a value.
    let whole = leaf(&[0; 64], &[]);
    let set = NodeSet::new([whole.clone()]);
    let trie = Trie::from_root(keccak256(whole));
    assert_eq!(trie.get(&set, KEY), Ok(Some(Bytes::new())));
}
