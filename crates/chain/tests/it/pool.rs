//! The pool's rules, one by one.

use std::sync::{Arc, Mutex};

use crate::common::*;
use alloy_consensus::{TxEip1559, TxEip7702, TxLegacy};
use alloy_eips::eip7702::Authorization;
use alloy_primitives::{Address, B256, Bytes, U256};
use bough_chain::{Chain, ChainConfig, ChainEvent, DropReason, PoolConfig, PoolError};
use bough_stf::{Fork, Transaction};

fn refused(chain: &Chain, transaction: Transaction) -> PoolError {
    let before = chain.pool().status();
    let error = chain.submit(transaction).unwrap_err();
    assert_eq!(chain.pool().status(), before, "{error}");
    error
}

#[test]
fn accepts_every_type() {
    let pool = PoolConfig { blob_transactions: true, ..PoolConfig::default() };
    let chain = chain_with_pool(pool);
    send(&chain, 0, legacy(0));
    let access_list = alloy_consensus::TxEip2930 {
        chain_id: CHAIN_ID,
        nonce: 1,
        gas_price: 10 * GWEI,
        gas_limit: 300_000,
        to: alloy_primitives::TxKind::Call(address(1)),
        ..Default::default()
    };
    send(&chain, 0, access_list);
    send(&chain, 0, transfer(2, address(1), 1));
    send(&chain, 0, blob(3));
    send(&chain, 0, delegation(4, address(5)));
    let block = mine(&chain);
    assert_eq!(block.transactions.len(), 5);
    assert!(block.receipts.iter().all(|receipt| receipt.success));
    // The delegation moved the nonce of account 5; from a delegated account is accepted.
    let error = refused(&chain, sign(5, transfer(0, address(1), 1)));
    assert!(matches!(error, PoolError::NonceTooLow { got: 0, expected: 1 }), "{error}");
    send(&chain, 5, transfer(1, address(1), 1));
    assert_eq!(mine(&chain).transactions.len(), 1);
}

/// A transaction in which account 5 delegates to an address.
fn delegation(nonce: u64, to: Address) -> TxEip7702 {
    let authorization = Authorization { chain_id: U256::from(CHAIN_ID), address: to, nonce: 0 };
    let hash = authorization.signature_hash();
    let signature = alloy_signer::SignerSync::sign_hash_sync(&key(5), &hash).unwrap();
    TxEip7702 {
        chain_id: CHAIN_ID,
        nonce,
        gas_limit: 1_000_000,
        max_fee_per_gas: 10 * GWEI,
        max_priority_fee_per_gas: GWEI,
        to: address(1),
        authorization_list: vec![authorization.into_signed(signature)],
        ..Default::default()
    }
}

#[test]
fn types() {
    let chain = chain();
    let error = refused(&chain, sign(0, blob(0)));
    assert!(matches!(error, PoolError::TypeNotSupported { got: 3 }), "{error}");

    let pool = PoolConfig { blob_transactions: true, ..PoolConfig::default() };
    let chain = chain_with_pool(pool.clone());
    let none = alloy_consensus::TxEip4844 { blob_versioned_hashes: Vec::new(), ..blob(0) };
    assert!(matches!(refused(&chain, sign(0, none)), PoolError::NoBlobs));
    let hash = blob(0).blob_versioned_hashes[0];
    let many = alloy_consensus::TxEip4844 { blob_versioned_hashes: vec![hash; 7], ..blob(0) };
    let error = refused(&chain, sign(0, many));
    assert!(matches!(error, PoolError::TooManyBlobs { got: 7, limit: 6 }), "{error}");
    let none = TxEip7702 { authorization_list: Vec::new(), ..delegation(0, address(1)) };
    assert!(matches!(refused(&chain, sign(0, none)), PoolError::NoAuthorizations));

    let config = ChainConfig { pool, ..ChainConfig::new(spec(Fork::Paris), genesis()) };
    let old = Chain::open(config).unwrap();
    let error = refused(&old, sign(0, blob(0)));
    assert!(matches!(error, PoolError::TypeNotSupported { got: 3 }), "{error}");
    let error = refused(&old, sign(0, delegation(0, address(1))));
    assert!(matches!(error, PoolError::TypeNotSupported { got: 4 }), "{error}");
    send(&old, 0, transfer(0, address(1), 1));
}

