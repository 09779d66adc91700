//! Proofs, calls, estimates, traces and logs.

use crate::common::*;
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_rlp::Encodable;
use alloy_trie::{Nibbles, proof::verify_proof};
use bough_chain::{
    AccountOverride, CallError, Chain, ChainError, FoundLog, LogFilter, StateOverrides,
};
use bough_stf::revm::{
    context::TxEnv, context_interface::result::ExecutionResult, inspector::NoOpInspector,
    primitives::TxKind,
};
use revm_inspectors::tracing::{TracingInspector, TracingInspectorConfig};

const STORE: Address = Address::with_last_byte(0x51);

fn rlp(value: impl Encodable) -> Vec<u8> {
    let mut bytes = Vec::new();
    value.encode(&mut bytes);
    bytes
}

/// A chain with slots 1 to 3 of [`STORE`] set in block 1 and slot 1 cleared in block 2.
fn stored() -> Chain {
    let chain = chain_with(&[(STORE, STORAGE)]);
    for slot in 1..4 {
        send(&chain, 0, call(slot - 1, STORE, set_slot(slot, slot * 11)));
    }
    mine(&chain);
    send(&chain, 0, call(3, STORE, set_slot(1, 0)));
    mine(&chain);
    chain
}

#[test]
fn proofs_verify_against_the_header() {
    let chain = stored();
    let slots: Vec<U256> = (0..4u64).map(U256::from).collect();
    for (number, expected) in [(0, [0, 0, 0, 0]), (1, [0, 11, 22, 33]), (2, [0, 0, 22, 33])] {
        let block = chain.block(number).unwrap().unwrap();
        for subject in [STORE, address(0), Address::repeat_byte(0x99)] {
            let proof = chain.proof(block.hash, subject, &slots).unwrap();
            assert_eq!(proof.account.is_some(), subject != Address::repeat_byte(0x99));
            verify_proof(
                block.header.state_root,
                Nibbles::unpack(keccak256(subject)),
                proof.account.map(rlp),
                &proof.proof,
            )
            .unwrap();
            let root = proof.account.unwrap_or_default().storage_root;
            for (slot, expected) in proof.storage.iter().zip(expected) {
                let expected = if subject == STORE { U256::from(expected) } else { U256::ZERO };
                assert_eq!(slot.value, expected);
                let leaf = (!slot.value.is_zero()).then(|| rlp(slot.value));
                let key = Nibbles::unpack(keccak256(slot.slot.to_be_bytes::<32>()));
                verify_proof(root, key, leaf, &slot.proof).unwrap();
            }
        }
    }
    let unknown = B256::with_last_byte(1);
    let error = chain.proof(unknown, STORE, &[]).unwrap_err();
    assert!(matches!(error, ChainError::UnknownBlock(hash) if hash == unknown), "{error}");
}

fn eth_call(to: Address, data: impl Into<Bytes>) -> TxEnv {
    TxEnv {
        caller: address(0),
        kind: TxKind::Call(to),
        data: data.into(),
        gas_limit: 10_000_000,
        ..TxEnv::default()
    }
}

fn returned(result: &ExecutionResult) -> U256 {
    assert!(result.is_success(), "{result:?}");
    U256::from_be_slice(result.output().unwrap())
}

#[test]
fn calls_see_the_block_and_change_nothing() {
    let chain = chain_with(&[(STORE, STORAGE)]);
    let none = StateOverrides::new();
    send(&chain, 0, call(0, STORE, set_slot(0, 7)));
    let first = mine(&chain);
    send(&chain, 0, call(1, STORE, set_slot(0, 8)));
    let second = mine(&chain);
    for (block, value) in [(first.hash, 7), (second.hash, 8), (chain.genesis_hash(), 0)] {
        let call = eth_call(STORE, Bytes::new());
        let result = chain.simulate(block, &none, call, NoOpInspector).unwrap().0.result;
        assert_eq!(returned(&result), U256::from(value));
    }
    let write = eth_call(STORE, set_slot(0, 9));
    let result = chain.simulate(second.hash, &none, write, NoOpInspector).unwrap().0.result;
    assert!(result.is_success());
    let state = chain.state_at(second.hash).unwrap();
    assert_eq!(state.storage_at(STORE, U256::ZERO).unwrap(), U256::from(8));
}

