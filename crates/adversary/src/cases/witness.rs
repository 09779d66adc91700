//! Witnesses made by hand.

use alloy_primitives::{Address, B256, Bytes, U256, address, keccak256};
use alloy_trie::TrieAccount;

use super::{empty_block, newest};
use crate::{
    Account, Call, Case, Forge, ForgeError, Forged, HandMade, Input, Prepared, World,
    code::{Code, op},
    deep_path, extension_chain, shared_children,
    tries::{DEEPEST, shared_children_above},
};

/// A contract whose storage trie is made by hand.
pub(super) const STORE: Address = address!("00000000000000000000000000000000005704e0");
/// Gas of the transactions that read and write hand-made tries.
const GAS: u64 = 12_000_000;
/// Headers of a witness, at most.
const HEADERS: usize = 256;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for depth in [2, 4, 8, 16, 32, DEEPEST] {
        cases.push(Case::added(format!("shared_children_accounts_{depth}"), move || {
            Ok(Prepared::call(Input::new(&account_dag(depth)?)?))
        }));
    }
    for depth in [2, 8, DEEPEST] {
        cases.push(Case::added(format!("shared_children_reads_{depth}"), move || {
            storage(shared_children(depth), &read_all(), GAS)
        }));
        cases.push(Case::added(format!("shared_children_writes_{depth}"), move || {
            storage(shared_children(depth), &write_all(), GAS)
        }));
    }
    cases.push(Case::added("deepest_path_read", || {
        storage(deep_path(slot_key(1)), &once(&read()), GAS)
    }));
    cases.push(Case::added("deepest_path_write", || {
        storage(deep_path(slot_key(1)), &once(&write()), GAS)
    }));
    for length in [100, 7_000] {
        cases.push(Case::added(format!("extension_chain_{length}"), move || with_chain(length)));
    }
    let unused: [(&str, usize, usize, usize); 5] = [
        ("empty", 0, 0, 230_000),
        ("1_byte", 1, 0, 180_000),
        ("32_bytes", 32, 4, 26_000),
        ("532_bytes", 532, 4, 1_800),
        ("1024_bytes", 1024, 4, 950),
    ];
    for (name, length, differ, count) in unused {
        cases.push(Case::added(format!("unused_nodes_{name}"), move || {
            let mut forged = empty_block()?;
            forged.witness.state.extend(entries(length, differ, count));
            Ok(Prepared::call(Input::new(&forged)?))
        }));
        cases.push(Case::added(format!("unused_codes_{name}"), move || {
            let mut forged = empty_block()?;
            forged.witness.codes.extend(entries(length, differ, count));
            Ok(Prepared::call(Input::new(&forged)?))
        }));
    }
    cases.push(Case::added("unused_codes_65536_bytes", || {
        let mut forged = empty_block()?;
        forged.witness.codes.extend(entries(1 << 16, 4, 14));
        Ok(Prepared::call(Input::new(&forged)?))
    }));
    cases.push(Case::added("short_nodes_below_branches", short_nodes));
    cases.push(Case::added("unused_headers_256", || {
        let forge = Forge::new(newest(), 1, Vec::new()).with_ancestors(HEADERS - 1);
        Ok(Prepared::call(Input::new(&forge.block(&[])?)?))
    }));
    cases
}

fn slot_key(slot: u64) -> B256 {
    keccak256(U256::from(slot).to_be_bytes::<32>())
}

/// An empty block on a state where every address is the same account, behind `depth` branches.
fn account_dag(depth: usize) -> Result<Forged, ForgeError> {
    // Code that stops at once, so that the system calls succeed and change nothing.
    let code = Bytes::from_static(&[op::STOP]);
    let account = TrieAccount { nonce: 1, code_hash: keccak256(&code), ..Default::default() };
    let made = shared_children_above(depth, alloy_rlp::encode(account).into());
    let world = World::hand_made(&made, &[code]);
    let forged = Forge::on(newest(), world).block(&[]);
    if depth == DEEPEST {
        return forged;
    }
    // No key leads to the leaf, so the block is no block: another's, with this witness.
    let mut forged = empty_block()?;
    let parent = Forge::on(newest(), World::hand_made(&made, &[])).parent_header();
    forged.header.parent_hash = parent.hash_slow();
    forged.witness.headers = vec![alloy_rlp::encode(&parent).into()];
    forged.witness.state = made.nodes;
    Ok(forged)
}

