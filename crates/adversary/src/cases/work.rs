//! Opcodes and precompiles, in blocks that are valid, beside the same transaction on L1.

use alloy_primitives::{Address, Bytes, U256, address, hex, keccak256};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;

use super::newest;
use crate::{
    Account, Call, Case, Forge, ForgeError, Prepared,
    code::{Code, op},
};

/// The contract that works.
const WORKER: Address = address!("000000000000000000000000000000000000304e");
/// A contract with the largest code.
const LARGE: Address = address!("00000000000000000000000000000000001a46e0");
/// The largest code, bytes.
const LARGE_CODE: usize = 1 << 16;
/// Gas of a transaction that burns all it has, and so none beyond what its block claims.
const GAS: u64 = 10_000_000;
/// Gas that a transaction keeps whose limit is above what its block claims.
const KEPT: u64 = 2_000_000;
/// Slots of the storage that misses are read from.
const SLOTS: u64 = 2_000;
/// Mainnet's deposit contract, whose events a block turns into requests (EIP-6110).
const DEPOSITS: Address = address!("00000000219ab540356cBB839Cbe05303d7705Fa");
const DEPOSIT_EVENT: [u8; 32] =
    hex!("649bbc62d0e31342afea4e5cd82d4049e7e1ee912fc0889aa790803be39038c5");
const DEPOSIT_EVENT_LENGTH: u64 = 576;
/// Where a deposit event's data has its offsets and lengths, and what they say.
const DEPOSIT_LAYOUT: [(u64, u64); 10] = [
    (0, 160),
    (32, 256),
    (64, 320),
    (96, 384),
    (128, 512),
    (160, 48),
    (256, 32),
    (320, 8),
    (384, 96),
    (512, 8),
];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, setup, body) in bodies() {
        let burning = setup.clone().forever(&body);
        cases.push(Case::work(format!("work_{name}"), move || block(burning.build(), GAS)));
        let keeping = setup.until(KEPT, &body);
        cases.push(Case::work(format!("work_above_the_claim_{name}"), move || {
            block(keeping.build(), GAS + KEPT)
        }));
    }
    for (name, address, input) in precompiles() {
        let size = u64::try_from(input.len()).unwrap_or(0);
        let setup = Code::new().store(0, &input);
        let body = Code::new().static_call(address, size);
        let keeping = setup.until(KEPT, &body);
        cases.push(Case::work(format!("work_above_the_claim_{name}"), move || {
            block(keeping.build(), GAS + KEPT)
        }));
    }
    cases.push(Case::work("deposit_logs", deposit_logs));
    cases
}

fn block(code: Bytes, gas: u64) -> Result<Prepared, ForgeError> {
    let slots = (0..SLOTS).map(|slot| (U256::from(slot) << 128, U256::from(1))).collect();
    let worker = Account { slots, ..Account::contract(WORKER, code) };
    let large = Account::contract(LARGE, vec![op::JUMPDEST; LARGE_CODE].into());
    let forge = Forge::new(newest(), 1, vec![worker, large]);
    Prepared::both(forge, vec![Call::new(WORKER, gas)])
}

/// Name, what goes before and what is repeated.
pub(super) fn bodies() -> Vec<(&'static str, Code, Code)> {
    let none = Code::new;
    let large = LARGE.into_word().into();
    let next = |ops: &[u8]| none().ops(ops).push(1).ops(&[op::ADD]);
    vec![
        ("jumpdest", none(), none().ops(&[op::JUMPDEST; 64])),
        ("gas", none(), none().ops(&[op::GAS, op::POP].repeat(32))),
        ("add", none(), none().push(1).ops(&[op::DUP1, op::ADD, op::POP])),
        (
            "mulmod",
            none().push_word(U256::MAX),
            none().ops(&[op::DUP1, op::DUP1, op::DUP1, op::MULMOD, op::POP]),
        ),
        ("exp", none().push_word(U256::MAX), none().ops(&[op::DUP1, op::DUP1, op::EXP, op::POP])),
        ("keccak_32", none(), none().push(32).push(0).ops(&[op::KECCAK256, op::POP])),
        ("keccak_136", none(), none().push(136).push(0).ops(&[op::KECCAK256, op::POP])),
        ("keccak_16k", none(), none().push(1 << 14).push(0).ops(&[op::KECCAK256, op::POP])),
        ("sload_miss", none().push(1), next(&[op::DUP1, op::SLOAD, op::POP])),
        ("balance_miss", none().push(1 << 32), next(&[op::DUP1, op::BALANCE, op::POP])),
        (
            "extcodecopy",
            none(),
            none().push(1 << 16).push(0).push(0).push_word(large).ops(&[op::EXTCODECOPY]),
        ),
        (
            "extcodecopy_32",
            none(),
            none().push(32).push(0).push(0).push_word(large).ops(&[op::EXTCODECOPY]),
        ),
        ("mcopy_32", none(), none().push(32).push(32).push(0).ops(&[op::MCOPY])),
        ("mcopy_32k", none(), none().push(1 << 15).push(1).push(0).ops(&[op::MCOPY])),
        ("log0", none(), none().push(0).push(0).ops(&[op::LOG0])),
        ("log0_8k", none(), none().push(1 << 13).push(0).ops(&[op::LOG0])),
        (
            "log4",
            none(),
            none().push(4).push(3).push(2).push(1).push(0).push(0).ops(&[op::LOG0 + 4]),
        ),
        (
            "call",
            none(),
            none()
                .push(0)
                .push(0)
                .push(0)
                .push(0)
                .push(0)
                .push_word(large)
                .push(0)
                .ops(&[op::CALL, op::POP]),
        ),
    ]
}

