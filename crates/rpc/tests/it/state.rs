//! Accounts, slots and proofs.

use alloy_primitives::{Address, B256, Bytes, hex, keccak256};
use serde_json::json;

use crate::common::{
    Served,
    chain::{FEE_RECIPIENT, LOGGER, TOPIC, key},
    number, word,
};

#[tokio::test]
async fn state_at_blocks() {
    let served = Served::start().await;
    let poor = served.call("eth_getBalance", json!([FEE_RECIPIENT, "0x0"])).await;
    assert_eq!(poor, "0x0");
    let rich = served.call("eth_getBalance", json!([FEE_RECIPIENT])).await;
    assert!(number(&rich) > 1000);
    let block = served.chain.block(1u64).unwrap().unwrap();
    let at_hash =
        served.call("eth_getBalance", json!([FEE_RECIPIENT, { "blockHash": block.hash }])).await;
    assert_eq!(at_hash, served.call("eth_getBalance", json!([FEE_RECIPIENT, "0x1"])).await);

    let code = served.call("eth_getCode", json!([LOGGER, "latest"])).await;
    assert_eq!(code, "0x5f35805f55335f5260205fa15f545f5260205ff3");
    assert_eq!(served.call("eth_getCode", json!([FEE_RECIPIENT, "latest"])).await, "0x");
    let delegated = served.call("eth_getCode", json!([key(7).address()])).await;
    assert_eq!(delegated, json!(format!("0xef0100{}", hex::encode(LOGGER))));

    let stored = served.call("eth_getStorageAt", json!([LOGGER, "0x0", "latest"])).await;
    assert_eq!(stored, json!(TOPIC));
    let before = served.call("eth_getStorageAt", json!([LOGGER, B256::ZERO, "0x0"])).await;
    assert_eq!(before, json!(B256::ZERO));
    let values = json!([{ LOGGER.to_string(): [word(0), word(1)] }, "latest"]);
    let values = served.call("eth_getStorageValues", values).await;
    let lower = format!("{LOGGER:?}");
    assert_eq!(values, json!({ lower: [TOPIC, B256::ZERO] }));

    let sender = key(8).address();
    assert_eq!(served.call("eth_getTransactionCount", json!([sender])).await, "0x1");
    assert_eq!(served.call("eth_getTransactionCount", json!([sender, "pending"])).await, "0x2");
    let idle = json!([Address::repeat_byte(9), "pending"]);
    assert_eq!(served.call("eth_getTransactionCount", idle).await, "0x0");
}

#[tokio::test]
async fn state_errors() {
    let served = Served::start().await;
    let (code, message, _) = served.error("eth_getBalance", json!([LOGGER, "0x9"])).await;
    assert_eq!((code, message.as_str()), (-32000, "header not found"));
    let (code, message, _) = served.error("eth_getStorageAt", json!([LOGGER, "0xasdf"])).await;
    assert_eq!(code, -32602);
    assert!(message.contains("invalid hex in storage key"), "{message}");
    let (code, message, _) = served.error("eth_getStorageValues", json!([{}])).await;
    assert_eq!((code, message.as_str()), (-32602, "empty request"));
    let many = vec!["0x0"; 1025];
    let (code, _, _) = served.error("eth_getProof", json!([LOGGER, many])).await;
    assert_eq!(code, -32602);

    let left = served.chain.head();
    served.chain.set_tags(left.header.parent_hash, left.header.parent_hash).unwrap();
    served.chain.set_head(left.header.parent_hash).unwrap();
    let id = json!({ "blockHash": left.hash, "requireCanonical": true });
    let (code, message, _) = served.error("eth_getBalance", json!([LOGGER, id])).await;
    assert!(code == -32000 && message.ends_with("is not currently canonical"), "{message}");
    served.call("eth_getBalance", json!([LOGGER, { "blockHash": left.hash }])).await;
}

#[tokio::test]
async fn proves_accounts_and_slots() {
    let served = Served::start().await;
    let head = served.chain.head();
    let proof = served.call("eth_getProof", json!([LOGGER, ["0x0", word(1)], "latest"])).await;
    assert_eq!(proof["storageProof"][0]["key"], "0x0");
    assert_eq!(proof["storageProof"][0]["value"], "0xcafe0001");
    assert_eq!(proof["storageProof"][1]["key"], word(1));
    assert_eq!(proof["storageProof"][1]["value"], "0x0");
    let first: Bytes = serde_json::from_value(proof["accountProof"][0].clone()).unwrap();
    assert_eq!(keccak256(&first), head.header.state_root);
    let first: Bytes =
        serde_json::from_value(proof["storageProof"][0]["proof"][0].clone()).unwrap();
    assert_eq!(json!(keccak256(&first)), proof["storageHash"]);

    let nobody = served.call("eth_getProof", json!([Address::repeat_byte(9), []])).await;
    assert_eq!(nobody["balance"], "0x0");
    assert!(!nobody["accountProof"].as_array().unwrap().is_empty());
}
