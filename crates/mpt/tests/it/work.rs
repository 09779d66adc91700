//! The work of writing, as a number that the stored trie and the keys decide.
use crate::common::{Change, apply, change, key, reference_root};
use alloy_primitives::{B256, Bytes, keccak256};
use bough_mpt::{Child, MptError, Nibbles, NoNodes, Node, NodeSet, Recorder, Trie};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// A branch of sixteen hashes.
const PLAIN: u64 = 4;

/// Nodes from the last one made, the root, down.
#[derive(Default)]
struct Made(Vec<Bytes>);

impl Made {
    fn add(&mut self, node: &Node) -> Child {
        self.0.push(node.encode());
        Child::Hash(self.root())
    }

    fn root(&self) -> B256 {
        keccak256(self.0.last().unwrap())
    }

    fn work(&self, keys: &[B256]) -> Result<u64, MptError> {
        let source = NodeSet::new(self.0.iter().cloned());
        Trie::from_root(self.root()).work(&source, keys.iter().copied(), u64::MAX)
    }
}

fn leaf(nibbles: usize, value: usize) -> Node {
    Node::Leaf { path: Nibbles::new(&vec![0; nibbles]), value: vec![1; value].into() }
}

fn branch(children: [Child; 16], value: usize) -> Node {
    Node::Branch { children: Box::new(children), value: vec![1; value].into() }
}

/// RLP of a short branch with as many leaves as fit.
fn crowded() -> Bytes {
    let items = [[0xc2, 0x20, 0x01].repeat(6), vec![0x80; 11]].concat();
    let raw =
        Bytes::from([&[0xc0 + u8::try_from(items.len()).unwrap()], items.as_slice()].concat());
    assert!(raw.len() < 32);
    raw
}

/// Branches of sixteen times the same child, above a leaf.
fn shared(levels: usize, value: usize) -> Made {
    let mut made = Made::default();
    let mut below = made.add(&leaf(64 - levels, 40));
    for _ in 0..levels {
        below = made.add(&branch(std::array::from_fn(|_| below.clone()), value));
    }
    made
}

/// Keccak blocks that writing what was changed hashes.
fn hashed(trie: &mut Trie) -> u64 {
    let mut blocks = 0;
    trie.commit(&mut |_, raw| blocks += 1 + raw.len() as u64 / 136);
    blocks
}

/// The key of zeros but for one nibble.
fn with(place: usize, nibble: u8) -> B256 {
    let mut key = B256::ZERO;
    key[place / 2] = if place.is_multiple_of(2) { nibble << 4 } else { nibble };
    key
}

#[test]
fn each_place_on_the_way_counts_once() {
    let made = shared(64, 0);
    assert_eq!(made.work(&[]), Ok(0));
    assert_eq!(made.work(&[B256::ZERO]), Ok(65 * PLAIN));
    assert_eq!(made.work(&[B256::ZERO, B256::ZERO]), Ok(65 * PLAIN));
    // From the nibble in which two keys differ on, there are two ways.
    assert_eq!(made.work(&[B256::ZERO, with(63, 1)]), Ok(66 * PLAIN));
    assert_eq!(made.work(&[B256::ZERO, with(0, 1)]), Ok(129 * PLAIN));
    assert_eq!(made.work(&[with(0, 1), with(63, 1), B256::ZERO]), Ok(130 * PLAIN));
    assert_eq!(Trie::default().work(&NoNodes, [B256::ZERO], 0), Ok(0));
}

#[test]
fn a_node_counts_by_what_it_holds() {
    for (value, blocks) in [(0, 4), (1, 5), (135, 5), (136, 6), (408, 8), (490, 8)] {
        assert_eq!(shared(1, value).work(&[B256::ZERO]), Ok(blocks + PLAIN), "{value}");
    }
    for (nibbles, value, blocks) in [(64, 40, 4), (271, 0, 4), (272, 0, 5), (300, 272, 7)] {
        let mut made = Made::default();
        made.add(&leaf(nibbles, value));
        assert_eq!(made.work(&[B256::ZERO]), Ok(blocks), "{nibbles} {value}");
    }
}