/// Name, address and an input that is worked on in full.
pub(super) fn precompiles() -> Vec<(&'static str, Address, Vec<u8>)> {
    let at = Address::with_last_byte;
    let p256 = Address::from_word(U256::from(0x100).into());
    vec![
        ("ecrecover", at(1), recoverable()),
        ("sha256", at(2), vec![1; 1 << 10]),
        ("modexp_32", at(5), modexp(32, 32)),
        ("modexp_256", at(5), modexp(256, 32)),
        ("modexp_1024", at(5), modexp(1024, 2)),
        ("bn_mul", at(7), [bn_g1().as_slice(), &[0xff; 32]].concat()),
        ("bn_pairing", at(8), [bn_g1(), bn_g2()].concat()),
        ("blake2f", at(9), blake2f(100_000)),
        ("bls_g1_msm", at(0x0c), [bls_g1(), vec![0xff; 32]].concat()),
        ("bls_g2_msm", at(0x0e), [bls_g2(), vec![0xff; 32]].concat()),
        ("bls_pairing", at(0x0f), [bls_g1(), bls_g2()].concat()),
        ("bls_map_g1", at(0x10), field(&[7])),
        ("bls_map_g2", at(0x11), [field(&[7]), field(&[9])].concat()),
        ("p256", p256, p256_input()),
    ]
}

/// Base and modulus of `size` bytes, an exponent of `exponent` bytes, all ones.
fn modexp(size: usize, exponent: usize) -> Vec<u8> {
    let word = |length: usize| U256::from(length).to_be_bytes::<32>().to_vec();
    let lengths = [word(size), word(exponent), word(size)].concat();
    let mut modulus = vec![0xff; size];
    if let Some(last) = modulus.last_mut() {
        *last = 0xfd;
    }
    [lengths, vec![0xfe; size], vec![0xff; exponent], modulus].concat()
}

fn recoverable() -> Vec<u8> {
    let hash = keccak256([1]);
    let key = PrivateKeySigner::from_bytes(&hash).expect("invariant: a hash is a key");
    let signature = key.sign_hash_sync(&hash).expect("invariant: a key in memory signs");
    let parity = U256::from(27 + u8::from(signature.v()));
    let words = [hash.into(), parity, signature.r(), signature.s()];
    words.iter().flat_map(|word: &U256| word.to_be_bytes::<32>()).collect()
}

fn blake2f(rounds: u32) -> Vec<u8> {
    let mut input = rounds.to_be_bytes().to_vec();
    input.resize(212, 1);
    input.push(1);
    input
}

/// An element of the BLS field, 64 bytes.
fn field(bytes: &[u8]) -> Vec<u8> {
    let mut element = vec![0; 64_usize.saturating_sub(bytes.len())];
    element.extend_from_slice(bytes);
    element
}

fn bn_g1() -> Vec<u8> {
    [U256::from(1), U256::from(2)].iter().flat_map(|word| word.to_be_bytes::<32>()).collect()
}

fn bn_g2() -> Vec<u8> {
    [
        hex!("198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2"),
        hex!("1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed"),
        hex!("090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b"),
        hex!("12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa"),
    ]
    .concat()
}

fn bls_g1() -> Vec<u8> {
    [
        field(&hex!("17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb")),
        field(&hex!("08b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1")),
    ]
    .concat()
}

fn bls_g2() -> Vec<u8> {
    [
        field(&hex!("024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8")),
        field(&hex!("13e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e")),
        field(&hex!("0ce5d527727d6e118cc9cdc6da2e351aadfd9baa8cbdd3a76d429a695160d12c923ac9cc3baca289e193548608b82801")),
        field(&hex!("0606c4a02ea734cc32acd2b02bc28b99cb3e287e85a763af267492ab572e99ab3f370d275cec1da1aaa9075ff05f79be")),
    ]
    .concat()
}

/// A hash, a signature that is none, and a point on the curve: checked in full.
fn p256_input() -> Vec<u8> {
    [
        [1; 32],
        [2; 32],
        [3; 32],
        hex!("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"),
        hex!("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"),
    ]
    .concat()
}

/// Logs that the deposit contract would make, by other code at its address.
fn deposit_logs() -> Result<Prepared, ForgeError> {
    let setup = DEPOSIT_LAYOUT.iter().fold(Code::new(), |code, (at, value)| {
        code.store(*at, &U256::from(*value).to_be_bytes::<32>())
    });
    let body = Code::new()
        .push_word(U256::from_be_bytes(DEPOSIT_EVENT))
        .push(DEPOSIT_EVENT_LENGTH)
        .push(0)
        .ops(&[op::LOG0 + 1]);
    let code = setup.until(100_000, &body).build();
    let forge = Forge::new(newest(), 1, vec![Account::contract(DEPOSITS, code)]);
    Prepared::both(forge, vec![Call::new(DEPOSITS, GAS)])
}
