//! What panics in the hands of a chain ends neither its caller nor the chain.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use crate::common::*;
use alloy_primitives::{Address, Bytes, TxKind};
use bough_chain::{Chain, ChainConfig, ChainEvent, StateOverrides};
use bough_stf::{
    EvmContext, ExtraPrecompiles, Precompile, PrecompileCall, PrecompileOutcome,
    revm::{
        context::TxEnv, inspector::Inspector, inspector::NoOpInspector, interpreter::CallInputs,
        interpreter::CallOutcome,
    },
};

const FAULTY: Address = Address::with_last_byte(0xf0);
const GAS: u64 = 300_000;

/// Panics when it is asked to, and otherwise succeeds.
struct Faulty;

impl Precompile for Faulty {
    fn call(&self, call: PrecompileCall<'_>) -> PrecompileOutcome {
        assert_ne!(call.input, b"panic", "as asked");
        PrecompileOutcome::Success { gas_used: 1, output: Bytes::new() }
    }
}

fn faulty(fork: bough_stf::Fork) -> Chain {
    let precompiles = ExtraPrecompiles::none().with(FAULTY, Arc::new(Faulty));
    Chain::open(ChainConfig { precompiles, ..ChainConfig::new(spec(fork), genesis()) }).unwrap()
}

#[test]
fn a_precompile_that_panics_halts_its_call() {
    for fork in forks() {
        let chain = faulty(fork);
        let ask = |nonce, input: &'static [u8]| alloy_consensus::TxEip1559 {
            gas_limit: GAS,
            ..call(nonce, FAULTY, Bytes::from_static(input))
        };
        send(&chain, 0, ask(0, b"panic"));
        send(&chain, 0, ask(1, b""));
        send(&chain, 1, transfer(0, address(2), 1));
        let block = mine(&chain);
        let succeeded: Vec<bool> = block.receipts.iter().map(|receipt| receipt.success).collect();
        assert_eq!(succeeded.iter().filter(|success| !**success).count(), 1);
        let halted = succeeded.iter().position(|success| !success).unwrap();
        let before = halted.checked_sub(1).map_or(0, |at| block.receipts[at].cumulative_gas_used);
        assert_eq!(block.receipts[halted].cumulative_gas_used - before, GAS, "all its gas");
        // Whoever imports the block comes to the same.
        let other = faulty(fork);
        other.import(block.to_block(), bough_chain::ImportAs::Head).unwrap();
        assert_eq!(other.head().hash, block.hash);

        let tx = TxEnv {
            kind: TxKind::Call(FAULTY),
            data: Bytes::from_static(b"panic"),
            gas_limit: GAS,
            ..TxEnv::default()
        };
        let none = StateOverrides::new();
        let result = chain.simulate(block.hash, &none, tx, NoOpInspector).unwrap().0.result;
        assert!(result.is_halt());
    }
}

/// Panics when it sees a call.
struct Panics;

impl<S: bough_stf::StateSource> Inspector<EvmContext<'_, S>> for Panics {
    fn call(&mut self, _: &mut EvmContext<'_, S>, _: &mut CallInputs) -> Option<CallOutcome> {
        panic!("as asked")
    }
}

#[test]
fn a_call_that_panics_wedges_nothing() {
    let chain = chain();
    send(&chain, 0, transfer(0, address(1), 1));
    let tx = || TxEnv { kind: TxKind::Call(address(1)), gas_limit: GAS, ..TxEnv::default() };
    let none = StateOverrides::new();
    let simulate = || chain.simulate(chain.head().hash, &none, tx(), Panics).map(drop);
    assert!(catch_unwind(AssertUnwindSafe(simulate)).is_err());
    assert!(chain.simulate(chain.head().hash, &none, tx(), NoOpInspector).is_ok());
    send(&chain, 1, transfer(0, address(1), 1));
    assert_eq!(mine(&chain).transactions.len(), 2);
}

#[test]
fn a_listener_that_panics_keeps_events_from_nobody() {
    let chain = chain();
    let heads = Arc::new(AtomicUsize::new(0));
    chain.subscribe(Box::new(|_| panic!("as asked")));
    let counted = Arc::clone(&heads);
    chain.subscribe(Box::new(move |event| {
        counted
            .fetch_add(usize::from(matches!(event, ChainEvent::NewHead { .. })), Ordering::Relaxed);
    }));
    for nonce in 0..2 {
        send(&chain, 0, transfer(nonce, address(1), 1));
        mine(&chain);
    }
    assert_eq!(heads.load(Ordering::Relaxed), 2);
}
