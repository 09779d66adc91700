//! A development L1, from outside.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::time::Duration;

use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, B256, TxKind, U256};
use alloy_provider::{Provider, RootProvider};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use bough_l1::{L1, L1Config, MineError};
use bough_rpc::RpcConfig;
use serde_json::json;

fn key() -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::repeat_byte(7)).unwrap()
}

async fn l1() -> L1 {
    let accounts = vec![(key().address(), U256::from(10u128.pow(21)))];
    let never = Duration::ZERO;
    let rpc = RpcConfig::development();
    L1::start(L1Config { rpc, block_time: never, accounts, ..L1Config::default() }).await.unwrap()
}

fn provider(l1: &L1) -> RootProvider {
    RootProvider::new_http(l1.url().parse().unwrap())
}

fn transfer(nonce: u64) -> Vec<u8> {
    let transaction = TxEip1559 {
        chain_id: 31337,
        nonce,
        gas_limit: 500_000,
        max_fee_per_gas: 10_000_000_000,
        to: TxKind::Call(Address::repeat_byte(1)),
        value: U256::from(1),
        ..TxEip1559::default()
    };
    let signature = key().sign_hash_sync(&transaction.signature_hash()).unwrap();
    TxEnvelope::from(transaction.into_signed(signature)).encoded_2718()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_arrives_while_a_block_is_made_is_in_one_of_the_next() {
    let l1 = l1().await;
    let provider = provider(&l1);
    for nonce in 0..10 {
        let _ = provider.send_raw_transaction(&transfer(nonce)).await.unwrap();
    }
    // Asked for after all ten: by then they are mined, or they are in this one.
    l1.miner().mine().await.unwrap();
    let count = provider.get_transaction_count(key().address()).await.unwrap();
    assert_eq!(count, 10);
    l1.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_setting_ends_the_miner() {
    let l1 = l1().await;
    let provider = provider(&l1);
    for seconds in [json!(u64::MAX), json!(0), json!(u64::from(u32::MAX))] {
        let answer: serde_json::Value =
            provider.raw_request("evm_setIntervalMining".into(), [seconds]).await.unwrap();
        assert!(answer.is_null());
        tokio::select! {
            biased;
            end = l1.ended() => panic!("{end}"),
            mined = l1.miner().mine() => drop(mined.unwrap()),
        }
    }
    assert_eq!(provider.get_block_number().await.unwrap(), 3);
    l1.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_mines_no_block_puts_one_off() {
    let accounts = vec![(key().address(), U256::from(10u128.pow(21)))];
    let block_time = Duration::from_millis(300);
    let rpc = RpcConfig::development();
    let l1 =
        L1::start(L1Config { rpc, block_time, accounts, ..L1Config::default() }).await.unwrap();
    let provider = provider(&l1);
    let deadline = std::time::Instant::now() + Duration::from_secs(30);
    // Transactions that wait for another, and settings that change nothing, one after the other.
    for nonce in 1.. {
        let _ = provider.send_raw_transaction(&transfer(nonce)).await;
        let moved = provider.raw_request::<_, serde_json::Value>("evm_increaseTime".into(), [0]);
        assert!(moved.await.is_ok());
        if provider.get_block_number().await.unwrap() >= 3 {
            break;
        }
        assert!(std::time::Instant::now() < deadline, "no block by time");
    }
    assert_eq!(provider.get_transaction_count(key().address()).await.unwrap(), 0);
    l1.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_time_is_set_from_which_none_comes_back() {
    let l1 = l1().await;
    let provider = provider(&l1);
    let latest = 1u64 << 39;
    for (method, seconds) in [
        ("evm_setNextBlockTimestamp", u64::MAX),
        ("evm_setNextBlockTimestamp", latest + 1),
        ("evm_mine", u64::MAX),
        ("evm_increaseTime", u64::MAX),
        ("evm_increaseTime", latest),
    ] {
        let refused = provider.raw_request::<_, serde_json::Value>(method.into(), [seconds]).await;
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains("is above the latest there may be"), "{method}: {refused}");
    }
    for expected in [latest, latest + 1] {
        let _ = provider
            .raw_request::<_, serde_json::Value>("evm_setNextBlockTimestamp".into(), [latest])
            .await;
        let mined = l1.miner().mine().await.unwrap();
        assert_eq!(mined.header.timestamp, expected);
    }
    l1.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_miner_says_so() {
    let l1 = l1().await;
    let miner = l1.miner().clone();
    l1.stop().await;
    assert!(matches!(miner.mine().await, Err(MineError::Stopped)));
}