#[test]
fn size() {
    let chain = chain();
    let big = |length| TxEip1559 { gas_limit: GAS_LIMIT, ..call(0, address(1), vec![0; length]) };
    let error = refused(&chain, sign(0, big(128 << 10)));
    assert!(
        matches!(error, PoolError::Oversized { got, limit: 0x20000 } if got > 0x20000),
        "{error}"
    );
    let pool = PoolConfig { max_transaction_bytes: 4 << 20, ..PoolConfig::default() };
    send(&chain_with_pool(pool), 0, big(200 << 10));
}

#[test]
fn chain_id() {
    let chain = chain();
    let other = TxEip1559 { chain_id: 1, ..transfer(0, address(1), 1) };
    let error = refused(&chain, sign(0, other));
    assert!(matches!(error, PoolError::ChainId { got: 1, expected: CHAIN_ID }), "{error}");
    assert_eq!(error.to_string(), "invalid chain id for signer: have 1 want 8079");
}

#[test]
fn signature() {
    let forged = alloy_primitives::Signature::new(U256::ZERO, U256::from(1), false);
    let transaction =
        alloy_consensus::SignableTransaction::into_signed(transfer(0, address(1), 1), forged);
    let error = refused(&chain(), transaction.into());
    assert!(matches!(error, PoolError::Signature), "{error}");
    assert_eq!(error.to_string(), "invalid sender");
}

#[test]
fn gas() {
    let chain = chain();
    let with = |gas_limit| sign(0, TxEip1559 { gas_limit, ..transfer(0, address(1), 1) });
    let error = refused(&chain, with(GAS_LIMIT + 1));
    assert!(
        matches!(error, PoolError::ExceedsBlockGasLimit { got, limit }
            if got == GAS_LIMIT + 1 && limit == GAS_LIMIT),
        "{error}"
    );
    assert!(error.to_string().starts_with("exceeds block gas limit"));
    let error = refused(&chain, with(1_000));
    assert!(matches!(error, PoolError::IntrinsicGas { got: 1_000, .. }), "{error}");
    assert!(error.to_string().starts_with("intrinsic gas too low"));

    let osaka = Chain::open(ChainConfig::new(spec(Fork::Osaka), genesis())).unwrap();
    let error = refused(&osaka, with((1 << 24) + 1));
    assert!(
        matches!(error, PoolError::GasLimitTooHigh { got: 0x100_0001, cap: 0x100_0000 }),
        "{error}"
    );
    let error = refused(&osaka, with(20_999));
    assert!(matches!(error, PoolError::IntrinsicGas { got: 20_999, needed: 21_000 }), "{error}");
    // 1000 non-zero bytes: 16 gas each are covered, the floor of 40 is not.
    let data = TxEip1559 { gas_limit: 40_000, ..call(0, address(1), vec![1; 1_000]) };
    let error = refused(&osaka, sign(0, data));
    assert!(matches!(error, PoolError::FloorGas { got: 40_000, needed: 61_000 }), "{error}");
}

#[test]
fn fees() {
    let chain = chain();
    let with = |fee_cap, tip| {
        let base = transfer(0, address(1), 1);
        sign(0, TxEip1559 { max_fee_per_gas: fee_cap, max_priority_fee_per_gas: tip, ..base })
    };
    let error = refused(&chain, with(5, 6));
    assert!(matches!(error, PoolError::TipAboveFeeCap { tip: 6, fee_cap: 5 }), "{error}");
    let error = refused(&chain, with(6, 0));
    assert!(matches!(error, PoolError::FeeCapTooLow { got: 6, needed: 7 }), "{error}");

    chain.pool().set_min_tip(2 * GWEI);
    let error = refused(&chain, with(10 * GWEI, GWEI));
    assert!(
        matches!(error, PoolError::Underpriced { got: GWEI, needed } if needed == 2 * GWEI),
        "{error}"
    );
    assert!(error.to_string().starts_with("transaction underpriced"));
    chain.submit(with(10 * GWEI, 2 * GWEI)).unwrap();
    // A minimum that rises later does not strand what is in.
    chain.pool().set_min_tip(5 * GWEI);
    assert_eq!(mine(&chain).transactions.len(), 1);
    // A legacy transaction's tip cap is its price; what it pays is what counts in the block.
    send(&chain, 1, TxLegacy { gas_price: 5 * GWEI, ..legacy(0) });
    assert_eq!(mine(&chain).transactions.len(), 0);
}