#[test]
fn calls_take_overrides() {
    let chain = chain();
    let head = chain.head().hash;
    let overrides = StateOverrides::from([(
        STORE,
        AccountOverride {
            code: Some(STORAGE),
            slots: [(U256::ZERO, U256::from(5))].into(),
            balance: Some(U256::from(1)),
            nonce: Some(3),
        },
    )]);
    let call = eth_call(STORE, Bytes::new());
    let result = chain.simulate(head, &overrides, call, NoOpInspector).unwrap().0.result;
    assert_eq!(returned(&result), U256::from(5));
    assert_eq!(chain.account(head, STORE).unwrap(), None);
}

#[test]
fn estimates_are_the_least_that_works() {
    let chain = chain_with(&[(STORE, STORAGE), (Address::with_last_byte(0x52), REVERTER)]);
    let head = chain.head().hash;
    let none = StateOverrides::new();
    let estimate = |call| chain.estimate_gas(head, &none, call);
    let requests = [
        TxEnv { gas_limit: 0, ..eth_call(STORE, set_slot(3, 3)) },
        TxEnv { gas_limit: 0, value: U256::from(1), ..eth_call(address(3), Bytes::new()) },
        TxEnv { gas_limit: 0, ..eth_call(STORE, Bytes::new()) },
        TxEnv { gas_limit: 0, ..eth_call(address(4), vec![1; 500]) },
    ];
    for (nonce, request) in (0u64..).zip(requests) {
        let gas = estimate(request.clone()).unwrap().gas;
        let TxKind::Call(to) = request.kind else { unreachable!() };
        let with = |gas_limit| alloy_consensus::TxEip1559 {
            gas_limit,
            value: request.value,
            ..call(nonce, to, request.data.clone())
        };
        // One less is refused by the pool or fails in a block; the estimate succeeds.
        if let Ok(hash) = chain.submit(sign(0, with(gas - 1))) {
            let block = chain.prepare(attributes(&chain)).unwrap().block;
            let receipt = block.receipts.get(nonce as usize);
            assert!(!receipt.is_some_and(|receipt| receipt.success), "{request:?} {gas}");
            chain.remove_transaction(hash).unwrap();
        }
        send(&chain, 0, with(gas));
        assert!(chain.prepare(attributes(&chain)).unwrap().block.receipts[nonce as usize].success);
    }
    let request = eth_call(Address::with_last_byte(0x52), vec![1, 2, 3]);
    let error = estimate(request).unwrap_err();
    assert!(
        matches!(&error, CallError::Reverted { output } if output.as_ref() == [1, 2, 3]),
        "{error}"
    );
    let request = TxEnv { gas_limit: 15_000, ..eth_call(STORE, set_slot(1, 1)) };
    let error = estimate(request).unwrap_err();
    assert!(matches!(error, CallError::GasAllowance { allowance: 15_000 }), "{error}");
    assert_eq!(error.to_string(), "gas required exceeds allowance (15000)");
    let poor = TxEnv {
        caller: Address::repeat_byte(1),
        gas_price: 1,
        value: U256::from(1),
        ..eth_call(address(1), Bytes::new())
    };
    let error = estimate(poor).unwrap_err();
    assert!(matches!(error, CallError::InsufficientFunds { .. }), "{error}");
}

