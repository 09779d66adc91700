//! What one caller, and all together, may ask for.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use alloy_consensus::TxEip1559;
use bough_rpc::{Limits, Methods, PerConnection, RpcConfig, RpcHooks, Threads};
use bough_stf::Fork;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use bough_testing::{
    http,
    ws::{Socket, begun_message},
};

use crate::common::{Served, chain, until};

/// A call that runs as long as it has gas: a loop, on a stack of a thousand items.
fn endless() -> Value {
    let code = format!("0x{}5b6103e856", "5f".repeat(1000));
    let to = "0x00000000000000000000000000000000000e9d1e";
    json!([{ "to": to }, "latest", { to: { "code": code } }])
}

/// The same, to be traced.
fn endless_trace(tracer: Value) -> Value {
    let call = endless();
    let mut options = tracer;
    options["stateOverrides"] = call[2].clone();
    json!([call[0], "latest", options])
}

fn limited(limits: Limits) -> RpcConfig {
    RpcConfig { limits, ..RpcConfig::development() }
}

/// On a fork where the gas of a call has no bound but the server's own.
async fn serve(limits: Limits) -> Served {
    Served::at(Fork::Osaka, limited(limits), RpcHooks::default(), Methods::new())
}

fn request(method: &str, params: &Value) -> String {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string()
}

/// Sends a request without reading the answer.
async fn send(served: &Served, method: &str, params: &Value) -> TcpStream {
    let address = served.server.local_addr();
    let body = request(method, params);
    let head = format!(
        "POST / HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body.as_bytes()).await.unwrap();
    stream
}

#[tokio::test]
async fn calls_and_traces_end_in_time() {
    let short = Duration::from_millis(50);
    let limits =
        Limits { call_time: short, trace_time: short, call_gas: u64::MAX, ..Limits::default() };
    let served = serve(limits).await;
    let tracer = json!({ "tracer": "callTracer" });
    for (method, params) in [
        ("eth_call", endless()),
        ("eth_createAccessList", endless()),
        ("debug_traceCall", endless_trace(tracer)),
    ] {
        let (code, message, _) = served.error(method, params).await;
        let expected = (-32002, "execution aborted (timeout = 50ms)");
        assert_eq!((code, message.as_str()), expected, "{method}");
    }
    assert_eq!(served.server.counters().timed_out(), 3);
    assert_eq!(served.server.counters().running_now(), 0);
    assert_eq!(served.call("eth_chainId", json!([])).await, "0x7a69");
}

#[tokio::test]
async fn estimates_end_in_time() {
    let limits = Limits { call_time: Duration::ZERO, ..Limits::default() };
    let served = serve(limits).await;
    let (code, message, _) = served.error("eth_estimateGas", endless()).await;
    assert_eq!((code, message.as_str()), (-32002, "execution aborted (timeout = 0ns)"));
}

#[tokio::test]
async fn a_call_whose_caller_has_left_is_stopped() {
    let limits =
        Limits { call_time: Duration::from_secs(600), call_gas: u64::MAX, ..Limits::default() };
    let served = serve(limits).await;
    let counters = served.server.counters();
    let caller = send(&served, "eth_call", &endless()).await;
    until("it runs", || counters.running_now() == 1).await;
    drop(caller);
    until("it was stopped", || counters.running_now() == 0).await;
    assert_eq!((counters.caller_left(), counters.timed_out()), (1, 0));

    // More than may run and wait, so that the connection is full.
    let mut socket = Socket::connect(&served.server.ws_url()).await;
    for _ in 0..40 {
        socket.send(&request("eth_call", &endless())).await;
    }
    until("both run", || counters.running_now() == 2).await;
    drop(socket);
    until("both were stopped", || counters.running_now() == 0).await;
    assert_eq!(counters.caller_left(), 3);
}

#[tokio::test]
async fn no_more_run_than_there_are_threads_and_no_more_wait_than_may() {
    let limits = Limits {
        threads: Threads { reads: 1, calls: 1, traces: 1, waits: 1 },
        waiting: 1,
        patience: Duration::from_secs(600),
        call_time: Duration::from_secs(600),
        call_gas: u64::MAX,
        ..Limits::default()
    };
    let served = serve(limits).await;
    let counters = served.server.counters();
    let first = send(&served, "eth_call", &endless()).await;
    until("one runs", || counters.running_now() == 1).await;
    let second = send(&served, "eth_call", &endless()).await;
    // The second waits, or the third does: one of the two is refused.
    let (code, message, _) = tokio::select! {
        error = served.error("eth_call", endless()) => error,
        answer = read_json(second) => {
            let error = &answer["error"];
            (error["code"].as_i64().unwrap(), error["message"].as_str().unwrap().to_owned(), answer)
        }
    };
    assert_eq!(code, -32005);
    assert_eq!(message, "too many calls wait for their turn: the limit is 1, try again");
    assert_eq!(counters.most_running(), 1);
    assert_eq!(served.call("eth_getBalance", json!([format!("0x{:040x}", 1)])).await, "0x0");
    drop(first);
    until("all ended", || counters.running_now() == 0).await;
}

#[tokio::test]
async fn who_waits_too_long_is_told() {
    let limits = Limits {
        threads: Threads { reads: 1, calls: 1, traces: 1, waits: 1 },
        patience: Duration::from_millis(20),
        call_time: Duration::from_secs(600),
        call_gas: u64::MAX,
        ..Limits::default()
    };
    let served = serve(limits).await;
    let _first = send(&served, "eth_call", &endless()).await;
    until("one runs", || served.server.counters().running_now() == 1).await;
    let (code, message, _) = served.error("eth_call", endless()).await;
    let expected = "none of the 1 threads for calls was free within 20ms, try again";
    assert_eq!((code, message.as_str()), (-32005, expected));
}

async fn read_json(mut stream: TcpStream) -> Value {
    let mut bytes = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let count = stream.read(&mut chunk).await.unwrap();
        assert!(count > 0, "cut");
        bytes.extend_from_slice(&chunk[..count]);
        let text = String::from_utf8_lossy(&bytes);
        let body = text.split_once("\r\n\r\n").map(|(_, body)| body).unwrap_or_default();
        if let Ok(json) = serde_json::from_str(body) {
            return json;
        }
    }
}

