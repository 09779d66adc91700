//! Numbers of the block and of its parent at the edges.

use alloy_primitives::U256;

use super::Planting;
use crate::dice::Dice;

/// Puts an edge into one number: of the parent, which the block then follows, or of the block.
pub(super) fn plant(dice: &mut Dice, planting: &mut Planting) {
    if dice.one_in(2) { of_parent(dice, planting) } else { of_block(dice, planting) }
}

fn of_parent(dice: &mut Dice, planting: &mut Planting) {
    let number = dice.number();
    let parent = &mut planting.parent;
    match dice.below(8) {
        0 => parent.number = number,
        1 => parent.timestamp = number,
        2 => parent.gas_limit = number,
        3 => parent.gas_used = number,
        4 => parent.base_fee_per_gas = Some(number),
        5 => parent.excess_blob_gas = Some(number),
        6 => parent.blob_gas_used = Some(number),
        _ => parent.slot_number = parent.slot_number.map(|_| number),
    }
}

fn of_block(dice: &mut Dice, planting: &mut Planting) {
    let number = dice.number();
    let payload = &mut planting.input.new_payload_request.execution_payload;
    match dice.below(10) {
        0 => payload.slot_number = payload.slot_number.map(|_| number),
        1 => payload.prev_randao = dice.word().into(),
        2 => planting.input.chain_id = number,
        3 => payload.blob_gas_used = number,
        4 => payload.excess_blob_gas = number,
        which => {
            planting.follows = false;
            match which {
                5 => payload.block_number = number,
                6 => payload.timestamp = number,
                7 => payload.gas_limit = number,
                8 => payload.gas_used = number,
                _ => payload.base_fee_per_gas = U256::from(number),
            }
        }
    }
}
