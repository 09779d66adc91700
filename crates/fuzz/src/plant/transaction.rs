//! Transactions at the edges, signed by senders of forged blocks.

use alloy_consensus::{SignableTransaction, TxEip1559, TxEip2930, TxEip7702, TxLegacy};
use alloy_eips::{
    eip2718::Encodable2718,
    eip2930::{AccessList, AccessListItem},
    eip7702::{Authorization, SignedAuthorization},
};
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256};
use bough_adversary::{sender, sign_as};
use bough_stf::Transaction;

use super::{Planting, SENDERS, bytes, code};
use crate::dice::Dice;

/// Gas of most transactions, and wei per gas that they offer.
const GAS: u64 = 1 << 20;
const MAX_FEE: u128 = 1_000;
/// Most items of a list, and most transactions of a block.
const MOST_ITEMS: usize = 3;
const MOST_TRANSACTIONS: usize = 6;
/// How many bytes of zeros may be a creation's or a call's data.
const LENGTHS: [usize; 6] = [1, 31, 32, 33, 49_152, 49_153];

/// What all types have.
struct Fields {
    nonce: u64,
    gas_limit: u64,
    max_fee: u128,
    tip: u128,
    to: TxKind,
    value: U256,
    input: Bytes,
    access_list: AccessList,
}

/// Adds a transaction, puts one in the place of another, or breaks the bytes of one.
pub(super) fn plant(dice: &mut Dice, planting: &mut Planting) {
    let raw = transaction(dice, planting);
    let transactions = &mut planting.input.new_payload_request.execution_payload.transactions;
    let at = dice.below(transactions.len());
    match dice.below(8) {
        0 => {
            if let Some(raw) = transactions.get_mut(at) {
                *raw = bytes::rlp_edge(dice, raw).into();
            }
        }
        1 => transactions.clear(),
        2..=4 => {
            if let Some(place) = transactions.get_mut(at) {
                *place = raw;
            }
        }
        _ if transactions.len() < MOST_TRANSACTIONS => transactions.push(raw),
        _ => {}
    }
}

fn transaction(dice: &mut Dice, planting: &Planting) -> Bytes {
    let from = dice.next_u64() % SENDERS;
    let fields = fields(dice, planting, from);
    let chain_id = if dice.one_in(16) { dice.number() } else { planting.input.chain_id };
    let Fields { nonce, gas_limit, max_fee, tip, to, value, input, access_list } = fields;
    let signed: Transaction = match dice.below(5) {
        0 => {
            let chain_id = (!dice.one_in(4)).then_some(chain_id);
            let gas_price = max_fee;
            sign(dice, from, TxLegacy { chain_id, nonce, gas_price, gas_limit, to, value, input })
        }
        1 => {
            let gas_price = max_fee;
            sign(
                dice,
                from,
                TxEip2930 { chain_id, nonce, gas_price, gas_limit, to, value, access_list, input },
            )
        }
        2 => {
            let transaction = TxEip7702 {
                chain_id,
                nonce,
                gas_limit,
                max_fee_per_gas: max_fee,
                max_priority_fee_per_gas: tip,
                to: to.to().copied().unwrap_or_default(),
                value,
                access_list,
                authorization_list: authorizations(dice, planting),
                input,
            };
            sign(dice, from, transaction)
        }
        _ => {
            let transaction = TxEip1559 {
                chain_id,
                nonce,
                gas_limit,
                max_fee_per_gas: max_fee,
                max_priority_fee_per_gas: tip,
                to,
                value,
                access_list,
                input,
            };
            sign(dice, from, transaction)
        }
    };
    signed.encoded_2718().into()
}

fn fields(dice: &mut Dice, planting: &Planting, from: u64) -> Fields {
    let next = planting.world.account(sender(from)).map_or(0, |account| account.nonce);
    let creates = dice.one_in(4);
    Fields {
        nonce: match dice.below(8) {
            0 => dice.number(),
            1 => next.saturating_add(1),
            _ => next,
        },
        gas_limit: if dice.one_in(8) { dice.number() } else { GAS },
        max_fee: if dice.one_in(8) { fee(dice) } else { MAX_FEE },
        tip: if dice.one_in(8) { fee(dice) } else { 0 },
        to: if creates { TxKind::Create } else { TxKind::Call(planting.address(dice)) },
        value: if dice.one_in(6) { dice.word() } else { U256::ZERO },
        input: match dice.below(6) {
            0 => vec![0; dice.pick(&LENGTHS)].into(),
            1 if !creates => input(dice),
            _ if creates => code::code(dice, |dice| planting.address(dice)),
            _ => Bytes::new(),
        },
        access_list: if dice.one_in(4) {
            access_list(dice, planting)
        } else {
            AccessList::default()
        },
    }
}

fn fee(dice: &mut Dice) -> u128 {
    dice.word().wrapping_to()
}

/// Words at the edges, as a precompile or a contract reads them: lengths, then anything.
fn input(dice: &mut Dice) -> Bytes {
    const MOST_WORDS: usize = 12;
    let words = (0..=dice.below(MOST_WORDS)).flat_map(|_| {
        let word = if dice.one_in(2) { U256::from(dice.below(256)) } else { dice.word() };
        word.to_be_bytes::<32>()
    });
    let mut input: Vec<u8> = words.collect();
    let cut = dice.below(32);
    input.truncate(input.len().saturating_sub(cut));
    input.into()
}

fn access_list(dice: &mut Dice, planting: &Planting) -> AccessList {
    let items = (0..=dice.below(MOST_ITEMS)).map(|_| AccessListItem {
        address: planting.address(dice),
        storage_keys: (0..dice.below(MOST_ITEMS)).map(|_| B256::from(dice.word())).collect(),
    });
    AccessList(items.collect())
}

fn authorizations(dice: &mut Dice, planting: &Planting) -> Vec<SignedAuthorization> {
    (0..=dice.below(MOST_ITEMS)).map(|_| authorization(dice, planting)).collect()
}

fn authorization(dice: &mut Dice, planting: &Planting) -> SignedAuthorization {
    let from = dice.next_u64() % SENDERS;
    let next = planting.world.account(sender(from)).map_or(0, |account| account.nonce);
    let authorization = Authorization {
        chain_id: match dice.below(4) {
            0 => U256::ZERO,
            1 => dice.word(),
            _ => U256::from(planting.input.chain_id),
        },
        address: if dice.one_in(6) { Address::ZERO } else { planting.address(dice) },
        nonce: if dice.one_in(3) { dice.number() } else { next },
    };
    if dice.one_in(6) {
        let (parity, r, s) = (dice.byte(), dice.word(), dice.word());
        return SignedAuthorization::new_unchecked(authorization, parity, r, s);
    }
    let signature = sign_as(from, authorization.signature_hash());
    authorization.into_signed(signature)
}

/// Signs, mostly so that the sender can be recovered.
fn sign<T: SignableTransaction<Signature>>(
    dice: &mut Dice,
    from: u64,
    transaction: T,
) -> Transaction
where
    Transaction: From<alloy_consensus::Signed<T>>,
{
    let signature = if dice.one_in(32) {
        Signature::new(dice.word(), dice.word(), dice.one_in(2))
    } else {
        sign_as(from, transaction.signature_hash())
    };
    transaction.into_signed(signature).into()
}
