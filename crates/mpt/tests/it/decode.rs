//! What is a node and what is not.
use alloy_primitives::{B256, Bytes, hex, keccak256};
use alloy_rlp::{Encodable, Header};
use bough_mpt::{Child, Embedded, Malformed, Nibbles, Node};
use proptest::prelude::*;
use std::sync::Arc;

/// The RLP of a string.
fn text(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    bytes.encode(&mut out);
    out
}

/// The RLP of a list of encoded items.
fn list(items: &[Vec<u8>]) -> Vec<u8> {
    let payload = items.concat();
    let mut out = Vec::new();
    Header { list: true, payload_length: payload.len() }.encode(&mut out);
    [out, payload].concat()
}

/// A branch with these items at its first places.
fn branch(items: &[Vec<u8>]) -> Vec<u8> {
    let mut all = items.to_vec();
    all.resize(17, text(&[]));
    list(&all)
}

fn short_leaf() -> Vec<u8> {
    list(&[text(&[0x31]), text(&[7])])
}

fn decode(raw: Vec<u8>) -> Result<Node, Malformed> {
    Node::decode(&raw.into())
}

#[test]
fn each_malformation_has_its_reason() {
    let hash = text(&[9; 32]);
    let two_leaves = branch(&[short_leaf(), short_leaf()]);
    for (raw, reason) in [
        (vec![], Malformed::Rlp),
        (hex!("c3 82 01").to_vec(), Malformed::Rlp),
        (hex!("c3 81 20 05").to_vec(), Malformed::Rlp),
        (hex!("f8 02 20 05").to_vec(), Malformed::Rlp),
        (hex!("f9 0002 20 05").to_vec(), Malformed::Rlp),
        (hex!("ff ffffffffffffffff").to_vec(), Malformed::Rlp),
        (hex!("bf ffffffffffffffff 00").to_vec(), Malformed::Rlp),
        ([list(&[text(&[0x20]), text(&[5])]), vec![0]].concat(), Malformed::TrailingBytes),
        (hex!("80 80").to_vec(), Malformed::TrailingBytes),
        (vec![0x05], Malformed::NotAList),
        (text(&[9; 32]), Malformed::NotAList),
        (list(&[]), Malformed::ItemCount),
        (list(&[text(&[0x20])]), Malformed::ItemCount),
        (list(&vec![text(&[]); 3]), Malformed::ItemCount),
        (list(&vec![text(&[]); 16]), Malformed::ItemCount),
        (list(&vec![text(&[]); 18]), Malformed::ItemCount),
        (list(&[text(&[]), text(&[5])]), Malformed::Path),
        (list(&[list(&[]), text(&[5])]), Malformed::Path),
        (list(&[text(&[0x20]), list(&[])]), Malformed::LeafValue),
        (list(&[text(&[0x00]), hash.clone()]), Malformed::EmptyExtensionPath),
        (list(&[text(&[0x11]), text(&[])]), Malformed::ExtensionChild),
        (list(&[text(&[0x11]), short_leaf()]), Malformed::ExtensionChild),
        (
            list(&[text(&[0x11]), list(&[text(&[0x11]), two_leaves.clone()])]),
            Malformed::ExtensionChild,
        ),
        (list(&[text(&[0x11]), text(&[9; 31])]), Malformed::ChildLength(31)),
        (branch(&[hash.clone(), text(&[9; 33])]), Malformed::ChildLength(33)),
        (branch(&[hash.clone(), text(&[9])]), Malformed::ChildLength(1)),
        (branch(&[]), Malformed::BranchOccupancy),
        (branch(std::slice::from_ref(&hash)), Malformed::BranchOccupancy),
        (branch(&[hash.clone(), list(&[])]), Malformed::ItemCount),
        (branch(&[hash.clone(), branch(&[short_leaf()])]), Malformed::BranchOccupancy),
    ] {
        assert_eq!(decode(raw.clone()), Err(reason), "{}", hex::encode(raw));
    }
}

#[test]
fn what_the_spec_lets_pass() {
    let hash = text(&[9; 32]);
    // An empty string is the absence of a node.
    assert_eq!(decode(vec![0x80]), Ok(Node::Empty));
    // Unknown flag bits and padding do not count.
    for first in [0x20, 0x2f, 0x60, 0xa5, 0xe0] {
        let leaf = Node::Leaf { path: Nibbles::new(&[1, 2]), value: Bytes::from_static(&[5]) };
        assert_eq!(decode(list(&[text(&[first, 0x12]), text(&[5])])), Ok(leaf));
    }
    for first in [0x11, 0x51, 0xd1] {
        let node = Node::Extension {
            path: Nibbles::new(&[1, 0, 3]),
            child: Child::Hash(B256::repeat_byte(9)),
        };
        assert_eq!(decode(list(&[text(&[first, 0x03]), hash.clone()])), Ok(node));
    }
    // A leaf may have an empty value, and its path any length.
    assert!(decode(list(&[text(&[0x20]), text(&[])])).is_ok());
    assert!(decode(list(&[text(&[0x20; 500]), text(&[])])).is_ok());
    // A value counts as a place taken; a list in its place is no value, if it is RLP.
    let mut items = vec![text(&[]); 17];
    (items[3], items[16]) = (hash.clone(), text(&[5]));
    assert!(decode(list(&items)).is_ok());
    items[16] = list(&[list(&[]), text(&[1, 2])]);
    assert_eq!(decode(list(&items)), Err(Malformed::BranchOccupancy));
    items[4] = hash;
    assert!(matches!(decode(list(&items)), Ok(Node::Branch { value, .. }) if value.is_empty()));
    items[16] = hex!("c3 c2 81 05").to_vec();
    assert_eq!(decode(list(&items)), Err(Malformed::Rlp));
}

