//! Random code of generated contracts.

use alloy_primitives::{Address, U256, hex};

use crate::{code::Asm, dice::Dice, opcode as op};

/// Longest code of a random contract, in statements.
const STATEMENTS: usize = 60;

/// Code that keeps the stack in order and mostly runs to its end.
pub(crate) fn random(dice: &mut Dice, known: &[Address]) -> Vec<u8> {
    let mut writer = Random { asm: Asm::default(), depth: 0, dice, known };
    let count = writer.dice.below(STATEMENTS) + 1;
    for _ in 0..count {
        writer.statement(true);
    }
    writer.end();
    writer.asm.bytes
}

/// Writes random code and knows how deep its stack is.
struct Random<'a> {
    asm: Asm,
    depth: usize,
    dice: &'a mut Dice,
    known: &'a [Address],
}

impl Random<'_> {
    fn statement(&mut self, outer: bool) {
        match self.dice.weighted(&[10, 22, 8, 12, 10, 8, 14, 6, 8, 8, 3, 4, 3, 1]) {
            0 => self.push_word(),
            1 => self.compute(),
            2 => self.read_environment(),
            3 => self.memory(),
            4 => self.ask_account(),
            5 => self.move_stack(),
            6 => self.storage(),
            7 => self.log(),
            8 => self.call(),
            9 => self.keep(),
            10 => self.create(),
            11 if outer => self.skip(),
            12 if outer => self.repeat(),
            13 if self.dice.one_in(4) => self.leave(),
            _ => self.push_word(),
        }
    }

    fn push_word(&mut self) {
        let word = self.dice.word();
        self.asm.word(word);
        self.depth += 1;
    }

    fn push_small(&mut self, bound: usize) {
        let number = u8::try_from(self.dice.below(bound)).unwrap_or(0);
        self.asm.push(number);
        self.depth += 1;
    }

    fn push_address(&mut self) {
        let address =
            if self.dice.one_in(8) { self.dice.address() } else { self.dice.pick(self.known) };
        self.asm.address(address);
        self.depth += 1;
    }

    fn op(&mut self, op: u8, pops: usize, pushes: usize) {
        while self.depth < pops {
            self.push_word();
        }
        self.asm.op(op);
        self.depth = self.depth - pops + pushes;
    }

    fn compute(&mut self) {
        let (op, pops) = self.dice.pick(op::COMPUTE);
        if op == op::KECCAK256 {
            self.push_small(70);
            self.push_small(200);
        }
        self.op(op, pops, 1);
    }

    fn read_environment(&mut self) {
        let op = self.dice.pick(op::ENVIRONMENT);
        self.op(op, 0, 1);
    }

    fn memory(&mut self) {
        match self.dice.below(9) {
            0 => {
                self.push_small(250);
                self.op(op::MLOAD, 1, 1);
            }
            1 | 2 => {
                self.push_small(250);
                self.op(op::MSTORE, 2, 0);
            }
            3 => {
                self.push_small(250);
                self.op(op::MSTORE8, 2, 0);
            }
            4 => {
                for bound in [80, 200, 200] {
                    self.push_small(bound);
                }
                self.op(op::MCOPY, 3, 0);
            }
            5 | 6 => {
                for bound in [80, 100, 200] {
                    self.push_small(bound);
                }
                let op = self.dice.pick(&[op::CALLDATACOPY, op::CODECOPY]);
                self.op(op, 3, 0);
            }
            7 => {
                let wrong = self.dice.one_in(10);
                if wrong {
                    self.push_small(3)
                } else {
                    self.op(op::RETURNDATASIZE, 0, 1)
                }
                self.asm.op(op::PUSH0);
                self.depth += 1;
                self.push_small(100);
                self.op(op::RETURNDATACOPY, 3, 0);
            }
            _ => {
                self.push_small(100);
                self.op(op::CALLDATALOAD, 1, 1);
            }
        }
    }

    fn ask_account(&mut self) {
        match self.dice.below(6) {
            0 => {
                for bound in [60, 60, 100] {
                    self.push_small(bound);
                }
                self.push_address();
                self.op(op::EXTCODECOPY, 4, 0);
            }
            1 => {
                let back = u8::try_from(self.dice.below(6)).unwrap_or(0);
                self.asm.push(back).op(op::NUMBER).op(op::SUB).op(op::BLOCKHASH);
                self.depth += 1;
            }
            2 => {
                self.push_small(3);
                self.op(op::BLOBHASH, 1, 1);
            }
            _ => {
                self.push_address();
                let op = self.dice.pick(&[op::BALANCE, op::EXTCODESIZE, op::EXTCODEHASH]);
                self.op(op, 1, 1);
            }
        }
    }

    fn move_stack(&mut self) {
        let reach = self.depth;
        match self.dice.below(6) {
            0 | 1 if reach >= 1 => {
                let at = u8::try_from(self.dice.below(reach.min(16))).unwrap_or(0);
                self.op(op::DUP1 + at, 0, 1);
            }
            2 | 3 if reach >= 2 => {
                let at = u8::try_from(self.dice.below((reach - 1).min(16))).unwrap_or(0);
                self.op(op::SWAP1 + at, 0, 0);
            }
            // DUPN, SWAPN, EXCHANGE (EIP-8024): immediates of all kinds.
            4 => {
                for _ in 0..self.dice.below(20) {
                    self.push_small(255);
                }
                let op = self.dice.pick(&[op::DUPN, op::SWAPN, op::EXCHANGE]);
                let immediate = if self.dice.one_in(8) {
                    self.dice.byte()
                } else {
                    self.dice.pick(&[0x80, 0x81, 0x82, 0x8e, 0x8f, 0x90, 0x12, 0x9d, 0xd0])
                };
                self.asm.op(op).op(immediate);
                if op == op::DUPN {
                    self.depth += 1;
                }
            }
            _ => self.op(op::POP, 1, 0),
        }
    }

    fn storage(&mut self) {
        let keys = self.dice.pick(&[4, 9]);
        match self.dice.below(7) {
            0 | 1 => {
                self.push_small(keys);
                self.op(op::SLOAD, 1, 1);
            }
            2 => {
                self.asm.op(op::PUSH0);
                self.depth += 1;
                self.push_small(keys);
                self.op(op::SSTORE, 2, 0);
            }
            3 | 4 => {
                self.push_small(keys);
                self.op(op::SSTORE, 2, 0);
            }
            5 => {
                self.push_small(keys);
                self.op(op::TLOAD, 1, 1);
            }
            _ => {
                self.push_small(keys);
                self.op(op::TSTORE, 2, 0);
            }
        }
    }

    fn log(&mut self) {
        let topics = self.dice.below(5);
        for _ in 0..topics {
            self.push_word();
        }
        self.push_small(70);
        self.push_small(100);
        self.op(op::LOG0 + u8::try_from(topics).unwrap_or(0), topics + 2, 0);
    }

    fn call(&mut self) {
        let op =
            self.dice.pick(&[op::CALL, op::CALL, op::CALLCODE, op::DELEGATECALL, op::STATICCALL]);
        for bound in [70, 100, 200, 100] {
            self.push_small(bound);
        }
        let with_value = op == op::CALL || op == op::CALLCODE;
        if with_value {
            let value = if self.dice.one_in(2) { 1 } else { 2 };
            self.push_small(value);
        }
        self.push_address();
        if self.dice.one_in(2) {
            self.op(op::GAS, 0, 1);
        } else {
            let gas = self.dice.pick(&[0, 1, 2300, 5000, 30_000, 100_000]);
            self.asm.word(U256::from(gas));
            self.depth += 1;
        }
        self.op(op, if with_value { 7 } else { 6 }, 1);
    }

    /// Stores what is on top, so that the state knows of it.
    fn keep(&mut self) {
        self.push_small(9);
        self.op(op::SSTORE, 2, 0);
    }

    fn create(&mut self) {
        let init = self.dice.pick(&[
            &hex!("60015f5560ff5f5360015ff3")[..],
            &hex!("6130ff5f526002601ef3"),
            &hex!("30ff"),
            &hex!("33ff"),
            &hex!("fe"),
            &hex!("5ffd"),
            &hex!("60ef5f5360015ff3"),
            &hex!("365f5f37365ff3"),
            &hex!(""),
        ]);
        let mut word = [0; 32];
        word.iter_mut().zip(init).for_each(|(byte, code)| *byte = *code);
        self.asm.op(op::PUSH1 + 31);
        self.asm.bytes.extend(word);
        self.asm.op(op::PUSH0).op(op::MSTORE);
        let create2 = self.dice.one_in(2);
        if create2 {
            self.push_small(3);
        }
        let length = u8::try_from(init.len()).unwrap_or(0);
        let value = u8::from(self.dice.one_in(3));
        self.asm.push(length).op(op::PUSH0).push(value);
        self.asm.op(if create2 { op::CREATE2 } else { op::CREATE });
        if !create2 {
            self.depth += 1;
        }
        if self.dice.one_in(2) {
            // Calls what was made.
            for _ in 0..5 {
                self.asm.op(op::PUSH0);
            }
            self.asm.op(op::DUP1 + 5).op(op::GAS).op(op::CALL).op(op::POP);
        }
    }

    /// Statements behind a condition. They leave the stack as it was.
    fn skip(&mut self) {
        let mut inner = self.inner();
        let length = inner.len();
        self.op(op::ISZERO, 1, 1);
        let end = self.asm.bytes.len() + 4 + length;
        self.asm.word16(end).op(op::JUMPI);
        self.depth -= 1;
        self.asm.bytes.append(&mut inner);
        self.asm.op(op::JUMPDEST);
    }

    /// Statements some times over.
    fn repeat(&mut self) {
        let mut inner = self.inner();
        let times = u8::try_from(self.dice.below(12) + 1).unwrap_or(1);
        self.asm.push(times);
        let start = self.asm.bytes.len();
        self.asm.op(op::JUMPDEST);
        self.asm.bytes.append(&mut inner);
        self.asm.push(1).op(op::SWAP1).op(op::SUB).op(op::DUP1).word16(start).op(op::JUMPI);
        self.asm.op(op::POP);
    }

    fn inner(&mut self) -> Vec<u8> {
        let mut inner =
            Random { asm: Asm::default(), depth: 0, dice: &mut *self.dice, known: self.known };
        for _ in 0..inner.dice.below(5) + 1 {
            inner.statement(false);
        }
        for _ in 0..inner.depth {
            inner.asm.op(op::POP);
        }
        inner.asm.bytes
    }

    /// Ends before the end.
    fn leave(&mut self) {
        match self.dice.below(4) {
            0 => {
                self.push_address();
                self.op(op::SELFDESTRUCT, 1, 0);
            }
            _ => self.end(),
        }
    }

    fn end(&mut self) {
        match self.dice.below(8) {
            0 | 1 => {
                self.asm.op(op::STOP);
            }
            2..=4 => {
                self.push_small(60);
                self.push_small(60);
                self.op(op::RETURN, 2, 0);
            }
            5 => {
                self.push_small(60);
                self.push_small(60);
                self.op(op::REVERT, 2, 0);
            }
            6 if self.dice.one_in(3) => {
                self.asm.op(op::INVALID);
            }
            _ => {}
        }
    }
}
