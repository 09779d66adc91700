//! The attacks: each sends as much as it can, in many connections at a time.

use std::{
    net::SocketAddr,
    pin::Pin,
    time::{Duration, Instant},
};

use alloy_consensus::{SignableTransaction, TxEip1559};
use alloy_network::{TxSignerSync, eip2718::Encodable2718};
use alloy_primitives::{Address, Bytes, TxKind};
use bough_devnet::dev_accounts;
use bough_testing::{
    http::{Answer, call},
    ws::{Socket, begun_message},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{Size, Tally, malformed};

/// How long anybody waits for an answer, which the server's own limits are below.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long one who holds something holds it.
const HOLD: Duration = Duration::from_secs(3);

/// An attack on one chain.
#[derive(Clone, Copy)]
pub struct Attack {
    pub name: &'static str,
    /// Errors that must be among the answers.
    pub refusals: &'static [i64],
    run: fn(Size, SocketAddr, String) -> Running,
}

type Running = Pin<Box<dyn Future<Output = Tally> + Send>>;

/// A limit of the server.
const LIMIT: i64 = -32005;

pub const ATTACKS: [Attack; 20] = [
    attack("deep traces, read", &[], |size, to, _| {
        Box::pin(many(size.of(20), move |_| trace(to, size.of(2_000_000))))
    }),
    attack("deep traces, one million gas", &[], |size, to, _| {
        Box::pin(many(size.of(10), move |_| trace(to, size.of(1_000_000))))
    }),
    attack("deep traces, not read", &[], |size, to, _| {
        Box::pin(many(size.of(100), move |_| unread(to, "debug_traceCall", trace_params(1 << 32))))
    }),
    attack("deep traces, by WebSocket", &[], |size, _, url| {
        Box::pin(many(size.of(20), move |_| {
            pipelined(url.clone(), 4, "debug_traceCall", trace_params(1 << 32))
        }))
    }),
    attack("endless calls", &[], |size, to, _| {
        Box::pin(many(size.of(700), move |_| post(to, "eth_call", endless())))
    }),
    attack("endless calls, left", &[], |size, to, _| {
        Box::pin(many(size.of(700), move |_| left(to, "eth_call", endless())))
    }),
    attack("endless calls, by WebSocket", &[], |size, _, url| {
        Box::pin(many(size.of(50), move |_| pipelined(url.clone(), 100, "eth_call", endless())))
    }),
    attack("subscriptions", &[LIMIT], |size, _, url| {
        Box::pin(many(size.of(100), move |_| subscriptions(url.clone(), 1_100)))
    }),
    // Before the filters are all taken.
    attack("logs, polled", &[], |size, to, _| {
        Box::pin(many(size.of(5), move |account| polled_logs(to, account)))
    }),
    attack("filters", &[LIMIT], |size, _, url| {
        Box::pin(many(size.of(50), move |_| {
            pipelined(url.clone(), 400, "eth_newPendingTransactionFilter", json!([]))
        }))
    }),
    attack("logs, not read", &[], |size, to, url| {
        Box::pin(many(size.of(5), move |account| unread_logs(to, url.clone(), account)))
    }),
    attack("logs of a block, left", &[], |size, to, _| {
        Box::pin(many(size.of(60), move |account| left_logs(to, account)))
    }),
    attack("idle connections", &[], |size, to, _| {
        Box::pin(many(size.of(1_000), move |_| idle(to)))
    }),
    attack("bodies that do not end", &[], |size, to, _| {
        Box::pin(many(size.of(400), move |_| endless_body(to)))
    }),
    attack("messages that do not end", &[], |size, to, _| {
        Box::pin(many(size.of(400), move |_| endless_message(to)))
    }),
    attack("messages that are large", &[-32602], |size, _, url| {
        Box::pin(many(size.of(100), move |_| {
            let topics = vec![vec!["0x00"; 100_000]];
            pipelined(url.clone(), 100, "eth_subscribe", json!(["logs", { "topics": topics }]))
        }))
    }),
    attack("notifications, not read", &[], |size, to, url| {
        Box::pin(many(size.of(400), move |number| unread_pending(to, url.clone(), number)))
    }),
    attack("batches that take long", &[], |size, to, _| {
        Box::pin(many(size.of(40), move |_| long_batch(to)))
    }),
    attack("large answers, not read", &[], |size, _, url| {
        Box::pin(many(size.of(100), move |_| large_answers(url.clone())))
    }),
    attack("malformed requests", &[-32700, -32600, -32601, -32602, LIMIT], |size, to, url| {
        Box::pin(async move {
            let (posted, sent) = tokio::join!(
                malformed::post_all(to, size.of(5_000)),
                malformed::send_all(url, size.of(5_000))
            );
            posted.and(sent)
        })
    }),
];

const fn attack(
    name: &'static str,
    refusals: &'static [i64],
    run: fn(Size, SocketAddr, String) -> Running,
) -> Attack {
    Attack { name, refusals, run }
}

/// Runs an attack once, or as often as fits the time in which it is measured.
pub async fn repeat(attack: Attack, size: Size, to: SocketAddr, url: String) -> Tally {
    let started = Instant::now();
    let mut tally = Tally::default();
    loop {
        tally = tally.and((attack.run)(size, to, url.clone()).await);
        if size.measured.is_none_or(|time| started.elapsed() >= time) {
            return tally;
        }
    }
}

/// Does the same many times at once.
async fn many<F>(count: usize, mut one: impl FnMut(usize) -> F) -> Tally
where
    F: Future<Output = Tally> + Send + 'static,
{
    let mut all: JoinSet<Tally> = (0..count).map(&mut one).collect();
    let mut tally = Tally::default();
    while let Some(one) = all.join_next().await {
        tally = tally.and(one.unwrap());
    }
    tally
}

/// Code that loops on a stack of a thousand items, wherever it is put.
fn endless() -> Value {
    let to = "0x00000000000000000000000000000000000e9d1e";
    let code = format!("0x{}5b6103e856", "5f".repeat(1000));
    json!([{ "to": to, "gas": "0x1ffffffffff" }, "latest", { to: { "code": code } }])
}

fn trace_params(gas: usize) -> Value {
    let call = endless();
    let request = json!({ "to": call[0]["to"], "gas": format!("{gas:#x}") });
    let options = json!({ "enableMemory": true, "stateOverrides": call[2] });
    json!([request, "latest", options])
}

pub fn body(method: &str, params: &Value) -> String {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string()
}

async fn post(to: SocketAddr, method: &'static str, params: Value) -> Tally {
    let Ok(mut stream) = open(to, &body(method, &params), None).await else {
        return Tally::silent();
    };
    let mut answer = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
    assert!(read.is_ok(), "no answer to {method} in {PATIENCE:?}");
    Tally::answer(&Answer::read(&String::from_utf8_lossy(&answer)))
}

/// Reads a whole trace, keeping only its end: it is gigabytes.
async fn trace(to: SocketAddr, gas: usize) -> Tally {
    let request = body("debug_traceCall", &trace_params(gas));
    let Ok(mut stream) = open(to, &request, None).await else { return Tally::silent() };
    let (mut chunk, mut tail) = (vec![0; 1 << 18], Vec::new());
    while let Ok(count @ 1..) = stream.read(&mut chunk).await {
        tail.extend_from_slice(&chunk[..count]);
        let keep = tail.len().saturating_sub(1 << 10);
        tail.drain(..keep);
    }
    let end = String::from_utf8_lossy(&tail);
    match end.rsplit_once(r#","error":"#) {
        Some((_, error)) => {
            let error = error.split_once('}').map_or(error, |(error, _)| error);
            let error: Value = serde_json::from_str(&format!("{error}}}")).unwrap_or_default();
            Tally::json(&json!({ "error": error }))
        }
        None if end.contains(r#""returnValue""#) => Tally::json(&json!({ "result": {} })),
        None => Tally::answer(&Answer::read(&end)),
    }
}

/// Asks, and reads nothing for a while.
async fn unread(to: SocketAddr, method: &'static str, params: Value) -> Tally {
    if let Ok(stream) = open(to, &body(method, &params), None).await {
        sleep(HOLD).await;
        drop(stream);
    }
    Tally::silent()
}

/// Asks, and leaves.
async fn left(to: SocketAddr, method: &'static str, params: Value) -> Tally {
    if let Ok(stream) = open(to, &body(method, &params), None).await {
        sleep(Duration::from_millis(100)).await;
        drop(stream);
    }
    Tally::silent()
}

/// Sends many calls at once over one connection and reads the answers.
async fn pipelined(url: String, count: usize, method: &'static str, params: Value) -> Tally {
    let Ok(mut socket) = Socket::open(&url, None, None).await else { return Tally::silent() };
    let text = body(method, &params);
    let mut sent = 0;
    for _ in 0..count {
        match timeout(HOLD, socket.try_send(&text)).await {
            Ok(Ok(())) => sent += 1,
            // It takes no more until these are answered.
            _ => break,
        }
    }
    let mut tally = Tally::default();
    let deadline = Instant::now() + HOLD;
    for _ in 0..sent {
        let left = deadline.saturating_duration_since(Instant::now());
        match timeout(left, socket.next()).await {
            Ok(Some(answer)) => tally = tally.and(Tally::json(&answer)),
            Ok(None) => return tally.and(Tally::silent()),
            Err(_) => return tally,
        }
    }
    tally
}

async fn subscriptions(url: String, count: usize) -> Tally {
    let Ok(mut socket) = Socket::open(&url, None, None).await else { return Tally::silent() };
    let mut tally = Tally::default();
    for _ in 0..count {
        if socket.try_send(&body("eth_subscribe", &json!(["newHeads"]))).await.is_err() {
            return tally.and(Tally::silent());
        }
        match timeout(PATIENCE, socket.next()).await.expect("an answer") {
            Some(answer) => tally = tally.and(Tally::json(&answer)),
            None => return tally.and(Tally::silent()),
        }
    }
    sleep(HOLD).await;
    tally
}

/// Makes a transaction of thousands of logs, from one of the accounts that everybody has.
async fn many_logs(to: SocketAddr, account: usize) -> Tally {
    // Logs nothing as long as there is gas.
    const CODE: [u8; 11] = [0x5b, 0x5f, 0x5f, 0xa0, 0x61, 0x13, 0x88, 0x5a, 0x11, 0x5f, 0x57];
    let many = TxEip1559 { gas_limit: 2_000_000, input: CODE.into(), ..TxEip1559::default() };
    Tally::json(&transaction(to, account, many).await)
}

/// Sends a transaction of one of the accounts that everybody has, and gives what is said to it.
async fn transaction(to: SocketAddr, account: usize, transaction: TxEip1559) -> Value {
    let signer = &dev_accounts().unwrap()[account];
    let ask = async |method, params| {
        let answer = call(to, method, params).await;
        let text = answer["result"].as_str().unwrap_or_else(|| panic!("{method}: {answer}"));
        u64::from_str_radix(text.strip_prefix("0x").unwrap(), 16).unwrap()
    };
    let mut transaction = TxEip1559 {
        chain_id: ask("eth_chainId", json!([])).await,
        nonce: ask("eth_getTransactionCount", json!([signer.address(), "pending"])).await,
        max_fee_per_gas: 1_000_000_000_000,
        max_priority_fee_per_gas: 1_000_000_000,
        ..transaction
    };
    let signature = signer.sign_transaction_sync(&mut transaction).unwrap();
    let bytes = Bytes::from(transaction.into_signed(signature).encoded_2718());
    let sent = call(to, "eth_sendRawTransaction", json!([bytes])).await;
    assert!(sent["result"].is_string(), "{sent}");
    sent
}

async fn unread_logs(to: SocketAddr, url: String, account: usize) -> Tally {
    let Ok(mut socket) = Socket::open(&url, None, None).await else { return Tally::silent() };
    for _ in 0..100 {
        if socket.try_send(&body("eth_subscribe", &json!(["logs", {}]))).await.is_err() {
            return Tally::silent();
        }
    }
    let tally = many_logs(to, account).await;
    sleep(HOLD).await;
    tally
}

/// Asks for all the logs of a block that has many, and leaves.
async fn left_logs(to: SocketAddr, account: usize) -> Tally {
    let tally = if account < 3 { many_logs(to, account).await } else { Tally::silent() };
    let head = call(to, "eth_getBlockByNumber", json!(["latest", false])).await;
    let hash = &head["result"]["hash"];
    for _ in 0..20 {
        left(to, "eth_getLogs", json!([{ "blockHash": hash }])).await;
    }
    tally
}

async fn polled_logs(to: SocketAddr, account: usize) -> Tally {
    let filter = call(to, "eth_newFilter", json!([{}])).await;
    assert!(filter["result"].is_string(), "{filter}");
    let mut tally = many_logs(to, account).await;
    sleep(HOLD).await;
    for _ in 0..10 {
        let changes = call(to, "eth_getFilterChanges", json!([filter["result"]])).await;
        tally = tally.and(Tally::json(&changes));
    }
    tally
}

async fn idle(to: SocketAddr) -> Tally {
    let Ok(stream) = TcpStream::connect(to).await else { return Tally::silent() };
    sleep(HOLD).await;
    drop(stream);
    Tally::silent()
}

/// Announces a large body and sends most of it.
async fn endless_body(to: SocketAddr) -> Tally {
    let most = "1".repeat(8 << 20);
    let Ok(mut stream) = open(to, &most, Some(15 << 20)).await else { return Tally::silent() };
    let mut answer = Vec::new();
    let read = timeout(HOLD, stream.read_to_end(&mut answer)).await;
    match read {
        Ok(_) if !answer.is_empty() => {
            Tally::answer(&Answer::read(&String::from_utf8_lossy(&answer)))
        }
        _ => Tally::silent(),
    }
}

/// Sends most of a message.
async fn endless_message(to: SocketAddr) -> Tally {
    if let Ok(stream) = begun_message(to, 1_000_000).await {
        sleep(HOLD).await;
        drop(stream);
    }
    Tally::silent()
}

/// Subscribes to whole transactions, of which some send large ones, and reads none.
async fn unread_pending(to: SocketAddr, url: String, number: usize) -> Tally {
    let Ok(mut socket) = Socket::open(&url, None, None).await else { return Tally::silent() };
    let whole = json!(["newPendingTransactions", true]);
    if socket.try_send(&body("eth_subscribe", &whole)).await.is_err() {
        return Tally::silent();
    }
    sleep(Duration::from_millis(200)).await;
    if number < 5 {
        for _ in 0..10 {
            let large = TxEip1559 {
                gas_limit: 2_000_000,
                to: TxKind::Call(Address::ZERO),
                input: vec![0; 31_000].into(),
                ..TxEip1559::default()
            };
            transaction(to, number, large).await;
        }
    }
    sleep(HOLD).await;
    Tally::silent()
}

/// Asks for a large answer and then for much that takes long, in one batch.
async fn long_batch(to: SocketAddr) -> Tally {
    let contract = "0x00000000000000000000000000000000000e9d1e";
    let large = json!([{ "to": contract }, "latest", { contract: { "code": "0x622bffff5ff3" } }]);
    let call =
        |params| json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": params });
    let calls: Vec<Value> = [large].into_iter().chain(vec![endless(); 500]).map(call).collect();
    let Ok(stream) = open(to, &Value::from(calls).to_string(), None).await else {
        return Tally::silent();
    };
    sleep(HOLD).await;
    drop(stream);
    Tally::silent()
}

/// Asks for much over one connection, and reads none of it for a while.
async fn large_answers(url: String) -> Tally {
    let Ok(mut socket) = Socket::open(&url, None, None).await else { return Tally::silent() };
    let to = "0x00000000000000000000000000000000000e9d1e";
    // Returns three megabytes of nothing: more would cost more than a call may have.
    let params = json!([{ "to": to }, "latest", { to: { "code": "0x622bffff5ff3" } }]);
    let text = body("eth_call", &params);
    for _ in 0..100 {
        if timeout(Duration::from_millis(100), socket.try_send(&text)).await.is_err() {
            break;
        }
    }
    sleep(HOLD).await;
    Tally::silent()
}

/// Sends a request and leaves its connection open. Its body may be shorter than it says.
async fn open(to: SocketAddr, body: &str, length: Option<usize>) -> std::io::Result<TcpStream> {
    let mut stream = TcpStream::connect(to).await?;
    let head = format!(
        "POST / HTTP/1.1\r\nhost: {to}\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n",
        length.unwrap_or(body.len())
    );
    // One that is turned away may be before it has sent all.
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(body.as_bytes()).await;
    Ok(stream)
}
