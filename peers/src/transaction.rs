//! Generated transactions.

use alloy_consensus::{
    SignableTransaction, TxEip1559, TxEip2930, TxEip4844, TxEip7702, TxLegacy,
    transaction::Recovered,
};
use alloy_eips::{
    eip2930::{AccessList, AccessListItem},
    eip2935::HISTORY_STORAGE_ADDRESS,
    eip4788::BEACON_ROOTS_ADDRESS,
    eip7002::WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS,
    eip7251::CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS,
    eip7702::{Authorization, SignedAuthorization},
    eip8282::{BUILDER_DEPOSIT_CONTRACT_ADDRESS, BUILDER_EXIT_CONTRACT_ADDRESS},
};
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256, address, hex};
use bough_stf::Transaction;
use k256::ecdsa::SigningKey;

use crate::{
    code,
    dice::Dice,
    precompiles,
    world::{DEPOSIT_CONTRACT, Signer, World, precompile},
};

/// EIP-7997: creates with the first word of its data as salt and the rest as init code.
const CREATE2_FACTORY: Address = address!("4e59b44847b379578588920ca78fbf26c0b4956c");
const GWEI: u128 = 1_000_000_000;
const ETHER: u128 = GWEI * GWEI;

/// What a transaction does, before its type and its signature.
struct Aim {
    to: TxKind,
    value: U256,
    data: Bytes,
}

/// What a generator must know of the block and the accounts so far.
pub(crate) struct Situation<'a> {
    pub(crate) world: &'a World,
    pub(crate) base_fee: u64,
    pub(crate) gas_limit: u64,
    /// The nonce of a signer now.
    pub(crate) nonces: Vec<u64>,
}

/// The next transaction, which may turn out not to be includable.
pub(crate) fn generate(dice: &mut Dice, now: &Situation<'_>) -> Recovered<Transaction> {
    let world = now.world;
    let at = dice.weighted(&[4, 4, 4, 3, 3, 1, 0, 0]);
    let signer = world.signers.get(at).expect("invariant: there are eight signers");
    let nonce = now.nonces.get(at).copied().unwrap_or_default();
    let nonce = if dice.one_in(60) { nonce.wrapping_add(1) } else { nonce };
    let aim = aim(dice, now, signer);
    let gas_limit = gas_limit(dice, now);
    let tip = u128::from(dice.pick(&[0u64, 0, 1, 1_000_000_000]));
    let max_fee =
        u128::from(now.base_fee) + tip + u128::from(dice.pick(&[0u64, 0, 7, 3_000_000_000]));
    let chain_id = world.chain_id;
    let Aim { to, value, data: input } = aim;
    let unsigned_kind = dice.weighted(&[3, 1, 2, 4, 1, 4]);
    let key = &signer.key;
    let transaction: Transaction = match (unsigned_kind, to) {
        (0 | 1, _) => {
            let chain_id = (unsigned_kind == 0).then_some(chain_id);
            let gas_price = max_fee;
            sign(key, TxLegacy { chain_id, nonce, gas_price, gas_limit, to, value, input })
        }
        (2, _) => {
            let access_list = access_list(dice, world);
            let gas_price = max_fee;
            sign(
                key,
                TxEip2930 { chain_id, nonce, gas_price, gas_limit, to, value, access_list, input },
            )
        }
        (4, TxKind::Call(to)) => {
            let blob_versioned_hashes = (0..dice.between(1, 6)).map(|_| blob_hash(dice)).collect();
            let transaction = TxEip4844 {
                chain_id,
                nonce,
                gas_limit,
                max_fee_per_gas: max_fee,
                max_priority_fee_per_gas: tip,
                to,
                value,
                access_list: access_list(dice, world),
                blob_versioned_hashes,
                max_fee_per_blob_gas: u128::from(dice.pick(&[1u64, 1_000_000_000])),
                input,
            };
            sign(key, transaction)
        }
        (5, TxKind::Call(to)) => {
            let transaction = TxEip7702 {
                chain_id,
                nonce,
                gas_limit,
                max_fee_per_gas: max_fee,
                max_priority_fee_per_gas: tip,
                to,
                value,
                access_list: access_list(dice, world),
                authorization_list: authorizations(dice, now, at, nonce),
                input,
            };
            sign(key, transaction)
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
                access_list: if dice.one_in(3) {
                    access_list(dice, world)
                } else {
                    AccessList::default()
                },
                input,
            };
            sign(key, transaction)
        }
    };
    Recovered::new_unchecked(transaction, signer.address)
}

