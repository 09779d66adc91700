//! The JSON of the example chain, kept as files.

use crate::common::{Served, chain::LOGGER, snapshot::assert_snapshot};
use serde_json::json;

#[tokio::test]
async fn blocks() {
    let served = Served::start().await;
    let genesis = served.call("eth_getBlockByNumber", json!(["0x0", true])).await;
    assert_snapshot("block_genesis", &genesis);
    let block = served.call("eth_getBlockByNumber", json!(["0x1", false])).await;
    assert_snapshot("block_hashes", &block);
    let block = served.call("eth_getBlockByNumber", json!(["0x2", true])).await;
    assert_snapshot("block_full", &block);
}

#[tokio::test]
async fn transactions_and_receipts_of_each_type() {
    let served = Served::start().await;
    let block = served.call("eth_getBlockByNumber", json!(["0x1", true])).await;
    let receipts = served.call("eth_getBlockReceipts", json!(["0x1"])).await;
    let names = ["legacy", "access_list", "dynamic_fee", "blob", "set_code", "create", "reverted"];
    for (index, name) in names.into_iter().enumerate() {
        assert_snapshot(&format!("transaction_{name}"), &block["transactions"][index]);
        assert_snapshot(&format!("receipt_{name}"), &receipts[index]);
    }
    let pool = served.call("txpool_content", json!([])).await;
    assert_snapshot("txpool_content", &pool);
}

#[tokio::test]
async fn proof_logs_fees_and_witness() {
    let served = Served::start().await;
    let proof = served.call("eth_getProof", json!([LOGGER, ["0x0"], "0x1"])).await;
    assert_snapshot("proof", &proof);
    let logs = served.call("eth_getLogs", json!([{ "fromBlock": "0x0", "address": LOGGER }])).await;
    assert_snapshot("logs", &logs);
    let fees = served.call("eth_feeHistory", json!(["0x2", "latest", [50]])).await;
    assert_snapshot("fee_history", &fees);
    let witness = served.call("debug_executionWitness", json!(["0x2"])).await;
    assert_snapshot("execution_witness", &witness);
}
