//! Logs of ranges and blocks.

use alloy_primitives::B256;
use bough_rpc::Limits;
use serde_json::{Value, json};

use crate::common::{
    Served,
    chain::{LOGGER, OTHER_TOPIC, TOPIC},
};

#[tokio::test]
async fn logs_by_range_hash_address_and_topic() {
    let served = Served::start().await;
    let asked = &served;
    let logs = |filter: Value| async move { asked.call("eth_getLogs", json!([filter])).await };
    let count = |logs: Value| logs.as_array().unwrap().len();
    let all = logs(json!({ "fromBlock": "0x0", "toBlock": "latest" })).await;
    let from_logger = json!({ "fromBlock": "earliest", "address": LOGGER });
    let emitted = logs(from_logger.clone()).await;
    assert_eq!(count(emitted.clone()), 3, "{all:#}");
    assert_eq!(count(logs(json!({ "fromBlock": "0x0", "topics": [TOPIC] })).await), 2);
    let either = json!({ "fromBlock": "0x0", "topics": [[TOPIC, OTHER_TOPIC]] });
    assert_eq!(count(logs(either).await), 4);
    let none = json!({ "fromBlock": "0x0", "topics": [null, TOPIC] });
    assert_eq!(count(logs(none).await), 0);
    assert_eq!(count(logs(json!({ "address": LOGGER })).await), 0);
    let block = served.chain.block(1u64).unwrap().unwrap();
    let by_hash = json!({ "blockHash": block.hash, "address": [LOGGER] });
    assert_eq!(logs(by_hash).await, emitted);
    assert_eq!(emitted[0]["blockTimestamp"], json!(format!("{:#x}", block.header.timestamp)));
    assert_eq!(count(logs(json!({ "fromBlock": "0x5" })).await), 0);
}

#[tokio::test]
async fn log_ranges_have_limits() {
    let limits = Limits { log_blocks: 2, logs: 1, ..Limits::default() };
    let served = Served::limited(limits).await;
    for (filter, code, part) in [
        (json!({ "fromBlock": "0x2", "toBlock": "0x1" }), -32602, "invalid block range"),
        (json!({ "fromBlock": "0x1", "toBlock": "0x9" }), -32602, "beyond current head"),
        (json!({ "fromBlock": "0x0", "toBlock": "0x2" }), -32602, "exceed maximum block range: 2"),
        (
            json!({ "fromBlock": "0x1", "toBlock": "0x1" }),
            -32000,
            "query returned more than 1 results",
        ),
        (json!({ "fromBlock": "0x1", "blockHash": B256::ZERO }), -32602, "cannot specify both"),
        (json!({ "blockHash": B256::ZERO }), -32000, "not found"),
    ] {
        let (got, message, _) = served.error("eth_getLogs", json!([filter])).await;
        assert!(got == code && message.contains(part), "{filter}: {got} {message}");
    }
}
