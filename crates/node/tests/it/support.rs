//! An L1, a rollup on it, a node.

use std::{sync::Arc, time::Duration};

use alloy_primitives::{B256, U256};
use alloy_signer_local::PrivateKeySigner;
use bough_l1::{L1, L1Config};
use bough_node::{DeployConfig, Deployment, Node, NodeConfig, deploy};
use bough_rpc::RpcConfig;
use tokio::sync::Notify;

use crate::fake_l1::FakeL1;

/// More than anything here takes.
pub const LONG: Duration = Duration::from_secs(60);
/// Wrong answers in a row that the nodes here take.
pub const RETRIES: u32 = 3;

pub fn key() -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::repeat_byte(7)).unwrap()
}

/// An L1 on which the key has ether, and that makes a block ten times a second.
pub async fn l1() -> L1 {
    let ether = U256::from(10u128.pow(21));
    L1::start(L1Config {
        rpc: RpcConfig::default(),
        block_time: Duration::from_millis(100),
        accounts: vec![(key().address(), ether)],
        ..L1Config::default()
    })
    .await
    .unwrap()
}

pub async fn rollup(l1: &L1) -> Deployment {
    let config = DeployConfig::new(l1.url(), key(), key().address());
    deploy(config).await.unwrap().deployment
}

pub fn config(l1_url: &str, deployment: Deployment) -> NodeConfig {
    NodeConfig {
        rpc: RpcConfig::default(),
        block_time: Duration::from_millis(50),
        poll_interval: Duration::from_millis(5),
        l1_timeout: Duration::from_secs(5),
        l1_retries: RETRIES,
        ..NodeConfig::new(l1_url.to_owned(), deployment, key())
    }
}

/// A node whose L1 can be made to answer wrongly.
pub struct Case {
    pub l1: L1,
    pub fake: FakeL1,
    pub node: Node,
}

impl Case {
    pub async fn start() -> Self {
        Self::with(|config| config).await
    }

    pub async fn with(change: impl FnOnce(NodeConfig) -> NodeConfig) -> Self {
        let l1 = l1().await;
        let deployment = rollup(&l1).await;
        let fake = FakeL1::before(l1.url()).await;
        let node = Node::start(change(config(&fake.url, deployment))).await.unwrap();
        Self { l1, fake, node }
    }

    /// Waits until the node ends, and gives what it says. It must stop in good order then.
    pub async fn end(self) -> String {
        let end = tokio::time::timeout(LONG, self.node.ended()).await.expect("it ends");
        self.fake.heal();
        self.node.stop().await;
        self.l1.stop().await;
        end.to_string()
    }

    /// Waits until L2 has two more blocks: the node goes on.
    pub async fn goes_on(&self) {
        let chain = self.node.chain();
        let news = Arc::new(Notify::new());
        let told = Arc::clone(&news);
        let subscription = chain.subscribe(Box::new(move |_| told.notify_one()));
        let goal = chain.head().header.number + 2;
        let reached = async {
            while chain.head().header.number < goal {
                news.notified().await;
            }
        };
        tokio::select! {
            biased;
            end = self.node.ended() => panic!("{end}"),
            reached = tokio::time::timeout(LONG, reached) => reached.expect("L2 goes on"),
        }
        chain.unsubscribe(subscription);
    }

    pub async fn stop(self) {
        self.node.stop().await;
        self.l1.stop().await;
    }
}
