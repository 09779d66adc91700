//! Code of generated contracts: fixed ones that reach what chance does not, and random ones.

use alloy_primitives::{Address, U256, hex};

use crate::{dice::Dice, opcode as op, random::random};

/// How many fixed contracts there are.
pub(crate) const TEMPLATES: usize = 10;

/// Positions of the fixed contracts that transactions give particular data to.
pub(crate) const FORWARDER: usize = 0;
pub(crate) const WRITER: usize = 1;
pub(crate) const FACTORY: usize = 2;
pub(crate) const FACTORY2: usize = 3;
pub(crate) const DESTRUCTOR: usize = 4;
pub(crate) const HASHES: usize = 5;
pub(crate) const PROXY: usize = 9;

/// The code at a position: a fixed one, else a random one.
pub(crate) fn template(at: usize, dice: &mut Dice, known: &[Address]) -> Vec<u8> {
    match at {
        FORWARDER => forwarder(),
        WRITER => writer(),
        FACTORY => factory(false),
        FACTORY2 => factory(true),
        // SELFDESTRUCT to the address in the data.
        DESTRUCTOR => hex!("5f35ff").to_vec(),
        // SSTORE(0, BLOCKHASH(data)), and a log of it.
        HASHES => hex!("5f3540805f555f5260205fa000").to_vec(),
        // Calls itself with all gas, then counts in slot 0.
        6 => hex!("5f5f5f5f5f305af1505f546001015f5500").to_vec(),
        // Writes five slots and reverts.
        7 => hex!("6001600155600160025560016003555f6004555f60055560205ffd").to_vec(),
        // Clears eight slots.
        8 => (0..8u8).flat_map(|slot| [op::PUSH0, op::PUSH1, slot, op::SSTORE]).collect(),
        // DELEGATECALL to the address in the data, with the rest of it; keeps success in slot 9.
        PROXY => hex!("6020360360205f375f5f602036035f5f355af46009553d5f5f3e3d5ff3").to_vec(),
        _ if dice.one_in(3) => wild(dice),
        _ => random(dice, known),
    }
}

/// Calls the precompile whose number stands in the first two bytes of its data with the rest of
/// it and all gas; writes whether it succeeded to slot 16, and hash and length of what it
/// returned to 17 and 18.
fn forwarder() -> Vec<u8> {
    let mut code = Asm::default();
    // CALLDATACOPY(0, 2, size - 2)
    code.push(2).op(op::CALLDATASIZE).op(op::SUB).push(2).op(op::PUSH0).op(op::CALLDATACOPY);
    // STATICCALL(gas, data >> 240, 0, size - 2, 0, 0)
    code.op(op::PUSH0).op(op::PUSH0).push(2).op(op::CALLDATASIZE).op(op::SUB).op(op::PUSH0);
    code.op(op::PUSH0).op(op::CALLDATALOAD).push(240).op(op::SHR).op(op::GAS).op(op::STATICCALL);
    code.push(16).op(op::SSTORE);
    code.op(op::RETURNDATASIZE).op(op::PUSH0).op(op::PUSH0).op(op::RETURNDATACOPY);
    code.op(op::RETURNDATASIZE).op(op::PUSH0).op(op::KECCAK256).push(17).op(op::SSTORE);
    code.op(op::RETURNDATASIZE).push(18).op(op::SSTORE);
    code.bytes
}

/// Writes each pair of words of its data: slot, value.
fn writer() -> Vec<u8> {
    // i = 0; while i < size: SSTORE(data[i], data[i + 32]); i += 64
    let mut code = Asm::default();
    code.op(op::PUSH0);
    code.op(op::JUMPDEST);
    code.op(op::CALLDATASIZE).op(op::DUP1 + 1).op(op::LT).op(op::ISZERO);
    let end = code.bytes.len() + 17;
    code.op(op::PUSH1).op(u8::try_from(end).unwrap_or(0)).op(op::JUMPI);
    code.op(op::DUP1).push(32).op(op::ADD).op(op::CALLDATALOAD);
    code.op(op::DUP1 + 1).op(op::CALLDATALOAD).op(op::SSTORE);
    code.push(64).op(op::ADD).push(1).op(op::JUMP);
    code.op(op::JUMPDEST);
    debug_assert_eq!(code.bytes.len(), end + 1);
    code.bytes
}

/// Creates with its data as init code and its value; writes the address to slot 0, then calls it.
fn factory(create2: bool) -> Vec<u8> {
    let mut code = Asm::default();
    code.op(op::CALLDATASIZE).op(op::PUSH0).op(op::PUSH0).op(op::CALLDATACOPY);
    if create2 {
        code.push(7);
    }
    code.op(op::CALLDATASIZE).op(op::PUSH0).op(op::CALLVALUE);
    code.op(if create2 { op::CREATE2 } else { op::CREATE });
    code.op(op::DUP1).op(op::PUSH0).op(op::SSTORE);
    for _ in 0..5 {
        code.op(op::PUSH0);
    }
    code.op(op::DUP1 + 5).op(op::GAS).op(op::CALL).push(1).op(op::SSTORE);
    code.bytes
}

