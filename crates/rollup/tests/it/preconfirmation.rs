//! Preconfirmations are one account's, for one block of one rollup.
use std::convert::Infallible;

use alloy_primitives::{Address, B256, Signature, U256, address, b256};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use bough_rollup::{
    MessageDomain, PreconfirmationError, PreconfirmedHeader, SignedPreconfirmation,
};

const DOMAIN: MessageDomain = MessageDomain {
    l1_chain_id: 31337,
    rollup: address!("0x5FbDB2315678afecb367f032d93F642f64180aa3"),
    l2_chain_id: 8079,
};

fn header() -> PreconfirmedHeader {
    PreconfirmedHeader {
        number: 7,
        parent_hash: B256::repeat_byte(1),
        block_hash: B256::repeat_byte(2),
    }
}

/// Signs with private key 1.
fn sign(digest: B256) -> Signature {
    let key = PrivateKeySigner::from_bytes(&B256::with_last_byte(1)).unwrap();
    key.sign_hash_sync(&digest).unwrap()
}

const SIGNER: Address = address!("0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf");

fn signed() -> SignedPreconfirmation {
    header().sign(&DOMAIN, |digest| Ok::<_, Infallible>(sign(digest))).unwrap()
}

#[test]
fn the_signer_is_recovered() {
    assert_eq!(signed().signer(&DOMAIN), Ok(SIGNER));
    assert_eq!(signed().check(&DOMAIN, SIGNER), Ok(()));
    let other = Address::repeat_byte(3);
    assert_eq!(
        signed().check(&DOMAIN, other),
        Err(PreconfirmationError::Signer { number: 7, got: SIGNER, expected: other })
    );
}

#[test]
fn it_is_for_one_block_of_one_rollup() {
    let mut changed = signed();
    changed.header.block_hash = B256::repeat_byte(3);
    assert_ne!(changed.signer(&DOMAIN), Ok(SIGNER));
    let other = MessageDomain { rollup: Address::repeat_byte(3), ..DOMAIN };
    assert_ne!(signed().signer(&other), Ok(SIGNER));
    let other = MessageDomain { l1_chain_id: 1, ..DOMAIN };
    assert_ne!(signed().signer(&other), Ok(SIGNER));
}

#[test]
fn high_s_is_refused() {
    const N: B256 = b256!("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");
    let low = signed().signature;
    let s = U256::from_be_bytes(N.0) - low.s();
    let high =
        SignedPreconfirmation { header: header(), signature: Signature::new(low.r(), s, !low.v()) };
    assert_eq!(high.signer(&DOMAIN), Err(PreconfirmationError::Signature { number: 7 }));
    let none = Signature::new(U256::ZERO, U256::ZERO, false);
    let none = SignedPreconfirmation { header: header(), signature: none };
    assert_eq!(none.signer(&DOMAIN), Err(PreconfirmationError::Signature { number: 7 }));
}
