//! Changes of valid inputs: of the bytes, of the witness, of the payload, of its transactions.

use alloy_consensus::{Header, Transaction as _};
use alloy_eips::{eip2718::Decodable2718, eip4895::Withdrawal};
use alloy_primitives::{Bytes, U256};
use alloy_rlp::{Decodable, Encodable};
use bough_stateless::{ExecutionWitness, Invalid, PayloadError, StatelessInput, validate};
use bough_stf::WorkLimits;

use crate::{dice::Dice, theirs};

/// Changes bytes and says how.
pub(crate) fn mutate(dice: &mut Dice, bytes: &[u8]) -> (Vec<u8>, &'static str) {
    if dice.one_in(4) {
        return mutate_bytes(dice, bytes);
    }
    if dice.one_in(50) {
        let length = dice.pick(&[1024usize, 1025, 5000]);
        let node = dice.bytes(length);
        if let Some(bytes) = theirs::with_node(bytes, &node) {
            return (bytes, "long node");
        }
    }
    let Ok(mut input) = StatelessInput::decode(bytes) else {
        return mutate_bytes(dice, bytes);
    };
    let name = match dice.below(10) {
        0..=4 => mutate_witness(dice, &mut input),
        5..=7 => mutate_payload(dice, &mut input),
        _ => mutate_transactions(dice, &mut input),
    };
    if !dice.one_in(10) {
        seal(&mut input);
    }
    match input.encode() {
        Ok(bytes) => (bytes, name),
        Err(_) => mutate_bytes(dice, bytes),
    }
}

/// Puts in a transaction that the builder found not to be includable, mostly at the end.
pub(crate) fn include(dice: &mut Dice, mut input: StatelessInput, left_out: &[Bytes]) -> Vec<u8> {
    let payload = &mut input.new_payload_request.execution_payload;
    let last = payload.transactions.len();
    let at = if dice.one_in(3) { dice.below(last + 1) } else { last };
    if let Some(transaction) = left_out.get(dice.below(left_out.len())) {
        payload.transactions.insert(at, transaction.clone());
    }
    let hashes = payload.transactions.iter().filter_map(|raw| {
        let transaction = bough_stf::Transaction::decode_2718_exact(raw).ok()?;
        Some(transaction.blob_versioned_hashes()?.to_vec())
    });
    input.new_payload_request.versioned_hashes = hashes.flatten().collect();
    seal(&mut input);
    input.encode().expect("invariant: a transaction more changes no limit")
}

/// Gives the payload the block hash that its fields have.
pub(crate) fn seal(input: &mut StatelessInput) {
    // No gas at all: stopped before anything is executed.
    let limits = WorkLimits { block_gas: Some(0), system_gas: Some(0), ..WorkLimits::NONE };
    if let Err(Invalid::Payload(PayloadError::BlockHash { expected, .. })) = validate(input, limits)
    {
        input.new_payload_request.execution_payload.block_hash = expected;
    }
}

fn mutate_bytes(dice: &mut Dice, bytes: &[u8]) -> (Vec<u8>, &'static str) {
    /// Up to here stand the fields of fixed size and the offsets.
    const FIXED: usize = 2 + 16 + 44 + 540;
    let mut bytes = bytes.to_vec();
    let name = match dice.below(8) {
        0..=2 => {
            let at = dice.below(bytes.len().min(FIXED));
            flip(dice, &mut bytes, at);
            "bit of the fixed part"
        }
        3 | 4 => {
            let at = dice.below(bytes.len());
            flip(dice, &mut bytes, at);
            "bit"
        }
        5 => {
            bytes.truncate(dice.below(bytes.len() + 1));
            "cut"
        }
        6 => {
            let length = dice.below(5) + 1;
            bytes.extend(dice.bytes(length));
            "bytes behind the end"
        }
        _ => {
            let at = dice.below(bytes.len());
            let length = dice.below(40);
            let noise = dice.bytes(length);
            for (byte, noise) in bytes.iter_mut().skip(at).zip(noise) {
                *byte = noise;
            }
            "noise"
        }
    };
    (bytes, name)
}

