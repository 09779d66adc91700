//! Any bytes as code, by each way that leads to a code. What begins with 0xef and is no delegation
//! runs as the invalid opcode (EIP-3541 keeps it from being created, not from being in a state).

use alloy_eips::{
    eip2935::HISTORY_STORAGE_ADDRESS,
    eip4788::BEACON_ROOTS_ADDRESS,
    eip7002::WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS,
    eip7251::CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS,
    eip8282::{BUILDER_DEPOSIT_CONTRACT_ADDRESS, BUILDER_EXIT_CONTRACT_ADDRESS},
};
use alloy_primitives::{B256, hex};
use bough_adversary::{ForgeError, sender};
use bough_stf::{TransactionError, revm::context_interface::result::InvalidTransaction};

use super::*;
use crate::refusals::{FORKS, block_error, block_of};

const TARGET: Address = Address::repeat_byte(0x66);
const GAS: u64 = 1 << 20;
/// Gas of an inner call: enough for any code here, and not all there is.
const INNER_GAS: u64 = 50_000;

const CALLCODE: u8 = 0xf2;
const DELEGATECALL: u8 = 0xf4;
const EXTCODESIZE: u8 = 0x3b;
const EXTCODEHASH: u8 = 0x3f;
const MLOAD: u8 = 0x51;

/// What a state may hold as code: around a delegation's prefix and length, and what stops or halts
/// at once.
fn codes() -> Vec<Bytes> {
    let behind = |prefix: &[u8], length| Bytes::from([prefix, &vec![0x99; length]].concat());
    let mut codes = vec![
        Bytes::new(),
        hex!("ef").into(),
        hex!("ef00").into(),
        hex!("ef0001").into(),
        hex!("ef01").into(),
        hex!("ef02").into(),
        hex!("fe").into(),
        hex!("feef0100").into(),
        // The largest that a witness may hold.
        behind(&hex!("ef0100"), (1 << 16) - 3),
    ];
    for version in [0x00, 0x01, 0x02, 0xff] {
        codes.extend([0, 19, 20, 21].map(|length| behind(&[0xef, 0x01, version], length)));
    }
    codes
}

fn is_delegation(code: &Bytes) -> bool {
    code.len() == 23 && code.starts_with(&hex!("ef0100"))
}

/// Whether a call of an account with this code succeeds. A delegation here leads to no code.
fn succeeds(code: &Bytes) -> bool {
    code.is_empty() || is_delegation(code)
}

fn target(code: &Bytes) -> Account {
    Account::contract(TARGET, code.clone())
}

/// What a contract logs that leaves a word on the stack, in a block that EXECUTE accepts.
fn logged(fork: Fork, target: Account, code: &Code) -> U256 {
    let code = code.clone().push(0).ops(&[op::MSTORE]).push(32).push(0).ops(&[op::LOG0]);
    let forge = Forge::new(fork, 1, vec![target, Account::contract(WORKER, code.build())]);
    let forged = forge.block(&[Call::new(WORKER, GAS)]).unwrap();
    run(&forged).unwrap();
    assert!(forged.receipts[0].success);
    U256::from_be_slice(&forged.receipts[0].logs[0].data.data)
}

/// The word that a call of an address leaves.
fn call(opcode: u8, to: Address) -> Code {
    let code = Code::new().push(0).push(0).push(0).push(0);
    let with_value = [op::CALL, CALLCODE].contains(&opcode);
    let code = if with_value { code.push(0) } else { code };
    code.push_word(to.into_word().into()).push(INNER_GAS).ops(&[opcode])
}

fn each(test: impl Fn(Fork, &Bytes)) {
    for fork in FORKS {
        for code in codes() {
            test(fork, &code);
        }
    }
}

fn head(code: &Bytes) -> String {
    format!("{} bytes: {}", code.len(), hex::encode(&code[..code.len().min(4)]))
}

#[test]
fn called() {
    each(|fork, code| {
        for opcode in [op::CALL, CALLCODE, DELEGATECALL, op::STATICCALL] {
            let result = logged(fork, target(code), &call(opcode, TARGET));
            let expected = U256::from(u8::from(succeeds(code)));
            assert_eq!(result, expected, "{fork:?} {opcode:x} {}", head(code));
        }
    });
}

#[test]
fn called_by_a_transaction() {
    each(|fork, code| {
        let forge = Forge::new(fork, 1, vec![target(code)]);
        let forged = forge.block(&[Call::new(TARGET, GAS)]).unwrap();
        run(&forged).unwrap();
        assert_eq!(forged.receipts[0].success, succeeds(code), "{fork:?} {}", head(code));
        if !succeeds(code) {
            assert_eq!(forged.receipts[0].cumulative_gas_used, GAS, "it halts");
        }
    });
}