/// A node that lies in place counts for its parent, and for itself where a key leads through it.
#[test]
fn what_lies_in_place_counts_with_its_parent() {
    // A list of seventeen items: the child, another, fourteen times nothing, a string of 100 bytes.
    let whole = |first: &[u8], second: &[u8]| {
        let value = [[0xb8, 100].as_slice(), &[1; 100]].concat();
        let items = [first, second, &[0x80; 14], value.as_slice()].concat();
        Bytes::from([&[0xf8, u8::try_from(items.len()).unwrap()], items.as_slice()].concat())
    };
    let short = leaf(3, 4).encode();
    let long = leaf(3, 40).encode();
    assert!(short.len() < 32 && long.len() >= 32);
    // 100 bytes of value are one, each child in place is one.
    for (first, second) in [(&short, &short), (&long, &long), (&short, &long)] {
        let made = Made(vec![whole(first, second)]);
        assert_eq!(made.work(&[with(0, 2)]), Ok(PLAIN + 3));
        assert_eq!(made.work(&[B256::ZERO]), Ok(2 * PLAIN + 3));
        assert_eq!(made.work(&[with(0, 1)]), Ok(2 * PLAIN + 3));
        assert_eq!(made.work(&[with(0, 0), with(0, 1)]), Ok(3 * PLAIN + 3));
    }
    // A short one counts with all that is within.
    let made = Made(vec![whole(&crowded(), &short)]);
    assert_eq!(made.work(&[with(0, 2)]), Ok(PLAIN + 1 + 7 + 1));
    assert_eq!(made.work(&[with(1, 2)]), Ok(PLAIN + 1 + 7 + 1 + PLAIN + 6 + PLAIN));
    // So does one that is in the witness by itself.
    let stands_for =
        Made(vec![short.clone(), whole(&alloy_rlp::encode(keccak256(&short)), &short)]);
    assert_eq!(stands_for.work(&[with(0, 2)]), Ok(PLAIN + 3));
    // A long one counts by its length.
    let longest = leaf(3, 150).encode();
    let mut items = [longest.as_ref(), &[0xa0], &[0xee; 32], &[0x80; 15]].concat();
    let length = u8::try_from(items.len()).unwrap();
    items.splice(0..0, [0xf8, length]);
    let made = Made(vec![items.into()]);
    assert_eq!(made.work(&[with(0, 2)]), Ok(PLAIN + 2));
    assert_eq!(made.work(&[with(0, 1)]), Err(MptError::Missing(B256::repeat_byte(0xee))));
}

#[test]
fn extensions_lead_those_keys_that_follow_them() {
    let mut made = Made::default();
    let end = made.add(&leaf(61, 40));
    let fork = made.add(&branch(std::array::from_fn(|_| end.clone()), 0));
    made.add(&Node::Extension { path: Nibbles::new(&[0, 7]), child: fork });
    let follows = |last: u8| {
        let mut key = with(1, 7);
        key[1] = last << 4;
        key
    };
    assert_eq!(made.work(&[B256::ZERO, with(0, 7), with(1, 8)]), Ok(PLAIN));
    assert_eq!(made.work(&[follows(3)]), Ok(3 * PLAIN));
    assert_eq!(made.work(&[with(1, 8), follows(3), B256::ZERO, follows(4)]), Ok(4 * PLAIN));
}

#[test]
fn it_stops_when_it_is_more_than_asked_for() {
    let made = shared(64, 0);
    let source = Recorder::new(NodeSet::new(made.0.iter().cloned()));
    let trie = Trie::from_root(made.root());
    assert!(trie.work(&source, [B256::ZERO], 9 * PLAIN).unwrap() > 9 * PLAIN);
    assert_eq!(source.len(), 10);
    assert_eq!(trie.work(&source, [B256::ZERO], 65 * PLAIN), Ok(65 * PLAIN));
}

proptest! {
    /// Where no node is shared and none lies in place, it is four blocks for each node that new
    /// values under the keys make anew; and asks for no node that writing them does not ask for.
    #[test]
    fn it_is_what_writing_writes(
        keys in prop::collection::btree_set(key(), 1..40),
        chosen in prop::collection::vec(any::<prop::sample::Index>(), 1..10),
    ) {
        let value = |byte: u8| Bytes::from(vec![byte; 33]);
        let map: BTreeMap<B256, Bytes> = keys.iter().map(|key| (*key, value(1))).collect();
        let keys: Vec<B256> = keys.into_iter().collect();
        let mut trie = Trie::default();
        for (key, value) in &map {
            trie.insert(&NoNodes, *key, value.clone()).unwrap();
        }
        let mut nodes = BTreeMap::new();
        let root = trie.commit(&mut |hash, raw| drop(nodes.insert(hash, raw)));
        prop_assert_eq!(root, reference_root(&map));

        let chosen: BTreeSet<B256> = chosen.iter().map(|at| *at.get(&keys)).collect();
        let counted = Recorder::new(&nodes);
        let mut trie = Trie::from_root(root);
        let work = trie.work(&counted, chosen.iter().copied(), u64::MAX).unwrap();
        let written = Recorder::new(&nodes);
        for key in chosen {
            trie.insert(&written, key, value(2)).unwrap();
        }
        let mut made = 0;
        trie.commit(&mut |_, _| made += 1);
        prop_assert_eq!(work, PLAIN * made);
        prop_assert_eq!(counted.nodes(), written.nodes());
    }
}

