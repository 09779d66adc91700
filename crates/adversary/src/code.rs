//! EVM code, written by hand.

use alloy_primitives::{Address, Bytes, U256};

/// Opcodes.
#[allow(missing_docs)]
pub mod op {
    pub const STOP: u8 = 0x00;
    pub const ADD: u8 = 0x01;
    pub const MULMOD: u8 = 0x09;
    pub const EXP: u8 = 0x0a;
    pub const LT: u8 = 0x10;
    pub const KECCAK256: u8 = 0x20;
    pub const BALANCE: u8 = 0x31;
    pub const EXTCODECOPY: u8 = 0x3c;
    pub const POP: u8 = 0x50;
    pub const MSTORE: u8 = 0x52;
    pub const SLOAD: u8 = 0x54;
    pub const SSTORE: u8 = 0x55;
    pub const JUMP: u8 = 0x56;
    pub const JUMPI: u8 = 0x57;
    pub const GAS: u8 = 0x5a;
    pub const JUMPDEST: u8 = 0x5b;
    pub const MCOPY: u8 = 0x5e;
    pub const DUP1: u8 = 0x80;
    pub const LOG0: u8 = 0xa0;
    pub const CREATE: u8 = 0xf0;
    pub const CALL: u8 = 0xf1;
    pub const RETURN: u8 = 0xf3;
    pub const STATICCALL: u8 = 0xfa;
}

/// Code in the making.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Code(Vec<u8>);

impl Code {
    /// No code.
    pub fn new() -> Self {
        Self::default()
    }

    /// These opcodes as they are.
    #[must_use]
    pub fn ops(mut self, ops: &[u8]) -> Self {
        self.0.extend_from_slice(ops);
        self
    }

    /// Pushes a number.
    #[must_use]
    pub fn push(self, value: u64) -> Self {
        self.push_word(U256::from(value))
    }

    /// Pushes a word, in as few bytes as it takes.
    #[must_use]
    pub fn push_word(mut self, value: U256) -> Self {
        const PUSH0: u8 = 0x5f;
        let bytes = value.to_be_bytes_trimmed_vec();
        self.0.push(PUSH0.saturating_add(u8::try_from(bytes.len()).unwrap_or(0)));
        self.0.extend_from_slice(&bytes);
        self
    }

    /// More code behind.
    #[must_use]
    pub fn then(self, code: &Self) -> Self {
        self.ops(&code.0)
    }

    /// Writes bytes to memory, from `at` on, whole words.
    #[must_use]
    pub fn store(mut self, at: u64, bytes: &[u8]) -> Self {
        for (at, chunk) in (at..).step_by(32).zip(bytes.chunks(32)) {
            let mut word = [0; 32];
            word.iter_mut().zip(chunk).for_each(|(to, from)| *to = *from);
            self = self.push_word(U256::from_be_bytes(word)).push(at).ops(&[op::MSTORE]);
        }
        self
    }

    /// Runs `body` until the gas is gone; it must leave the stack as it was.
    #[must_use]
    pub fn forever(self, body: &Self) -> Self {
        let start = self.here();
        self.ops(&[op::JUMPDEST]).then(body).push(start).ops(&[op::JUMP])
    }

    /// Runs `body` until no more than `leave` gas is left; it must leave the stack as it was.
    #[must_use]
    pub fn until(self, leave: u64, body: &Self) -> Self {
        let start = self.here();
        let code = self.ops(&[op::JUMPDEST]).then(body).ops(&[op::GAS]).push(leave);
        code.ops(&[op::LT]).push(start).ops(&[op::JUMPI, op::STOP])
    }

    /// Calls a precompile with the first `size` bytes of memory and all gas, and drops the answer.
    #[must_use]
    pub fn static_call(self, target: Address, size: u64) -> Self {
        let code = self.push(0).push(0).push(size).push(0);
        code.push_word(target.into_word().into()).ops(&[op::GAS, op::STATICCALL, op::POP])
    }

    /// The bytes.
    pub fn build(&self) -> Bytes {
        self.0.clone().into()
    }

    fn here(&self) -> u64 {
        u64::try_from(self.0.len()).unwrap_or(u64::MAX)
    }
}