/// Signed.
pub(crate) fn sign<T>(key: &SigningKey, transaction: T) -> Transaction
where
    T: SignableTransaction<Signature>,
    alloy_consensus::Signed<T>: Into<Transaction>,
{
    let signature = signature(key, transaction.signature_hash());
    transaction.into_signed(signature).into()
}

fn signature(key: &SigningKey, digest: B256) -> Signature {
    key.sign_prehash_recoverable(digest.as_slice())
        .expect("invariant: a digest of 32 bytes can be signed")
        .into()
}

fn blob_hash(dice: &mut Dice) -> B256 {
    let mut hash = dice.hash();
    if let Some(first) = hash.0.first_mut() {
        *first = 1;
    }
    hash
}

fn gas_limit(dice: &mut Dice, now: &Situation<'_>) -> u64 {
    let gas = match dice.below(14) {
        0 => dice.between(12_000, 60_000),
        1 => dice.between(20_000, 200_000),
        2 => 21_000,
        3 | 4 => dice.between(100_000, 1_000_000),
        5..=8 => dice.between(1_000_000, 8_000_000),
        9 => 1 << 24,
        10 => (1 << 24) + dice.between(1, 5_000_000),
        11 => dice.between(8_000_000, 30_000_000),
        _ => dice.between(300_000, 3_000_000),
    };
    gas.min(now.gas_limit)
}

fn value(dice: &mut Dice) -> U256 {
    match dice.below(8) {
        0..=3 => U256::ZERO,
        4 => U256::from(1),
        5 => U256::from(dice.next_u64()),
        6 => U256::from(ETHER),
        _ => U256::from(dice.below(1000)),
    }
}

fn aim(dice: &mut Dice, now: &Situation<'_>, signer: &Signer) -> Aim {
    let world = now.world;
    let contract =
        |at: usize| TxKind::Call(world.contracts.get(at).copied().unwrap_or(signer.address));
    let value = value(dice);
    match dice.weighted(&[6, 3, 24, 12, 5, 6, 8, 2, 2, 3, 8, 10, 2, 3, 2]) {
        0 => Aim { to: TxKind::Call(dice.pick(&world.known)), value, data: noise(dice) },
        1 => Aim { to: TxKind::Call(dice.address()), value, data: Bytes::new() },
        2 => {
            let random = code::TEMPLATES + dice.below(6);
            Aim { to: contract(random), value, data: noise(dice) }
        }
        3 => {
            let (number, input) = precompiles::call(dice);
            let data = [&number.to_be_bytes(), input.as_slice()].concat().into();
            Aim { to: contract(code::FORWARDER), value, data }
        }
        4 => {
            let (number, input) = precompiles::call(dice);
            Aim { to: TxKind::Call(precompile(number)), value, data: input.into() }
        }
        5 => Aim { to: TxKind::Create, value, data: code::init(dice, &world.known).into() },
        6 => {
            let factory = dice.pick(&[code::FACTORY, code::FACTORY2]);
            Aim { to: contract(factory), value, data: code::init(dice, &world.known).into() }
        }
        7 => {
            let heir = dice.pick(&world.known);
            Aim { to: contract(code::DESTRUCTOR), value, data: heir.into_word().into() }
        }
        8 => Aim { to: TxKind::Call(signer.address), value, data: noise(dice) },
        9 => {
            let back = U256::from(dice.pick(&[0, 1, 2, 3, 5, 100, 255, 256, 257]));
            let number = U256::from(world.parent().number + 1).saturating_sub(back);
            Aim { to: contract(code::HASHES), value, data: B256::from(number).into() }
        }
        10 => Aim { to: contract(code::WRITER), value, data: writes(dice) },
        11 => system_call(dice, now),
        12 => {
            let heir = dice.pick(&world.known);
            let data = [heir.into_word().as_slice(), &noise(dice)].concat().into();
            Aim { to: contract(code::PROXY), value, data }
        }
        13 => Aim { to: contract(dice.pick(&[6, 7, 8])), value, data: Bytes::new() },
        _ => {
            let salt = dice.hash();
            let data = [salt.as_slice(), &code::init(dice, &world.known)].concat().into();
            Aim { to: TxKind::Call(CREATE2_FACTORY), value, data }
        }
    }
}

