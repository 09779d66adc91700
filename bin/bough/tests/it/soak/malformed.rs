//! Requests that are wrong in every way that is known, seeded.

use std::net::SocketAddr;

use bough_testing::{Seeded, http, ws::Socket};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{Tally, attacks::body};

const SEED: u64 = 0x0101_8079;
/// Connections at a time.
const WORKERS: usize = 32;

/// Methods, with parameters that are right.
const METHODS: [(&str, &str); 24] = [
    ("eth_call", r#"[{"to":"0x0000000000000000000000000000000000000101","data":"0x00"},"latest"]"#),
    ("eth_estimateGas", r#"[{"to":"0x0000000000000000000000000000000000000001"}]"#),
    ("eth_createAccessList", r#"[{"to":"0x0000000000000000000000000000000000000001"}]"#),
    ("eth_getLogs", r#"[{"fromBlock":"0x0","toBlock":"0x10"}]"#),
    ("eth_newFilter", r#"[{"fromBlock":"0x0","topics":[null]}]"#),
    ("eth_getFilterChanges", r#"["0x1"]"#),
    ("eth_getFilterLogs", r#"["0x1"]"#),
    ("eth_uninstallFilter", r#"["0x1"]"#),
    ("eth_feeHistory", r#"["0x400","latest",[1,50,99]]"#),
    ("eth_getBlockByNumber", r#"["latest",true]"#),
    (
        "eth_getBlockByHash",
        r#"["0x0000000000000000000000000000000000000000000000000000000000000000",true]"#,
    ),
    ("eth_getBlockReceipts", r#"["latest"]"#),
    ("eth_getProof", r#"["0x0000000000000000000000000000000000000000",["0x0"],"latest"]"#),
    ("eth_getStorageAt", r#"["0x0000000000000000000000000000000000000000","0x0","latest"]"#),
    (
        "eth_getTransactionReceipt",
        r#"["0x0000000000000000000000000000000000000000000000000000000000000000"]"#,
    ),
    ("eth_sendRawTransaction", r#"["0x02f8"]"#),
    (
        "debug_traceCall",
        r#"[{"to":"0x0000000000000000000000000000000000000001"},"latest",{"tracer":"callTracer"}]"#,
    ),
    ("debug_traceBlockByNumber", r#"["latest",{"tracer":"prestateTracer"}]"#),
    ("debug_executionWitness", r#"["latest"]"#),
    ("txpool_contentFrom", r#"["0x0000000000000000000000000000000000000000"]"#),
    ("bough_status", "[]"),
    ("bough_getPreconfirmation", r#"["0x1"]"#),
    ("evm_setNextBlockTimestamp", r#"["0x0"]"#),
    ("web3_sha3", r#"["0x00"]"#),
];

/// Values that stand where another should.
const VALUES: [&str; 22] = [
    "null",
    "true",
    "-1",
    "1e400",
    "0.5",
    "18446744073709551616",
    "\"\"",
    "\"0x\"",
    "\"0x0\"",
    "\"0xg\"",
    "\"latest\"",
    "\"0xffffffffffffffff\"",
    "\"0x10000000000000000\"",
    "\"0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\"",
    "[]",
    "{}",
    "[[]]",
    "{\"a\":{}}",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "[null,null,null]",
    "{\"blockHash\":1}",
];

/// POSTs so many.
pub async fn post_all(to: SocketAddr, count: usize) -> Tally {
    let mut workers = JoinSet::new();
    for worker in 0..WORKERS {
        workers.spawn(async move {
            let mut choices = Seeded::new(SEED + worker as u64);
            let mut tally = Tally::default();
            for _ in 0..count.div_ceil(WORKERS) {
                let (text, answered) = request(&mut choices);
                let answer = http::post(to, &text).await;
                let one = Tally::answer(&answer);
                assert!(
                    one.only_json_rpc() && (answer.status != 0 || !answered),
                    "{text:.300}: {answer:?}"
                );
                tally = tally.and(one);
            }
            tally
        });
    }
    sum(workers).await
}

/// Sends so many as messages; a connection that the server ends is begun anew.
pub async fn send_all(url: String, count: usize) -> Tally {
    let mut workers = JoinSet::new();
    for worker in 0..WORKERS {
        let url = url.clone();
        workers.spawn(async move {
            let mut choices = Seeded::new(SEED ^ worker as u64);
            let mut tally = Tally::default();
            let mut socket = Socket::connect(&url).await;
            for _ in 0..count.div_ceil(WORKERS) {
                let (text, answered) = request(&mut choices);
                if !answered {
                    continue;
                }
                if socket.try_send(&text).await.is_ok()
                    && let Some(answer) = socket.next().await
                {
                    tally = tally.and(Tally::json(&answer));
                } else {
                    tally = tally.and(Tally::silent());
                    socket = Socket::connect(&url).await;
                }
            }
            tally
        });
    }
    sum(workers).await
}

async fn sum(mut workers: JoinSet<Tally>) -> Tally {
    let mut tally = Tally::default();
    while let Some(worker) = workers.join_next().await {
        tally = tally.and(worker.unwrap());
    }
    tally
}

/// A request that is wrong, and whether it is to be answered.
fn request(choices: &mut Seeded) -> (String, bool) {
    let (method, params) = *one_of(choices, &METHODS);
    let good = body(method, &serde_json::from_str(params).unwrap());
    let text = match choices.below(12) {
        // Cut anywhere.
        0 => good[..choices.below(good.len())].to_owned(),
        // A byte of it is another.
        1 => {
            let mut bytes = good.into_bytes();
            let at = choices.below(bytes.len());
            bytes[at] = b'!' + u8::try_from(choices.below(90)).unwrap();
            String::from_utf8(bytes).unwrap()
        }
        2 => format!("[{}]", vec![good; choices.below(1_200)].join(",")),
        3 => {
            let depth = choices.below(100_000);
            let deep = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
            format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":[{deep}]}}"#)
        }
        4 | 5 => {
            let values: Vec<&str> =
                (0..choices.below(5)).map(|_| *one_of(choices, &VALUES)).collect();
            let params = values.join(",");
            format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":[{params}]}}"#)
        }
        // One member of an object is another.
        6 | 7 => {
            let mut call: Value = serde_json::from_str(&good).unwrap();
            let value =
                serde_json::from_str::<Value>(one_of::<&str>(choices, &VALUES)).unwrap_or_default();
            let params = call["params"].as_array_mut().unwrap();
            let count = params.len();
            if count > 0 {
                match &mut params[choices.below(count)] {
                    Value::Object(members) => {
                        let names: Vec<String> = members.keys().cloned().collect();
                        members.insert(one_of(choices, &names).clone(), value);
                    }
                    other => *other = value,
                }
            }
            call.to_string()
        }
        8 => {
            let range = json!([{ "fromBlock": "0x0", "toBlock": "0xffffffffffffffff" }]);
            body("eth_getLogs", &range)
        }
        9 => {
            let many: Vec<String> = (0..2_000).map(|at| format!("0x{at:040x}")).collect();
            body("eth_getLogs", &json!([{ "address": many }]))
        }
        10 => {
            let id = *one_of(choices, &VALUES);
            format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{params}}}"#)
        }
        _ => {
            let name = format!("{method}{}", "x".repeat(choices.below(200)));
            body(&name, &json!([]))
        }
    };
    // Nothing is said to one who asks nothing: notifications, and no text at all.
    let answered = text.contains("\"id\"");
    (text, answered)
}

fn one_of<'a, T>(choices: &mut Seeded, of: &'a [T]) -> &'a T {
    &of[choices.below(of.len())]
}
