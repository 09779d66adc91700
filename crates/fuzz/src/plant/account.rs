//! Accounts at the edges: system contracts, precompiles, senders, places of contracts to come.

use alloy_primitives::{B256, Bytes, KECCAK256_EMPTY, U256};
use bough_mpt::EMPTY_ROOT_HASH;

use super::{Planting, code};
use crate::dice::Dice;

/// Changes one account in one way.
pub(super) fn plant(dice: &mut Dice, planting: &mut Planting) {
    let address = planting.address(dice);
    match dice.below(12) {
        0..=5 => {
            let code = code::code(dice, |dice| planting.address(dice));
            planting.world.set_code(address, code);
        }
        6 => {
            let nonce = dice.number();
            planting.world.change(address, |account| account.nonce = nonce);
        }
        7 => {
            let balance = dice.word();
            planting.world.change(address, |account| account.balance = balance);
        }
        8 | 9 => {
            let (slot, value) = (dice.word(), value(dice));
            planting.world.set_slot(address, slot, value);
        }
        10 => planting.world.remove(address),
        _ => {
            let hash = dice.pick(&[B256::ZERO, KECCAK256_EMPTY, EMPTY_ROOT_HASH]);
            let of_code = dice.one_in(2);
            planting.world.change(address, |account| match of_code {
                true => account.code_hash = hash,
                false => account.storage_root = hash,
            });
        }
    }
}

/// What may stand in a slot's leaf, mostly the RLP of a word.
fn value(dice: &mut Dice) -> Bytes {
    match dice.below(8) {
        0 => alloy_rlp::encode(U256::ZERO).into(),
        1 => vec![0x80; 33].into(),
        2 => [vec![0xa1], vec![1; 33]].concat().into(),
        3 => Bytes::from_static(&[0x82, 0x00, 0x01]),
        _ => alloy_rlp::encode(dice.word()).into(),
    }
}
