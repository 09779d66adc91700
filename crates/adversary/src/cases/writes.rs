//! State writes that are as much work as EXECUTE allows for what is charged, or nearly so.

use alloy_primitives::{Address, B256, Bytes, U256, address, keccak256};
use bough_execute::Prices;
use bough_stateless::validate;
use bough_stf::WorkLimits;

use super::{newest, witness::STORE};
use crate::{
    Account, Call, Case, Forge, ForgeError, Forged, HandMade, Input, Prepared,
    code::{Code, op},
    shared_children,
    tries::{DEEPEST, VALUE, in_place, list, plain, shared_children_above, valued},
};

/// A contract that uses up all its gas, in no time.
const BURNER: Address = address!("0000000000000000000000000000000000b04e40");
/// Slots that are written.
const SLOTS: usize = 400;
/// Gas of the transaction that writes them, and the most that a transaction may have.
const GAS: u64 = 1 << 24;
/// Levels whose branches lead only some keys on, and how many of their children do.
const SPARSE: usize = 24;
const LEADING: usize = 12;
/// Bytes of a branch's value that, with sixteen hashes, make an entry of a witness as long as it may
/// be: 1,024 bytes.
const LONGEST_VALUE: usize = 490;
/// Levels above a leaf that each new key splits, and bytes of its value: as long as it may be.
const SPLIT_LEVELS: usize = 3;
const LONGEST_LEAF: usize = 980;

/// Makes a storage trie.
type Make = fn() -> HandMade;

pub(super) fn cases() -> Vec<Case> {
    let shapes: [(&str, Make); 7] = [
        ("at_the_bound_plain", || shared_children(DEEPEST)),
        ("at_the_bound_valued", || end().under(DEEPEST, |below| valued(below, LONGEST_VALUE))),
        ("at_the_bound_in_place_short", || topped(|below| sparse(below, &in_place(31)))),
        ("at_the_bound_in_place_nested", || topped(|below| sparse(below, &crowded()))),
        ("at_the_bound_in_place_32", || topped(|below| sparse(below, &in_place(32)))),
        ("at_the_bound_in_place_156", || topped(|below| sparse(below, &in_place(156)))),
        ("split_leaves", || shared_children_above(SPLIT_LEVELS, vec![0xa0; LONGEST_LEAF].into())),
    ];
    shapes
        .into_iter()
        .map(|(name, make)| {
            Case::added(format!("writes_{name}"), move || paying_for_writes(make()))
        })
        .collect()
}

/// What all ways end at.
fn end() -> HandMade {
    HandMade::leaf(0, Bytes::from_static(&VALUE))
}

/// Branches for all 64 nibbles of a key, the upper ones by `upper` and the others plain.
fn topped(upper: impl Fn(B256) -> Bytes) -> HandMade {
    end().under(DEEPEST - SPARSE, plain).under(SPARSE, upper)
}

/// A branch with some children by hash, and this in the place of the others.
fn sparse(below: B256, other: &[u8]) -> Bytes {
    let by_hash = alloy_rlp::encode(below);
    let items = (0..16).map(|at| if at < LEADING { by_hash.clone() } else { other.to_vec() });
    list(&items.chain([nothing()]).collect::<Vec<_>>())
}

/// A branch that holds as many leaves as a short node can.
fn crowded() -> Bytes {
    const LEAVES: usize = 6;
    /// A path without nibbles, and a byte.
    const LEAF: [u8; 3] = [0xc2, 0x20, 0x01];
    let items = (0..17).map(|at| if at < LEAVES { LEAF.to_vec() } else { nothing() });
    list(&items.collect::<Vec<_>>())
}

/// RLP of an empty string: no child, no value.
fn nothing() -> Vec<u8> {
    alloy_rlp::encode([].as_slice())
}

/// A block that writes slots of this storage and, where their own gas does not pay for the work, uses
/// just as much gas besides as does.
fn paying_for_writes(made: HandMade) -> Result<Prepared, ForgeError> {
    const INVALID: u8 = 0xfe;
    let contract = Account { storage: Some(made.clone()), ..Account::contract(STORE, write()) };
    let burner = Account::contract(BURNER, Bytes::from_static(&[INVALID]));
    let forge = Forge::new(newest(), 1, vec![contract, burner]);
    let mut burnt = 0u64;
    loop {
        let calls = calls(burnt);
        let forged = forge.block(&calls)?.with_nodes(&made.nodes);
        let missing = unpaid(&forged)?;
        if missing == 0 {
            let mut prepared = Prepared::both(forge, calls)?;
            prepared.input = Some(Input::new(&forged)?);
            return Ok(prepared);
        }
        burnt = burnt.saturating_add(missing);
    }
}

/// Writes slots that every shape leads on as far as it goes.
fn write() -> Bytes {
    let slots = (1..u64::MAX).filter(|slot| {
        let key = keccak256(U256::from(*slot).to_be_bytes::<32>());
        key.iter()
            .flat_map(|byte| [byte >> 4, byte & 0xf])
            .take(SPARSE)
            .all(|nibble| usize::from(nibble) < LEADING)
    });
    let one = |code: Code, slot| code.push(7).push(slot).ops(&[op::SSTORE]);
    slots.take(SLOTS).fold(Code::new(), one).ops(&[op::STOP]).build()
}

/// The transaction that writes, and those that use up so much gas.
fn calls(mut burnt: u64) -> Vec<Call> {
    /// A transaction's least gas is below it.
    const LEAST: u64 = 50_000;
    let mut calls = vec![Call::new(STORE, GAS)];
    for nonce in 1.. {
        let gas = burnt.clamp(LEAST, GAS);
        calls.push(Call { nonce, ..Call::new(BURNER, gas) });
        burnt = burnt.saturating_sub(gas);
        if burnt == 0 {
            break;
        }
    }
    calls
}

/// Gas that bytes and claim lack to pay for the work of writing.
fn unpaid(forged: &Forged) -> Result<u64, ForgeError> {
    let prices = Prices::at(forged.fork);
    let limits = WorkLimits { keccak_blocks: Some(u64::MAX), ..WorkLimits::NONE };
    let validated = validate(&forged.input(), limits).map_err(ForgeError::Invalid)?;
    let needed = validated.keccak_blocks.unwrap_or_default() * prices.per_keccak_block;
    let paid = prices.for_bytes(forged.bytes()?.len()).saturating_add(validated.gas_used);
    Ok(needed.saturating_sub(paid))
}
