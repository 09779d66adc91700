//! What L1 answers wrongly, to whoever follows it: asked for again, then the node's end, by name.

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolEvent;
use bough_contracts::NativeRollup;
use bough_node::{L1Error, Node, NodeError};
use serde_json::{Value, json};

use crate::{
    fake_l1::{FakeL1, Reply},
    support::{Case, RETRIES, config, l1, rollup},
};

const HEAD: &str = "eth_blockNumber";
const BLOCK: &str = "eth_getBlockByNumber";
const LOGS: &str = "eth_getLogs";

/// That the node ends when answers are changed like this, that it has asked again, and that it says
/// so with L1's URL.
async fn assert_ends(
    said: &str,
    change: impl FnMut(&str, &Value, Value) -> Option<Reply> + Send + 'static,
) {
    assert_ends_at(Case::start().await, said, change).await;
}

async fn assert_ends_at(
    case: Case,
    said: &str,
    change: impl FnMut(&str, &Value, Value) -> Option<Reply> + Send + 'static,
) {
    case.fake.change(change);
    let tries = RETRIES + 1;
    case.fake.until_changed(tries).await;
    let begin = format!("the watcher ended: L1 at {} gives a malformed ", case.fake.url);
    let end = case.end().await;
    assert!(end.starts_with(&begin) && end.contains(said), "{said}: {end}");
    assert_eq!(end.lines().count(), 1, "{end}");
}

/// All answers to a method become this.
fn always(
    method: &'static str,
    reply: impl Fn() -> Reply + Send + 'static,
) -> impl FnMut(&str, &Value, Value) -> Option<Reply> + Send + 'static {
    move |asked, _, _| (asked == method).then(&reply)
}

/// A field of each block that is asked for by number, or by a tag, becomes this.
fn field(
    tag: Option<&'static str>,
    name: &'static str,
    value: Option<Value>,
) -> impl FnMut(&str, &Value, Value) -> Option<Reply> + Send + 'static {
    move |method, params, mut block| {
        let asked = params[0].as_str().unwrap_or_default();
        let is_meant = match tag {
            Some(tag) => asked == tag,
            None => asked.starts_with("0x"),
        };
        let fields = block.as_object_mut().filter(|_| method == BLOCK && is_meant)?;
        match &value {
            Some(value) => fields.insert(name.to_owned(), value.clone()),
            None => fields.remove(name),
        };
        Some(Reply::Result(block))
    }
}

/// Each block has one log of the rollup, made by `log` for the hash of the block.
fn one_log(
    log: impl Fn(&Value) -> Value + Send + 'static,
) -> impl FnMut(&str, &Value, Value) -> Option<Reply> + Send + 'static {
    move |method, params, _| (method == LOGS).then(|| Reply::Result(json!([log(&params[0])])))
}

fn event(asked: &Value, topics: Value, data: String) -> Value {
    json!({
        "address": asked["address"].as_array().map_or(&asked["address"], |all| &all[0]),
        "topics": topics, "data": data, "blockHash": asked["blockHash"], "blockNumber": "0x1",
        "transactionHash": B256::repeat_byte(1), "transactionIndex": "0x0", "logIndex": "0x0",
        "removed": false,
    })
}

