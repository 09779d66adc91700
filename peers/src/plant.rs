//! Trie nodes that are none, planted in the state before a block.

use std::collections::BTreeMap;

use alloy_primitives::{B256, Bytes, keccak256};
use alloy_rlp::{EMPTY_STRING_CODE, Header};

use crate::dice::Dice;

/// Places of a branch.
const PLACES: usize = 16;
/// First byte of a path of an even number of nibbles (hex-prefix): of an extension, of a leaf.
const EVEN_EXTENSION: u8 = 0x00;
const EVEN_LEAF: u8 = 0x20;

/// The state with something planted.
#[derive(Debug, Default)]
pub(crate) struct Planted {
    pub(crate) root: B256,
    /// What was planted, and the nodes on the way to it.
    pub(crate) nodes: Vec<Bytes>,
}

/// Puts something that has no place in a trie in the place of a node below the root, of the account
/// trie or of a storage trie. It can be reached, and a block that does not need it can be built.
pub(crate) fn plant(dice: &mut Dice, nodes: &mut BTreeMap<B256, Bytes>, root: B256) -> Planted {
    let below: Vec<B256> = nodes.keys().copied().filter(|hash| *hash != root).collect();
    if below.is_empty() {
        return Planted { root, nodes: Vec::new() };
    }
    let mut old = dice.pick(&below);
    let raw = nodes.get(&old).cloned().unwrap_or_default();
    let mut planted = vec![Bytes::from(no_node(dice, &raw))];
    let mut new = keccak256(planted.first().expect("invariant: it was just planted"));
    while old != root {
        let Some((parent, raw)) = nodes.iter().find_map(|(hash, raw)| {
            let at = raw.windows(old.len()).position(|window| window == old.as_slice())?;
            let mut raw = raw.to_vec();
            raw.splice(at..at + old.len(), new);
            Some((*hash, Bytes::from(raw)))
        }) else {
            break;
        };
        (old, new) = (parent, keccak256(&raw));
        planted.push(raw);
    }
    nodes.extend(planted.iter().map(|raw| (keccak256(raw), raw.clone())));
    Planted { root: new, nodes: planted }
}

/// Bytes to put in the place of a node, mostly no node.
fn no_node(dice: &mut Dice, raw: &[u8]) -> Vec<u8> {
    let hash = string(dice.hash().as_slice());
    let mut children = vec![vec![EMPTY_STRING_CODE]; PLACES + 1];
    match dice.below(14) {
        0 => {
            let length = dice.between(32, 100);
            dice.bytes(usize::try_from(length).unwrap_or(32))
        }
        1 => list(&[string(&path(EVEN_LEAF, 10)), hash.clone(), hash]),
        // A branch of one child.
        2 => {
            put(&mut children, dice.below(PLACES), hash);
            list(&children)
        }
        // Children of neither 0 nor 32 bytes.
        3 => {
            let length = dice.pick(&[1usize, 31, 33, 40]);
            put(&mut children, 0, string(&dice.bytes(length)));
            put(&mut children, 1, hash);
            list(&children)
        }
        // A branch whose value is a list, which the spec reads as none.
        4 => {
            put(&mut children, 3, hash.clone());
            put(&mut children, 4, string(dice.hash().as_slice()));
            put(&mut children, PLACES, list(&[hash]));
            list(&children)
        }
        5 => list(&[string(&path(EVEN_EXTENSION, 0)), hash]),
        // An extension above nothing, and one above a leaf.
        6 => list(&[string(&path(EVEN_EXTENSION, 31)), vec![EMPTY_STRING_CODE]]),
        7 => list(&[
            string(&path(EVEN_EXTENSION, 1)),
            list(&[string(&path(EVEN_LEAF, 1)), string(&[1; 20])]),
        ]),
        // A leaf whose value is a list.
        8 => list(&[string(&path(EVEN_LEAF, 31)), list(&[hash.clone(), hash])]),
        // Leaves whose paths are too long or too short.
        9 | 10 => {
            let bytes = dice.pick(&[1usize, 16, 33, 400]);
            list(&[string(&path(EVEN_LEAF, bytes)), string(&dice.bytes(40))])
        }
        // The node, with something behind it.
        11 => [raw, &[EMPTY_STRING_CODE]].concat(),
        // A path that is a list, and an empty one.
        12 => list(&[list(std::slice::from_ref(&hash)), hash]),
        _ => list(&[vec![EMPTY_STRING_CODE], hash]),
    }
}

/// A hex-prefix path of so many bytes of nibbles.
fn path(first: u8, bytes: usize) -> Vec<u8> {
    std::iter::once(first).chain(std::iter::repeat_n(0x35, bytes)).collect()
}

fn put(items: &mut [Vec<u8>], at: usize, item: Vec<u8>) {
    if let Some(place) = items.get_mut(at) {
        *place = item;
    }
}

fn string(bytes: &[u8]) -> Vec<u8> {
    alloy_rlp::encode(bytes)
}

/// A list of items that are encoded already.
fn list(items: &[Vec<u8>]) -> Vec<u8> {
    let payload = items.concat();
    let mut encoded = Vec::new();
    Header { list: true, payload_length: payload.len() }.encode(&mut encoded);
    encoded.extend(payload);
    encoded
}
