//! Chain ids of L2s.

use std::collections::BTreeSet;

use alloy_primitives::{Address, keccak256};
use bough_rollup::{ChainIdError, MAX_CHAIN_ID, check_chain_id, derived_chain_id};

#[test]
fn derived_ids_differ_with_all_that_they_are_made_from() {
    let mut ids = BTreeSet::new();
    for l1_chain_id in [1, 31337] {
        for deployer in [1, 2].map(Address::repeat_byte) {
            for nonce in 0..100 {
                let id = derived_chain_id(l1_chain_id, deployer, nonce);
                assert!((1 << 32..=MAX_CHAIN_ID).contains(&id), "{id}");
                assert_eq!(check_chain_id(id, l1_chain_id), Ok(()));
                assert!(ids.insert(id), "{id} twice");
            }
        }
    }
}

#[test]
fn a_derived_id_is_as_written_down() {
    let deployer = Address::repeat_byte(0xde);
    let mut bytes = b"bough L2 chain id".to_vec();
    bytes.extend(31337u64.to_be_bytes());
    bytes.extend(deployer);
    bytes.extend(7u64.to_be_bytes());
    let hash = keccak256(bytes);
    let number = u64::from_be_bytes(hash[..8].try_into().unwrap());
    let range = 4_503_599_627_370_476 + 1 - (1 << 32);
    assert_eq!(derived_chain_id(31337, deployer, 7), (1 << 32) + number % range);
}

#[test]
fn what_can_be_none() {
    assert_eq!(check_chain_id(0, 1), Err(ChainIdError::Zero));
    assert_eq!(check_chain_id(1, 1), Err(ChainIdError::OfL1(1)));
    assert_eq!(check_chain_id(MAX_CHAIN_ID, 1), Ok(()));
    let got = MAX_CHAIN_ID + 1;
    assert_eq!(check_chain_id(got, 1), Err(ChainIdError::TooLarge { got }));
    assert_eq!(MAX_CHAIN_ID, 4_503_599_627_370_476);
}
