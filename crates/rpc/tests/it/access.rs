//! Who may ask: namespaces, web pages, names of this server.

use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::hex;
use bough_rpc::{Api, Methods, Origins, RpcConfig, RpcHooks};
use serde_json::{Value, json};

use bough_testing::{http, ws::Socket};

use crate::common::{Served, chain, until};

const CALL: &str = r#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}"#;
const JSON: &str = "content-type: application/json\r\n";

async fn serve(config: RpcConfig) -> Served {
    Served::with(config, RpcHooks::default(), Methods::new()).await
}

#[tokio::test]
async fn debug_is_served_where_it_is_asked_for() {
    let served = serve(RpcConfig::default()).await;
    let (code, message, _) = served.error("debug_traceCall", json!([{}])).await;
    let expected = "the method debug_traceCall does not exist/is not available";
    assert_eq!((code, message.as_str()), (-32601, expected));
    assert_eq!(served.call("txpool_status", json!([])).await["pending"], "0x1");
    let config = RpcConfig { api: "net,debug".parse::<Api>().unwrap(), ..RpcConfig::default() };
    let served = serve(config).await;
    assert!(served.call("debug_traceCall", json!([{}])).await.is_object());
    let (code, _, _) = served.error("eth_chainId", json!([])).await;
    assert_eq!(code, -32601);
}

#[tokio::test]
async fn pages_ask_only_where_they_may() {
    let local = "origin: http://localhost:5173\r\n";
    let foreign = "origin: http://example.org\r\n";
    let only: Origins = "http://example.org".parse().unwrap();
    for (origins, headers, allowed) in [
        (Origins::None, local, false),
        (Origins::None, foreign, false),
        (Origins::Local, local, true),
        (Origins::Local, foreign, false),
        (Origins::Local, "origin: null\r\n", false),
        (only.clone(), foreign, true),
        (only, local, false),
        (Origins::Any, foreign, true),
    ] {
        let served = serve(RpcConfig { origins: origins.clone(), ..RpcConfig::default() }).await;
        let address = served.server.local_addr();
        let preflight = format!(
            "{headers}access-control-request-method: POST\r\n\
             access-control-request-headers: content-type\r\n"
        );
        let answer = http::request(address, "OPTIONS", &preflight, "").await;
        let told = answer.header("access-control-allow-origin").is_some();
        assert_eq!(told, allowed, "{origins:?} {headers}");
        let answer = http::request(address, "POST", &format!("{headers}{JSON}"), CALL).await;
        assert_eq!(answer.header("access-control-allow-origin").is_some(), allowed);
        if allowed {
            assert_eq!(answer.json()["result"], "0x7a69");
        } else {
            assert_eq!((answer.status, &answer.json()["error"]["code"]), (403, &json!(-32000)));
        }
        let origin = headers.trim().strip_prefix("origin: ").unwrap();
        assert_eq!(
            Socket::open(&served.server.ws_url(), Some(origin), None).await.is_ok(),
            allowed
        );
    }
}

#[tokio::test]
async fn what_is_no_page_asks_as_it_likes() {
    let served = serve(RpcConfig::default()).await;
    let address = served.server.local_addr();
    for headers in [
        "",
        "origin: chrome-extension://nkbihfbeogaeaoehlefnkodbefgpgknn\r\n",
        // What clients offer that would rather speak HTTP/2.
        "connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk\r\n",
    ] {
        let answer = http::request(address, "POST", &format!("{headers}{JSON}"), CALL).await;
        assert_eq!(answer.json()["result"], "0x7a69");
    }
    let mut socket = Socket::open(&served.server.ws_url(), None, None).await.unwrap();
    assert_eq!(socket.call("eth_chainId", json!([])).await["result"], "0x7a69");
}