#[test]
fn a_long_node_in_place_is_referred_to_by_its_own_bytes() {
    // Of 32 bytes and more, and with a flag that a canonical encoding would not have.
    let long = list(&[text(&[0xf1]), text(&[5; 40])]);
    let node = decode(branch(&[short_leaf(), long.clone()])).unwrap();
    let Node::Branch { children, .. } = &node else { panic!("a branch") };
    let leaf = Node::Leaf { path: Nibbles::new(&[1]), value: [5; 40].into() };
    assert_eq!(
        children[1],
        Child::Embedded(Arc::new(Embedded { raw: long.clone().into(), node: Arc::new(leaf) }))
    );
    assert_eq!(node.encode(), branch(&[short_leaf(), text(keccak256(long).as_slice())]));
}

#[test]
fn nesting_is_bounded_beyond_what_a_witness_entry_can_hold() {
    let nest = |levels: usize| {
        (0..levels).fold(branch(&[short_leaf(), short_leaf()]), |inner, _| {
            let mut items = vec![text(&[]); 17];
            (items[0], items[16]) = (inner, text(&[1]));
            list(&[text(&[0x11]), list(&items)])
        })
    };
    let deepest = (0..).map(nest).take_while(|raw| raw.len() <= 1024).last().unwrap();
    assert!(decode(deepest).is_ok());
    assert_eq!(decode(nest(10_000)), Err(Malformed::Nesting));
    // Lists where a value belongs nest as deep as they like.
    let mut items = vec![text(&[9; 32]); 17];
    items[16] = (0..10_000).fold(list(&[]), |inner, _| list(&[inner]));
    assert!(decode(list(&items)).is_ok());
}

fn nibbles(length: std::ops::Range<usize>) -> impl Strategy<Value = Nibbles> {
    prop::collection::vec(0u8..16, length).prop_map(|nibbles| Nibbles::new(&nibbles))
}

fn hash() -> impl Strategy<Value = Child> {
    any::<[u8; 32]>().prop_map(|hash| Child::Hash(hash.into()))
}

/// Nodes in the form that decoding gives, nested in place where they are short.
fn node() -> impl Strategy<Value = Node> {
    let leaf = (nibbles(0..8), prop::collection::vec(any::<u8>(), 0..8))
        .prop_map(|(path, value)| Node::Leaf { path, value: value.into() });
    leaf.prop_recursive(3, 20, 4, |inner| {
        let child = prop_oneof![
            hash(),
            inner.prop_map(|node| match node.encode().len() {
                0..32 => Child::Node(Arc::new(node)),
                _ => Child::Hash(keccak256(node.encode())),
            })
        ];
        let branch = (
            prop::collection::vec((0usize..16, child), 2..6),
            prop::collection::vec(any::<u8>(), 1..4),
        )
            .prop_map(|(places, value)| {
                let mut children: Box<[Child; 16]> = Box::default();
                for (place, child) in places {
                    children[place] = child;
                }
                Node::Branch { children, value: value.into() }
            });
        prop_oneof![
            branch,
            (nibbles(1..70), hash()).prop_map(|(path, child)| Node::Extension { path, child }),
        ]
    })
}

proptest! {
    #[test]
    fn decoding_undoes_encoding(node in node()) {
        prop_assert_eq!(Node::decode(&node.encode()), Ok(node));
    }

    #[test]
    fn mutated_bytes_do_not_panic(
        node in node(),
        mutations in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut raw = node.encode().to_vec();
        for (index, byte) in mutations {
            let index = index.index(raw.len());
            raw[index] = byte;
        }
        if let Some(cut) = cut {
            raw.truncate(cut.index(raw.len()));
        }
        if let Ok(node) = decode(raw) {
            // Whatever was accepted has a canonical form that means the same.
            let canonical = node.encode();
            prop_assert_eq!(Node::decode(&canonical).map(|node| node.encode()), Ok(canonical));
        }
    }

    #[test]
    fn random_bytes_do_not_panic(raw in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode(raw);
    }
}