/// Logs its data as a deposit event (EIP-6110); rarely with another topic or with none.
pub(crate) fn deposit_contract(dice: &mut Dice) -> Vec<u8> {
    let mut code = hex!("365f5f37").to_vec();
    if dice.one_in(12) {
        code.extend([op::CALLDATASIZE, op::PUSH0, op::LOG0]);
        return code;
    }
    let mut topic = hex!("649bbc62d0e31342afea4e5cd82d4049e7e1ee912fc0889aa790803be39038c5");
    if let Some(last) = topic.last_mut().filter(|_| dice.one_in(12)) {
        *last ^= 1;
    }
    code.push(op::PUSH1 + 31);
    code.extend(topic);
    code.extend([op::CALLDATASIZE, op::PUSH0, op::LOG0 + 1]);
    code
}

/// Returns so many zeros.
pub(crate) fn returns(length: usize) -> Vec<u8> {
    let mut code = Asm::default();
    code.word16(length).op(op::PUSH0).op(op::RETURN);
    code.bytes
}

/// Init code: a random constructor that leaves a random contract, or something that may not be
/// left.
pub(crate) fn init(dice: &mut Dice, known: &[Address]) -> Vec<u8> {
    let mut code = match dice.below(12) {
        0 => return Vec::new(),
        1 => return wild(dice),
        // A contract that destroys itself when it is called, in the transaction that makes it.
        2 => return hex!("6130ff5f526002601ef3").to_vec(),
        // Destroys itself while it is made.
        3 => return hex!("30ff").to_vec(),
        // Destroys itself while it is made, for somebody else.
        4 => {
            let mut code = Asm::default();
            code.address(dice.pick(known)).op(op::SELFDESTRUCT);
            return code.bytes;
        }
        // A code that begins with 0xef (EIP-3541).
        5 => return hex!("60ef5f5360015ff3").to_vec(),
        // A code of a length around the limits (EIP-7954).
        6 => {
            let size = dice.pick(&[0x6000u32, 0x6001, 0x8000, 0x8001, 0x10000, 0x10001]);
            let [_, high, middle, low] = size.to_be_bytes();
            return vec![op::PUSH1 + 2, high, middle, low, op::PUSH0, op::RETURN];
        }
        7..=9 => random(dice, known),
        _ => Vec::new(),
    };
    // Falls through random code that ends by itself, so a half of these leave nothing.
    let runtime = random(dice, known);
    let mut asm = Asm::default();
    let length = runtime.len();
    let at = code.len() + 13;
    asm.word16(length).word16(at).op(op::PUSH0).op(op::CODECOPY).word16(length);
    asm.op(op::PUSH0).op(op::RETURN);
    debug_assert_eq!(asm.bytes.len(), 13);
    code.extend(asm.bytes);
    code.extend(runtime);
    code
}

/// Bytes that are mostly instructions, in no order.
fn wild(dice: &mut Dice) -> Vec<u8> {
    let length = dice.below(200);
    let mut code = Vec::new();
    for _ in 0..length {
        match dice.below(6) {
            0..=2 => code.extend([op::PUSH1, dice.byte()]),
            3 => code.push(dice.byte()),
            _ => code.push(dice.pick(op::COMMON)),
        }
    }
    code
}

#[derive(Debug, Default)]
pub(crate) struct Asm {
    pub(crate) bytes: Vec<u8>,
}

impl Asm {
    pub(crate) fn op(&mut self, op: u8) -> &mut Self {
        self.bytes.push(op);
        self
    }

    /// A number of one byte.
    pub(crate) fn push(&mut self, number: u8) -> &mut Self {
        self.op(op::PUSH1).op(number)
    }

    pub(crate) fn word16(&mut self, number: usize) -> &mut Self {
        let [.., high, low] = number.to_be_bytes();
        self.op(op::PUSH1 + 1).op(high).op(low)
    }

    /// A number in as few bytes as it needs.
    pub(crate) fn word(&mut self, word: U256) -> &mut Self {
        let bytes = word.to_be_bytes_trimmed_vec();
        let length = u8::try_from(bytes.len()).unwrap_or(0);
        self.op(op::PUSH0 + length);
        self.bytes.extend(bytes);
        self
    }

    pub(crate) fn address(&mut self, address: Address) -> &mut Self {
        self.op(op::PUSH1 + 19);
        self.bytes.extend(address);
        self
    }
}
