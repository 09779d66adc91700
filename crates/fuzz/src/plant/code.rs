//! Codes at the edges.

use alloy_primitives::{Address, Bytes, U256};
use bough_adversary::Code;

use crate::dice::Dice;

/// How codes begin that are a delegation, nearly one, or must not be created.
const PREFIXES: [&[u8]; 8] = [
    &[0xef, 0x01, 0x00],
    &[0xef, 0x01, 0x00],
    &[0xef, 0x01, 0x01],
    &[0xef, 0x01],
    &[0xef, 0x00],
    &[0xef],
    &[0xfe],
    &[],
];
/// Lengths of such codes, around a delegation's.
const LENGTHS: [usize; 9] = [0, 1, 2, 3, 4, 22, 23, 24, 48];
/// Lengths around the limits of codes, of init codes, of codes in a witness.
const LARGE: [usize; 11] =
    [24_575, 24_576, 24_577, 32_767, 32_768, 32_769, 49_151, 49_152, 49_153, 65_535, 65_536];
/// What a large code is made of: STOP, JUMPDEST, PUSH1, PUSH32, DUPN, INVALID.
const FILLS: [u8; 6] = [0x00, 0x5b, 0x60, 0x7f, 0xe6, 0xfe];
/// Last bytes that want more behind them: PUSH1, PUSH2, PUSH32, DUPN, SWAPN, EXCHANGE.
const UNFINISHED: [u8; 6] = [0x60, 0x61, 0x7f, 0xe6, 0xe7, 0xe8];
/// Most operations of a program, and operands for each: as many as any opcode takes.
const MOST_OPERATIONS: usize = 10;
const OPERANDS: usize = 7;

/// A code: near a delegation, a delegation, empty, large, cut short, or a program.
pub(super) fn code(dice: &mut Dice, mut address: impl FnMut(&mut Dice) -> Address) -> Bytes {
    match dice.below(12) {
        0..=2 => near_a_delegation(dice),
        3 | 4 => [&[0xef, 0x01, 0x00], address(dice).as_slice()].concat().into(),
        5 => Bytes::new(),
        6 => {
            let length = dice.pick(&LARGE);
            vec![dice.pick(&FILLS); length].into()
        }
        7 => {
            let program = program(dice, &mut address);
            [program.as_ref(), &[dice.pick(&UNFINISHED)]].concat().into()
        }
        _ => program(dice, &mut address),
    }
}

fn near_a_delegation(dice: &mut Dice) -> Bytes {
    let mut code = PREFIXES.get(dice.below(PREFIXES.len())).copied().unwrap_or_default().to_vec();
    let length = dice.pick(&LENGTHS).max(code.len());
    let fill = dice.byte();
    code.resize(length, fill);
    code.into()
}

/// Any opcodes on operands at the edges. It may call itself, or whatever the rules know.
pub(super) fn program(dice: &mut Dice, address: &mut impl FnMut(&mut Dice) -> Address) -> Bytes {
    let mut code = Code::new();
    for _ in 0..=dice.below(MOST_OPERATIONS) {
        for _ in 0..OPERANDS {
            code = code.push_word(operand(dice, address));
        }
        code = code.ops(&[opcode(dice)]);
    }
    code.build()
}

fn operand(dice: &mut Dice, address: &mut impl FnMut(&mut Dice) -> Address) -> U256 {
    match dice.below(8) {
        0 | 1 => address(dice).into_word().into(),
        2 | 3 => U256::from(dice.below(64)),
        4 => U256::from(50_000),
        5 => U256::ZERO,
        _ => dice.word(),
    }
}

/// Any opcode; more often one that reads another's code, calls, creates or returns.
fn opcode(dice: &mut Dice) -> u8 {
    const LOOKS: [u8; 16] = [
        0x31, 0x3b, 0x3c, 0x3f, 0x40, 0x54, 0x55, 0xf0, 0xf1, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xfa,
        0xff,
    ];
    if dice.one_in(3) { dice.byte() } else { dice.pick(&LOOKS) }
}
