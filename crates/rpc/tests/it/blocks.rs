//! Blocks by number, tag and hash.

use alloy_primitives::B256;
use serde_json::{Value, json};

use crate::common::{Served, number};

#[tokio::test]
async fn blocks_by_number_tag_and_hash() {
    let served = Served::start().await;
    assert_eq!(served.call("eth_blockNumber", json!([])).await, "0x2");
    let by = |tag: &'static str| served.call("eth_getBlockByNumber", json!([tag, false]));
    let (latest, first, genesis) = (by("latest").await, by("0x1").await, by("0x0").await);
    assert_eq!(by("pending").await, latest);
    assert_eq!(by("safe").await, latest);
    assert_eq!(by("finalized").await, first);
    assert_eq!(by("earliest").await, genesis);
    assert_eq!(by("0x3").await, Value::Null);
    assert_eq!(number(&latest["number"]), 2);
    assert_eq!(latest["parentHash"], first["hash"]);
    assert_eq!(genesis["transactions"], json!([]));

    let hash = first["hash"].clone();
    assert_eq!(served.call("eth_getBlockByHash", json!([hash])).await, first);
    let full = served.call("eth_getBlockByHash", json!([hash, true])).await;
    let hashes: Vec<&Value> =
        full["transactions"].as_array().unwrap().iter().map(|tx| &tx["hash"]).collect();
    assert_eq!(json!(hashes), first["transactions"]);
    let unknown = B256::repeat_byte(1);
    assert_eq!(served.call("eth_getBlockByHash", json!([unknown, false])).await, Value::Null);

    for (method, block, expected) in [
        ("eth_getBlockTransactionCountByNumber", json!("0x1"), json!("0x7")),
        ("eth_getBlockTransactionCountByHash", hash.clone(), json!("0x7")),
        ("eth_getBlockTransactionCountByHash", json!(unknown), Value::Null),
        ("eth_getUncleCountByBlockNumber", json!("latest"), json!("0x0")),
        ("eth_getUncleCountByBlockHash", hash.clone(), json!("0x0")),
    ] {
        assert_eq!(served.call(method, json!([block])).await, expected, "{method}");
    }
    let uncle = served.call("eth_getUncleByBlockHashAndIndex", json!([hash, "0x0"])).await;
    assert_eq!(uncle, Value::Null);
    let uncle = served.call("eth_getUncleByBlockNumberAndIndex", json!(["0x1", "0x0"])).await;
    assert_eq!(uncle, Value::Null);
}