/// A block that calls a contract with this storage trie, all of it in the witness.
fn storage(made: HandMade, code: &Code, gas: u64) -> Result<Prepared, ForgeError> {
    let contract =
        Account { storage: Some(made.clone()), ..Account::contract(STORE, code.build()) };
    let forge = Forge::new(newest(), 1, vec![contract]);
    let calls = vec![Call::new(STORE, gas)];
    let forged = forge.block(&calls)?.with_nodes(&made.nodes);
    let mut prepared = Prepared::both(forge, calls)?;
    prepared.input = Some(Input::new(&forged)?);
    Ok(prepared)
}

/// A block that reads a slot of a contract whose storage trie is this long a chain: it reads only
/// the first node, and all the others are reachable from it.
fn with_chain(length: usize) -> Result<Prepared, ForgeError> {
    storage(extension_chain(length), &once(&read()), GAS)
}

fn read() -> Code {
    Code::new().push(1).ops(&[op::SLOAD, op::POP])
}

fn write() -> Code {
    Code::new().push(7).push(1).ops(&[op::SSTORE])
}

fn once(code: &Code) -> Code {
    code.clone().ops(&[op::STOP])
}

/// Reads slot after slot.
fn read_all() -> Code {
    let body = Code::new().ops(&[op::DUP1, op::SLOAD, op::POP]).push(1).ops(&[op::ADD]);
    Code::new().push(1).until(50_000, &body)
}

/// Writes slot after slot.
fn write_all() -> Code {
    let body = Code::new().push(7).ops(&[0x81, op::SSTORE]).push(1).ops(&[op::ADD]);
    Code::new().push(1).until(50_000, &body)
}

/// Entries of `length` bytes that differ in their first few.
fn entries(length: usize, differ: usize, count: usize) -> impl Iterator<Item = Bytes> {
    (0..u32::MAX).take(count).map(move |at| {
        let mut entry = vec![0; length];
        entry.iter_mut().zip(at.to_be_bytes()).take(differ).for_each(|(to, from)| *to = from);
        entry.into()
    })
}

/// Branches whose children are all known strings shorter than a hash: each is taken for a node
/// written in place, found by its hash.
fn short_nodes() -> Result<Prepared, ForgeError> {
    let leaf = |at: u32| {
        let node = bough_mpt::Node::Leaf {
            path: bough_mpt::Nibbles::new(&[1]),
            value: Bytes::copy_from_slice(&at.to_be_bytes()),
        };
        node.encode()
    };
    let mut made = HandMade::default();
    let mut hashes: Vec<B256> = Vec::new();
    for at in 0..1_600u32 {
        let leaves: Vec<Bytes> = (0..2).map(|half| leaf(at * 2 + half)).collect();
        made.nodes.extend(leaves.iter().cloned());
        let [first, second]: [B256; 2] =
            std::array::from_fn(|half| leaves.get(half).map(keccak256).unwrap_or_default());
        let last = hashes.last().copied();
        let children = Box::new(std::array::from_fn(|index| match (index, last) {
            (0, Some(below)) => bough_mpt::Child::Hash(below),
            (index, _) if index % 2 == 0 => bough_mpt::Child::Hash(first),
            _ => bough_mpt::Child::Hash(second),
        }));
        let raw = bough_mpt::Node::Branch { children, value: Bytes::new() }.encode();
        made.root = keccak256(&raw);
        hashes.push(made.root);
        made.nodes.push(raw);
    }
    storage(made, &once(&read()), GAS)
}