fn advanced(asked: &Value) -> Value {
    let event = NativeRollup::Advanced {
        number: 99,
        blockHash: B256::ZERO,
        stateRoot: B256::ZERO,
        inputHash: B256::ZERO,
    };
    let data = event.encode_log_data();
    self::event(asked, json!(data.topics()), data.data.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read() {
    let answer = "answer to eth_blockNumber: ";
    for body in ["", "{", "<html>", "[]", "{\"jsonrpc\":\"2.0\"}"] {
        assert_ends(answer, always(HEAD, move || Reply::Body(body.to_owned()))).await;
    }
    for result in [json!(null), json!("soon"), json!({}), json!(-1), json!("0x1ffffffffffffffff")] {
        assert_ends(answer, always(HEAD, move || Reply::Result(result.clone()))).await;
    }
    assert_ends("more than 33554432 bytes", always(HEAD, || Reply::Endless)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn blocks_that_cannot_be() {
    assert_ends("answer to eth_getBlockByNumber", field(None, "parentHash", None)).await;
    assert_ends("answer to eth_getBlockByNumber", field(None, "timestamp", None)).await;
    assert_ends("its number is 7777", field(None, "number", Some(json!("0x1e61")))).await;
    let other = json!(B256::repeat_byte(9));
    assert_ends("its parent is 0x0909", field(None, "parentHash", Some(other.clone()))).await;
    for time in ["0x0", "0xffffffffffffffff"] {
        assert_ends("has timestamp ", field(None, "timestamp", Some(json!(time)))).await;
    }
    let mut hash = field(None, "hash", Some(other));
    let other_chain = move |method: &str, params: &Value, mut result: Value| {
        if method == LOGS {
            return Some(Reply::Result(json!([])));
        }
        if method == BLOCK && !result.is_null() {
            result["parentHash"] = json!(B256::repeat_byte(8));
        }
        hash(method, params, result)
    };
    assert_ends("L1 has reorganised to block", other_chain).await;
    let no_block = "there is no block";
    assert_ends(no_block, always(HEAD, || Reply::Result(json!("0xffffffffffffffff")))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn final_blocks_that_cannot_be() {
    let ahead = field(Some("finalized"), "number", Some(json!("0xffffffffffffffff")));
    assert_ends("finalized block: it is block 18446744073709551615", ahead).await;
    let elsewhere = field(Some("finalized"), "hash", Some(json!(B256::repeat_byte(9))));
    assert_ends("and the chain has", elsewhere).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_that_cannot_be() {
    let sent = json!([NativeRollup::MessageSent::SIGNATURE_HASH]);
    let undecodable = move |asked: &Value| event(asked, sent.clone(), "0x".to_owned());
    assert_ends("log in block", one_log(undecodable)).await;
    assert_ends("L2 block 99 was advanced to, 1 is next", one_log(advanced)).await;
    let without = |name: &'static str| {
        move |asked: &Value| {
            let mut log = advanced(asked);
            log.as_object_mut().unwrap().remove(name);
            log
        }
    };
    assert_ends("it has no transactionHash", one_log(without("transactionHash"))).await;
    assert_ends("answer to eth_getLogs", one_log(without("topics"))).await;
    let with = |name: &'static str, value: Value| {
        move |asked: &Value| {
            let mut log = advanced(asked);
            log[name] = value.clone();
            log
        }
    };
    let of_other = "it is of block";
    assert_ends(of_other, one_log(with("address", json!(Address::repeat_byte(3))))).await;
    assert_ends(of_other, one_log(with("blockHash", json!(B256::repeat_byte(3))))).await;
    assert_ends(of_other, one_log(with("removed", json!(true)))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_heals_is_forgotten() {
    let case = Case::start().await;
    // As often as it is taken, twice over, with a right answer in between.
    for _ in 0..2 {
        let mut left = RETRIES;
        let before = case.fake.changed();
        case.fake.change(move |method, params, result| {
            let mut change = field(None, "parentHash", Some(json!(B256::repeat_byte(9))));
            left = left.checked_sub(1).filter(|_| method == BLOCK)?;
            change(method, params, result)
        });
        case.goes_on().await;
        assert!(case.fake.changed() > before);
        case.fake.heal();
        case.goes_on().await;
    }
    case.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_that_is_missing_now_and_then_is_no_reorg() {
    let case = Case::start().await;
    case.goes_on().await;
    let (first, hash) = (1, case.node.chain().canonical_hash(1).unwrap());
    // Every other time the endpoint is a block behind: it has not got the last one.
    let mut odd = false;
    case.fake.change(move |method, _, head| {
        odd = !odd && method == HEAD;
        let number = u64::from_str_radix(head.as_str()?.trim_start_matches("0x"), 16).ok()?;
        (method == HEAD && odd).then(|| Reply::Result(json!(format!("{:#x}", number - 1))))
    });
    case.fake.until_changed(20).await;
    case.goes_on().await;
    assert_eq!(case.node.chain().canonical_hash(first).unwrap(), hash);
    case.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_the_start_it_is_said_at_once() {
    let l1 = l1().await;
    let deployment = rollup(&l1).await;
    let fake = FakeL1::before(l1.url()).await;
    fake.change(always(LOGS, || Reply::Result(json!("none"))));
    let why = Node::start(config(&fake.url, deployment)).await.unwrap_err();
    assert!(matches!(why, NodeError::L1(L1Error::Malformed { .. })), "{why}");
    assert_eq!(fake.changed(), 1);
    l1.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_that_is_not_yet() {
    let hour = Some(std::time::Duration::from_secs(60 * 60));
    let strict = |config| bough_node::NodeConfig { l1_time_ahead: hour, ..config };
    let case = Case::with(strict).await;
    // L2 goes on while L1's time is right.
    case.goes_on().await;
    let in_the_future = field(None, "timestamp", Some(json!("0x8000000000")));
    let said = "its timestamp is 549755813888, and by this machine's clock at most ";
    assert_ends_at(case, said, in_the_future).await;
}