fn flip(dice: &mut Dice, bytes: &mut [u8], at: usize) {
    let bit = 1 << dice.below(8);
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= bit;
    }
}

fn flip_any(dice: &mut Dice, bytes: &mut Bytes) {
    let mut copy = bytes.to_vec();
    let at = dice.below(copy.len());
    flip(dice, &mut copy, at);
    *bytes = copy.into();
}

fn remove_any<T>(dice: &mut Dice, list: &mut Vec<T>) {
    if !list.is_empty() {
        list.remove(dice.below(list.len()));
    }
}

fn flip_one(dice: &mut Dice, list: &mut [Bytes]) {
    let at = dice.below(list.len());
    if let Some(bytes) = list.get_mut(at) {
        flip_any(dice, bytes);
    }
}

fn repeat_one(dice: &mut Dice, list: &mut Vec<Bytes>) {
    let at = dice.below(list.len());
    if let Some(bytes) = list.get(at).cloned() {
        list.insert(dice.below(list.len()), bytes);
    }
}

fn mutate_witness(dice: &mut Dice, input: &mut StatelessInput) -> &'static str {
    let witness = &mut input.witness;
    match dice.weighted(&[12, 6, 3, 3, 3, 3, 2, 2, 2, 2, 2, 1, 1, 1, 1]) {
        0 => {
            remove_any(dice, &mut witness.state);
            "node dropped"
        }
        1 => {
            remove_any(dice, &mut witness.codes);
            "code dropped"
        }
        2 => {
            remove_any(dice, &mut witness.headers);
            "header dropped"
        }
        3 => {
            flip_one(dice, &mut witness.state);
            "bit of a node"
        }
        4 => {
            flip_one(dice, &mut witness.codes);
            "bit of a code"
        }
        5 => {
            flip_one(dice, &mut witness.headers);
            "bit of a header"
        }
        6 => {
            repeat_one(dice, &mut witness.state);
            "node twice"
        }
        7 => {
            repeat_one(dice, &mut witness.codes);
            "code twice"
        }
        8 => {
            repeat_one(dice, &mut witness.headers);
            "header twice"
        }
        9 => {
            witness.state.reverse();
            witness.codes.reverse();
            "nodes and codes reversed"
        }
        10 => {
            let length = dice.pick(&[0usize, 1, 31, 32, 33, 200, 1024]);
            witness.state.push(dice.bytes(length).into());
            "node of noise"
        }
        11 => {
            let length = dice.pick(&[0usize, 1, 24_576, 65_536]);
            witness.codes.push(dice.bytes(length).into());
            "code of noise"
        }
        12 => {
            witness.headers.reverse();
            "headers reversed"
        }
        13 => {
            witness.headers.clear();
            "no headers"
        }
        _ => {
            push_child(witness);
            "header after the parent"
        }
    }
}

/// Puts a child of the parent behind it.
pub(crate) fn push_child(witness: &mut ExecutionWitness) {
    let Some(raw) = witness.headers.last() else { return };
    let Ok(parent) = Header::decode(&mut raw.as_ref()) else { return };
    let number = parent.number.saturating_add(1);
    let child = Header { parent_hash: parent.hash_slow(), number, ..parent };
    let mut rlp = Vec::new();
    child.encode(&mut rlp);
    witness.headers.push(rlp.into());
}

fn nudge(dice: &mut Dice, number: &mut u64) {
    *number = match dice.below(6) {
        0 => number.wrapping_add(1),
        1 => number.wrapping_sub(1),
        2 => 0,
        3 => u64::MAX,
        4 => number.wrapping_add(dice.between(0, 100_000)),
        _ => dice.next_u64(),
    };
}