fn noise(dice: &mut Dice) -> Bytes {
    let length = match dice.below(12) {
        0..=3 => 0,
        4 => dice.below(3000),
        _ => dice.below(100),
    };
    let zeros = dice.one_in(3);
    let mut data = dice.bytes(length);
    if zeros {
        data.iter_mut().for_each(|byte| *byte &= 1);
    }
    data.into()
}

/// Slots and values for the contract that writes them.
fn writes(dice: &mut Dice) -> Bytes {
    let mut data = Vec::new();
    for _ in 0..dice.below(12) + 1 {
        let slot = if dice.one_in(6) { dice.word() } else { U256::from(dice.below(9)) };
        let value = if dice.one_in(2) { U256::ZERO } else { dice.word() };
        data.extend(B256::from(slot));
        data.extend(B256::from(value));
    }
    data.into()
}

/// Calls of the contracts that blocks themselves call.
fn system_call(dice: &mut Dice, now: &Situation<'_>) -> Aim {
    let fee = U256::from(dice.pick(&[0u128, 1, 2, 1000, ETHER, 2 * ETHER, 33 * ETHER]));
    let request = |dice: &mut Dice, length: usize| {
        let length = if dice.one_in(8) { dice.below(length * 2) } else { length };
        Bytes::from(dice.bytes(length))
    };
    let (to, value, data) = match dice.below(8) {
        0 => {
            let time = now.world.parent().timestamp.wrapping_add(dice.between(0, 24));
            (BEACON_ROOTS_ADDRESS, U256::ZERO, B256::from(U256::from(time)).into())
        }
        1 => {
            let number = now.world.parent().number.wrapping_sub(dice.between(0, 2));
            (HISTORY_STORAGE_ADDRESS, U256::ZERO, B256::from(U256::from(number)).into())
        }
        2 => (WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS, fee, request(dice, 56)),
        3 => (CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS, fee, request(dice, 96)),
        4 => (BUILDER_DEPOSIT_CONTRACT_ADDRESS, fee, builder_deposit(dice)),
        5 => (BUILDER_EXIT_CONTRACT_ADDRESS, fee, request(dice, 48)),
        6 => (DEPOSIT_CONTRACT, U256::ZERO, deposit_event(dice)),
        _ => {
            let queue = dice.pick(&[
                WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS,
                CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS,
                BUILDER_DEPOSIT_CONTRACT_ADDRESS,
                BUILDER_EXIT_CONTRACT_ADDRESS,
            ]);
            (queue, U256::ZERO, Bytes::new())
        }
    };
    Aim { to: TxKind::Call(to), value, data }
}

/// A builder deposit of one ether (EIP-8282), its amount in gwei between the fields of bytes.
fn builder_deposit(dice: &mut Dice) -> Bytes {
    let mut data = dice.bytes(48 + 32);
    let amount = dice.pick(&[0, 1_000_000_000u64, 32_000_000_000]);
    data.extend(amount.to_be_bytes());
    data.extend(dice.bytes(96));
    if dice.one_in(8) {
        data.truncate(dice.below(184));
    }
    data.into()
}

