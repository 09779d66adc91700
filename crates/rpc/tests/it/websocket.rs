//! Subscriptions over WebSocket.

use crate::common::{
    Served,
    chain::{self, LOGGER, OTHER_TOPIC, TOPIC, key},
    number,
};
use std::sync::Arc;

use bough_chain::Chain;
use jsonrpsee::{
    async_client::{Client, ClientBuilder},
    client_transport::ws::{Url, WsTransportClientBuilder},
    core::client::{ClientT, Error, Subscription, SubscriptionClientT},
    core::params::ArrayParams,
    rpc_params,
};
use serde_json::{Value, json};

async fn connect(served: &Served) -> Client {
    let url = Url::parse(&served.server.ws_url()).unwrap();
    let (sender, receiver) = WsTransportClientBuilder::default().build(url).await.unwrap();
    ClientBuilder::default().build_with_tokio(sender, receiver)
}

async fn subscribe(client: &Client, params: ArrayParams) -> Subscription<Value> {
    client.subscribe("eth_subscribe", params, "eth_unsubscribe").await.unwrap()
}

async fn next(subscription: &mut Subscription<Value>) -> Value {
    subscription.next().await.unwrap().unwrap()
}

fn mine(chain: &Chain) -> Value {
    json!(chain::mine(chain).hash)
}

#[tokio::test]
async fn calls_work_over_websocket_too() {
    let served = Served::start().await;
    let client = connect(&served).await;
    let number: String = client.request("eth_blockNumber", rpc_params![]).await.unwrap();
    assert_eq!(number, "0x2");
}

#[tokio::test]
async fn new_heads() {
    let served = Served::start().await;
    let client = connect(&served).await;
    let mut heads = subscribe(&client, rpc_params!["newHeads"]).await;
    let first = mine(&served.chain);
    let second = mine(&served.chain);
    let (one, two) = (next(&mut heads).await, next(&mut heads).await);
    assert_eq!((&one["hash"], &two["hash"]), (&first, &second));
    assert_eq!(two["parentHash"], first);
    for field in ["number", "timestamp", "logsBloom", "baseFeePerGas", "miner", "slotNumber"] {
        assert!(one[field].is_string(), "{field}: {one}");
    }
    heads.unsubscribe().await.unwrap();
}

#[tokio::test]
async fn logs_and_their_removal() {
    let served = Served::start().await;
    let client = connect(&served).await;
    let mut logs =
        subscribe(&client, rpc_params!["logs", json!({ "address": LOGGER, "topics": [TOPIC] })])
            .await;
    let parent = served.chain.head();
    let first = mine(&served.chain);
    let log = next(&mut logs).await;
    assert_eq!((&log["blockHash"], &log["removed"]), (&first, &json!(false)));
    served.chain.set_head(parent.hash).unwrap();
    let log = next(&mut logs).await;
    assert_eq!((&log["blockHash"], &log["removed"]), (&first, &json!(true)));
}

#[tokio::test]
async fn all_logs_of_a_block_with_many() {
    // More than are found at a time, twice.
    const COUNT: u64 = 150;
    let served = Served::start().await;
    let client = connect(&served).await;
    let mut logs = subscribe(&client, rpc_params!["logs", json!({ "address": LOGGER })]).await;
    let mut others =
        subscribe(&client, rpc_params!["logs", json!({ "topics": [OTHER_TOPIC] })]).await;
    let first = chain::next_nonce(&served.chain, &key(5));
    for nonce in first..first + COUNT {
        let topic = if nonce % 2 == 0 { TOPIC } else { OTHER_TOPIC };
        served.chain.submit(chain::log(&key(5), nonce, topic)).unwrap();
    }
    mine(&served.chain);
    let mut places = Vec::new();
    for _ in 0..COUNT {
        let log = next(&mut logs).await;
        places.push(number(&log["logIndex"]));
    }
    // Two wait in the pool besides, one of which may come before.
    let expected: Vec<u64> = (places[0]..places[0] + COUNT).collect();
    assert_eq!(places, expected, "each once, in order");
    for _ in 0..COUNT / 2 {
        assert_eq!(next(&mut others).await["topics"][0], json!(OTHER_TOPIC));
    }
}

#[tokio::test]
async fn pending_transactions() {
    let served = Served::start().await;
    let client = connect(&served).await;
    let mut hashes = subscribe(&client, rpc_params!["newPendingTransactions"]).await;
    let mut whole = subscribe(&client, rpc_params!["newPendingTransactions", true]).await;
    let hash = json!(served.chain.submit(chain::transfer(&key(8), 2)).unwrap());
    assert_eq!(next(&mut hashes).await, hash);
    assert_eq!(next(&mut whole).await["hash"], hash);
}

#[tokio::test]
async fn refuses_what_it_does_not_announce() {
    let served = Served::start().await;
    let client = connect(&served).await;
    for params in [rpc_params!["syncing"], rpc_params!["nonsense"], rpc_params!["logs", true]] {
        let refused = client
            .subscribe::<Value, _>("eth_subscribe", params, "eth_unsubscribe")
            .await
            .err()
            .unwrap();
        assert!(matches!(&refused, Error::Call(error) if error.code() == -32602), "{refused}");
    }
}

#[tokio::test]
async fn stopping_ends_subscriptions_and_lets_the_chain_go() {
    let Served { chain, server } = Served::start().await;
    let served = Served { chain: chain.clone(), server };
    let client = connect(&served).await;
    let mut heads = subscribe(&client, rpc_params!["newHeads"]).await;
    let mut pending = subscribe(&client, rpc_params!["newPendingTransactions"]).await;
    let Served { chain: other, server } = served;
    drop(other);
    server.stop().await;
    assert!(heads.next().await.is_none());
    assert!(pending.next().await.is_none());
    assert_eq!(Arc::strong_count(&chain), 1);
    chain::mine(&chain);
}