#[test]
fn nonces() {
    let chain = chain();
    send(&chain, 0, transfer(0, address(1), 1));
    send(&chain, 0, transfer(1, address(1), 1));
    mine(&chain);
    let error = refused(&chain, sign(0, transfer(1, address(1), 1)));
    assert!(matches!(error, PoolError::NonceTooLow { got: 1, expected: 2 }), "{error}");
    assert_eq!(error.to_string(), "nonce too low: next nonce 2, tx nonce 1");
    let error = refused(&chain, sign(0, transfer(u64::MAX, address(1), 1)));
    assert!(matches!(error, PoolError::NonceMax), "{error}");
}

#[test]
fn a_gap_is_queued_until_it_closes() {
    let chain = chain();
    let sender = address(0);
    send(&chain, 0, transfer(0, address(1), 1));
    send(&chain, 0, transfer(2, address(1), 1));
    send(&chain, 0, transfer(3, address(1), 1));
    let status = chain.pool().status();
    assert_eq!((status.pending, status.queued), (1, 2));
    assert_eq!(chain.pool().next_nonce(sender), Some(1));
    assert_eq!(chain.pool().next_nonce(address(1)), None);
    let content = chain.pool().content();
    assert!(content.pending[&sender].keys().eq([&0]));
    assert!(content.queued[&sender].keys().eq([&2, &3]));
    assert_eq!(chain.pool().content_from(sender), content);
    assert_eq!(mine(&chain).transactions.len(), 1);
    assert_eq!(mine(&chain).transactions.len(), 0);
    send(&chain, 0, transfer(1, address(1), 1));
    assert_eq!(chain.pool().status().pending, 3);
    assert_eq!(chain.pool().next_nonce(sender), Some(4));
    assert_eq!(mine(&chain).transactions.len(), 3);
    assert_eq!(chain.pool().status(), Default::default());
}

#[test]
fn funds() {
    let chain = chain();
    let most = 1_000 * ETHER;
    let error = refused(&chain, sign(0, transfer(0, address(1), most)));
    let fees = 300_000 * 10 * GWEI;
    assert!(
        matches!(error, PoolError::InsufficientFunds { balance, queued, cost }
            if balance == U256::from(most)
                && queued == U256::ZERO
                && cost == U256::from(most + fees)),
        "{error}"
    );
    assert!(error.to_string().starts_with("insufficient funds for gas * price + value"));
    // What is before it in the pool counts too.
    send(&chain, 0, transfer(0, address(1), 600 * ETHER));
    let error = refused(&chain, sign(0, transfer(1, address(1), 600 * ETHER)));
    assert!(
        matches!(error, PoolError::InsufficientFunds { queued, .. }
            if queued == U256::from(600 * ETHER + fees)),
        "{error}"
    );
    let poor = sign(200, transfer(0, address(1), 0));
    assert!(matches!(refused(&chain, poor), PoolError::InsufficientFunds { .. }));
}

#[test]
fn code_bearing_senders() {
    let sender = address(0);
    let chain = chain_with(&[(sender, STORAGE)]);
    let error = refused(&chain, sign(0, transfer(0, address(1), 0)));
    assert!(matches!(error, PoolError::SenderNotEoa(address) if address == sender), "{error}");
}