#[test]
fn looked_at() {
    each(|fork, code| {
        let of = |opcodes: &[u8]| {
            let ask = Code::new().push_word(TARGET.into_word().into()).ops(opcodes);
            logged(fork, target(code), &ask)
        };
        assert_eq!(of(&[EXTCODESIZE]), U256::from(code.len()), "{fork:?} {}", head(code));
        assert_eq!(B256::from(of(&[EXTCODEHASH])), keccak256(code), "{fork:?} {}", head(code));
        let copy = Code::new().push(32).push(0).push(0);
        let copy = copy.push_word(TARGET.into_word().into()).ops(&[op::EXTCODECOPY]);
        let copied = logged(fork, target(code), &copy.push(0).ops(&[MLOAD]));
        let mut expected = [0; 32];
        expected.iter_mut().zip(code).for_each(|(to, from)| *to = *from);
        assert_eq!(copied, U256::from_be_bytes(expected), "{fork:?} {}", head(code));
    });
}

#[test]
fn delegated_to() {
    const DELEGATED: Address = Address::repeat_byte(0x55);
    each(|fork, code| {
        let delegation: Bytes = [&hex!("ef0100"), TARGET.as_slice()].concat().into();
        let ask = call(op::CALL, DELEGATED);
        let ask = ask.push(0).ops(&[op::MSTORE]).push(32).push(0).ops(&[op::LOG0]);
        let accounts = vec![
            target(code),
            Account::contract(DELEGATED, delegation),
            Account::contract(WORKER, ask.build()),
        ];
        let forged = Forge::new(fork, 1, accounts).block(&[Call::new(WORKER, GAS)]).unwrap();
        run(&forged).unwrap();
        let result = U256::from_be_slice(&forged.receipts[0].logs[0].data.data);
        // A delegation is followed once: what is there runs as it is, a delegation too (EIP-7702).
        let expected = U256::from(u8::from(code.is_empty()));
        assert_eq!(result, expected, "{fork:?} {}", head(code));
    });
}

#[test]
fn created_over() {
    each(|fork, code| {
        // CREATE by a contract with nonce 1: the target has this code already (EIP-684).
        let taken = Account { nonce: 0, ..Account::contract(WORKER.create(1), code.clone()) };
        let create = Code::new().push(0).push(0).push(0).ops(&[op::CREATE]);
        let made = logged(fork, taken, &create);
        let expected =
            if code.is_empty() { WORKER.create(1).into_word().into() } else { U256::ZERO };
        assert_eq!(made, expected, "{fork:?} {}", head(code));
    });
}

#[test]
fn of_a_sender() {
    each(|fork, code| {
        let with_code = Account {
            address: sender(0),
            balance: U256::from(1u128 << 100),
            code: code.clone(),
            ..Account::default()
        };
        let forge = Forge::new(fork, 0, vec![with_code, target(&Bytes::new())]);
        let call = Call::new(TARGET, GAS);
        if succeeds(code) {
            run(&forge.block(&[call]).unwrap()).unwrap();
            return;
        }
        let expected = BlockError::Transaction {
            index: 0,
            error: TransactionError::Evm(InvalidTransaction::RejectCallerWithCode),
        };
        let built = forge.block(std::slice::from_ref(&call)).unwrap_err();
        assert_eq!(built, ForgeError::Block(expected.clone()), "{fork:?} {}", head(code));
        let forged = block_of(fork, &forge, vec![call.sign().into_inner()]);
        assert_eq!(block_error(&forged), expected, "{fork:?} {}", head(code));
    });
}

#[test]
fn of_an_authority() {
    each(|fork, code| {
        let authority = Account { address: sender(1), code: code.clone(), ..Account::default() };
        let forge = Forge::new(fork, 1, vec![authority]);
        let call = Call { authorizations: vec![1], ..Call::new(TARGET, GAS) };
        let forged = forge.block(&[call]).unwrap();
        run(&forged).unwrap();
        assert!(forged.receipts[0].success, "{fork:?} {}", head(code));
    });
}

#[test]
fn of_request_contracts() {
    const REQUESTS: [(Address, Fork); 4] = [
        (WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS, Fork::Prague),
        (CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS, Fork::Prague),
        (BUILDER_DEPOSIT_CONTRACT_ADDRESS, Fork::Amsterdam),
        (BUILDER_EXIT_CONTRACT_ADDRESS, Fork::Amsterdam),
    ];
    each(|fork, code| {
        for (address, _) in REQUESTS.into_iter().filter(|(_, since)| fork >= *since) {
            let contract = Account::contract(address, code.clone());
            let forge = Forge::new(fork, 0, vec![contract]);
            if is_delegation(code) {
                let forged = forge.block(&[]).unwrap();
                run(&forged).unwrap();
                continue;
            }
            let expected = if code.is_empty() {
                BlockError::SystemContractMissing(address)
            } else {
                BlockError::SystemCallFailed(address)
            };
            assert_eq!(forge.block(&[]).unwrap_err(), ForgeError::Block(expected.clone()));
            let refused = block_error(&block_of(fork, &forge, Vec::new()));
            assert_eq!(refused, expected, "{fork:?} {}", head(code));
        }
    });
}

#[test]
fn of_contracts_that_may_fail() {
    each(|fork, code| {
        for address in [BEACON_ROOTS_ADDRESS, HISTORY_STORAGE_ADDRESS] {
            let forge = Forge::new(fork, 0, vec![Account::contract(address, code.clone())]);
            let forged = forge.block(&[]).unwrap();
            run(&forged).unwrap();
            let read = code.is_empty() || forged.witness.codes.contains(code);
            assert!(read, "{fork:?} {}", head(code));
        }
    });
}
