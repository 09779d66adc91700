//! Encodings at the edges: RLP prefixes and lengths, SSZ offsets, nothing and very much.

use alloy_primitives::Bytes;

use super::Planting;
use crate::dice::Dice;

/// RLP prefixes at which the meaning of a byte changes, and lengths that are not canonical or more
/// than there is.
pub(crate) const RLP: [&[u8]; 20] = [
    &[0x00],
    &[0x7f],
    &[0x80],
    &[0x81],
    &[0x81, 0x00],
    &[0x81, 0x7f],
    &[0x82, 0x00, 0x01],
    &[0xa0],
    &[0xa1],
    &[0xb7],
    &[0xb8],
    &[0xb8, 0x37],
    &[0xb9, 0x00, 0xff],
    &[0xbf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    &[0xc0],
    &[0xc1, 0xc0],
    &[0xf7],
    &[0xf8, 0x37],
    &[0xf9, 0xff, 0xff],
    &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
];
/// Lengths around what the wire allows for a node and for a code.
const LENGTHS: [usize; 9] = [0, 1, 31, 32, 33, 1_023, 1_024, 65_535, 65_536];
/// Behind the schema id: the fixed parts of the input, the request and the payload, where most
/// offsets stand.
const FIXED: usize = 2 + 16 + 44 + 540;
const SCHEMA: usize = 2;

/// The bytes with an RLP edge written over them, put into them or in their place.
pub(super) fn rlp_edge(dice: &mut Dice, raw: &[u8]) -> Vec<u8> {
    let edge = RLP.get(dice.below(RLP.len())).copied().unwrap_or_default();
    let mut raw = raw.to_vec();
    let at = if dice.one_in(4) { 0 } else { dice.below(raw.len()) };
    match dice.below(4) {
        0 => {
            raw.splice(at..at, edge.iter().copied());
        }
        1 => raw.truncate(at),
        2 if dice.one_in(4) => raw = edge.to_vec(),
        _ => {
            let places = raw.get_mut(at..).unwrap_or_default();
            places.iter_mut().zip(edge).for_each(|(to, from)| *to = *from);
        }
    }
    raw
}

/// Breaks some node of the state; what refers to it does so by its new hash.
pub(super) fn node_edge(dice: &mut Dice, planting: &mut Planting) {
    planting.world.replace_node(dice, rlp_edge);
}

/// Breaks an RLP entry that stands by itself: the access list, a header before the parent.
pub(super) fn entry_edge(dice: &mut Dice, planting: &mut Planting) {
    let payload = &mut planting.input.new_payload_request.execution_payload;
    let headers = &mut planting.input.witness.headers;
    if let Some(list) = payload.block_access_list.as_mut().filter(|_| dice.one_in(2)) {
        *list = rlp_edge(dice, list).into();
    } else if let Some(parent) = headers.last().cloned() {
        headers.insert(0, rlp_edge(dice, &parent).into());
    }
}

/// Makes a list or an entry empty, or as large as it may be and larger.
pub(super) fn empty_or_giant(dice: &mut Dice, planting: &mut Planting) {
    let length = dice.pick(&LENGTHS);
    let entry = Bytes::from(vec![dice.byte(); length]);
    let request = &mut planting.input.new_payload_request;
    let payload = &mut request.execution_payload;
    match dice.below(8) {
        0 => planting.world.codes_mut().push(entry),
        1 => planting.world.codes_mut().clear(),
        2 => payload.extra_data = vec![0xff; dice.below(34)].into(),
        3 => payload.logs_bloom = alloy_primitives::Bloom::repeat_byte(0xff),
        4 => payload.block_access_list = payload.block_access_list.is_some().then_some(entry),
        5 => request.versioned_hashes.push(dice.word().into()),
        6 => request.execution_requests = vec![this_request(dice)],
        _ => planting.parent.extra_data = vec![0; dice.below(34)].into(),
    }
}

/// One request of a type: type byte and an item of its length.
fn this_request(dice: &mut Dice) -> Bytes {
    const LENGTHS: [(u8, usize); 5] = [(0, 192), (1, 76), (2, 116), (3, 184), (4, 68)];
    let (kind, length) = dice.pick(&LENGTHS);
    let fill = dice.byte();
    [vec![kind], vec![fill; length]].concat().into()
}

/// Moves an offset, or whatever four bytes stand where one may be.
pub(super) fn ssz_edge(dice: &mut Dice, bytes: &mut [u8]) {
    let behind = bytes.len().saturating_sub(SCHEMA);
    let places = if dice.one_in(2) { FIXED.min(behind) } else { behind };
    let at = SCHEMA.saturating_add(dice.below(places) / 2 * 2);
    let Some(place) = bytes.get_mut(at..).and_then(|rest| rest.first_chunk_mut::<4>()) else {
        return;
    };
    let old = u32::from_le_bytes(*place);
    let end = u32::try_from(behind).unwrap_or(u32::MAX);
    let new = match dice.below(9) {
        0 => 0,
        1 => 1,
        2 => old.wrapping_sub(1),
        3 => old.wrapping_add(1),
        4 => old.wrapping_add(4),
        5 => old.wrapping_sub(4),
        6 => end,
        7 => end.wrapping_add(1),
        _ => u32::MAX,
    };
    *place = new.to_le_bytes();
}