#[test]
fn known_and_replaced() {
    let chain = chain();
    let heard = Arc::new(Mutex::new(Vec::new()));
    chain.subscribe({
        let heard = heard.clone();
        Box::new(move |event| {
            if let ChainEvent::Dropped { transaction, reason } = event {
                heard.lock().unwrap().push((transaction.hash(), reason.clone()));
            }
        })
    });
    let with = |fee_cap, tip| {
        let base = transfer(0, address(1), 1);
        sign(0, TxEip1559 { max_fee_per_gas: fee_cap, max_priority_fee_per_gas: tip, ..base })
    };
    let old = chain.submit(with(10 * GWEI, GWEI)).unwrap();
    assert!(matches!(refused(&chain, with(10 * GWEI, GWEI)), PoolError::AlreadyKnown));
    let short = 11 * GWEI - 1;
    let error = refused(&chain, with(short, 2 * GWEI));
    assert!(
        matches!(error, PoolError::ReplacementUnderpriced { got, needed }
            if got == short && needed == 11 * GWEI),
        "{error}"
    );
    assert!(error.to_string().starts_with("replacement transaction underpriced"));
    let error = refused(&chain, with(20 * GWEI, GWEI));
    assert!(matches!(error, PoolError::ReplacementUnderpriced { got: GWEI, .. }), "{error}");
    let new = chain.submit(with(11 * GWEI, GWEI + GWEI / 10)).unwrap();
    assert_eq!(chain.pool().get(old), None);
    assert_eq!(chain.pool().get(new).unwrap().hash(), new);
    assert_eq!(chain.pool().drop_reason(old), Some(DropReason::Replaced));
    assert_eq!(*heard.lock().unwrap(), [(old, DropReason::Replaced)]);
    assert_eq!(mine(&chain).transactions[0].hash(), &new);
}

#[test]
fn limits() {
    let pool = PoolConfig { max_transactions: 3, max_per_sender: 2, ..PoolConfig::default() };
    let chain = chain_with_pool(pool);
    let with = |account, nonce, tip| {
        let base = transfer(nonce, address(1), 1);
        sign(account, TxEip1559 { max_priority_fee_per_gas: tip * GWEI, ..base })
    };
    chain.submit(with(0, 0, 2)).unwrap();
    let tail = chain.submit(with(0, 1, 3)).unwrap();
    let error = refused(&chain, with(0, 2, 9));
    assert!(
        matches!(error, PoolError::AccountLimit { sender, limit: 2 } if sender == address(0)),
        "{error}"
    );
    let other = chain.submit(with(1, 0, 4)).unwrap();
    let error = refused(&chain, with(2, 0, 3));
    assert!(matches!(error, PoolError::Full { .. }), "{error}");
    // Only the last of a sender may leave: its others must not be torn apart.
    let new = chain.submit(with(2, 0, 5)).unwrap();
    assert_eq!(chain.pool().drop_reason(tail), Some(DropReason::Evicted));
    for hash in [other, new] {
        assert!(chain.pool().get(hash).is_some());
    }
    assert_eq!(chain.pool().status().pending, 3);
}

#[test]
fn a_missing_nonce_takes_the_place_of_the_senders_last() {
    let pool = PoolConfig { max_per_sender: 2, ..PoolConfig::default() };
    let chain = chain_with_pool(pool);
    let next = send(&chain, 0, transfer(1, address(1), 1));
    let last = send(&chain, 0, transfer(2, address(1), 1));
    let error = refused(&chain, sign(0, transfer(3, address(1), 1)));
    assert!(matches!(error, PoolError::AccountLimit { limit: 2, .. }), "{error}");
    let missing = send(&chain, 0, transfer(0, address(1), 1));
    assert_eq!(chain.pool().drop_reason(last), Some(DropReason::Evicted));
    let block = mine(&chain);
    let mined: Vec<&B256> = block.transactions.iter().map(|one| one.hash()).collect();
    assert_eq!(mined, [&missing, &next]);
}

