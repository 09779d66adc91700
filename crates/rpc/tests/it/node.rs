//! Who is speaking, and the pool.

use std::sync::Arc;

use alloy_primitives::keccak256;
use bough_rpc::{Methods, RpcConfig, RpcHooks};
use serde_json::json;

use crate::common::{
    Served,
    chain::{FEE_RECIPIENT, LOGGER, key},
};

#[tokio::test]
async fn web3_and_net() {
    let served = Served::start().await;
    let version = served.call("web3_clientVersion", json!([])).await;
    assert_eq!(version, concat!("bough/", env!("CARGO_PKG_VERSION")));
    let hash = served.call("web3_sha3", json!(["0x68656c6c6f"])).await;
    assert_eq!(hash, keccak256("hello").to_string());
    assert_eq!(served.call("net_version", json!([])).await, "31337");
    assert_eq!(served.call("net_listening", json!([])).await, true);
    assert_eq!(served.call("net_peerCount", json!([])).await, "0x0");
    assert_eq!(served.call("eth_chainId", json!([])).await, "0x7a69");
    assert_eq!(served.call("eth_syncing", json!([])).await, false);
    assert_eq!(served.call("eth_accounts", json!([])).await, json!([]));
}

#[tokio::test]
async fn hooks_answer_for_the_node() {
    let hooks = RpcHooks {
        accounts: vec![FEE_RECIPIENT],
        priority_fee: Some(Arc::new(|| 42)),
        syncing: Some(Arc::new(|| Some(Default::default()))),
        peers: Some(Arc::new(|| 3)),
    };
    let served = Served::with(RpcConfig::default(), hooks, Methods::new()).await;
    assert_eq!(served.call("eth_accounts", json!([])).await, json!([FEE_RECIPIENT]));
    assert_eq!(served.call("eth_maxPriorityFeePerGas", json!([])).await, "0x2a");
    assert_eq!(served.call("net_peerCount", json!([])).await, "0x3");
    let syncing = served.call("eth_syncing", json!([])).await;
    assert_eq!(syncing["currentBlock"], "0x0");
}

#[tokio::test]
async fn pool_contents() {
    let served = Served::start().await;
    let status = served.call("txpool_status", json!([])).await;
    assert_eq!(status, json!({ "pending": "0x1", "queued": "0x1" }));
    let content = served.call("txpool_content", json!([])).await;
    let sender = format!("{:?}", key(8).address());
    let waiting = format!("{:?}", key(9).address());
    assert_eq!(content["pending"][&sender]["1"]["to"], json!(LOGGER));
    assert_eq!(content["queued"][&waiting]["3"]["nonce"], "0x3");
    let from = served.call("txpool_contentFrom", json!([key(8).address()])).await;
    assert_eq!(from["pending"], content["pending"][&sender]);
    assert_eq!(from["queued"], json!({}));
    let inspected = served.call("txpool_inspect", json!([])).await;
    let line = inspected["queued"][&waiting]["3"].as_str().unwrap();
    assert!(line.ends_with(": 1 wei + 500000 gas × 10000000000 wei"), "{line}");
}
