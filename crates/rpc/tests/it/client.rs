//! Answers as a typed client reads them.

use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Bytes, U256};
use alloy_provider::{Provider, RootProvider};
use alloy_rpc_types_eth::{BlockNumberOrTag, Filter, TransactionRequest};

use crate::common::{
    Served,
    chain::{self, LOGGER, TOPIC, key},
};

#[tokio::test]
async fn a_typed_client_reads_everything() {
    let served = Served::start().await;
    let url = served.server.http_url().parse().unwrap();
    let client: RootProvider = RootProvider::new_http(url);

    assert_eq!(client.get_chain_id().await.unwrap(), chain::CHAIN_ID);
    let stored = served.chain.block(1u64).unwrap().unwrap();
    let block = client.get_block_by_number(1.into()).full().await.unwrap().unwrap();
    assert_eq!(block.header.hash_slow(), stored.hash);
    for (transaction, stored) in block.transactions.txns().zip(&stored.transactions) {
        assert_eq!(transaction.inner.signer(), stored.signer());
        assert_eq!(transaction.inner.encoded_2718(), stored.encoded_2718());
    }
    let receipts = client.get_block_receipts(1.into()).await.unwrap().unwrap();
    assert_eq!(receipts.len(), stored.transactions.len());
    assert_eq!(receipts.iter().filter(|receipt| receipt.status()).count(), 6);

    let filter = Filter::new().from_block(0).address(LOGGER).event_signature(TOPIC);
    let logs = client.get_logs(&filter).await.unwrap();
    assert_eq!(logs.len(), 2);
    let proof = client.get_proof(LOGGER, vec![Default::default()]).await.unwrap();
    assert_eq!(proof.storage_proof[0].value, U256::from_be_bytes(TOPIC.0));
    let history = client.get_fee_history(2, BlockNumberOrTag::Latest, &[50.0]).await.unwrap();
    assert_eq!(history.base_fee_per_gas.len(), 3);
    let word = Bytes::from(TOPIC);
    let call = TransactionRequest::default().to(LOGGER).input(word.clone().into());
    assert_eq!(client.call(call.clone()).await.unwrap(), word);
    assert!(client.estimate_gas(call).await.unwrap() > 0);

    let raw = chain::transfer(&key(8), 2).encoded_2718();
    let sent = client.send_raw_transaction(&raw).await.unwrap();
    let hash = *sent.tx_hash();
    chain::mine(&served.chain);
    let receipt = client.get_transaction_receipt(hash).await.unwrap().unwrap();
    assert_eq!((receipt.block_number, receipt.status()), (Some(3), true));
}
