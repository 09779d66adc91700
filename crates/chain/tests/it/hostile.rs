//! What once ended a chain: codes that begin like a delegation and are none, in an input of EXECUTE,
//! at genesis, in a call.

use std::{fs, sync::Arc};

use crate::common::*;
use alloy_primitives::{Address, Bytes, TxKind, U256, address, hex, keccak256};
use bough_adversary::{Account, Call, Code, Forge, Input, code::op};
use bough_chain::{AccountOverride, Chain, ChainConfig, StateOverrides};
use bough_execute::{EXECUTE_ADDRESS, Execute};
use bough_stf::{
    ExtraPrecompiles, Fork, ForkSchedule,
    revm::{context::TxEnv, context_interface::result::ExecutionResult, inspector::NoOpInspector},
};

const TARGET: Address = address!("6666666666666666666666666666666666666666");
const GAS: u64 = 10_000_000;

/// Codes that are no delegation, though they begin like one; the last is one.
fn codes() -> [Bytes; 6] {
    let behind = |prefix: &[u8], length| Bytes::from([prefix, &vec![0x99; length]].concat());
    [
        behind(&hex!("ef01"), 0),
        behind(&hex!("ef0100"), 0),
        behind(&hex!("ef0100"), 19),
        behind(&hex!("ef0100"), 21),
        behind(&hex!("ef0101"), 20),
        behind(&hex!("ef0100"), 20),
    ]
}

fn is_delegation(code: &Bytes) -> bool {
    code.len() == 23 && code.starts_with(&hex!("ef0100"))
}

/// A chain that has EXECUTE, and these contracts.
fn chain_with_execute(fork: Fork, contracts: &[(Address, Bytes)]) -> Chain {
    let execute = Execute::new(ForkSchedule::always(fork));
    let precompiles = ExtraPrecompiles::none().with(EXECUTE_ADDRESS, Arc::new(execute));
    let config = ChainConfig::new(spec(fork), genesis_with(contracts));
    Chain::open(ChainConfig { precompiles, ..config }).unwrap()
}

/// The inputs of EXECUTE whose block calls each code, made here.
fn inputs(fork: Fork) -> Vec<Vec<u8>> {
    let codes = codes().into_iter();
    codes
        .map(|code| {
            let forge = Forge::new(fork, 1, vec![Account::contract(TARGET, code)]);
            Input::new(&forge.block(&[Call::new(TARGET, 1 << 20)]).unwrap()).unwrap().bytes
        })
        .collect()
}

/// Runs an input by a call that enters no block, and by a transaction, and then another transaction.
fn executes(fork: Fork, input: &[u8]) -> bool {
    let chain = chain_with_execute(fork, &[]);
    let call_data = Bytes::copy_from_slice(input);
    let tx = TxEnv {
        caller: address(0),
        kind: TxKind::Call(EXECUTE_ADDRESS),
        data: call_data.clone(),
        gas_limit: GAS,
        chain_id: Some(CHAIN_ID),
        ..TxEnv::default()
    };
    // Later than the input's block, which EXECUTE asks for.
    mine_with(&chain, late(&chain));
    let none = StateOverrides::new();
    let result = chain.simulate(chain.head().hash, &none, tx, NoOpInspector).unwrap().0.result;

    let execute =
        alloy_consensus::TxEip1559 { gas_limit: GAS, ..call(0, EXECUTE_ADDRESS, call_data) };
    send(&chain, 0, execute);
    send(&chain, 1, transfer(0, address(2), 1));
    let block = mine(&chain);
    assert_eq!(block.transactions.len(), 2);
    assert_eq!(block.receipts[0].success, result.is_success(), "{result:?}");
    assert!(block.receipts[1].success);
    assert!(chain.pool().status().pending == 0);
    result.is_success()
}

fn late(chain: &Chain) -> bough_chain::BlockAttributes {
    const YEAR_3000: u64 = 32_503_680_000;
    bough_chain::BlockAttributes { timestamp: YEAR_3000, ..attributes(chain) }
}

#[test]
fn inputs_of_execute() {
    for fork in forks() {
        for input in inputs(fork) {
            assert!(executes(fork, &input), "{fork:?}");
        }
    }
}

#[test]
fn inputs_that_are_kept() {
    for path in bough_testing::hostile_inputs() {
        let valid = path.file_stem().unwrap() == "code_0x00_valid";
        assert_eq!(executes(newest(), &fs::read(&path).unwrap()), valid, "{}", path.display());
    }
}

