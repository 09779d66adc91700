//! Counters, not times: what hostile inputs can make EXECUTE do is bounded by what they pay.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_possible_truncation)]

mod codes;
mod refusals;
mod writes;

use alloy_consensus::{SignableTransaction, TxLegacy};
use alloy_primitives::{Address, Bytes, Signature, TxKind, U256, keccak256};
use bough_adversary::{
    Account, CHAIN_ID, Call, Code, Forge, Forged, HandMade, Input, cases, code::op, deep_path,
    extension_chain, least_gas, shared_children,
};
use bough_execute::{Prices, Refused};
use bough_mpt::NodeSet;
use bough_stateless::{Invalid, Schema, validate};
use bough_stf::{BlockError, Fork, MptError, StateError, Transaction, WorkLimits};

const PLENTY: u64 = 1 << 40;
const WORKER: Address = Address::repeat_byte(0x77);

fn newest() -> Fork {
    *Fork::ALL.last().unwrap()
}

fn run(forged: &Forged) -> Result<bough_execute::Executed, Refused> {
    let input = Input::new(forged).unwrap();
    input.execute().run(&input.bytes, PLENTY, input.l1)
}

#[test]
fn each_node_is_hashed_and_decoded_once() {
    let key = keccak256([1]);
    let mut made: Vec<HandMade> = (1..=64).map(shared_children).collect();
    made.extend([deep_path(key), extension_chain(1), extension_chain(5_000)]);
    for HandMade { root, nodes } in made {
        // Every node twice, and some that are none.
        let given: Vec<Bytes> = nodes
            .iter()
            .chain(&nodes)
            .cloned()
            .chain([Bytes::new(), Bytes::from_static(b"no")])
            .collect();
        let set = NodeSet::new(given.clone());
        assert_eq!(set.nodes_hashed(), given.len());
        assert_eq!(set.bytes_hashed(), given.iter().map(|raw| raw.len()).sum::<usize>());
        assert_eq!(set.nodes_decoded(), 0);
        set.check_reachable(root).unwrap();
        assert_eq!(set.nodes_decoded(), nodes.len());
        for again in 0..3u8 {
            set.check_reachable(root).unwrap();
            let trie = bough_mpt::Trie::from_root(root);
            let _ = trie.get(&set, keccak256([again]));
        }
        assert_eq!(set.nodes_decoded(), nodes.len());
    }
}

/// A signature that no sender can be recovered from tells whether anyone tried.
#[test]
fn no_signature_is_recovered_outside_the_claim() {
    let unsigned = TxLegacy {
        chain_id: Some(CHAIN_ID),
        gas_limit: 21_000,
        to: TxKind::Call(WORKER),
        ..TxLegacy::default()
    };
    let broken = Signature::new(U256::MAX, U256::from(1), false);
    let transaction: Transaction = unsigned.into_signed(broken).into();
    for fork in Fork::ALL.into_iter().filter(|fork| Schema::of(*fork).is_some()) {
        let mut forged = Forge::new(fork, 1, Vec::new()).block(&[]).unwrap();
        forged.transactions = vec![transaction.clone(); 3_000];
        forged.header.transactions_root =
            alloy_consensus::proofs::calculate_transaction_root(&forged.transactions);
        let refused = |claim| run(&forged.clone().claiming(claim)).unwrap_err();
        let mut fits = None;
        for claim in [0, 21_000, 1_000_000, 30_000_000, 36_000_000 - 1, 36_000_000, 63_000_000] {
            match refused(claim) {
                Refused::Invalid(Invalid::Block(BlockError::ClaimTooSmall { .. })) => {
                    assert_eq!(fits, None, "{fork:?}: a larger claim is too small");
                }
                Refused::Invalid(Invalid::Payload(_)) => fits = fits.or(Some(claim)),
                other => panic!("{fork:?} {claim}: {other:?}"),
            }
        }
        assert!(fits.is_some_and(|claim| claim >= 36_000_000), "{fork:?}: {fits:?}");
    }
}

