//! A transaction of one chain is none of another's.

use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope, TxLegacy};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, Signature, TxKind, U256};
use alloy_provider::{Provider, RootProvider};
use alloy_signer::SignerSync;
use bough_node::{DeployConfig, DeployError, Node, NodeConfig, deploy};

use crate::support::{config, key, l1, rollup};

fn signed<T: SignableTransaction<Signature>>(transaction: T) -> Vec<u8>
where
    TxEnvelope: From<alloy_consensus::Signed<T>>,
{
    let signature = key().sign_hash_sync(&transaction.signature_hash()).unwrap();
    TxEnvelope::from(transaction.into_signed(signature)).encoded_2718()
}

fn protected(chain_id: u64) -> Vec<u8> {
    signed(TxEip1559 {
        chain_id,
        // The node's own claims come first, if there are any: the pool keeps this one all the same.
        nonce: 1,
        gas_limit: 500_000,
        max_fee_per_gas: 10_000_000_000,
        to: TxKind::Call(Address::repeat_byte(1)),
        value: U256::from(1),
        ..TxEip1559::default()
    })
}

fn unprotected() -> Vec<u8> {
    signed(TxLegacy {
        chain_id: None,
        nonce: 2,
        gas_price: 10_000_000_000,
        gas_limit: 500_000,
        to: TxKind::Call(Address::repeat_byte(1)),
        ..TxLegacy::default()
    })
}

/// What a chain says to a transaction; `None` if it takes it.
async fn refusal(url: &str, raw: &[u8]) -> Option<String> {
    let provider = RootProvider::<alloy_network::Ethereum>::new_http(url.parse().unwrap());
    let sent = provider.send_raw_transaction(raw).await;
    sent.err().map(|why| why.as_error_resp().unwrap().message.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_rollups_of_one_deployer() {
    let l1 = l1().await;
    let (first, second) = (rollup(&l1).await, rollup(&l1).await);
    let [one, two] = [first.l2_chain_id, second.l2_chain_id];
    assert_ne!(one, two);
    let first = Node::start(config(&l1.url(), first)).await.unwrap();
    let open = NodeConfig { unprotected_transactions: true, ..config(&l1.url(), second) };
    let second = Node::start(open).await.unwrap();

    let wrong = |got: u64, expected: u64| {
        Some(format!("invalid chain id for signer: have {got} want {expected}"))
    };
    assert_eq!(refusal(&first.url(), &protected(one)).await, None);
    assert_eq!(refusal(&second.url(), &protected(one)).await, wrong(one, two));
    assert_eq!(refusal(&second.url(), &protected(two)).await, None);
    assert_eq!(refusal(&first.url(), &protected(two)).await, wrong(two, one));

    // One without a chain id would be of both, and of L1.
    let words = "only replay-protected (EIP-155) transactions allowed over RPC";
    for url in [first.url(), l1.url()] {
        assert_eq!(refusal(&url, &unprotected()).await.as_deref(), Some(words));
    }
    assert_eq!(refusal(&second.url(), &unprotected()).await, None);
    first.stop().await;
    second.stop().await;
    l1.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn chain_ids_that_cannot_be() {
    let l1 = l1().await;
    for id in [0, 31337, 1 << 53] {
        let config = DeployConfig::new(l1.url(), key(), key().address());
        let why = deploy(DeployConfig { l2_chain_id: Some(id), ..config }).await.unwrap_err();
        assert!(matches!(why, DeployError::ChainId(_)), "{why}");
    }
    let config = DeployConfig::new(l1.url(), key(), key().address());
    let chosen = deploy(DeployConfig { l2_chain_id: Some(8079), ..config }).await.unwrap();
    assert_eq!(chosen.deployment.l2_chain_id, 8079);
    l1.stop().await;
}
