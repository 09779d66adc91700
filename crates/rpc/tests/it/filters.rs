//! Filters: what changed since the last question, reorgs included.

use std::time::Duration;

use crate::common::{
    Served,
    chain::{self, LOGGER, TOPIC, key},
};
use bough_rpc::Limits;
use serde_json::{Value, json};

async fn changes(served: &Served, id: &Value) -> Vec<Value> {
    let changes = served.call("eth_getFilterChanges", json!([id])).await;
    changes.as_array().unwrap().clone()
}

#[tokio::test]
async fn block_and_log_filters_follow_a_reorg() {
    let served = Served::start().await;
    let blocks = served.call("eth_newBlockFilter", json!([])).await;
    let logs = served.call("eth_newFilter", json!([{ "address": LOGGER }])).await;
    assert!(blocks.as_str().unwrap().starts_with("0x"));
    assert!(changes(&served, &blocks).await.is_empty());

    let parent = served.chain.head();
    let first = chain::mine(&served.chain);
    assert_eq!(changes(&served, &blocks).await, [json!(first.hash)]);
    assert!(changes(&served, &blocks).await.is_empty());
    let found = changes(&served, &logs).await;
    assert_eq!(found.len(), 1);
    assert_eq!((&found[0]["removed"], &found[0]["topics"]), (&json!(false), &json!([TOPIC])));

    // A branch of two blocks takes over; the log is mined again in it.
    served.chain.set_head(parent.hash).unwrap();
    let empty = chain::mine_empty(&served.chain);
    let again = chain::mine(&served.chain);
    assert_eq!(changes(&served, &blocks).await, [json!(empty.hash), json!(again.hash)]);
    let found = changes(&served, &logs).await;
    let removed: Vec<(&Value, &Value)> =
        found.iter().map(|log| (&log["removed"], &log["blockHash"])).collect();
    assert_eq!(removed, [(&json!(true), &json!(first.hash)), (&json!(false), &json!(again.hash))]);

    let all = served.call("eth_getFilterLogs", json!([logs])).await;
    assert!(all.as_array().unwrap().iter().all(|log| log["address"] == json!(LOGGER)));
    let (code, message, _) = served.error("eth_getFilterLogs", json!([blocks])).await;
    assert_eq!((code, message.as_str()), (-32000, "filter not found"));
}

#[tokio::test]
async fn much_is_told_in_parts() {
    let served = Served::start().await;
    let blocks = served.call("eth_newBlockFilter", json!([])).await;
    let logs = served.call("eth_newFilter", json!([{ "address": LOGGER }])).await;
    let mut hashes: Vec<Value> =
        (0..1_100).map(|_| json!(chain::mine_empty(&served.chain).hash)).collect();
    hashes.push(json!(chain::mine(&served.chain).hash));

    let first = changes(&served, &blocks).await;
    assert_eq!(first.len(), 1_000);
    assert_eq!([first, changes(&served, &blocks).await].concat(), hashes);
    assert!(changes(&served, &blocks).await.is_empty());

    assert!(changes(&served, &logs).await.is_empty(), "a thousand blocks without any");
    let found = changes(&served, &logs).await;
    assert_eq!(found.len(), 1);
    assert_eq!(Some(&found[0]["blockHash"]), hashes.last());
}

#[tokio::test]
async fn pending_filters_tell_arrivals_once() {
    let served = Served::start().await;
    let hashes = served.call("eth_newPendingTransactionFilter", json!([])).await;
    let whole = served.call("eth_newPendingTransactionFilter", json!([true])).await;
    let hash = served.chain.submit(chain::transfer(&key(8), 2)).unwrap();
    assert_eq!(changes(&served, &hashes).await, [json!(hash)]);
    assert!(changes(&served, &hashes).await.is_empty());
    let found = changes(&served, &whole).await;
    assert_eq!(found[0]["hash"], json!(hash));
}

#[tokio::test]
async fn what_gets_too_large_for_the_readers_is_told_once() {
    let limits = Limits { read_response_bytes: 100, ..Limits::default() };
    let served = Served::limited(limits).await;
    let logs = served.call("eth_newFilter", json!([{ "address": LOGGER }])).await;
    let whole = served.call("eth_newPendingTransactionFilter", json!([true])).await;
    let hash = served.chain.submit(chain::transfer(&key(8), 2)).unwrap();
    assert_eq!(changes(&served, &whole).await[0]["hash"], json!(hash));
    let block = chain::mine(&served.chain);
    let found = changes(&served, &logs).await;
    assert_eq!((found.len(), &found[0]["blockHash"]), (1, &json!(block.hash)));
    assert!(changes(&served, &logs).await.is_empty());
}

#[tokio::test]
async fn a_block_too_large_for_any_answer_is_passed_over() {
    let limits = Limits { response_bytes: 100, ..Limits::default() };
    let served = Served::limited(limits).await;
    let logs = served.call("eth_newFilter", json!([{ "address": LOGGER }])).await;
    chain::mine(&served.chain);
    let (code, message, _) = served.error("eth_getFilterChanges", json!([logs])).await;
    assert_eq!((code, message.as_str()), (-32003, "response too large: the limit is 100 bytes"));
    assert!(changes(&served, &logs).await.is_empty());
}

#[tokio::test]
async fn filters_end() {
    let limits = Limits { filter_time: Duration::ZERO, ..Limits::default() };
    let short = Served::limited(limits).await;
    let id = short.call("eth_newBlockFilter", json!([])).await;
    let (code, message, _) = short.error("eth_getFilterChanges", json!([id])).await;
    assert_eq!((code, message.as_str()), (-32000, "filter not found"));

    let served = Served::start().await;
    let id = served.call("eth_newBlockFilter", json!([])).await;
    assert_eq!(served.call("eth_uninstallFilter", json!([id])).await, true);
    assert_eq!(served.call("eth_uninstallFilter", json!([id])).await, false);
    let (code, _, _) = served.error("eth_getFilterChanges", json!([id])).await;
    assert_eq!(code, -32000);
}
