//! Panics while a block is made, put in on purpose: no real one is known.

use alloy_consensus::{SignableTransaction, Transaction as _, TxLegacy, transaction::Recovered};
use alloy_genesis::{Genesis, GenesisAccount};
use alloy_network::TxSignerSync;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256};
use alloy_signer_local::PrivateKeySigner;
use bough_stf::{ChainSpec, Fork, ForkSchedule, Transaction};

use super::{BlockAttributes, Budget};
use crate::{Chain, ChainConfig, ChainError, DropReason, FirstError, Panicked, PoolConfig};

/// The data of a transaction whose execution panics, and of one with which no block can be finished.
const PANICS: &[u8] = b"panics";
const PANICS_AT_THE_END: &[u8] = b"panics at the end";
const CHAIN_ID: u64 = 8079;
const GAS_LIMIT: u64 = 30_000_000;

pub(super) fn panic_if_asked(transaction: &Transaction) {
    assert_ne!(transaction.input().as_ref(), PANICS, "as asked");
}

pub(super) fn panic_at_the_end_if_asked(transactions: &[Recovered<Transaction>]) {
    let asks = |tx: &Recovered<Transaction>| tx.input().as_ref() == PANICS_AT_THE_END;
    assert!(!transactions.iter().any(asks), "as asked");
}

/// Forks that have a schema to be settled under.
fn forks() -> impl Iterator<Item = Fork> {
    Fork::ALL.into_iter().filter(|fork| bough_stateless::Schema::of(*fork).is_some())
}

fn newest() -> Fork {
    forks().last().unwrap()
}

fn key(account: u8) -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::with_last_byte(account + 1)).unwrap()
}

fn chain(fork: Fork) -> Chain {
    let schedule = ForkSchedule::always(fork);
    let system = bough_stf::system_contracts(&schedule).into_iter().map(|(address, code)| {
        (address, GenesisAccount { code: Some(code), ..GenesisAccount::default() })
    });
    let rich = (0..8).map(|account| {
        let balance = U256::from(1_000_000_000_000_000_000u64);
        (key(account).address(), GenesisAccount::default().with_balance(balance))
    });
    let genesis = Genesis { gas_limit: GAS_LIMIT, ..Genesis::default() };
    let genesis = genesis.extend_accounts(system.chain(rich));
    let pool = PoolConfig { min_tip: 0, ..PoolConfig::default() };
    let config = ChainConfig::new(ChainSpec::new(CHAIN_ID, schedule), genesis);
    Chain::open(ChainConfig { pool, ..config }).unwrap()
}

/// A transaction to nobody; earlier accounts pay more.
fn transaction(account: u8, nonce: u64, input: &'static [u8]) -> Transaction {
    let mut transaction = TxLegacy {
        chain_id: Some(CHAIN_ID),
        nonce,
        gas_price: 10_000_000_000 - u128::from(account) * 1_000,
        gas_limit: 200_000,
        to: TxKind::Call(Address::repeat_byte(0x99)),
        input: Bytes::from_static(input),
        ..TxLegacy::default()
    };
    let signature = key(account).sign_transaction_sync(&mut transaction).unwrap();
    transaction.into_signed(signature).into()
}

fn send(chain: &Chain, account: u8, nonce: u64, input: &'static [u8]) -> B256 {
    chain.submit(transaction(account, nonce, input)).unwrap()
}

fn attributes(chain: &Chain, bytes: Option<usize>) -> BlockAttributes {
    let head = chain.head();
    BlockAttributes {
        timestamp: head.header.timestamp + 1,
        gas_limit: GAS_LIMIT,
        slot_number: head.header.number + 1,
        budget: Budget { bytes, ..Budget::UNLIMITED },
        ..BlockAttributes::default()
    }
}

/// What is mined of what was sent, in order.
fn mine(chain: &Chain, bytes: Option<usize>) -> Vec<B256> {
    let built = chain.prepare(attributes(chain, bytes)).unwrap();
    let block = chain.commit(built).unwrap();
    block.transactions.iter().map(|transaction| *transaction.hash()).collect()
}

#[test]
fn a_transaction_that_panics_is_dropped_and_the_others_are_mined() {
    for fork in forks() {
        for bytes in [None, Some(100_000)] {
            let chain = chain(fork);
            let before = send(&chain, 0, 0, b"");
            let [first, second] = [1, 3].map(|account| send(&chain, account, 0, PANICS));
            let after = [2, 4].map(|account| send(&chain, account, 0, b""));
            let waits = send(&chain, 1, 1, b"");
            assert_eq!(mine(&chain, bytes), [before, after[0], after[1]]);
            for hash in [first, second] {
                assert_eq!(chain.pool().drop_reason(hash), Some(DropReason::Fault));
                assert!(chain.pool().get(hash).is_none());
            }
            // The next of its sender's waits for another in its place, and is mined then.
            assert!(mine(&chain, bytes).is_empty());
            let another = send(&chain, 1, 0, b"");
            assert_eq!(mine(&chain, bytes), [another, waits]);
        }
    }
}

#[test]
fn nothing_of_it_is_left_in_the_block() {
    let [with, without] = [true, false].map(|panics| {
        let chain = chain(newest());
        send(&chain, 0, 0, b"");
        if panics {
            send(&chain, 1, 0, PANICS);
        }
        send(&chain, 2, 0, b"");
        chain.prepare(attributes(&chain, Some(100_000))).unwrap()
    });
    assert_eq!(with.block, without.block);
    assert_eq!(with.witness, without.witness);
}

#[test]
fn one_with_which_no_block_can_be_finished_is_found_and_dropped() {
    let chain = chain(newest());
    let hashes: Vec<B256> = (0..8)
        .map(|account| send(&chain, account, 0, if account == 5 { PANICS_AT_THE_END } else { b"" }))
        .collect();
    let mut mined = Vec::new();
    // Half of them, then half of what is left, until it stands alone.
    for _ in 0..4 {
        mined.extend(mine(&chain, Some(100_000)));
    }
    assert_eq!(chain.pool().drop_reason(hashes[5]), Some(DropReason::Fault));
    mined.extend(mine(&chain, None));
    mined.sort_unstable();
    let mut others: Vec<B256> = hashes.iter().copied().filter(|hash| *hash != hashes[5]).collect();
    others.sort_unstable();
    assert_eq!(mined, others);
}

#[test]
fn one_that_must_come_first_is_named() {
    let chain = chain(newest());
    let first = |inputs: [&'static [u8]; 2]| {
        let transactions = inputs.into_iter().zip(0..);
        let transactions = transactions.map(|(input, account)| transaction(account, 0, input));
        let first = transactions.map(|tx| bough_stf::recover(tx).unwrap()).collect();
        chain.prepare(BlockAttributes { first, ..attributes(&chain, None) })
    };
    assert!(matches!(
        first([b"", PANICS]),
        Err(ChainError::First { index: 1, error: FirstError::Panicked(Panicked) })
    ));
    assert!(matches!(first([b"", PANICS_AT_THE_END]), Err(ChainError::Panicked { number: 1 })));
    chain.commit(first([b"", b""]).unwrap()).unwrap();
}