#[tokio::test]
async fn a_trace_is_sent_while_it_runs_and_says_so_when_it_is_stopped() {
    let limits =
        Limits { trace_time: Duration::from_secs(600), call_gas: u64::MAX, ..Limits::default() };
    let served = serve(limits).await;
    let counters = served.server.counters();
    let mut caller = send(&served, "debug_traceCall", &endless_trace(json!({}))).await;
    let mut first = vec![0; 1 << 16];
    caller.read_exact(&mut first).await.unwrap();
    assert!(String::from_utf8_lossy(&first).contains(r#""result":{"structLogs":[{"pc":0,"#));
    assert_eq!(counters.running_now(), 1);
    drop(caller);
    until("it was stopped", || counters.running_now() == 0).await;

    let limits = Limits { trace_bytes: 1 << 20, call_gas: 1 << 24, ..Limits::default() };
    let served = serve(limits).await;
    let address = served.server.local_addr();
    let answer = http::call(address, "debug_traceCall", endless_trace(json!({}))).await;
    let steps = answer["result"]["structLogs"].as_array().unwrap();
    assert!(steps.len() > 100 && steps[10]["op"] == "PUSH0", "{}", steps.len());
    assert_eq!(answer["error"]["code"], -32003);
    assert_eq!(answer["error"]["message"], "response too large: the limit is 1048576 bytes");

    // One that is small enough is held until it is known whether it fails.
    let limits = Limits { trace_bytes: 1 << 10, ..Limits::default() };
    let served = serve(limits).await;
    let address = served.server.local_addr();
    let answer = http::call(address, "debug_traceCall", endless_trace(json!({}))).await;
    assert_eq!((&answer["result"], &answer["error"]["code"]), (&Value::Null, &json!(-32003)));
}

#[tokio::test]
async fn a_reader_who_does_not_read_a_trace_ends_it() {
    let limits = Limits { trace_time: Duration::from_millis(200), ..Limits::default() };
    let served = serve(Limits { call_gas: u64::MAX, ..limits }).await;
    let counters = served.server.counters();
    let _caller = send(&served, "debug_traceCall", &endless_trace(json!({}))).await;
    until("it runs", || counters.running_now() == 1).await;
    until("it ended", || counters.running_now() == 0).await;
}

#[tokio::test]
async fn tracers_keep_no_more_than_they_may() {
    // Calls of nobody, with a megabyte of input each.
    let code = "0x5b5f5f620fffff5f5f5f5af1505f56";
    let to = "0x00000000000000000000000000000000000e9d1e";
    let served = serve(Limits::default()).await;
    for tracer in ["callTracer", "flatCallTracer", "erc7562Tracer"] {
        let options = json!({ "tracer": tracer, "stateOverrides": { to: { "code": code } } });
        let params = json!([{ "to": to }, "latest", options]);
        let (code, message, _) = served.error("debug_traceCall", params).await;
        let expected = "the trace needs more memory than the limit of 67108864 bytes";
        assert_eq!((code, message.as_str()), (-32003, expected), "{tracer}");
    }
}

#[tokio::test]
async fn what_keeps_nothing_has_no_limit_of_memory() {
    // Hundreds of thousands of calls to the identity precompile.
    let code = "0x5b5f5f5f5f60045afa505f56";
    let to = "0x00000000000000000000000000000000000e9d1e";
    let overrides = json!({ to: { "code": code } });
    let gas = 10_000_000;
    let served = serve(Limits { call_gas: gas, ..Limits::default() }).await;
    let params = json!([{ "to": to }, "latest", overrides]);
    let (code, message, _) = served.error("eth_call", params.clone()).await;
    assert_eq!((code, message.as_str()), (-32000, "out of gas"));
    let (code, message, _) = served.error("eth_estimateGas", params).await;
    let expected = format!("gas required exceeds allowance ({gas})");
    assert_eq!((code, message), (-32000, expected));
}

#[tokio::test]
async fn answers_and_batches_have_limits() {
    let limits = Limits { response_bytes: 1000, batch_calls: 2, ..Limits::default() };
    let served = serve(limits).await;
    let address = served.server.local_addr();
    let (code, message, _) = served.error("eth_getBlockByNumber", json!(["0x1", true])).await;
    let expected = (-32003, "response too large: the limit is 1000 bytes");
    assert_eq!((code, message.as_str()), expected);
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_chainId" });
    let batch = Value::from(vec![call.clone(); 2]).to_string();
    assert_eq!(http::post(address, &batch).await.json()[1]["result"], "0x7a69");
    let batch = Value::from(vec![call; 3]).to_string();
    let answer = http::post(address, &batch).await.json();
    assert_eq!(answer[0]["id"], 1);
    assert_eq!(answer[0]["error"]["message"], "batch too large: the limit is 2 calls");

    let limits = Limits { batch_response_bytes: 2000, ..Limits::default() };
    let served = serve(limits).await;
    let block =
        json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_getBlockByNumber", "params": ["0x0"] });
    let batch = Value::from(vec![block; 3]).to_string();
    let answer = http::post(served.server.local_addr(), &batch).await.json();
    assert_eq!(answer[0]["result"]["number"], "0x0");
    assert_eq!(answer[2]["error"]["code"], -32003, "{answer}");
}

#[tokio::test]
async fn large_answers_share_what_memory_there_is() {
    let limits = Limits { held_response_bytes: 0, ..Limits::default() };
    let served = serve(limits).await;
    let data = format!("0x{}", "00".repeat(80_000));
    // Returns what it was called with.
    let code = "0x365f5f37365ff3";
    let to = "0x00000000000000000000000000000000000e9d1e";
    let params = json!([{ "to": to, "data": data }, "latest", { to: { "code": code } }]);
    let (code, message, _) = served.error("eth_call", params).await;
    let expected = "too many large responses at a time, try again";
    assert_eq!((code, message.as_str()), (-32005, expected));
    assert_eq!(served.call("eth_chainId", json!([])).await, "0x7a69");
}

#[tokio::test]
async fn who_does_not_read_makes_room() {
    // Thousands of instructions with a stack of a thousand items: more than a socket holds.
    let mut params = endless_trace(json!({ "limit": 2_200 }));
    params[0]["gas"] = json!("0x100000");
    let call = request("debug_traceCall", &params);
    let limits = Limits {
        held_response_bytes: 28 << 20,
        crowded_time: Duration::from_millis(100),
        ..Limits::default()
    };
    let served = serve(limits).await;
    let mut unread = Socket::connect(&served.server.ws_url()).await;
    unread.send(&call).await;
    until("it is answered", || served.server.counters().most_running() == 1).await;
    until("it is over", || served.server.counters().running_now() == 0).await;
    let mut honest = Socket::connect(&served.server.ws_url()).await;
    let began = Instant::now();
    loop {
        honest.send(&call).await;
        let answer = honest.next().await.unwrap();
        if answer["result"]["structLogs"].is_array() {
            break;
        }
        assert_eq!(answer["error"]["code"], -32005, "{answer}");
        assert!(began.elapsed() < Duration::from_secs(20), "nobody made room");
    }
}

/// The call of a contract that returns so many bytes, at so little work.
fn returns(bytes: usize) -> Value {
    let to = "0x00000000000000000000000000000000000e9d1e";
    json!([{ "to": to }, "latest", { to: { "code": format!("0x62{bytes:06x}5ff3") } }])
}

#[tokio::test]
async fn a_batch_that_takes_long_makes_room() {
    let limits = Limits {
        // For the batch's answer or for the other one.
        held_response_bytes: 800 << 10,
        crowded_time: Duration::from_millis(100),
        call_gas: u64::MAX,
        ..Limits::default()
    };
    let served = serve(limits).await;
    let address = served.server.local_addr();
    // Six hundred kilobytes in hex, and then calls that take seconds each.
    let call =
        |params| json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": params });
    let calls = vec![returns(100_000); 3].into_iter().chain(vec![endless(); 500]);
    let batch = Value::from(calls.map(call).collect::<Vec<_>>()).to_string();
    let hostile = tokio::spawn(async move { http::post(address, &batch).await });
    until("it runs", || served.server.counters().running_now() > 0).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let began = Instant::now();
    loop {
        let answer = http::call(address, "eth_call", returns(200_000)).await;
        if answer["result"].is_string() {
            break;
        }
        assert_eq!(answer["error"]["code"], -32005, "{answer}");
        assert!(began.elapsed() < Duration::from_secs(20), "nobody made room");
    }
    let answer = hostile.await.unwrap().json();
    let message = "too many large responses at a time, try again";
    assert_eq!(answer["error"]["message"], message, "{answer}");
}

#[tokio::test]
async fn a_message_must_arrive_in_time() {
    let limits = Limits { socket_time: Duration::from_millis(500), ..Limits::default() };
    let served = serve(limits).await;
    let mut idle = Socket::connect(&served.server.ws_url()).await;
    let mut begun = begun_message(served.server.local_addr(), 100).await.unwrap();
    let mut rest = Vec::new();
    // It is closed: whoever has begun nothing is not.
    let _ = begun.read_to_end(&mut rest).await;
    let answer = idle.call("eth_chainId", json!([])).await;
    assert_eq!(answer["result"], "0x7a69");
}

#[tokio::test]
async fn what_is_there_of_a_message_counts() {
    let limits = Limits { held_request_bytes: 512 << 10, ..Limits::default() };
    let served = serve(limits).await;
    let address = served.server.local_addr();
    let mut one = begun_message(address, 400 << 10).await.unwrap();
    let mut other = begun_message(address, 400 << 10).await.unwrap();
    // Whichever is read last is closed, long before its time is over. What it has sent and was not
    // read may take the reason with it.
    let (mut first, mut second) = (Vec::new(), Vec::new());
    let closed = async {
        tokio::select! {
            _ = one.read_to_end(&mut first) => {}
            _ = other.read_to_end(&mut second) => {}
        }
    };
    tokio::time::timeout(Duration::from_secs(20), closed).await.unwrap();
    let mut small = Socket::connect(&served.server.ws_url()).await;
    assert_eq!(small.call("eth_chainId", json!([])).await["result"], "0x7a69");
}

#[tokio::test]
async fn notifications_share_what_memory_there_is() {
    let limits = Limits {
        held_response_bytes: 512 << 10,
        crowded_time: Duration::from_millis(100),
        ..Limits::default()
    };
    let served = serve(limits).await;
    let url = served.server.ws_url();
    let whole = json!(["newPendingTransactions", true]);
    let mut unread = Vec::new();
    for _ in 0..4 {
        let mut socket = Socket::connect(&url).await;
        assert!(socket.call("eth_subscribe", whole.clone()).await["result"].is_string());
        unread.push(socket);
    }
    let mut reader = Socket::connect(&url).await;
    assert!(reader.call("eth_subscribe", whole).await["result"].is_string());
    // More than sockets and the memory hold for those who do not read.
    const COUNT: u64 = 200;
    let reading = tokio::spawn(async move {
        for _ in 0..COUNT {
            let told = reader.next().await.unwrap();
            assert!(told["params"]["result"]["hash"].is_string(), "{told}");
        }
    });
    let first = chain::next_nonce(&served.chain, &chain::key(5));
    for nonce in first..first + COUNT {
        served.chain.submit(large_transaction(nonce)).unwrap();
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::timeout(Duration::from_secs(30), reading).await.unwrap().unwrap();
}

/// A transaction with a hundred thousand bytes.
fn large_transaction(nonce: u64) -> bough_stf::Transaction {
    let data = vec![0; 100_000].into();
    let transaction = chain::eip1559(nonce, chain::FEE_RECIPIENT, data);
    chain::sign(&chain::key(5), TxEip1559 { gas_limit: 5_000_000, ..transaction })
}

#[tokio::test]
async fn bodies_and_parameters_have_limits() {
    let limits = Limits {
        request_bytes: 200_000,
        held_request_bytes: 0,
        params_bytes: 1000,
        ..Limits::default()
    };
    let served = serve(limits).await;
    let address = served.server.local_addr();
    let (code, message, _) = served.error("eth_getBalance", json!(["0".repeat(2000)])).await;
    assert_eq!(code, -32602);
    assert_eq!(message, "params of 2004 bytes, the limit of this method is 1000");
    let answer = http::post(address, &"1".repeat(150_000)).await;
    assert_eq!(answer.status, 413);
    assert_eq!(answer.json()["error"]["message"], "too many large requests at a time, try again");
    let served = serve(Limits { request_bytes: 1000, ..Limits::default() }).await;
    let answer = http::post(served.server.local_addr(), &"1".repeat(2000)).await;
    assert_eq!(answer.status, 413);
    let message = "request too large: the limit is 1000 bytes";
    assert_eq!(answer.json()["error"]["message"], message);
    let many = Value::from(vec![1; 17]);
    let (code, message, _) = served.error("eth_chainId", many).await;
    assert_eq!((code, message.as_str()), (-32602, "too many arguments, want at most 16"));
}

#[tokio::test]
async fn overrides_have_a_limit() {
    let served = serve(Limits { overrides: 3, ..Limits::default() }).await;
    let account = |number: u64| format!("0x{number:040x}");
    let slots = json!({ format!("0x{:064x}", 1): format!("0x{:064x}", 2) });
    let fits = json!({ account(1): { "stateDiff": slots }, account(2): {} });
    for method in ["eth_call", "eth_estimateGas"] {
        let params = json!([{ "to": account(1_000) }, "latest", fits]);
        assert!(served.call(method, params).await.is_string());
        let mut more = fits.clone();
        more[account(3)] = json!({});
        let (code, message, _) =
            served.error(method, json!([{ "to": account(1_000) }, "latest", more])).await;
        let expected = "overrides of 4 accounts and slots, the limit is 3";
        assert_eq!((code, message.as_str()), (-32602, expected), "{method}");
    }
}

#[tokio::test]
async fn a_body_must_arrive_in_time() {
    let limits = Limits { socket_time: Duration::from_millis(100), ..Limits::default() };
    let served = serve(limits).await;
    let address = served.server.local_addr();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST / HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
         content-length: 1000\r\n\r\n{{"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let answer = read_json(stream).await;
    assert_eq!(answer["error"]["message"], "the request's body took longer than 100ms");
}

#[tokio::test]
async fn an_answer_must_be_taken_in_time() {
    // Room for one such answer at a time.
    let limits = Limits {
        socket_time: Duration::from_millis(100),
        held_response_bytes: 20 << 20,
        call_gas: u64::MAX,
        ..Limits::default()
    };
    let served = serve(limits).await;
    let address = served.server.local_addr();
    // Sixteen megabytes in hex, more than sockets hold.
    let to = "0x00000000000000000000000000000000000e9d1e";
    let params = json!([{ "to": to }, "latest", { to: { "code": "0x627fffff5ff3" } }]);
    let mut slow = send(&served, "eth_call", &params).await;
    let mut first = [0; 1000];
    slow.read_exact(&mut first).await.unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let answer = http::call(address, "eth_call", params.clone()).await;
        if let Some(result) = answer["result"].as_str() {
            assert_eq!(result.len(), 2 + 2 * 0x7f_ffff);
            break;
        }
        let message = "too many large responses at a time, try again";
        assert_eq!(answer["error"]["message"], message);
        assert!(Instant::now() < deadline, "what nobody takes is kept");
    }
    let mut rest = Vec::new();
    let _ = slow.read_to_end(&mut rest).await;
    assert!(rest.len() < 2 * 0x7f_ffff, "{}", rest.len());
}

#[tokio::test]
async fn connections_have_a_limit() {
    let patience = Duration::from_millis(20);
    let served = serve(Limits { connections: 1, patience, ..Limits::default() }).await;
    let address = served.server.local_addr();
    let mut first = Socket::connect(&served.server.ws_url()).await;
    let answer = http::request(address, "POST", "", "").await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.json()["error"]["message"], "too many connections");
    assert_eq!(first.call("eth_chainId", json!([])).await["result"], "0x7a69");
    drop(first);
    until("there is room again", || served.server.counters().refused() >= 1).await;
}

#[tokio::test]
async fn who_only_keeps_a_connection_makes_room() {
    let crowded_time = Duration::from_millis(100);
    let served = serve(Limits { connections: 1, crowded_time, ..Limits::default() }).await;
    let mut kept = send(&served, "eth_chainId", &json!([])).await;
    let mut answer = [0; 1024];
    let read = kept.read(&mut answer).await.unwrap();
    assert!(String::from_utf8_lossy(&answer[..read]).contains("0x7a69"), "and it is kept open");
    assert_eq!(served.call("eth_chainId", json!([])).await, "0x7a69");
    assert_eq!(kept.read(&mut answer).await.unwrap(), 0, "it is closed");
    assert_eq!(served.server.counters().refused(), 0);
}

#[tokio::test]
async fn large_answers_keep_nobody_from_reading() {
    let limits = Limits {
        read_response_bytes: 1_000,
        threads: Threads { calls: 1, ..Limits::default().threads },
        patience: Duration::from_millis(20),
        call_time: Duration::from_secs(600),
        call_gas: u64::MAX,
        ..Limits::default()
    };
    let served = serve(limits).await;
    let (small, large) = (json!(["0x0"]), json!(["0x1", true]));
    assert!(served.call("eth_getBlockByNumber", large.clone()).await["hash"].is_string());
    let _runs = send(&served, "eth_call", &endless()).await;
    until("it runs", || served.server.counters().running_now() == 1).await;
    let (code, message, _) = served.error("eth_getBlockByNumber", large).await;
    let expected = "none of the 1 threads for calls was free within 20ms, try again";
    assert_eq!((code, message.as_str()), (-32005, expected));
    assert!(served.call("eth_getBlockTransactionCountByNumber", small).await.is_string());
}

#[tokio::test]
async fn a_connection_has_only_so_many_calls_at_a_time() {
    let limits = Limits {
        calls_per_connection: 1,
        call_time: Duration::from_millis(100),
        call_gas: u64::MAX,
        ..Limits::default()
    };
    let served = serve(limits).await;
    let mut socket = Socket::connect(&served.server.ws_url()).await;
    socket.send(&request("eth_call", &endless())).await;
    socket.send(&request("eth_chainId", &json!([]))).await;
    let first = socket.next().await.unwrap();
    assert_eq!(first["error"]["code"], -32002, "the second waits for the first: {first}");
    assert_eq!(socket.next().await.unwrap()["result"], "0x7a69");
}

#[tokio::test]
async fn a_reader_who_does_not_read_keeps_no_thread_from_others() {
    let limits = Limits {
        threads: Threads { reads: 1, calls: 1, traces: 1, waits: 1 },
        ..Limits::default()
    };
    let served = serve(Limits { patience: Duration::from_secs(5), ..limits }).await;
    let counters = served.server.counters();
    let mut slow = Socket::connect(&served.server.ws_url()).await;
    // Eight megabytes in hex each, more than sockets hold together.
    let to = "0x00000000000000000000000000000000000e9d1e";
    let large = json!([{ "to": to }, "latest", { to: { "code": "0x623fffff5ff3" } }]);
    for _ in 0..8 {
        slow.send(&request("eth_call", &large)).await;
    }
    until("they begin", || counters.most_running() > 0).await;
    // None of them is read; others are served all the same.
    for _ in 0..8 {
        let call = json!([{ "to": to, "data": "0x" }]);
        assert_eq!(served.call("eth_call", call).await, "0x");
    }
    assert_eq!(counters.refused(), 0);
}

#[tokio::test]
async fn messages_that_wait_have_limits() {
    let limits = Limits {
        calls_per_connection: 1,
        held_request_bytes: 8 << 10,
        call_time: Duration::from_secs(600),
        call_gas: u64::MAX,
        ..Limits::default()
    };
    let served = serve(limits).await;
    let mut socket = Socket::connect(&served.server.ws_url()).await;
    socket.send(&request("eth_call", &endless())).await;
    until("it runs", || served.server.counters().running_now() == 1).await;
    // One that waits and takes all the memory there is, and one that needs more.
    socket.send(&request("web3_sha3", &json!([format!("0x{}", "00".repeat(4_000))]))).await;
    socket.send(&request("web3_sha3", &json!([format!("0x{}", "00".repeat(1_000))]))).await;
    let answer = socket.next().await.unwrap();
    let message = "too many large requests at a time, try again";
    assert_eq!(answer["error"], json!({ "code": -32005, "message": message }));
    assert_eq!(answer["id"], 1, "who asked is told");
}

#[tokio::test]
async fn who_asks_much_at_once_is_answered_in_time() {
    let limits = Limits {
        calls_per_connection: 1,
        messages_waiting: 2,
        call_time: Duration::from_millis(200),
        call_gas: u64::MAX,
        ..Limits::default()
    };
    let served = serve(limits).await;
    let mut socket = Socket::connect(&served.server.ws_url()).await;
    socket.send(&request("eth_call", &endless())).await;
    for id in 0..1_000 {
        let call = json!({ "jsonrpc": "2.0", "id": id, "method": "eth_chainId" });
        socket.send(&call.to_string()).await;
    }
    let first = socket.next().await.unwrap();
    assert_eq!(first["error"]["message"], "execution aborted (timeout = 200ms)");
    for id in 0..1_000 {
        let answer = socket.next().await.unwrap();
        assert_eq!((&answer["id"], &answer["result"]), (&json!(id), &json!("0x7a69")));
    }
}

#[tokio::test]
async fn calls_that_wait_for_something_have_a_limit() {
    let begun = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&begun);
    let mut methods = Methods::new();
    methods.add_async("test_never", move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
        std::future::pending()
    });
    let limits = Limits {
        threads: Threads { waits: 1, ..Limits::default().threads },
        patience: Duration::from_millis(20),
        ..Limits::default()
    };
    let served = Served::with(limited(limits), RpcHooks::default(), methods).await;
    let _waits = send(&served, "test_never", &json!([])).await;
    until("it waits", || begun.load(Ordering::Relaxed) == 1).await;
    let (code, message, _) = served.error("test_never", json!([])).await;
    let expected = "none of the 1 threads for calls that wait was free within 20ms, try again";
    assert_eq!((code, message.as_str()), (-32005, expected));
    assert_eq!(begun.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_message_too_large_is_told_and_ends_the_connection() {
    let served = serve(Limits { message_bytes: 1000, ..Limits::default() }).await;
    let mut socket = Socket::connect(&served.server.ws_url()).await;
    socket.send(&"1".repeat(2000)).await;
    let answer = socket.next().await.unwrap();
    let message = "request too large: the limit is 1000 bytes";
    assert_eq!(answer["error"]["message"], message);
    assert!(socket.next().await.is_none());
}

#[tokio::test]
async fn subscriptions_have_limits() {
    let limits = Limits { subscriptions: PerConnection { each: 2, all: 3 }, ..Limits::default() };
    let served = serve(limits).await;
    let mut first = Socket::connect(&served.server.ws_url()).await;
    let mut second = Socket::connect(&served.server.ws_url()).await;
    let heads = json!(["newHeads"]);
    let id = first.call("eth_subscribe", heads.clone()).await["result"].clone();
    assert!(first.call("eth_subscribe", heads.clone()).await["result"].is_string());
    let refused = |answer: Value, limit: u64| {
        let message = format!("too many subscriptions, the limit is {limit}");
        assert_eq!(answer["error"], json!({ "code": -32005, "message": message }));
    };
    refused(first.call("eth_subscribe", heads.clone()).await, 2);
    assert!(second.call("eth_subscribe", heads.clone()).await["result"].is_string());
    refused(second.call("eth_subscribe", heads.clone()).await, 3);
    assert_eq!(first.call("eth_unsubscribe", json!([id])).await["result"], true);
    assert_eq!(first.call("eth_unsubscribe", json!([id])).await["result"], false);
    assert!(first.call("eth_subscribe", heads.clone()).await["result"].is_string());

    let answer = first.call("eth_subscribe", json!(["newHeads", "0".repeat(70_000)])).await;
    let message = "params of 70015 bytes, the limit of this method is 65536";
    assert_eq!(answer["error"]["message"], message);
    let wide: Vec<String> = (0..101).map(|number| format!("0x{number:040x}")).collect();
    let answer = first.call("eth_subscribe", json!(["logs", { "address": wide }])).await;
    let message = "a filter of 101 addresses or topics, the limit is 100";
    assert_eq!(answer["error"]["message"], message);
}

#[tokio::test]
async fn filters_have_limits() {
    let limits = Limits { filters: PerConnection { each: 2, all: 3 }, ..Limits::default() };
    let served = serve(limits).await;
    let mut first = Socket::connect(&served.server.ws_url()).await;
    let mut second = Socket::connect(&served.server.ws_url()).await;
    for method in ["eth_newBlockFilter", "eth_newPendingTransactionFilter"] {
        assert!(first.call(method, json!([])).await["result"].is_string());
    }
    let refused = |answer: Value, limit: u64| {
        let message = format!("too many filters, the limit is {limit}");
        assert_eq!(answer["error"], json!({ "code": -32005, "message": message }));
    };
    refused(first.call("eth_newFilter", json!([{}])).await, 2);
    assert!(second.call("eth_newFilter", json!([{}])).await["result"].is_string());
    refused(second.call("eth_newFilter", json!([{}])).await, 3);
    let wide: Vec<String> = (0..101).map(|number| format!("0x{number:064x}")).collect();
    let answer = second.call("eth_newFilter", json!([{ "topics": [null, wide] }])).await;
    let message = "a filter of 101 addresses or topics, the limit is 100";
    assert_eq!(answer["error"], json!({ "code": -32602, "message": message }));
}

#[tokio::test]
async fn a_method_that_panics_is_an_error_and_nothing_more() {
    let ran = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&ran);
    let mut methods = Methods::new();
    methods.add("test_panic", move |_| -> Result<(), _> {
        counted.fetch_add(1, Ordering::Relaxed);
        panic!("injected")
    });
    methods.add_async("test_panicLater", |_| async { panic!("injected") });
    let served = Served::with(RpcConfig::development(), RpcHooks::default(), methods).await;
    let mut socket = Socket::connect(&served.server.ws_url()).await;
    for _ in 0..10 {
        let (code, message, _) = served.error("test_panic", json!([])).await;
        assert_eq!((code, message.as_str()), (-32603, "internal error: the call crashed"));
        assert_eq!(socket.call("test_panic", json!([])).await["error"]["code"], -32603);
        let (code, _, _) = served.error("test_panicLater", json!([])).await;
        assert_eq!(code, -32603);
        assert_eq!(socket.call("test_panicLater", json!([])).await["error"]["code"], -32603);
    }
    assert_eq!(ran.load(Ordering::Relaxed), 20);
    assert_eq!(served.server.counters().running_now(), 0);
    assert_eq!(socket.call("eth_chainId", json!([])).await["result"], "0x7a69");
}
