//! A bridge is refused whose ends do not belong together.
use crate::common::FakeNode;
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolCall;
use bough_bridge::{Bridge, BridgeConfig, BridgeError, Chain};
use bough_contracts::{
    L2Messenger,
    NativeRollup::{self, configCall, headCall},
    addresses::L2_MESSENGER,
};
use bough_rollup::Direction;
use serde_json::json;

pub const ROLLUP: Address = Address::repeat_byte(7);
const L1_CHAIN_ID: u64 = 31337;
const L2_CHAIN_ID: u64 = 8079;

fn contract() -> NativeRollup::Config {
    NativeRollup::Config {
        l2ChainId: L2_CHAIN_ID,
        gasLimit: 30_000_000,
        timestampWindow: 3600,
        sequencer: Address::ZERO,
        sequencerTimeout: 0,
        genesisHash: B256::repeat_byte(1),
        genesisStateRoot: B256::repeat_byte(2),
        genesisTimestamp: 5,
        l2Messenger: L2_MESSENGER,
    }
}

pub fn l1() -> FakeNode {
    FakeNode::new(L1_CHAIN_ID)
        .answer("eth_getCode", json!("0x60"))
        .view::<configCall>(&contract())
        .view::<NativeRollup::l1ChainIdCall>(&U256::from(L1_CHAIN_ID))
}

/// `l1ChainId` of both contracts is one selector: they are asked at different nodes.
pub fn l2() -> FakeNode {
    FakeNode::new(L2_CHAIN_ID)
        .view::<L2Messenger::rollupCall>(&ROLLUP)
        .view::<L2Messenger::l1ChainIdCall>(&U256::from(L1_CHAIN_ID))
}

async fn connect(l1: FakeNode, l2: FakeNode) -> Result<Bridge, BridgeError> {
    let (l1_url, l2_url) = (l1.serve().await, l2.serve().await);
    Bridge::connect(BridgeConfig { l1_url, l2_url, rollup: ROLLUP, key: None }).await
}

#[tokio::test]
async fn what_belongs_together_connects() {
    let bridge = connect(l1(), l2()).await.unwrap();
    assert_eq!(bridge.domain().rollup, ROLLUP);
    assert_eq!(bridge.domain().l1_chain_id, L1_CHAIN_ID);
    assert_eq!(bridge.domain().l2_chain_id, L2_CHAIN_ID);
    assert_eq!(bridge.contract_config(), &contract());
    // Without a key everything can be read and nothing sent.
    assert!(matches!(bridge.address(), Err(BridgeError::NoKey)));
    let deposit = bridge.deposit(U256::from(1), ROLLUP, Some(U256::ZERO)).await;
    assert!(matches!(deposit, Err(BridgeError::NoKey)));
}

#[tokio::test]
async fn no_code_or_other_code_is_no_rollup() {
    let empty = l1().answer("eth_getCode", json!("0x"));
    let other = FakeNode::new(L1_CHAIN_ID).answer("eth_getCode", json!("0x60"));
    let garbled = l1().answer(&alloy_primitives::hex::encode(configCall::SELECTOR), json!("0x01"));
    let messenger = NativeRollup::Config { l2Messenger: ROLLUP, ..contract() };
    let messenger = l1().view::<configCall>(&messenger);
    for l1 in [empty, other, garbled, messenger] {
        let error = connect(l1, l2()).await.unwrap_err();
        assert!(
            matches!(error, BridgeError::NotARollup { address: ROLLUP, chain_id: L1_CHAIN_ID }),
            "{error}"
        );
    }
}

#[tokio::test]
async fn other_chains_are_refused() {
    let moved = l1().view::<NativeRollup::l1ChainIdCall>(&U256::from(1));
    assert!(matches!(
        connect(moved, l2()).await,
        Err(BridgeError::WrongChain { chain: Chain::L1, got: L1_CHAIN_ID, expected: 1 })
    ));
    let other = l2().answer("eth_chainId", json!("0x1"));
    assert!(matches!(
        connect(l1(), other).await,
        Err(BridgeError::WrongChain { chain: Chain::L2, got: 1, expected: L2_CHAIN_ID })
    ));
    let other = l2().view::<L2Messenger::rollupCall>(&Address::ZERO);
    assert!(matches!(
        connect(l1(), other).await,
        Err(BridgeError::WrongL2 { got: Address::ZERO, expected: ROLLUP, .. })
    ));
}

#[tokio::test]
async fn urls_that_cannot_be_used() {
    let l2_url = l2().serve().await;
    let config = |l1_url: &str| BridgeConfig {
        l1_url: l1_url.to_owned(),
        l2_url: l2_url.clone(),
        rollup: ROLLUP,
        key: None,
    };
    let error = Bridge::connect(config("localhost")).await.unwrap_err();
    assert!(matches!(error, BridgeError::Url { chain: Chain::L1, .. }));
    let error = Bridge::connect(config("http://127.0.0.1:1")).await.unwrap_err();
    assert!(matches!(error, BridgeError::Rpc { chain: Chain::L1, method: "eth_chainId", .. }));
    assert!(error.is_temporary());
    assert_eq!(error.to_string().lines().count(), 1);
}

#[tokio::test]
async fn answers_about_the_head_and_deliveries() {
    let head =
        NativeRollup::headReturn { blockHash: B256::repeat_byte(3), number: 41, timestamp: 9 };
    let l1 = l1().view::<headCall>(&head).view::<NativeRollup::isClaimedCall>(&true);
    let bridge = connect(l1, l2()).await.unwrap();
    let long = std::time::Duration::from_secs(60);
    bridge.wait_executed(41, long).await.unwrap();
    let late = bridge.wait_executed(42, std::time::Duration::ZERO).await;
    assert!(matches!(late, Err(BridgeError::Timeout { seconds: 0, .. })));
    assert!(bridge.is_delivered(Direction::L2ToL1, 3).await.unwrap());
    // The L2 node reverts: the messenger there is of another version.
    let refused = bridge.is_delivered(Direction::L1ToL2, 3).await;
    assert!(matches!(refused, Err(BridgeError::Refused { chain: Chain::L2, .. })));
}