#[tokio::test]
async fn a_page_cannot_send_what_no_browser_asks_about() {
    let served = serve(RpcConfig::development()).await;
    let address = served.server.local_addr();
    // The types that a form or a plain fetch has.
    for kind in
        ["", "content-type: text/plain\r\n", "content-type: application/x-www-form-urlencoded\r\n"]
    {
        let answer = http::request(address, "POST", kind, CALL).await;
        assert_eq!((answer.status, &answer.json()["error"]["code"]), (415, &json!(-32000)));
    }
    for verb in ["GET", "PUT", "DELETE"] {
        let answer = http::request(address, verb, JSON, CALL).await;
        assert_eq!((answer.status, &answer.json()["error"]["code"]), (405, &json!(-32000)));
    }
    for kind in ["application/json; charset=utf-8", "application/json-rpc", "APPLICATION/JSON"] {
        let headers = format!("content-type: {kind}\r\n");
        let answer = http::request(address, "POST", &headers, CALL).await;
        assert_eq!(answer.json()["result"], "0x7a69");
    }
}

#[tokio::test]
async fn whoever_asks_whether_it_runs_is_told() {
    let served = serve(RpcConfig::default()).await;
    let address = served.server.local_addr();
    for verb in ["GET", "HEAD"] {
        let answer = http::request(address, verb, "", "").await;
        assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    }
    assert_eq!(http::request_as(address, "example.org", "GET", "", "").await.status, 403);
}

#[tokio::test]
async fn a_foreign_name_is_refused() {
    let served = serve(RpcConfig::default()).await;
    let address = served.server.local_addr();
    for (host, allowed) in [
        ("localhost:8545", true),
        ("[::1]", true),
        ("example.org", false),
        ("127.0.0.1.example.org:8545", false),
    ] {
        let answer = http::request_as(address, host, "POST", JSON, CALL).await;
        if allowed {
            assert_eq!(answer.json()["result"], "0x7a69");
        } else {
            assert_eq!(answer.status, 403);
            let message = answer.json()["error"]["message"].as_str().unwrap().to_owned();
            assert!(message.starts_with(&format!("invalid host {host:?}")), "{message}");
        }
        assert_eq!(
            Socket::open(&served.server.ws_url(), None, Some(host)).await.is_ok(),
            allowed,
            "{host}"
        );
    }
    let config = RpcConfig { hosts: "example.org".parse().unwrap(), ..RpcConfig::default() };
    let served = serve(config).await;
    let answer = http::request_as(served.server.local_addr(), "example.org", "POST", JSON, CALL);
    assert_eq!(answer.await.json()["result"], "0x7a69");
}

#[tokio::test]
async fn notifications_are_executed_and_not_answered() {
    let served = serve(RpcConfig::development()).await;
    let address = served.server.local_addr();
    let note = r#"{"jsonrpc":"2.0","method":"eth_chainId"}"#;
    let answer = http::post(address, note).await;
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    let answer = http::post(address, &format!("[{note},{note}]")).await;
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    let answer = http::post(address, &format!("[{note},{CALL}]")).await.json();
    assert_eq!(answer.as_array().map(Vec::len), Some(1));
    let mut socket = Socket::connect(&served.server.ws_url()).await;
    for (nonce, over_http) in [(2, true), (3, false)] {
        let transaction = chain::transfer(&chain::key(8), nonce);
        let raw = hex::encode_prefixed(transaction.encoded_2718());
        let send = json!({ "jsonrpc": "2.0", "method": "eth_sendRawTransaction", "params": [raw] });
        if over_http {
            assert_eq!(http::post(address, &send.to_string()).await.status, 204);
        } else {
            socket.send(&send.to_string()).await;
        }
        until("it is in the pool", || served.chain.pool().get(*transaction.hash()).is_some()).await;
    }
}

#[tokio::test]
async fn subscriptions_are_not_served_over_http() {
    let served = serve(RpcConfig::development()).await;
    let (code, message, _) = served.error("eth_subscribe", json!(["newHeads"])).await;
    assert_eq!(code, -32601, "{message}");
    let mut socket = Socket::connect(&served.server.ws_url()).await;
    let subscribe = json!({
        "jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": ["newHeads"]
    });
    socket.send(&Value::from(vec![subscribe]).to_string()).await;
    assert_eq!(socket.next().await.unwrap()[0]["error"]["code"], -32601);
}
