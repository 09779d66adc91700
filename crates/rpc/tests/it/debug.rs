//! Raw bytes, witnesses and traces.

use crate::common::{
    Served,
    chain::{FEE_RECIPIENT, GWEI, LOGGER, REVERTER, TOPIC, key},
};
use alloy_consensus::{Header, ReceiptEnvelope};
use alloy_eips::eip2718::Decodable2718;
use alloy_primitives::{B256, Bytes, keccak256};
use alloy_rlp::Decodable;
use bough_stf::Block;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

fn read<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

#[tokio::test]
async fn raw_forms_decode_to_the_block() {
    let served = Served::start().await;
    let block = served.chain.block(1u64).unwrap().unwrap();
    let raw: Bytes = read(served.call("debug_getRawBlock", json!(["0x1"])).await);
    assert_eq!(Block::decode(&mut raw.as_ref()).unwrap(), block.to_block());
    let raw: Bytes = read(served.call("debug_getRawHeader", json!([block.hash])).await);
    assert_eq!(keccak256(&raw), block.hash);
    assert_eq!(Header::decode(&mut raw.as_ref()).unwrap(), block.header);
    let raw: Vec<Bytes> = read(served.call("debug_getRawReceipts", json!(["0x1"])).await);
    assert_eq!(raw.len(), 7);
    for raw in raw {
        ReceiptEnvelope::decode_2718_exact(&raw).unwrap();
    }
    let (code, message, _) = served.error("debug_getRawBlock", json!(["2"])).await;
    assert_eq!(
        (code, message.as_str()),
        (-32602, "invalid argument 0: hex string without 0x prefix")
    );
}

#[tokio::test]
async fn witnesses() {
    let served = Served::start().await;
    let witness = served.call("debug_executionWitness", json!(["latest"])).await;
    let parent = served.chain.block(1u64).unwrap().unwrap();
    let headers: Vec<Bytes> = read(witness["headers"].clone());
    assert_eq!(keccak256(headers.last().unwrap()), parent.hash);
    let state: Vec<Bytes> = read(witness["state"].clone());
    assert!(
        state.is_sorted() && state.iter().any(|node| keccak256(node) == parent.header.state_root)
    );
    assert!(!read::<Vec<Bytes>>(witness["codes"].clone()).is_empty());
    assert_eq!(witness["keys"], json!([]));
    let (code, _, _) = served.error("debug_executionWitness", json!(["0x0"])).await;
    assert_eq!(code, -32000);
}

