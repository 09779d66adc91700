//! What a devnet or a node refuses to start with, each by its variant.

use alloy_primitives::Address;
use bough_devnet::{Devnet, DevnetConfig, DevnetError};
use bough_l1::L1Error;
use bough_node::{DeployConfig, Node, NodeConfig, NodeError};
use bough_rpc::StartError;

use crate::support::{account, config, devnet};

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_cannot_be() {
    let devnet = devnet().await;
    let l1_url = devnet.info().l1_url.clone();
    let key = account(8);
    let deploy = DeployConfig {
        l2_chain_id: Some(8080),
        ..DeployConfig::new(l1_url.clone(), key.clone(), key.address())
    };
    let deployment = bough_node::deploy(deploy).await.unwrap().deployment;
    let start = |change: &dyn Fn(&mut NodeConfig)| {
        let mut config = NodeConfig::new(l1_url.clone(), deployment.clone(), key.clone());
        config.rpc.port = 0;
        change(&mut config);
        Node::start(config)
    };

    let node = start(&|_| {}).await.unwrap();
    let busy = node.url().rsplit(':').next().unwrap().parse().unwrap();
    let why = start(&|config| config.rpc.port = busy).await.unwrap_err();
    assert!(matches!(why, NodeError::Rpc(StartError::AddressInUse { .. })), "{why}");
    let why = start(&|config| config.key = account(9)).await.unwrap_err();
    assert!(matches!(why, NodeError::NotSequencer { .. }), "{why}");
    let why = start(&|config| config.deployment.rollup = Address::repeat_byte(1)).await;
    assert!(matches!(why.unwrap_err(), NodeError::NoRollup { .. }));
    let why = start(&|config| config.deployment.timestamp += 1).await.unwrap_err();
    assert!(matches!(why, NodeError::Config { .. }), "{why}");
    let why = start(&|config| config.deployment.l1_chain_id = 1).await.unwrap_err();
    assert!(matches!(why, NodeError::ChainId { got: 31337, expected: 1 }), "{why}");
    let why = start(&|config| config.deployment.fork = "tomorrow".to_owned()).await.unwrap_err();
    assert!(matches!(why, NodeError::UnknownFork(_)), "{why}");
    let why = start(&|config| config.l1 = "http://127.0.0.1:1".into()).await.unwrap_err();
    assert!(matches!(why, NodeError::L1(bough_node::L1Error::Transport { .. })), "{why}");
    let why = start(&|config| config.l1 = "nonsense".into()).await.unwrap_err();
    assert!(matches!(why, NodeError::L1(bough_node::L1Error::Url { .. })), "{why}");
    node.stop().await;

    let port = l1_url.rsplit(':').next().unwrap().parse().unwrap();
    let why = Devnet::spawn(DevnetConfig { l1_port: port, ..config() }).await.unwrap_err();
    let busy = |why: &L1Error| matches!(why, L1Error::Rpc(StartError::AddressInUse { .. }));
    assert!(matches!(&why, DevnetError::L1(why) if busy(why)), "{why}");
    devnet.stop().await;
}
