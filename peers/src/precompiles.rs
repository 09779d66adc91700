//! Inputs of precompiles: valid ones, ones near to valid, and noise.

use alloy_primitives::{B256, hex, keccak256};
use k256::ecdsa::SigningKey;
use p256::ecdsa::signature::hazmat::PrehashSigner;

use crate::dice::Dice;

/// EIP-7951.
const P256VERIFY: u16 = 0x100;
/// Numbers of all precompiles of Amsterdam.
const NUMBERS: [u16; 18] =
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x11, P256VERIFY];

/// The generators of BLS12-381 as EIP-2537 encodes them.
const BLS_G1: [u8; 128] = hex!(
    "0000000000000000000000000000000017f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb"
    "0000000000000000000000000000000008b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1"
);
const BLS_G2: [u8; 256] = hex!(
    "00000000000000000000000000000000024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8"
    "0000000000000000000000000000000013e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e"
    "000000000000000000000000000000000ce5d527727d6e118cc9cdc6da2e351aadfd9baa8cbdd3a76d429a695160d12c923ac9cc3baca289e193548608b82801"
    "000000000000000000000000000000000606c4a02ea734cc32acd2b02bc28b99cb3e287e85a763af267492ab572e99ab3f370d275cec1da1aaa9075ff05f79be"
);
/// The generator of the second group of BN254 as EIP-197 encodes it.
const BN_G2: [u8; 128] = hex!(
    "198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2"
    "1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed"
    "090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b"
    "12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa"
);
/// The generator of the first group of BN254, and its negative.
const BN_G1: [u8; 64] = hex!(
    "0000000000000000000000000000000000000000000000000000000000000001"
    "0000000000000000000000000000000000000000000000000000000000000002"
);
const BN_G1_NEGATIVE: [u8; 64] = hex!(
    "0000000000000000000000000000000000000000000000000000000000000001"
    "30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd45"
);

/// A precompile's number and an input for it.
pub(crate) fn call(dice: &mut Dice) -> (u16, Vec<u8>) {
    let number = if dice.one_in(4) { P256VERIFY } else { dice.pick(&NUMBERS) };
    let mut input = if dice.one_in(6) {
        let length = dice.below(400);
        dice.bytes(length)
    } else {
        valid(number, dice)
    };
    match dice.below(10) {
        0 => flip(dice, &mut input),
        1 => input.truncate(dice.below(input.len() + 1)),
        2 => {
            let length = dice.below(40);
            input.extend(dice.bytes(length));
        }
        _ => {}
    }
    (number, input)
}

fn flip(dice: &mut Dice, input: &mut [u8]) {
    let at = dice.below(input.len());
    let bit = 1 << dice.below(8);
    if let Some(byte) = input.get_mut(at) {
        *byte ^= bit;
    }
}

fn valid(number: u16, dice: &mut Dice) -> Vec<u8> {
    match number {
        1 => recover(dice),
        2..=4 => {
            let length = dice.below(300);
            dice.bytes(length)
        }
        5 => modexp(dice),
        6 => [dice.pick(&[BN_G1, BN_G1_NEGATIVE, [0; 64]]), dice.pick(&[BN_G1, BN_G1_NEGATIVE])]
            .concat(),
        7 => [&BN_G1[..], scalar(dice).as_slice()].concat(),
        8 => bn_pairing(dice),
        9 => blake(dice),
        10 => point_evaluation(dice),
        0x0b => [BLS_G1, dice.pick(&[BLS_G1, [0; 128]])].concat(),
        0x0c => repeated(dice, &BLS_G1, true),
        0x0d => [BLS_G2, dice.pick(&[BLS_G2, [0; 256]])].concat(),
        0x0e => repeated(dice, &BLS_G2, true),
        0x0f => repeated(dice, &[&BLS_G1[..], &BLS_G2].concat(), false),
        0x10 => field_element(dice),
        0x11 => [field_element(dice), field_element(dice)].concat(),
        _ => p256(dice),
    }
}