#[tokio::test]
async fn struct_logs_and_calls() {
    let served = Served::start().await;
    let block = served.chain.block(1u64).unwrap().unwrap();
    let hash = |index: usize| *block.transactions[index].tx_hash();
    let trace = served.call("debug_traceTransaction", json!([hash(1)])).await;
    assert_eq!(trace["failed"], false);
    let ops: Vec<&str> = trace["structLogs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|log| log["op"].as_str().unwrap())
        .collect();
    assert_eq!(ops.first(), Some(&"PUSH0"));
    assert_eq!(ops.last(), Some(&"RETURN"));
    let plain = served.call("debug_traceTransaction", json!([hash(0)])).await;
    assert_eq!(plain["structLogs"], json!([]));

    let tracer = json!({ "tracer": "callTracer", "tracerConfig": { "withLog": true } });
    let trace = served.call("debug_traceTransaction", json!([hash(1), tracer])).await;
    assert_eq!((&trace["type"], &trace["to"]), (&json!("CALL"), &json!(LOGGER)));
    assert_eq!(trace["logs"][0]["topics"], json!([TOPIC]));
    let receipt = served.call("eth_getTransactionReceipt", json!([hash(1)])).await;
    assert_eq!(trace["gasUsed"], receipt["gasUsed"]);
    let trace = served.call("debug_traceTransaction", json!([hash(6), tracer])).await;
    assert_eq!(
        (&trace["error"], &trace["revertReason"]),
        (&json!("execution reverted"), &json!("nope"))
    );
    let trace = served.call("debug_traceTransaction", json!([hash(5), tracer])).await;
    assert_eq!(trace["type"], "CREATE");
}

#[tokio::test]
async fn prestate_before_and_after() {
    let served = Served::start().await;
    let block = served.chain.block(1u64).unwrap().unwrap();
    let first = *block.transactions[0].tx_hash();
    let sender = format!("{:?}", key(1).address());
    let recipient = format!("{FEE_RECIPIENT:?}");

    let tracer = json!({ "tracer": "prestateTracer" });
    let before = served.call("debug_traceTransaction", json!([first, tracer])).await;
    assert_eq!(before[&sender]["balance"], "0x3635c9adc5dea00000");
    let tracer = json!({ "tracer": "prestateTracer", "tracerConfig": { "diffMode": true } });
    let diff = served.call("debug_traceTransaction", json!([first, tracer])).await;
    assert_eq!(diff["post"][&sender]["nonce"], 1);
    let receipt = served.call("eth_getTransactionReceipt", json!([first])).await;
    let gas: u128 = read::<alloy_primitives::U64>(receipt["gasUsed"].clone()).to();
    let paid: alloy_primitives::U256 = read(diff["post"][&recipient]["balance"].clone());
    // The value and the tip above the base fee of 1 gwei that genesis sets, which falls in block 1.
    let base_fee = u128::from(block.header.base_fee_per_gas.unwrap());
    assert_eq!(paid, alloy_primitives::U256::from(1000 + gas * (9 * GWEI - base_fee)));

    let second = *block.transactions[1].tx_hash();
    let diff = served.call("debug_traceTransaction", json!([second, tracer])).await;
    let logger = format!("{LOGGER:?}");
    assert_eq!(diff["post"][&logger]["storage"][B256::ZERO.to_string()], json!(TOPIC));
    let pre: alloy_primitives::U256 = read(diff["pre"][&recipient]["balance"].clone());
    assert_eq!(pre, paid);
}

#[tokio::test]
async fn traces_of_blocks_and_calls() {
    let served = Served::start().await;
    let block = served.chain.block(1u64).unwrap().unwrap();
    let tracer = json!({ "tracer": "callTracer" });
    let by_number = served.call("debug_traceBlockByNumber", json!(["0x1", tracer])).await;
    let by_hash = served.call("debug_traceBlockByHash", json!([block.hash, tracer])).await;
    assert_eq!(by_number, by_hash);
    for (trace, transaction) in by_number.as_array().unwrap().iter().zip(&block.transactions) {
        assert_eq!(trace["txHash"], json!(transaction.tx_hash()));
        let alone =
            served.call("debug_traceTransaction", json!([transaction.tx_hash(), tracer])).await;
        assert_eq!(trace["result"], alone);
    }
    let call = json!({ "to": REVERTER, "from": key(9).address() });
    let trace = served.call("debug_traceCall", json!([call, "latest", tracer])).await;
    assert_eq!(trace["revertReason"], "nope");
    let call = json!({ "to": LOGGER, "data": B256::with_last_byte(3) });
    let tracer = json!({ "tracer": "prestateTracer", "tracerConfig": { "diffMode": true } });
    let trace = served.call("debug_traceCall", json!([call, "latest", tracer])).await;
    let logger = format!("{LOGGER:?}");
    let zero = B256::ZERO.to_string();
    assert_eq!(trace["pre"][&logger]["storage"][&zero], json!(TOPIC));
    assert_eq!(trace["post"][&logger]["storage"][&zero], json!(B256::with_last_byte(3)));
}

#[tokio::test]
async fn what_cannot_be_traced() {
    let served = Served::start().await;
    let unknown = B256::with_last_byte(1);
    let genesis = served.chain.genesis_hash();
    for (method, params, message) in [
        ("debug_traceTransaction", json!([unknown]), "transaction not found".to_owned()),
        ("debug_traceBlockByHash", json!([unknown]), format!("block {unknown} not found")),
        ("debug_traceBlockByHash", json!([genesis]), "genesis is not traceable".to_owned()),
        ("debug_traceBlockByNumber", json!(["0x0"]), "genesis is not traceable".to_owned()),
        ("debug_traceBlockByNumber", json!(["0x9"]), "header not found".to_owned()),
        (
            "debug_traceCall",
            json!([{}, "latest", { "tracer": "x" }]),
            "tracer not found".to_owned(),
        ),
    ] {
        let (code, got, _) = served.error(method, params).await;
        assert_eq!((code, got), (-32000, message), "{method}");
    }
}