#[test]
fn a_full_pool_evicts_what_waits_first() {
    let pool = PoolConfig { max_transactions: 2, ..PoolConfig::default() };
    let chain = chain_with_pool(pool);
    let rich = TxEip1559 { max_priority_fee_per_gas: 9 * GWEI, ..transfer(5, address(1), 1) };
    let waiting = send(&chain, 0, rich);
    send(&chain, 1, transfer(0, address(1), 1));
    send(&chain, 2, transfer(0, address(1), 1));
    assert_eq!(chain.pool().drop_reason(waiting), Some(DropReason::Evicted));

    // By bytes, several may have to leave; when they pay more, none does.
    let pool = PoolConfig { max_bytes: 600, ..PoolConfig::default() };
    let chain = chain_with_pool(pool);
    for account in 0..4 {
        send(&chain, account, transfer(0, address(1), 1));
    }
    let before = chain.pool().status();
    assert_eq!(before.pending, 4);
    let large =
        |tip| TxEip1559 { max_priority_fee_per_gas: tip, ..call(0, address(1), vec![1; 300]) };
    let error = refused(&chain, sign(5, large(GWEI / 2)));
    assert!(matches!(error, PoolError::Full { .. }), "{error}");
    send(&chain, 5, large(2 * GWEI));
    assert!(chain.pool().status().bytes <= 600);
    assert!(chain.pool().status().pending < 4);
    // What can never fit leaves everything in place.
    let before = chain.pool().content();
    let huge =
        TxEip1559 { max_priority_fee_per_gas: 5 * GWEI, ..call(0, address(1), vec![1; 700]) };
    let error = refused(&chain, sign(6, huge));
    assert!(matches!(error, PoolError::Full { .. }), "{error}");
    assert_eq!(chain.pool().content(), before);
}

#[test]
fn what_execution_refuses_is_dropped_with_its_block() {
    // A contract that forwards what it gets; account 5 delegates to one that gives all away.
    // CALL(gas, 0xdd, selfbalance): 5f5f5f5f 47 60dd 5a f1 00
    let drain = Address::with_last_byte(0xdd);
    let code = alloy_primitives::bytes!("5f5f5f5f4760dd5af100");
    let chain = chain_with(&[(Address::with_last_byte(0xcc), code)]);
    send(&chain, 0, delegation(0, Address::with_last_byte(0xcc)));
    mine(&chain);
    let poor = send(&chain, 5, transfer(1, address(1), ETHER));
    // The higher tip makes the drain come first.
    let call =
        TxEip1559 { max_priority_fee_per_gas: 5 * GWEI, ..call(1, address(5), Bytes::new()) };
    send(&chain, 0, call);
    let built = chain.prepare(attributes(&chain)).unwrap();
    assert_eq!(built.block.transactions.len(), 1);
    assert!(
        matches!(
            built.excluded.as_slice(),
            [(hash, DropReason::Invalid(_))] if *hash == poor
        ),
        "{:?}",
        built.excluded
    );
    assert!(chain.pool().get(poor).is_some(), "building changes nothing");
    chain.commit(built).unwrap();
    assert!(balance(&chain, drain) > U256::from(999 * ETHER));
    assert_eq!(chain.pool().get(poor), None);
    assert!(matches!(chain.pool().drop_reason(poor), Some(DropReason::Invalid(_))));
}

#[test]
fn a_base_fee_above_the_cap_keeps_the_transaction() {
    let chain = chain();
    let base_fee = u128::from(chain.head().header.base_fee_per_gas.unwrap());
    let cheap = TxEip1559 {
        max_fee_per_gas: base_fee / 2,
        max_priority_fee_per_gas: 0,
        ..transfer(0, address(1), 1)
    };
    send(&chain, 0, cheap);
    assert_eq!(mine(&chain).transactions.len(), 0);
    assert_eq!(chain.pool().status().pending, 1);
    // Empty blocks lower the base fee by an eighth each.
    let block = (0..20).map(|_| mine(&chain)).find(|block| !block.transactions.is_empty());
    assert_eq!(block.unwrap().transactions.len(), 1);
}

#[test]
fn hashes_are_given_back() {
    let chain = chain();
    let transaction = sign(0, transfer(0, address(1), 1));
    let hash: B256 = *transaction.hash();
    assert_eq!(chain.submit(transaction).unwrap(), hash);
    let order: Vec<B256> =
        chain.pool().pending().iter().map(|transaction| transaction.hash()).collect();
    assert_eq!(order, [hash]);
}