/// The data of a deposit event (EIP-6110).
fn deposit_event(dice: &mut Dice) -> Bytes {
    let mut data = vec![0; 576];
    let mut put = |at: usize, bytes: &[u8]| {
        for (place, byte) in data.iter_mut().skip(at).zip(bytes) {
            *place = *byte;
        }
    };
    let fields = [(0, 160u16, 48usize), (32, 256, 32), (64, 320, 8), (96, 384, 96), (128, 512, 8)];
    for (head, place, length) in fields {
        let length_byte = u16::try_from(length).unwrap_or(0);
        put(head + 30, &place.to_be_bytes());
        put(usize::from(place) + 30, &length_byte.to_be_bytes());
        put(usize::from(place) + 32, &dice.bytes(length));
    }
    if dice.one_in(10) {
        spoil_deposit(dice, &mut data);
    }
    data.into()
}

/// Changes the layout of a deposit event: its length, an offset, or the length of a field.
fn spoil_deposit(dice: &mut Dice, data: &mut Vec<u8>) {
    let word = match dice.below(6) {
        0 => return data.truncate(dice.below(data.len())),
        1 => return data.extend([0; 32]),
        2 | 3 => dice.pick(&[0usize, 32, 64, 96, 128]),
        _ => dice.pick(&[160usize, 256, 320, 384, 512]),
    };
    let byte = if dice.one_in(3) { dice.below(31) } else { 31 };
    if let Some(place) = data.get_mut(word + byte) {
        *place = place.wrapping_add(dice.pick(&[1, 32, 0xff]));
    }
}

fn access_list(dice: &mut Dice, world: &World) -> AccessList {
    let items = (0..dice.below(4))
        .map(|_| AccessListItem {
            address: dice.pick(&world.known),
            storage_keys: (0..dice.below(4))
                .map(|_| B256::from(U256::from(dice.below(9))))
                .collect(),
        })
        .collect();
    AccessList(items)
}

fn authorizations(
    dice: &mut Dice,
    now: &Situation<'_>,
    sender: usize,
    sender_nonce: u64,
) -> Vec<SignedAuthorization> {
    let world = now.world;
    let mut used = vec![0u64; world.signers.len()];
    (0..dice.between(1, 4))
        .map(|_| {
            let at = dice.below(world.signers.len());
            let signer = world.signers.get(at).expect("invariant: below the length");
            let state = now.nonces.get(at).copied().unwrap_or_default();
            let state = if at == sender { sender_nonce.wrapping_add(1) } else { state };
            let before = used.get(at).copied().unwrap_or_default();
            let nonce = if dice.one_in(8) { dice.next_u64() } else { state.wrapping_add(before) };
            if let Some(used) = used.get_mut(at) {
                *used += 1;
            }
            let address = match dice.below(6) {
                0 => Address::ZERO,
                1 => precompile(dice.pick(&[1, 4, 9, 0x100])),
                2 => dice.pick(&world.known),
                _ => dice.pick(&world.contracts),
            };
            let chain_id = match dice.below(8) {
                0 => U256::from(world.chain_id.wrapping_add(1)),
                1 => U256::MAX,
                2..=4 => U256::ZERO,
                _ => U256::from(world.chain_id),
            };
            let authorization = Authorization { chain_id, address, nonce };
            let digest = authorization.signature_hash();
            let signature = signature(&signer.key, digest);
            match dice.below(12) {
                0 => spoiled(dice, authorization),
                // A high s.
                1 => SignedAuthorization::new_unchecked(
                    authorization,
                    u8::from(!signature.v()),
                    signature.r(),
                    U256::from_be_bytes(hex!(
                        "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
                    ))
                    .wrapping_sub(signature.s()),
                ),
                _ => authorization.into_signed(signature),
            }
        })
        .collect()
}

/// With a signature that is none.
fn spoiled(dice: &mut Dice, authorization: Authorization) -> SignedAuthorization {
    let y_parity = dice.pick(&[0, 1, 2, 27, 255]);
    let (r, s) = (dice.word(), dice.word());
    SignedAuthorization::new_unchecked(authorization, y_parity, r, s)
}
