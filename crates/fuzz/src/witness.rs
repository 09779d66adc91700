//! Hostile witnesses.

use std::sync::LazyLock;

use alloy_primitives::{Bytes, keccak256};
use bough_adversary::{Account, Call, Code, Forge};
use bough_mpt::{NodeSet, NodeSource};
use bough_stateless::{StatelessInput, validate};
use bough_stf::{Fork, WorkLimits};

/// Gas for the block and for its system calls.
const LIMIT: u64 = 5_000_000;

/// A valid block that reads, writes and deletes.
static BLOCK: LazyLock<StatelessInput> = LazyLock::new(|| {
    const WORKER: alloy_primitives::Address = alloy_primitives::Address::repeat_byte(0x77);
    const SSTORE: u8 = 0x55;
    let slot = alloy_primitives::U256::from;
    let code = Code::new().push(0).push(1).ops(&[SSTORE]).push(9).push(2).ops(&[SSTORE]);
    let worker = Account {
        slots: (1..6u64).map(|at| (slot(at), slot(at))).collect(),
        ..Account::contract(WORKER, code.build())
    };
    let fork = Fork::ALL.into_iter().next_back().expect("there are forks");
    let forge = Forge::new(fork, 1, vec![worker]);
    forge.block(&[Call::new(WORKER, 1 << 20)]).expect("the block is valid").input()
});

/// Changes the witness of a valid block as the bytes say: entries are dropped, changed, repeated,
/// added, or stand for others. The block is accepted or refused; when the state's nodes were all
/// left alone it is what it was. Besides, the entries as a set of nodes are hashed once each and
/// decoded once at most.
///
/// # Panics
/// When that does not hold.
pub fn witness(bytes: &[u8]) {
    let mut input = BLOCK.clone();
    let mut harmless = true;
    let mut rest = bytes;
    while let Some((head, tail)) = rest.split_first_chunk::<4>() {
        let [what, which, at, with] = *head;
        rest = tail;
        harmless &= change(&mut input, what, usize::from(which), at, with, &mut rest);
    }
    check_set(&input.witness.state);
    let limits = WorkLimits {
        block_gas: Some(LIMIT),
        system_gas: Some(LIMIT),
        keccak_blocks: Some(u64::MAX),
    };
    let answer = validate(&input, limits);
    if harmless {
        assert!(answer.is_ok(), "entries that are not needed: {answer:?}");
    }
}

/// Makes one change; whether it can do no harm.
fn change(
    input: &mut StatelessInput,
    what: u8,
    which: usize,
    at: u8,
    with: u8,
    rest: &mut &[u8],
) -> bool {
    const LISTS: u8 = 3;
    const CHANGES: u8 = 6;
    let witness = &mut input.witness;
    let list = match what % LISTS {
        0 => &mut witness.state,
        1 => &mut witness.codes,
        _ => &mut witness.headers,
    };
    let headers = what % LISTS == 2;
    let place = which.checked_rem(list.len()).unwrap_or(0);
    match (what / LISTS) % CHANGES {
        // Drops an entry.
        0 if !list.is_empty() => {
            list.remove(place);
            false
        }
        // Changes a byte.
        1 => {
            if let Some(entry) = list.get_mut(place) {
                let mut raw = entry.to_vec();
                let at = usize::from(at).checked_rem(raw.len()).unwrap_or(0);
                if let Some(byte) = raw.get_mut(at) {
                    *byte ^= with | 1;
                }
                *entry = raw.into();
            }
            false
        }
        // Repeats an entry.
        2 => {
            list.extend(list.get(place).cloned());
            !headers
        }
        // Turns the list around.
        3 => {
            list.reverse();
            !headers
        }
        // Adds an entry that nothing asks for, unless it is one that stands for a short node.
        4 => {
            let length = usize::from(at) * usize::from(with % 5);
            let length = length.min(rest.len());
            let (entry, behind) = rest.split_at(length);
            *rest = behind;
            list.push(Bytes::copy_from_slice(entry));
            !headers
        }
        // Makes a node refer to another by its hash.
        _ => {
            let target = list.get(usize::from(with).checked_rem(list.len()).unwrap_or(0));
            let hash = target.map(keccak256).unwrap_or_default();
            if let Some(entry) = list.get_mut(place) {
                let mut raw = entry.to_vec();
                let at = usize::from(at);
                if let Some(place) = raw.get_mut(at..at + hash.len()) {
                    place.copy_from_slice(hash.as_slice());
                }
                *entry = raw.into();
            }
            false
        }
    }
}

/// Asks a set for everything in it, twice, from every root.
fn check_set(nodes: &[Bytes]) {
    let set = NodeSet::new(nodes.iter().cloned());
    assert_eq!(set.nodes_hashed(), nodes.len(), "each entry is hashed once");
    for _ in 0..2 {
        for raw in nodes {
            let hash = keccak256(raw);
            let _ = set.check_reachable(hash);
            let _ = set.node(hash);
        }
    }
    assert!(set.nodes_decoded() <= nodes.len(), "a node was decoded twice");
}