/// What is at one nibble of a branch made at random.
#[derive(Clone, Debug)]
enum Place {
    Nothing,
    /// The level below, by hash.
    Below,
    /// A leaf in place, with a value of so many bytes.
    Leaf(usize),
    /// A branch in place with as many leaves as fit.
    Crowded,
    /// A short leaf by hash.
    Known,
}

/// A level of a trie made at random: a branch, or an extension of the branch below.
#[derive(Clone, Debug)]
struct Level {
    places: Vec<Place>,
    value: usize,
    extended: bool,
}

fn level() -> impl Strategy<Value = Level> {
    let place = prop_oneof![
        2 => Just(Place::Nothing),
        6 => Just(Place::Below),
        2 => (1usize..60).prop_map(Place::Leaf),
        1 => Just(Place::Crowded),
        1 => Just(Place::Known),
    ];
    let value = prop_oneof![3 => Just(0usize), 1 => 1usize..480];
    (prop::collection::vec(place, 16), value, prop::bool::weighted(0.1))
        .prop_map(|(places, value, extended)| Level { places, value, extended })
}

fn known() -> Bytes {
    leaf(2, 3).encode()
}

/// RLP of a branch, whatever the length of what it has in place.
fn raw_branch(level: &Level, below: B256) -> Bytes {
    let mut items = Vec::new();
    for place in &level.places {
        match place {
            Place::Nothing => items.push(0x80),
            Place::Below => items.extend(alloy_rlp::encode(below)),
            Place::Leaf(value) => items.extend(leaf(5, *value).encode()),
            Place::Crowded => items.extend(crowded()),
            Place::Known => items.extend(alloy_rlp::encode(keccak256(known()))),
        }
    }
    items.extend(alloy_rlp::encode(vec![1; level.value].as_slice()));
    let mut raw = Vec::new();
    alloy_rlp::Header { list: true, payload_length: items.len() }.encode(&mut raw);
    raw.extend(items);
    raw.into()
}

/// One new value under a key that is there brings nothing.
#[test]
fn the_longest_branches_hash_no_more() {
    for value in [0, 1, 11, 12, 135, 136, 271, 272, 490] {
        let made = shared(64, value);
        let source = NodeSet::new(made.0.iter().cloned());
        let mut trie = Trie::from_root(made.root());
        let work = trie.work(&source, [B256::ZERO], u64::MAX).unwrap();
        trie.insert(&source, B256::ZERO, vec![2; 33].into()).unwrap();
        let hashed = hashed(&mut trie);
        assert!(hashed <= work, "{value}: {hashed} for {work}");
    }
}

proptest! {
    /// Whatever the nodes are, writing hashes no more blocks than were counted and the keys bring.
    #[test]
    fn writing_hashes_no_more(
        levels in prop::collection::vec(level(), 1..60),
        end in 1usize..600,
        changes in prop::collection::vec(change(), 1..30),
    ) {
        /// What a key may bring: a leaf, a fork and an extension, or a node that takes its parent's
        /// place, which may be as long as nodes may be here.
        const BROUGHT: u64 = 9;
        let mut nodes = BTreeMap::new();
        let mut keep = |raw: Bytes| {
            let hash = keccak256(&raw);
            nodes.insert(hash, raw);
            hash
        };
        keep(known());
        let mut root = keep(leaf(5, end).encode());
        for level in &levels {
            root = keep(raw_branch(level, root));
            if level.extended {
                let path = Nibbles::new(&[1, 1]);
                root = keep(Node::Extension { path, child: Child::Hash(root) }.encode());
            }
        }
        let source = NodeSet::new(nodes.into_values());
        prop_assume!(source.check_reachable(root).is_ok());

        let keys: BTreeSet<B256> = changes.iter().map(|(key, _)| *key).collect();
        let mut trie = Trie::from_root(root);
        let work = trie.work(&source, keys.iter().copied(), u64::MAX).unwrap();
        // First what is set, then what is removed: as a state is written.
        let (set, removed): (Vec<Change>, Vec<Change>) =
            changes.into_iter().partition(|(_, value)| value.is_some());
        set.iter().chain(&removed).for_each(|change| apply(&mut trie, &source, change));
        let hashed = hashed(&mut trie);
        prop_assert!(hashed <= work + BROUGHT * keys.len() as u64, "{} for {}", hashed, work);
    }
}