fn mutate_payload(dice: &mut Dice, input: &mut StatelessInput) -> &'static str {
    let request = &mut input.new_payload_request;
    let payload = &mut request.execution_payload;
    match dice.below(25) {
        0 => {
            payload.state_root = dice.hash();
            "state root"
        }
        1 => {
            payload.receipts_root = dice.hash();
            "receipts root"
        }
        2 => {
            let at = dice.below(256);
            let mut bloom = payload.logs_bloom.to_vec();
            flip(dice, &mut bloom, at);
            payload.logs_bloom = alloy_primitives::Bloom::from_slice(&bloom);
            "bloom"
        }
        3 => {
            nudge(dice, &mut payload.gas_used);
            "gas used"
        }
        4 => {
            nudge(dice, &mut payload.gas_limit);
            "gas limit"
        }
        5 => {
            nudge(dice, &mut payload.timestamp);
            "timestamp"
        }
        6 => {
            nudge(dice, &mut payload.block_number);
            "number"
        }
        7 => {
            payload.base_fee_per_gas = if dice.one_in(2) {
                payload.base_fee_per_gas.wrapping_add(U256::from(1))
            } else {
                dice.word()
            };
            "base fee"
        }
        8 => {
            let length = dice.below(33);
            payload.extra_data = dice.bytes(length).into();
            "extra data"
        }
        9 => {
            payload.fee_recipient = dice.address();
            "fee recipient"
        }
        10 => {
            payload.prev_randao = dice.hash();
            "randao"
        }
        11 => {
            let mut slot = payload.slot_number.unwrap_or_default();
            nudge(dice, &mut slot);
            payload.slot_number = Some(slot);
            "slot number"
        }
        12 => {
            if let Some(list) = &mut payload.block_access_list {
                flip_any(dice, list);
            }
            "bit of the access list"
        }
        13 => {
            payload.block_access_list = Some(Bytes::from(match dice.below(3) {
                0 => Vec::new(),
                1 => vec![0xc0],
                _ => dice.bytes(50),
            }));
            "another access list"
        }
        14 => {
            nudge(dice, &mut payload.excess_blob_gas);
            "excess blob gas"
        }
        15 => {
            nudge(dice, &mut payload.blob_gas_used);
            "blob gas used"
        }
        16 => {
            request.parent_beacon_block_root = dice.hash();
            "beacon root"
        }
        17 => {
            payload.parent_hash = dice.hash();
            "parent hash"
        }
        18 => {
            let address = dice.address();
            let amount = dice.pick(&[0, 1, u64::MAX]);
            payload.withdrawals.push(Withdrawal { index: 1, validator_index: 2, address, amount });
            "withdrawal more"
        }
        19 => {
            remove_any(dice, &mut payload.withdrawals);
            "withdrawal less"
        }
        20 => {
            remove_any(dice, &mut request.execution_requests);
            "requests of a type less"
        }
        21 => {
            flip_one(dice, &mut request.execution_requests);
            "bit of the requests"
        }
        22 => {
            if request.execution_requests.is_empty() {
                let (kind, length) = dice.pick(&[(0u8, 192), (1, 76), (2, 116), (3, 184), (4, 68)]);
                let data = dice.bytes(length);
                request.execution_requests.push([&[kind], data.as_slice()].concat().into());
            }
            "request more"
        }
        23 => {
            request.versioned_hashes.push(dice.hash());
            "versioned hash more"
        }
        _ => {
            nudge(dice, &mut input.chain_id);
            "chain id"
        }
    }
}

fn mutate_transactions(dice: &mut Dice, input: &mut StatelessInput) -> &'static str {
    let transactions = &mut input.new_payload_request.execution_payload.transactions;
    match dice.below(8) {
        0 => {
            remove_any(dice, transactions);
            "transaction dropped"
        }
        1 => {
            repeat_one(dice, transactions);
            "transaction twice"
        }
        2 => {
            let (one, other) = (dice.below(transactions.len()), dice.below(transactions.len()));
            if one != other {
                transactions.swap(one, other);
            }
            "transactions swapped"
        }
        3..=5 => {
            flip_one(dice, transactions);
            "bit of a transaction"
        }
        6 => {
            transactions.push(Bytes::new());
            "empty transaction"
        }
        _ => {
            let length = dice.below(200) + 1;
            let mut noise = dice.bytes(length);
            if let Some(first) = noise.first_mut() {
                *first = dice.pick(&[1, 2, 3, 4, 5, 6, 0x7d, 0x7e, 0xc0, 0xf8]);
            }
            transactions.push(noise.into());
            "transaction of noise"
        }
    }
}
