//! What L1 answers wrongly, to whoever sends transactions there.

use alloy_primitives::B256;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{fake_l1::Reply, support::Case};

/// A wrong answer: the method, the field of its result if not all of it, and what it becomes.
type Wrong = (&'static str, Option<&'static str>, Value, &'static str);

async fn end(wrong: Wrong) -> String {
    let (method, field, value, _) = wrong;
    // The settler waits a second before it asks again.
    let case = Case::with(|config| bough_node::NodeConfig { l1_retries: 1, ..config }).await;
    case.fake.change(move |asked, params, mut result| {
        let is_meant = asked == method && params[0] != "finalized" && !result.is_null();
        match field.filter(|_| is_meant) {
            Some(field) => result[field] = value.clone(),
            None if is_meant => result = value.clone(),
            None => return None,
        }
        Some(Reply::Result(result))
    });
    case.fake.until_changed(2).await;
    case.end().await
}

#[tokio::test(flavor = "multi_thread")]
async fn is_asked_for_again_and_then_the_end() {
    let other = json!(B256::repeat_byte(9));
    let most = json!("0xffffffffffffffff");
    let receipt = "eth_getTransactionReceipt";
    let cases: [Wrong; 6] = [
        ("eth_chainId", None, json!("0x1"), "chain id: it is 1, and was 31337"),
        ("eth_getTransactionCount", None, most, "nonce: 18446744073709551615"),
        ("eth_sendRawTransaction", None, other.clone(), "it is of transaction 0x0909"),
        (receipt, Some("transactionHash"), other, "it is of transaction 0x0909"),
        (receipt, Some("blockNumber"), Value::Null, "it has no blockNumber"),
        (receipt, Some("status"), json!("perhaps"), "answer to eth_getTransactionReceipt"),
    ];
    let mut ends = JoinSet::new();
    for wrong in cases {
        let said = wrong.3;
        ends.spawn(async move { (said, end(wrong).await) });
    }
    while let Some(ended) = ends.join_next().await {
        let (said, end) = ended.unwrap();
        assert!(end.starts_with("the settler ended: L1 at http://127.0.0.1:"), "{end}");
        assert!(end.contains(" gives a malformed ") && end.contains(said), "{said}: {end}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_absurd_price_is_paid() {
    for (fee, said) in [
        (json!("0xffffffffffffffff"), "base fee: 18446744073709551615 wei per gas"),
        (Value::Null, "it has no baseFeePerGas"),
    ] {
        let case = Case::with(|config| bough_node::NodeConfig { l1_retries: 1, ..config }).await;
        case.fake.change(move |method, params, mut block| {
            let is_meant = method == "eth_getBlockByNumber" && params[0] == "latest";
            is_meant.then(|| {
                block["baseFeePerGas"] = fee.clone();
                Reply::Result(block)
            })
        });
        let end = case.end().await;
        assert!(end.starts_with("the settler ended: ") && end.contains(said), "{end}");
    }
}
