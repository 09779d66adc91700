//! Transactions and receipts.

use alloy_consensus::{
    EthereumTxEnvelope, Signed, TxEip4844, TxEip4844Variant, TxEip4844WithSidecar,
};
use alloy_eips::{
    eip2718::Encodable2718,
    eip4844::{BlobTransactionSidecar, kzg_to_versioned_hash},
};
use alloy_primitives::{B256, Bytes, hex, keccak256};
use bough_stf::Transaction;
use serde_json::{Value, json};

use crate::common::{
    Served,
    chain::{self, TOPIC, key},
    number,
};

#[tokio::test]
async fn transactions_and_receipts() {
    let served = Served::start().await;
    let block = served.chain.block(1u64).unwrap().unwrap();
    let full = served.call("eth_getBlockByNumber", json!(["0x1", true])).await;
    let receipts = served.call("eth_getBlockReceipts", json!(["0x1"])).await;
    for (index, transaction) in block.transactions.iter().enumerate() {
        let hash = transaction.tx_hash();
        let found = served.call("eth_getTransactionByHash", json!([hash])).await;
        assert_eq!(found, full["transactions"][index]);
        let place = format!("{index:#x}");
        let params = json!([block.hash, place]);
        let by_hash = served.call("eth_getTransactionByBlockHashAndIndex", params).await;
        assert_eq!(by_hash, found);
        let params = json!(["0x1", place]);
        let by_number = served.call("eth_getTransactionByBlockNumberAndIndex", params).await;
        assert_eq!(by_number, found);
        let receipt = served.call("eth_getTransactionReceipt", json!([hash])).await;
        assert_eq!(receipt, receipts[index]);
        assert_eq!(receipt["transactionIndex"], place);
        assert_eq!(receipt["type"], found["type"]);
        for method in ["eth_getRawTransactionByHash", "debug_getRawTransaction"] {
            let raw = served.call(method, json!([hash])).await;
            let raw: Bytes = serde_json::from_value(raw).unwrap();
            assert_eq!(keccak256(&raw), *hash);
        }
    }
    let params = json!(["0x1", "0x7"]);
    let past = served.call("eth_getTransactionByBlockNumberAndIndex", params).await;
    assert_eq!(past, Value::Null);

    let unknown = json!([B256::repeat_byte(1)]);
    for method in [
        "eth_getTransactionByHash",
        "eth_getTransactionReceipt",
        "eth_getRawTransactionByHash",
        "eth_getBlockReceipts",
    ] {
        assert_eq!(served.call(method, unknown.clone()).await, Value::Null, "{method}");
    }
    assert_eq!(served.call("eth_getBlockReceipts", json!(["earliest"])).await, json!([]));
}

#[tokio::test]
async fn receipts_tell_gas_logs_and_failures_apart() {
    let served = Served::start().await;
    let receipts = served.call("eth_getBlockReceipts", json!(["0x1"])).await;
    let receipts = receipts.as_array().unwrap();
    let mut total = 0;
    let mut next_log = 0;
    for receipt in receipts {
        total += number(&receipt["gasUsed"]);
        assert_eq!(number(&receipt["cumulativeGasUsed"]), total);
        for log in receipt["logs"].as_array().unwrap() {
            assert_eq!(number(&log["logIndex"]), next_log);
            assert_eq!(log["transactionHash"], receipt["transactionHash"]);
            assert_eq!(log["removed"], false);
            next_log += 1;
        }
    }
    let statuses: Vec<&Value> = receipts.iter().map(|receipt| &receipt["status"]).collect();
    assert_eq!(json!(statuses), json!(["0x1", "0x1", "0x1", "0x1", "0x1", "0x1", "0x0"]));
    let created = &receipts[5];
    assert_eq!(created["to"], Value::Null);
    assert_eq!(created["contractAddress"], json!(key(6).address().create(0)));
    let blob = &receipts[3];
    assert_eq!((number(&blob["blobGasUsed"]), number(&blob["blobGasPrice"])), (1 << 17, 1));
}

#[tokio::test]
async fn sends_raw_transactions_and_shows_them_pending() {
    let served = Served::start().await;
    let transaction = chain::transfer(&key(8), 2);
    let raw = raw(&transaction);
    let hash = served.call("eth_sendRawTransaction", json!([raw])).await;
    assert_eq!(hash, json!(transaction.tx_hash()));
    let pending = served.call("eth_getTransactionByHash", json!([hash])).await;
    assert_eq!(pending["blockHash"], Value::Null);
    assert_eq!(pending["from"], json!(key(8).address()));
    assert_eq!(served.call("eth_getTransactionReceipt", json!([hash])).await, Value::Null);
    assert_eq!(served.call("eth_getRawTransactionByHash", json!([hash])).await, raw);

    let (code, message, _) = served.error("eth_sendRawTransaction", json!([raw])).await;
    assert_eq!((code, message.as_str()), (-32000, "already known"));
    let used = self::raw(&chain::log(&key(8), 0, TOPIC));
    let (code, message, _) = served.error("eth_sendRawTransaction", json!([used])).await;
    assert!(code == -32000 && message.starts_with("nonce too low"), "{message}");
    for bad in ["0x", "0x05", "0x02c0", "0xdeadbeef"] {
        let (code, message, _) = served.error("eth_sendRawTransaction", json!([bad])).await;
        assert!(code == -32000 && message.starts_with("cannot decode"), "{message}");
    }
}

fn raw(transaction: &Transaction) -> String {
    hex::encode_prefixed(transaction.encoded_2718())
}

#[tokio::test]
async fn strips_blobs_in_network_form() {
    let served = Served::start().await;
    let commitment = [5; 48];
    let sidecar = BlobTransactionSidecar {
        blobs: vec![[0; 131_072].into()],
        commitments: vec![commitment.into()],
        proofs: vec![[6; 48].into()],
    };
    let tx = TxEip4844 {
        chain_id: chain::CHAIN_ID,
        gas_limit: 100_000,
        max_fee_per_gas: 10 * chain::GWEI,
        max_priority_fee_per_gas: chain::GWEI,
        max_fee_per_blob_gas: chain::GWEI,
        nonce: 1,
        blob_versioned_hashes: vec![kzg_to_versioned_hash(&commitment)],
        ..TxEip4844::default()
    };
    let network = |tx: TxEip4844| {
        let signed = chain::sign(&key(4), tx);
        let EthereumTxEnvelope::Eip4844(signed) = signed else { panic!("no blob transaction") };
        let hash = *signed.hash();
        let (tx, signature, _) = signed.into_parts();
        let tx = TxEip4844Variant::TxEip4844WithSidecar(TxEip4844WithSidecar {
            tx,
            sidecar: sidecar.clone(),
        });
        let envelope = EthereumTxEnvelope::Eip4844(Signed::new_unchecked(tx, signature, hash));
        (hash, hex::encode_prefixed(envelope.encoded_2718()))
    };
    let (hash, raw) = network(tx.clone());
    assert!(raw.len() > 2 * 131_072);
    assert_eq!(served.call("eth_sendRawTransaction", json!([raw])).await, json!(hash));
    let stored = served.call("eth_getRawTransactionByHash", json!([hash])).await;
    assert!(stored.as_str().unwrap().len() < 1_000);

    let mut other = tx;
    other.blob_versioned_hashes = vec![B256::with_last_byte(1)];
    let (_, raw) = network(other);
    let (code, message, _) = served.error("eth_sendRawTransaction", json!([raw])).await;
    assert_eq!(code, -32000);
    assert!(message.contains("versioned hashes"), "{message}");
}
