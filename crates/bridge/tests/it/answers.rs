//! Answers of nodes that make no sense.
use alloy_primitives::{Address, B256, U256};
use bough_bridge::{Bridge, BridgeConfig, BridgeError, Chain, MessageParams};
use bough_rollup::Direction;
use serde_json::{Value, json};

use crate::{
    common::FakeNode,
    connect::{ROLLUP, l1, l2},
};

async fn bridge(l1: FakeNode, l2: FakeNode) -> Bridge {
    let (l1_url, l2_url) = (l1.serve().await, l2.serve().await);
    Bridge::connect(BridgeConfig { l1_url, l2_url, rollup: ROLLUP, key: None }).await.unwrap()
}

#[tokio::test]
async fn a_price_that_nobody_would_pay() {
    let price =
        |wei: &str| l2().answer("eth_gasPrice", json!(wei)).answer("eth_getCode", json!("0x"));
    let params = MessageParams::transfer(Address::ZERO, U256::ZERO);
    let most = 10_000_000_000_000;
    let bridge_at = async |wei| bridge(l1(), price(wei)).await;
    let fee = bridge_at("0x9184e72a000").await.estimate_fee(Direction::L1ToL2, &params, 0).await;
    assert_eq!(fee.unwrap(), U256::from(most * 220_000 * 3 / 2));
    let fee = bridge_at("0x9184e72a001").await.estimate_fee(Direction::L1ToL2, &params, 0).await;
    let error = fee.unwrap_err();
    assert!(
        matches!(error, BridgeError::GasPrice { chain: Chain::L2, got, most: limit } if got == most + 1 && limit == most),
        "{error}"
    );
}

#[tokio::test]
async fn what_cannot_be_read_is_one_short_line() {
    let long = "x".repeat(100_000);
    let answers: [Value; 3] = [json!(long), json!({ "hash": long }), json!([long])];
    for answer in answers {
        let bridge = bridge(l1().answer("eth_getBlockByNumber", answer), l2()).await;
        let error = bridge.status().await.unwrap_err();
        assert!(
            matches!(
                error,
                BridgeError::Malformed { chain: Chain::L1, method: "eth_getBlockByNumber", .. }
            ),
            "{error}"
        );
        let text = error.to_string();
        assert!(text.len() < 400 && text.lines().count() == 1, "{text}");
    }
}

#[tokio::test]
async fn a_receipt_of_another_transaction() {
    let receipt = json!({
        "transactionHash": B256::repeat_byte(2), "transactionIndex": "0x0",
        "blockHash": B256::repeat_byte(3), "blockNumber": "0x1", "from": Address::ZERO,
        "to": Address::ZERO, "cumulativeGasUsed": "0x1", "gasUsed": "0x1", "logs": [],
        "logsBloom": alloy_primitives::Bloom::ZERO, "status": "0x1", "type": "0x2",
        "effectiveGasPrice": "0x1", "contractAddress": null,
    });
    let bridge = bridge(l1().answer("eth_getTransactionReceipt", receipt), l2()).await;
    let error = bridge.message(Direction::L1ToL2, B256::repeat_byte(1)).await.unwrap_err();
    assert!(
        matches!(error, BridgeError::Answer { chain: Chain::L1, what: "a receipt" }),
        "{error}"
    );
}