/// Behind a number of cheap instructions stands one that reads what the witness does not have: it
/// must not be reached by a claim that ends before it.
#[test]
fn executed_gas_is_within_the_claim() {
    // JUMPDEST costs 1 gas: what was executed is counted to the gas.
    const STEPS: usize = 5_000;
    const COLD_SLOAD: u64 = 2_100;
    let code = Code::new().ops(&[op::JUMPDEST; STEPS]).push(1).ops(&[op::SLOAD, op::STOP]);
    let worker = Account {
        slots: (1..50u64).map(|at| (U256::from(at), U256::from(at))).collect(),
        ..Account::contract(WORKER, code.build())
    };
    let forge = Forge::new(newest(), 1, vec![worker]);
    let mut forged = forge.block(&[Call::new(WORKER, 1 << 20)]).unwrap();
    let gas_used = forged.header.gas_used;
    // Of the nodes whose lack is only noticed above the claim of a call, the one noticed first is the
    // one that the read needs.
    let without = |missing: &Bytes| {
        let mut without = forged.clone();
        without.witness.state.retain(|node| node != missing);
        without
    };
    let noticed = |missing: &Bytes| {
        let forged = without(missing);
        let late = matches!(run(&forged), Err(why) if is_missing(&why)) && !reached_before(&forged);
        late.then(|| first_claim_that_reaches(&forged, gas_used))
    };
    let nodes = forged.witness.state.clone();
    let places = nodes.iter().filter_map(|node| Some((noticed(node)?, node)));
    let (place, missing) = places.min().expect("a node that only the read needs");
    forged = without(missing);
    // Below that place nothing of it is seen, above it always.
    for claim in [place - 1, place - 2, place - 1_000] {
        let why = run(&forged.clone().claiming(claim)).unwrap_err();
        assert_eq!(
            why,
            Refused::Invalid(Invalid::Block(BlockError::ClaimExceeded { claimed: claim }))
        );
    }
    // The place is where the instruction is paid for: all the gas before it, and its own.
    let before = Code::new().ops(&[op::JUMPDEST; STEPS]).push(1).ops(&[op::STOP]);
    let plain = Forge::new(newest(), 1, vec![Account::contract(WORKER, before.build())]);
    let until_there = plain.block(&[Call::new(WORKER, 1 << 20)]).unwrap().header.gas_used;
    assert_eq!(place, until_there + COLD_SLOAD);
}

fn is_missing(why: &Refused) -> bool {
    matches!(
        why,
        Refused::Invalid(Invalid::Block(BlockError::State(StateError::Trie(MptError::Missing(_)))))
    )
}

/// Whether a claim of a call alone already finds something missing.
fn reached_before(forged: &Forged) -> bool {
    matches!(run(&forged.clone().claiming(30_000 - 12_000)), Err(why) if is_missing(&why))
}

fn first_claim_that_reaches(forged: &Forged, gas_used: u64) -> u64 {
    let (mut low, mut high) = (0, gas_used);
    while low + 1 < high {
        let middle = low.midpoint(high);
        match run(&forged.clone().claiming(middle)) {
            Err(why) if is_missing(&why) => high = middle,
            _ => low = middle,
        }
    }
    high
}

/// The same for system calls, which are outside the claim: they stop where the call's gas ends.
#[test]
fn system_calls_stop_where_the_gas_ends() {
    for case in cases()
        .iter()
        .filter(|case| case.name.starts_with("system_") && case.name.ends_with("_loop"))
    {
        let input = case.prepare().unwrap().input.unwrap();
        let paid = Prices::at(newest()).for_bytes(input.bytes.len());
        for left in [0, 1, 1_000, 100_000] {
            let why = input.execute().run(&input.bytes, paid + left, input.l1).unwrap_err();
            assert_eq!(
                why,
                Refused::Invalid(Invalid::Block(BlockError::SystemGasExceeded { budget: left })),
                "{}",
                case.name
            );
        }
    }
}

/// Stopping changes no verdict: without limits the same blocks are refused as well.
#[test]
fn what_is_stopped_is_invalid() {
    let little = cases().into_iter().filter(|case| case.name.starts_with("claims_little"));
    let mut count = 0;
    for case in little.filter(|case| !case.name.contains("creates")).step_by(3) {
        let input = case.prepare().unwrap().input.unwrap();
        assert!(input.execute().run(&input.bytes, PLENTY, input.l1).is_err(), "{}", case.name);
        let decoded = bough_stateless::StatelessInput::decode(&input.bytes).unwrap();
        assert!(validate(&decoded, WorkLimits::NONE).is_err(), "{}", case.name);
        count += 1;
    }
    assert!(count > 10, "{count} cases");
}

/// Every case can be made, says the same with the least gas as with plenty, and less with less.
#[test]
fn the_least_gas_is_the_least() {
    for case in cases().iter().filter(|case| {
        case.name.starts_with("garbage") || case.name.starts_with("shared_children_accounts")
    }) {
        let input = case.prepare().unwrap().input.unwrap();
        let run = |gas| input.execute().run(&input.bytes, gas, input.l1);
        let gas = least_gas(&input);
        assert_eq!(
            run(gas).map_err(Some).map(|executed| executed.result),
            run(PLENTY).map_err(Some).map(|executed| executed.result),
            "{}",
            case.name
        );
        if gas > 0 {
            assert_ne!(run(gas - 1).err(), run(PLENTY).err(), "{}", case.name);
        }
    }
}
