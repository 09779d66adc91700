//! Calls, estimates and access lists.

use alloy_primitives::{Address, B256, Bytes, U256};
use serde_json::{Value, json};

use crate::common::{
    Served,
    chain::{FEE_RECIPIENT, INVALID, LOGGER, REVERTER, key},
    number, word,
};

#[tokio::test]
async fn calls() {
    let served = Served::start().await;
    let call = json!({ "to": LOGGER, "data": word(7) });
    let returned = served.call("eth_call", json!([call, "latest"])).await;
    assert_eq!(returned, word(7));
    assert_eq!(served.call("eth_call", json!([call])).await, word(7));
    let at_genesis = served.call("eth_call", json!([call, "0x0"])).await;
    assert_eq!(at_genesis, word(7));

    let reverted = json!({ "to": REVERTER });
    let (code, message, error) = served.error("eth_call", json!([reverted])).await;
    assert_eq!((code, message.as_str()), (3, "execution reverted: nope"));
    assert!(error["data"].as_str().unwrap().starts_with("0x08c379a0"));
    let (code, message, error) = served.error("eth_call", json!([{ "to": INVALID }])).await;
    assert_eq!((code, message.as_str()), (-32000, "invalid opcode: INVALID"));
    assert_eq!(error.get("data"), None);
    let (code, message, _) =
        served.error("eth_call", json!([{ "to": LOGGER, "data": word(7), "gas": "0x42cc" }])).await;
    assert_eq!((code, message.as_str()), (-32000, "out of gas"));
    let (_, message, _) = served.error("eth_call", json!([{ "to": LOGGER, "gas": "0x64" }])).await;
    assert!(message.starts_with("intrinsic gas too low: have 100, want"), "{message}");
    let floor = json!({ "to": LOGGER, "data": word(7), "gas": "0x3e80" });
    let (_, message, _) = served.error("eth_call", json!([floor])).await;
    assert!(message.starts_with("insufficient gas for floor data gas cost"), "{message}");
}

#[tokio::test]
async fn call_requests_are_checked() {
    let served = Served::start().await;
    for (request, part) in [
        (json!({ "gasPrice": "0x1", "maxFeePerGas": "0x1" }), "both gasPrice and"),
        (json!({ "maxFeePerGas": "0x1", "maxPriorityFeePerGas": "0x2" }), "maxFeePerGas (1)"),
        (json!({ "gasPrice": "0x1" }), "max fee per gas less than block base fee"),
        (json!({ "data": "0x01", "input": "0x02" }), "both \"data\" and \"input\""),
        (json!({ "chainId": "0x1" }), "chainId does not match"),
    ] {
        let mut call = request.clone();
        call["to"] = json!(LOGGER);
        let (code, message, _) = served.error("eth_call", json!([call])).await;
        assert!(code == -32000 && message.contains(part), "{request}: {message}");
    }
    for bad in [json!([]), json!(["0x"]), json!([{ "to": "0x12" }])] {
        let (code, _, _) = served.error("eth_call", bad).await;
        assert_eq!(code, -32602);
    }
}

#[tokio::test]
async fn overrides_of_state_and_block() {
    let served = Served::start().await;
    let nobody = Address::repeat_byte(0x77);
    // Returns slot 1, slot 0, the timestamp and the caller's balance.
    let code = "0x6001545f525f5460205242604052333160605260805ff3";
    let state = json!({ nobody.to_string(): {
        "code": code, "balance": "0x5", "stateDiff": { word(1): word(9) }, "nonce": "0x3",
    } });
    let call = json!({ "from": nobody, "to": nobody });
    let params = json!([call, "latest", state, { "time": "0x99" }]);
    let returned = served.call("eth_call", params).await;
    let words: Bytes = serde_json::from_value(returned).unwrap();
    let words: Vec<u64> =
        words.chunks(32).map(|word| U256::from_be_slice(word).to::<u64>()).collect();
    assert_eq!(words, [9, 0, 0x99, 5]);

    for unsupported in [json!({ "state": {} }), json!({ "movePrecompileToAddress": nobody })] {
        let state = json!({ nobody.to_string(): unsupported });
        let (code, message, _) = served.error("eth_call", json!([call, "latest", state])).await;
        assert!(code == -32000 && message.contains("not supported"), "{message}");
    }
}

#[tokio::test]
async fn estimates_gas() {
    let served = Served::start().await;
    let from = key(9).address();
    let transfer = json!({ "from": from, "to": FEE_RECIPIENT, "value": "0x1" });
    let plain = number(&served.call("eth_estimateGas", json!([transfer])).await);
    assert!(plain <= 21_000, "{plain}");
    let call = json!({ "from": from, "to": LOGGER, "data": word(7), "gasPrice": "0x77359400" });
    let gas = number(&served.call("eth_estimateGas", json!([call, "latest"])).await);
    let mut enough = call.clone();
    enough["gas"] = json!(format!("{gas:#x}"));
    served.call("eth_call", json!([enough])).await;
    enough["gas"] = json!(format!("{:#x}", gas - 1));
    served.error("eth_call", json!([enough])).await;

    let hash = B256::right_padding_from(&[1]);
    let blob = json!({ "type": "0x3", "blobVersionedHashes": [hash] });
    assert_eq!(number(&estimate(&served, &transfer, blob).await), plain, "blobs cost no gas");
    let authorization = json!({
        "chainId": "0x1", "address": LOGGER, "nonce": "0x0", "yParity": "0x0",
        "r": B256::with_last_byte(1), "s": B256::with_last_byte(2),
    });
    let authorized = json!({ "type": "0x4", "authorizationList": [authorization] });
    assert!(number(&estimate(&served, &transfer, authorized).await) > plain);

    let (code, message, error) = served.error("eth_estimateGas", json!([{ "to": REVERTER }])).await;
    assert_eq!((code, message.as_str()), (3, "execution reverted: nope"));
    assert!(error["data"].is_string());
    let poor = json!({ "from": Address::repeat_byte(1), "to": LOGGER, "gasPrice": "0x77359400" });
    let (_, message, _) = served.error("eth_estimateGas", json!([poor])).await;
    assert_eq!(message, "gas required exceeds allowance (0)");
}

/// The estimate for a call with more fields.
async fn estimate(served: &Served, call: &Value, more: Value) -> Value {
    let mut call = call.clone();
    for (field, value) in more.as_object().unwrap() {
        call[field] = value.clone();
    }
    served.call("eth_estimateGas", json!([call])).await
}

#[tokio::test]
async fn creates_access_lists() {
    let served = Served::start().await;
    let call = json!({ "from": key(9).address(), "to": LOGGER, "data": word(7) });
    let list = served.call("eth_createAccessList", json!([call, "latest"])).await;
    let expected = json!([{ "address": LOGGER, "storageKeys": [word(0)] }]);
    assert_eq!(list["accessList"].to_string().to_lowercase(), expected.to_string().to_lowercase());
    assert!(number(&list["gasUsed"]) > 21_000);
    assert_eq!(list.get("error"), None);
    let list = served.call("eth_createAccessList", json!([{ "to": REVERTER }])).await;
    assert_eq!(list["error"], "execution reverted: nope");
}