/// Calls with numbers at powers of two and beside them, from and to any account.
#[test]
fn calls_at_the_edges() {
    const CALLS: usize = 3_000;
    let mut seeded = bough_testing::Seeded::new(0x8079);
    for fork in forks() {
        let chain = chain_with_execute(fork, &[(TARGET, STORAGE)]);
        let head = chain.head().hash;
        let mut ran = 0;
        for _ in 0..CALLS {
            let mut edge = |bits: usize| {
                let power = U256::from(1).wrapping_shl(seeded.below(bits + 1));
                power.wrapping_add(U256::from(seeded.below(3))).wrapping_sub(U256::from(1))
            };
            let balance = edge(256);
            let [value, slot, gas_price, tip] = [256, 256, 128, 128].map(&mut edge);
            let [nonce, gas] = [64, 24].map(|bits| edge(bits).wrapping_to());
            let kinds = [TxKind::Create, TxKind::Call(TARGET), TxKind::Call(EXECUTE_ADDRESS)];
            let precompile = Address::with_last_byte(seeded.below(20) as u8);
            let kind = kinds.get(seeded.below(6)).copied().unwrap_or(TxKind::Call(precompile));
            let data = [slot, value, balance].map(|word| word.to_be_bytes::<32>()).concat();
            let caller = [address(0), TARGET, precompile][seeded.below(3)];
            let account = AccountOverride {
                balance: Some(balance),
                nonce: Some(nonce),
                ..AccountOverride::default()
            };
            let overrides = StateOverrides::from([(caller, account)]);
            let tx = TxEnv {
                caller,
                kind,
                nonce,
                value: [U256::ZERO, value][seeded.below(2)],
                gas_limit: gas,
                gas_price: gas_price.wrapping_to(),
                gas_priority_fee: (seeded.below(2) == 0).then(|| tip.wrapping_to()),
                tx_type: [0, 2][seeded.below(2)],
                data: data[..seeded.below(97)].to_vec().into(),
                ..TxEnv::default()
            };
            ran += usize::from(chain.simulate(head, &overrides, tx.clone(), NoOpInspector).is_ok());
            let _ = chain.estimate_gas(head, &overrides, tx);
        }
        assert!(ran > CALLS / 10, "{ran} of {CALLS} ran");
    }
}

fn call_target(chain: &Chain, overrides: &StateOverrides) -> ExecutionResult {
    let call = TxEnv { kind: TxKind::Call(TARGET), gas_limit: 100_000, ..TxEnv::default() };
    chain.simulate(chain.head().hash, overrides, call, NoOpInspector).unwrap().0.result
}

#[test]
fn at_genesis() {
    for fork in forks() {
        for code in codes() {
            let chain = chain_with_execute(fork, &[(TARGET, code.clone())]);
            let account = chain.account(chain.head().hash, TARGET).unwrap().unwrap();
            assert_eq!(account.code_hash, keccak256(&code));
            let expected = is_delegation(&code);
            assert_eq!(call_target(&chain, &StateOverrides::new()).is_success(), expected);
            send(&chain, 0, call(0, TARGET, Bytes::new()));
            assert_eq!(mine(&chain).receipts[0].success, expected);
        }
    }
}

#[test]
fn in_the_overrides_of_a_call() {
    // Returns the size of the target's code.
    let size = Code::new().push_word(TARGET.into_word().into()).ops(&[0x3b]);
    let size = size.push(0).ops(&[op::MSTORE]).push(32).push(0).ops(&[op::RETURN]);
    const SIZER: Address = Address::repeat_byte(0x51);
    let overriding = |code: Bytes| AccountOverride { code: Some(code), ..Default::default() };
    for fork in forks() {
        for code in codes() {
            let chain = chain_with_execute(fork, &[]);
            let overrides = StateOverrides::from([
                (TARGET, overriding(code.clone())),
                (SIZER, overriding(size.build())),
            ]);
            assert_eq!(call_target(&chain, &overrides).is_success(), is_delegation(&code));
            let call = TxEnv {
                caller: TARGET,
                kind: TxKind::Call(SIZER),
                gas_limit: 100_000,
                ..TxEnv::default()
            };
            let head = chain.head().hash;
            let estimate = chain.estimate_gas(head, &overrides, call).unwrap();
            assert_eq!(U256::from_be_slice(&estimate.output), U256::from(code.len()));
        }
    }
}
