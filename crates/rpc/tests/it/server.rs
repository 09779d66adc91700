//! The server itself: transport, batches, limits, modules of others.

use std::net::TcpListener;

use bough_testing::http;

use crate::common::{Served, chain};
use bough_rpc::{Methods, RpcConfig, RpcHooks, RpcServer, StartError};
use bough_stf::Fork;
use serde_json::{Value, json};

#[tokio::test]
async fn answers_batches_in_order() {
    let served = Served::start().await;
    let batch = json!([
        { "jsonrpc": "2.0", "id": 1, "method": "eth_blockNumber" },
        { "jsonrpc": "2.0", "id": "b", "method": "eth_unknown", "params": [] },
        { "jsonrpc": "2.0", "id": 3, "method": "eth_chainId", "params": [] },
    ]);
    let answer = http::post(served.server.local_addr(), &batch.to_string()).await.json();
    assert_eq!((&answer[0]["id"], &answer[0]["result"]), (&json!(1), &json!("0x2")));
    assert_eq!((&answer[1]["id"], &answer[1]["error"]["code"]), (&json!("b"), &json!(-32601)));
    assert_eq!((&answer[2]["id"], &answer[2]["result"]), (&json!(3), &json!("0x7a69")));
}

#[tokio::test]
async fn errors_have_their_codes() {
    let served = Served::start().await;
    let address = served.server.local_addr();
    let error = |answer: Value| answer["error"]["code"].clone();
    assert_eq!(error(http::post(address, "{").await.json()), -32700);
    assert_eq!(error(http::post(address, r#"{"id":1}"#).await.json()), -32600);
    for (method, params, message) in [
        ("eth_getBlockByNumber", json!(["2"]), "invalid argument 0: hex string without 0x prefix"),
        ("eth_getBlockByNumber", json!([]), "missing value for required argument 0"),
        ("eth_getBalance", json!(["0x12"]), "invalid argument 0: "),
        ("eth_getBlockByHash", json!({ "hash": "0x12" }), "non-array args"),
    ] {
        let (code, got, _) = served.error(method, params).await;
        assert!(code == -32602 && got.starts_with(message), "{method}: {got}");
    }
}

#[tokio::test]
async fn takes_large_requests_up_to_a_limit() {
    let served = Served::start().await;
    let body = |bytes: usize| {
        let data = "0".repeat(bytes);
        json!({ "jsonrpc": "2.0", "id": 1, "method": "web3_sha3", "params": [format!("0x{data}")] })
            .to_string()
    };
    let answer = http::post(served.server.local_addr(), &body(15 << 20)).await;
    assert!(answer.json()["result"].is_string());
    let answer = http::post(served.server.local_addr(), &body(17 << 20)).await;
    assert_eq!(answer.status, 413);
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let config = RpcConfig { port, ..RpcConfig::default() };
    let started = RpcServer::start(
        chain::example(Fork::Amsterdam),
        config,
        RpcHooks::default(),
        Methods::new(),
    );
    let error = started.err().unwrap();
    assert!(
        matches!(error, StartError::AddressInUse { address } if address.port() == port),
        "{error}"
    );
    assert_eq!(error.to_string(), format!("127.0.0.1:{port} is already in use"));
}

#[tokio::test]
async fn modules_of_others_add_and_replace() {
    let mut extra = Methods::new();
    extra.add("evm_example", |_| Ok("mined"));
    extra.add("eth_accounts", |_| Ok(["0x01"]));
    let served = Served::with(RpcConfig::development(), RpcHooks::default(), extra).await;
    assert_eq!(served.call("evm_example", json!([])).await, "mined");
    assert_eq!(served.call("eth_accounts", json!([])).await, json!(["0x01"]));
    assert_eq!(served.call("eth_chainId", json!([])).await, "0x7a69");
}

#[tokio::test]
async fn stops_and_frees_its_port() {
    let served = Served::start().await;
    let address = served.server.local_addr();
    assert!(served.server.http_url().starts_with("http://127.0.0.1:"));
    served.server.stop().await;
    TcpListener::bind(address).unwrap();
}
