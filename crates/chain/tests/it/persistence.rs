//! What is kept across a stop.

use std::fs;

use crate::common::*;
use alloy_primitives::{Address, U256};
use bough_chain::{Chain, ChainConfig, ChainError, StoreError};

#[test]
fn reopens_where_it_stopped_and_goes_on() {
    let datadir = tempfile::tempdir().unwrap();
    let chain = chain_in(datadir.path());
    let hash = send(&chain, 0, transfer(0, address(1), ETHER));
    send(&chain, 1, deploy(0, &STORAGE));
    let first = mine(&chain);
    let second = mine(&chain);
    chain.set_tags(first.hash, first.hash).unwrap();
    let witness = chain.witness(first.hash).unwrap();
    drop(chain);

    let chain = chain_in(datadir.path());
    assert_eq!(chain.head(), second);
    assert_eq!(chain.safe(), first);
    assert_eq!(chain.finalized(), first);
    assert_eq!(chain.block(first.hash).unwrap().unwrap(), first);
    assert_eq!(chain.witness(first.hash).unwrap(), witness);
    assert_eq!(chain.transaction(hash).unwrap().unwrap().block_hash, first.hash);
    assert_eq!(balance(&chain, address(1)) / U256::from(ETHER), U256::from(1_000));
    send(&chain, 0, transfer(1, Address::with_last_byte(0x42), ETHER));
    send(&chain, 2, call(0, address(1).create(0), set_slot(1, 2)));
    let third = mine(&chain);
    assert_eq!(third.transactions.len(), 2);
    drop(chain);
    let chain = chain_in(datadir.path());
    assert_eq!(chain.head(), third);
    let state = chain.state_at(third.hash).unwrap();
    let contract = address(1).create(0);
    assert_eq!(state.storage_at(contract, U256::from(1)).unwrap(), U256::from(2));
}

#[test]
fn another_genesis_is_refused_and_nothing_written() {
    let datadir = tempfile::tempdir().unwrap();
    let chain = chain_in(datadir.path());
    let head = mine(&chain);
    drop(chain);
    let other = ChainConfig {
        datadir: Some(datadir.path().into()),
        ..ChainConfig::new(spec(newest()), genesis_with(&[(Address::ZERO, STORAGE)]))
    };
    let expected = Chain::open(ChainConfig { datadir: None, ..other.clone() }).unwrap();
    let error = Chain::open(other).unwrap_err();
    assert!(
        matches!(
            error,
            ChainError::Store(StoreError::Genesis { got, expected: wanted })
                if wanted == expected.genesis_hash() && got != wanted
        ),
        "{error}"
    );
    assert_eq!(chain_in(datadir.path()).head(), head);
}

#[test]
fn another_layout_is_refused() {
    const META: redb::TableDefinition<'_, &str, u64> = redb::TableDefinition::new("meta");
    let datadir = tempfile::tempdir().unwrap();
    drop(chain_in(datadir.path()));
    let db = redb::Database::open(datadir.path().join("chain.redb")).unwrap();
    let write = db.begin_write().unwrap();
    write.open_table(META).unwrap().insert("layout", 99).unwrap();
    write.commit().unwrap();
    drop(db);
    let config = ChainConfig { datadir: Some(datadir.path().into()), ..config() };
    let error = Chain::open(config).unwrap_err();
    assert!(
        matches!(error, ChainError::Store(StoreError::Layout { got: 99, expected: 1 })),
        "{error}"
    );
}

#[test]
fn a_directory_in_use_is_refused() {
    let datadir = tempfile::tempdir().unwrap();
    let chain = chain_in(datadir.path());
    let config = ChainConfig { datadir: Some(datadir.path().into()), ..config() };
    let error = Chain::open(config.clone()).unwrap_err();
    assert!(matches!(error, ChainError::Store(StoreError::Locked { .. })), "{error}");
    drop(chain);
    Chain::open(config).unwrap();
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let datadir = tempfile::tempdir().unwrap();
    let path = datadir.path().join("chain.redb");
    fs::write(&path, vec![7; 10_000]).unwrap();
    let config = ChainConfig { datadir: Some(datadir.path().into()), ..config() };
    let error = Chain::open(config).unwrap_err();
    assert!(matches!(error, ChainError::Store(StoreError::Open { .. })), "{error}");
    assert_eq!(fs::read(&path).unwrap(), vec![7; 10_000]);

    let file = datadir.path().join("file");
    fs::write(&file, "").unwrap();
    let config = ChainConfig { datadir: Some(file.join("below")), ..crate::common::config() };
    let error = Chain::open(config).unwrap_err();
    assert!(matches!(error, ChainError::Store(StoreError::Directory { .. })), "{error}");
}
