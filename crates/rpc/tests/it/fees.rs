//! Fees.

use serde_json::json;

use crate::common::{Served, number};

#[tokio::test]
async fn fees() {
    let served = Served::start().await;
    let base_fee = served.call("eth_baseFee", json!([])).await;
    assert!(number(&base_fee) < 1_000_000_000, "{base_fee}");
    let gas_price = served.call("eth_gasPrice", json!([])).await;
    assert_eq!(number(&gas_price), number(&base_fee) + 1_000_000_000);
    assert_eq!(served.call("eth_maxPriorityFeePerGas", json!([])).await, "0x3b9aca00");
    assert_eq!(served.call("eth_blobBaseFee", json!([])).await, "0x1");

    let history = served.call("eth_feeHistory", json!(["0xa", "latest", [0, 50, 100]])).await;
    assert_eq!(history["oldestBlock"], "0x0");
    let lengths =
        ["baseFeePerGas", "gasUsedRatio", "baseFeePerBlobGas", "blobGasUsedRatio", "reward"]
            .map(|field| history[field].as_array().unwrap().len());
    assert_eq!(lengths, [4, 3, 4, 3, 3]);
    assert_eq!(history["baseFeePerGas"][3], base_fee);
    assert_eq!(history["reward"][0], json!(["0x0", "0x0", "0x0"]));
    assert_eq!(history["reward"][2], json!(["0x3b9aca00", "0x3b9aca00", "0x3b9aca00"]));
    assert_eq!(number(&history["reward"][1][0]), 2_000_000_000);
    let plain = served.call("eth_feeHistory", json!([2, "0x1"])).await;
    assert_eq!((plain["oldestBlock"].clone(), plain.get("reward")), (json!("0x0"), None));

    let (code, _, _) = served.error("eth_feeHistory", json!(["0x1", "latest", [50, 10]])).await;
    assert_eq!(code, -32602);
    let (code, _, _) = served.error("eth_feeHistory", json!(["0x1", "0x99", []])).await;
    assert_eq!(code, -32602);
}