fn recover(dice: &mut Dice) -> Vec<u8> {
    let digest = dice.hash();
    let Ok(key) = SigningKey::from_slice(&dice.bytes(32)) else { return Vec::new() };
    let Ok((signature, id)) = key.sign_prehash_recoverable(digest.as_slice()) else {
        return Vec::new();
    };
    let mut v = [0; 32];
    if let Some(last) = v.last_mut() {
        *last = 27 + id.to_byte();
    }
    [digest.as_slice(), &v, &signature.to_bytes()].concat()
}

fn p256(dice: &mut Dice) -> Vec<u8> {
    let digest = dice.hash();
    let Ok(key) = p256::ecdsa::SigningKey::from_slice(&dice.bytes(32)) else { return Vec::new() };
    let signed: Result<p256::ecdsa::Signature, _> = key.sign_prehash(digest.as_slice());
    let Ok(signature) = signed else { return Vec::new() };
    let point = key.verifying_key().to_encoded_point(false);
    let point = point.as_bytes().get(1..).unwrap_or_default();
    [digest.as_slice(), &signature.to_bytes(), point].concat()
}

fn modexp(dice: &mut Dice) -> Vec<u8> {
    let lengths = [0, 1, 32, 33, 64, 256, 1024, 1025];
    let lengths = [(); 3].map(|()| {
        let at = dice.weighted(&[1, 2, 6, 2, 2, 1, 1, 1]);
        *lengths.get(at).unwrap_or(&1usize)
    });
    let mut input: Vec<u8> = lengths.iter().flat_map(|length| word_of(*length).to_vec()).collect();
    for length in lengths {
        match dice.below(4) {
            0 => input.extend(std::iter::repeat_n(0, length)),
            _ => input.extend(dice.bytes(length)),
        }
    }
    input
}

fn word_of(number: usize) -> B256 {
    B256::left_padding_from(&number.to_be_bytes())
}

fn scalar(dice: &mut Dice) -> B256 {
    dice.word().into()
}

fn bn_pairing(dice: &mut Dice) -> Vec<u8> {
    (0..dice.below(4))
        .flat_map(|_| [&dice.pick(&[BN_G1, BN_G1_NEGATIVE, [0; 64]])[..], &BN_G2].concat())
        .collect()
}

fn blake(dice: &mut Dice) -> Vec<u8> {
    let mut input = 12u32.to_be_bytes().to_vec();
    input.extend(dice.bytes(208));
    input.push(dice.pick(&[0, 1, 1, 2]));
    input
}

/// The commitment to the zero polynomial, which any point opens to zero.
fn point_evaluation(dice: &mut Dice) -> Vec<u8> {
    let mut infinity = [0u8; 48];
    if let Some(first) = infinity.first_mut() {
        *first = 0xc0;
    }
    let mut hash = alloy_primitives::B256::from(sha256(&infinity));
    if let Some(first) = hash.0.first_mut() {
        *first = 1;
    }
    let mut z = dice.hash();
    if let Some(first) = z.0.first_mut() {
        *first = 0;
    }
    [hash.as_slice(), z.as_slice(), &[0; 32], &infinity, &infinity].concat()
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    use libssz_merkle::{Sha2Hasher, Sha256Hasher};
    Sha2Hasher.hash(bytes)
}

fn repeated(dice: &mut Dice, item: &[u8], scalars: bool) -> Vec<u8> {
    let mut input = Vec::new();
    for _ in 0..dice.below(4) + 1 {
        if dice.one_in(5) {
            input.extend(std::iter::repeat_n(0, item.len()));
        } else {
            input.extend(item);
        }
        if scalars {
            input.extend(scalar(dice));
        }
    }
    input
}

fn field_element(dice: &mut Dice) -> Vec<u8> {
    let mut element = vec![0; 17];
    element.extend(keccak256(dice.hash()));
    element.extend(dice.bytes(15));
    element
}
