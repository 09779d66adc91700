//! Blocks that claim little gas and burn much.

use alloy_primitives::{Address, U256, address};
use bough_stf::Fork;

use super::{
    newest, oldest,
    work::{bodies, precompiles},
};
use crate::{
    Account, Call, Case, Forge, ForgeError, Input, Prepared,
    code::{Code, op},
};

/// The contract that burns.
pub(super) const BURNER: Address = address!("0000000000000000000000000000000000b04213");
/// Most gas a transaction can execute with.
const GAS: u64 = 1 << 24;
/// What the block claims: a call and a little more.
const CLAIM: u64 = 30_000;
/// Gas for growth of the state on top of what is executed with.
const STATE_GAS: u64 = 1 << 31;
/// The longest piece of memory that all gas of a transaction pays for in one instruction, bytes.
const GIANT: u64 = 2_700_000;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, setup, body) in bodies() {
        let code = setup.forever(&body);
        cases.push(case(format!("claims_little_{name}"), newest(), code, GAS));
    }
    for (name, code) in giants() {
        cases.push(case(
            format!("claims_little_giant_{name}"),
            newest(),
            code.ops(&[op::STOP]),
            GAS,
        ));
    }
    for (name, address, input) in precompiles() {
        let size = u64::try_from(input.len()).unwrap_or(0);
        let setup = Code::new().store(0, &input);
        let body = Code::new().static_call(address, size);
        cases.push(case(format!("claims_little_{name}"), newest(), setup.forever(&body), GAS));
    }
    for (name, address, item, times) in batches() {
        let mut code = Code::new().store(0, &item);
        let mut size = u64::try_from(item.len()).unwrap_or(0);
        for _ in 0..times {
            code = code.push(size).push(0).push(size).ops(&[op::MCOPY]);
            size = size.saturating_mul(2);
        }
        let code = code.static_call(address, size).ops(&[op::STOP]);
        cases.push(case(format!("claims_little_batch_{name}"), newest(), code, GAS));
    }
    cases.push(case("claims_little_new_slots", newest(), new_slots(), STATE_GAS));
    cases.push(case("claims_little_creates", newest(), creates(1 << 15), STATE_GAS));
    cases.push(case("claims_little_small_creates", newest(), creates(0), STATE_GAS));
    cases.push(Case::added("claims_little_refunds", || {
        let slots: Vec<_> = (1..=2_000).map(|slot| (U256::from(slot), U256::from(1))).collect();
        let contract = Account { slots, ..Account::contract(BURNER, clears().build()) };
        block(oldest(), contract, GAS)
    }));
    cases
}

fn case(name: impl Into<String>, fork: Fork, code: Code, gas: u64) -> Case {
    Case::added(name, move || block(fork, Account::contract(BURNER, code.build()), gas))
}

fn block(fork: Fork, contract: Account, gas: u64) -> Result<Prepared, ForgeError> {
    let forge = Forge::new(fork, 1, vec![contract]);
    let forged = forge.block(&[Call::new(BURNER, gas)])?.claiming(CLAIM);
    Ok(Prepared::call(Input::new(&forged)?))
}

/// One instruction that all gas of a transaction pays for.
pub(super) fn giants() -> Vec<(&'static str, Code)> {
    const CODECOPY: u8 = 0x39;
    const CALLDATACOPY: u8 = 0x37;
    let sized = |ops: &[u8]| Code::new().push(GIANT).push(0).push(0).ops(ops);
    let identity = Address::with_last_byte(4).into_word().into();
    vec![
        ("keccak", Code::new().push(GIANT).push(0).ops(&[op::KECCAK256])),
        ("mcopy", Code::new().push(GIANT).push(GIANT / 2).push(0).ops(&[op::MCOPY])),
        ("codecopy", sized(&[CODECOPY])),
        ("calldatacopy", sized(&[CALLDATACOPY])),
        ("log", Code::new().push(GIANT / 2).push(0).ops(&[op::LOG0])),
        ("return", Code::new().push(GIANT).push(0).ops(&[op::RETURN])),
        ("create", Code::new().push(1 << 17).push(0).push(0).ops(&[op::CREATE])),
        (
            "call",
            Code::new()
                .push(0)
                .push(0)
                .push(GIANT)
                .push(0)
                .push_word(identity)
                .ops(&[op::GAS, op::STATICCALL]),
        ),
        ("mstore", Code::new().push(1).push(GIANT).ops(&[op::MSTORE])),
    ]
}

/// Precompiles that take many items at once: name, address, one item, how often it is doubled.
fn batches() -> Vec<(&'static str, Address, Vec<u8>, u32)> {
    let items = precompiles();
    let find = |wanted: &str| {
        items
            .iter()
            .find(|(name, ..)| *name == wanted)
            .map(|(_, address, input)| (*address, input.clone()))
    };
    [("bn_pairing", 8), ("bls_pairing", 8), ("bls_g1_msm", 7), ("bls_g2_msm", 7)]
        .into_iter()
        .filter_map(|(name, times)| find(name).map(|(address, item)| (name, address, item, times)))
        .collect()
}

fn new_slots() -> Code {
    let body = Code::new().push(7).ops(&[0x81, op::SSTORE]).push(1).ops(&[op::ADD]);
    Code::new().push(1).until(50_000, &body)
}

fn clears() -> Code {
    let body = Code::new().push(0).ops(&[0x81, op::SSTORE]).push(1).ops(&[op::ADD]);
    Code::new().push(1).until(100_000, &body)
}

/// Creates contracts of so many zero bytes.
fn creates(size: u64) -> Code {
    let init = Code::new().push(size).push(0).ops(&[op::RETURN]).build();
    let length = u64::try_from(init.len()).unwrap_or(0);
    let mut word = [0; 32];
    word.iter_mut().zip(init.iter()).for_each(|(to, from)| *to = *from);
    let body = Code::new().push(length).push(0).push(0).ops(&[op::CREATE, op::POP]);
    Code::new().store(0, &word).until(300_000, &body)
}