#[test]
fn traces_are_of_what_happened() {
    let chain = chain_with(&[(STORE, STORAGE)]);
    send(&chain, 0, call(0, STORE, set_slot(0, 1)));
    let read = send(&chain, 0, call(1, STORE, Bytes::new()));
    let block = mine(&chain);
    // What comes later does not show.
    send(&chain, 0, call(2, STORE, set_slot(0, 2)));
    mine(&chain);
    let inspector = || TracingInspector::new(TracingInspectorConfig::default_geth());
    let (outcome, inspector_back) = chain.trace_transaction(read, inspector()).unwrap();
    assert_eq!(returned(&outcome.result), U256::from(1));
    assert_eq!(outcome.gas_used(), block.gas_used(1).unwrap());
    assert!(!inspector_back.traces().nodes()[0].trace.steps.is_empty());
    let all = chain.trace_block(block.hash, |_, _| inspector()).unwrap();
    assert_eq!(all.len(), 2);
    for (index, (outcome, _)) in all.iter().enumerate() {
        assert_eq!(outcome.gas_used(), block.gas_used(index).unwrap());
    }
    let executor = chain.executor_at(block.hash, 1).unwrap();
    assert_eq!(executor.state().storage_at(STORE, U256::ZERO).unwrap(), U256::from(1));
    let unknown = B256::with_last_byte(1);
    let error = chain.trace_transaction(unknown, NoOpInspector).unwrap_err();
    assert!(matches!(error, ChainError::UnknownTransaction(hash) if hash == unknown), "{error}");
}

#[test]
fn logs_are_found_by_address_and_topic() {
    let (one, two) = (Address::with_last_byte(0x61), Address::with_last_byte(0x62));
    let chain = chain_with(&[(one, LOGGER), (two, LOGGER)]);
    let topic = B256::with_last_byte;
    let mut hashes = Vec::new();
    for (round, (to, byte)) in [(one, 1), (two, 1), (one, 2)].into_iter().enumerate() {
        send(&chain, 1, transfer(round as u64, address(2), 0));
        hashes.push(send(&chain, 0, call(round as u64, to, topic(byte))));
        mine(&chain);
        mine(&chain);
    }
    let found = |filter: &LogFilter| -> Vec<FoundLog> {
        let blocks = (0..=chain.head().header.number).map(|number| chain.candidate(number, filter));
        blocks
            .filter_map(Result::unwrap)
            .flat_map(|block| filter.find(&block, 0).collect::<Vec<_>>())
            .collect()
    };
    let find = |addresses: &[Address], topics: &[&[B256]]| -> Vec<u64> {
        let filter = LogFilter {
            addresses: addresses.iter().copied().collect(),
            topics: topics.iter().map(|topics| topics.iter().copied().collect()).collect(),
        };
        found(&filter).iter().map(|log| log.block.number).collect()
    };
    assert_eq!(find(&[one, two], &[]), [1, 3, 5]);
    assert_eq!(find(&[one], &[]), [1, 5]);
    assert_eq!(find(&[], &[&[topic(1)]]), [1, 3]);
    assert_eq!(find(&[one], &[&[topic(1), topic(2)]]), [1, 5]);
    assert_eq!(find(&[two], &[&[topic(2)]]), [0; 0]);
    assert_eq!(find(&[one], &[&[]]), [1, 5]);
    assert_eq!(find(&[one], &[&[], &[]]), [0; 0], "one topic only");
    let filter = LogFilter { addresses: [two].into_iter().collect(), ..LogFilter::default() };
    let found = found(&filter);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].transaction_hash, hashes[1]);
    assert_eq!(found[0].log.address, two);
    let block = chain.block(found[0].block.hash).unwrap().unwrap();
    let from = |place| filter.find(&block, place).count();
    assert_eq!((from(found[0].log_index), from(found[0].log_index + 1)), (1, 0));
    assert_eq!(chain.candidate(2, &filter).unwrap(), None, "its bloom has no such log");
    assert_eq!(chain.candidate(9, &filter).unwrap(), None, "there is none");
}

#[test]
fn a_chain_is_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Chain>();
}
