//! What `advance` carries, and that L1 executes it.

use std::sync::Arc;

use alloy_consensus::{SignableTransaction, Transaction as _, TxEip1559, transaction::Recovered};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{B256, Bytes, U256};
use alloy_signer::SignerSync;
use alloy_signer_local::{MnemonicBuilder, PrivateKeySigner, coins_bip39::English};
use alloy_sol_types::{SolCall, SolEvent};
use bough_chain::{BlockAttributes, Chain, StoredBlock};
use bough_contracts::NativeRollup;
use bough_devnet::{Devnet, MNEMONIC};
use bough_execute::EXECUTE_ADDRESS;
use bough_rollup::{Direction, PreconfirmedHeader, advance_calldata, decode_advance};
use bough_stateless::StatelessInput;
use revm_inspectors::tracing::{TracingInspector, TracingInspectorConfig};

use crate::support::{PATIENCE, account, bridge, devnet, ether};

/// The L1 transaction whose `advance` executed an L2 block.
fn advance_of(l1: &Chain, l2_block: u64) -> (Arc<StoredBlock>, usize) {
    for number in 1..=l1.head().header.number {
        let block = l1.block(number).unwrap().unwrap();
        for (index, receipt) in block.receipts.iter().enumerate() {
            let advanced = |log: &alloy_primitives::Log| {
                NativeRollup::Advanced::decode_log(log).is_ok_and(|event| event.number == l2_block)
            };
            if receipt.logs.iter().any(advanced) {
                return (block, index);
            }
        }
    }
    panic!("L2 block {l2_block} was not advanced to");
}

/// Waits for an L2 block with transactions and for L1 to execute it.
async fn settled_block(devnet: &Devnet) -> Arc<StoredBlock> {
    let bridge = bridge(devnet, account(0)).await;
    let sent = bridge.deposit(ether(1), account(5).address(), None).await.unwrap();
    let delivered = bridge.wait_delivered(Direction::L1ToL2, sent.nonce, PATIENCE).await.unwrap();
    let number = delivered.transaction.block_number;
    bridge.wait_executed(number, PATIENCE).await.unwrap();
    devnet.node().chain().block(number).unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn advance_carries_the_block_and_its_witness() {
    let devnet = devnet().await;
    let l2_block = settled_block(&devnet).await;
    let l1 = devnet.l1().chain();
    let (block, index) = advance_of(l1, l2_block.header.number);
    let transaction = &block.transactions[index];
    let calldata = transaction.input();
    let contains = |part: &[u8]| calldata.windows(part.len()).any(|window| window == part);
    assert!(!l2_block.transactions.is_empty());
    for transaction in &l2_block.transactions {
        assert!(contains(&transaction.encoded_2718()));
    }
    let witness = devnet.node().chain().witness(l2_block.hash).unwrap();
    assert!(witness.state.len() > 3 && !witness.codes.is_empty());
    for part in witness.state.iter().chain(&witness.codes).chain(&witness.headers) {
        assert!(contains(part));
    }
    let inspector = TracingInspector::new(TracingInspectorConfig::default_geth());
    let (_, inspector) = l1.trace_transaction(*transaction.tx_hash(), inspector).unwrap();
    let calls = inspector.traces().nodes().iter().map(|node| node.trace.address);
    assert!(calls.into_iter().any(|to| to == EXECUTE_ADDRESS));
    devnet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_byte_of_the_witness_reverts() {
    let devnet = devnet().await;
    let l2_block = settled_block(&devnet).await;
    let l1 = devnet.l1().chain();
    let (block, index) = advance_of(l1, l2_block.header.number);
    let original = &block.transactions[index];
    let parent = l1.block(block.header.parent_hash).unwrap().unwrap();

    let again = replay(l1, &parent, &block, original, original.input().clone());
    assert!(again, "the same transaction on the same state");

    let mut blocks = decode_advance(original.input()).unwrap();
    let input = StatelessInput::decode(&blocks[0].input).unwrap();
    let read = bough_stateless::witness_read(&input).unwrap();
    let node = read.state().into_iter().max_by_key(|node| node.len()).unwrap();
    let bytes = blocks[0].input.to_vec();
    let at = bytes.windows(node.len()).position(|window| window == *node).unwrap();
    for offset in [0, node.len() / 2, node.len() - 1] {
        let mut changed = bytes.clone();
        changed[at + offset] ^= 1;
        blocks[0].input = changed.into();
        assert!(!replay(l1, &parent, &block, original, advance_calldata(&blocks)));
    }
    devnet.stop().await;
}

/// Whether a transaction of the sequencer with this calldata succeeds in a block like `block`.
fn replay(
    l1: &Chain,
    parent: &StoredBlock,
    block: &StoredBlock,
    original: &Recovered<bough_stf::Transaction>,
    calldata: Bytes,
) -> bool {
    let transaction = TxEip1559 {
        chain_id: l1.chain_id(),
        nonce: original.nonce(),
        gas_limit: original.gas_limit(),
        max_fee_per_gas: original.max_fee_per_gas(),
        max_priority_fee_per_gas: original.max_priority_fee_per_gas().unwrap(),
        to: original.kind(),
        input: calldata,
        ..TxEip1559::default()
    };
    let key = sequencer();
    let signature = key.sign_hash_sync(&transaction.signature_hash()).unwrap();
    let signed = transaction.into_signed(signature).into();
    let built = l1
        .prepare(BlockAttributes {
            parent: Some(parent.hash),
            timestamp: block.header.timestamp,
            gas_limit: block.header.gas_limit,
            first: vec![Recovered::new_unchecked(signed, key.address())],
            without_pool: true,
            ..BlockAttributes::default()
        })
        .unwrap();
    built.block.receipts[0].success
}

fn sequencer() -> PrivateKeySigner {
    MnemonicBuilder::<English>::default().phrase(MNEMONIC).index(10).unwrap().build().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn blocks_are_promised_in_the_contracts_format() {
    let devnet = devnet().await;
    let bridge = bridge(&devnet, account(6)).await;
    use alloy_provider::Provider;
    let promise: serde_json::Value =
        bridge.l2_provider().raw_request("bough_getPreconfirmation".into(), ["0x1"]).await.unwrap();
    let block = devnet.node().chain().block(1).unwrap().unwrap();
    let hash: B256 = promise["blockHash"].as_str().unwrap().parse().unwrap();
    assert_eq!(hash, block.hash);
    let header = PreconfirmedHeader {
        number: 1,
        parent_hash: block.header.parent_hash,
        block_hash: block.hash,
    };
    let digest = header.digest(&bridge.domain());
    let call = NativeRollup::preconfirmationDigestCall {
        number: 1,
        parentHash: header.parent_hash,
        blockHash: header.block_hash,
    };
    let request = alloy_rpc_types_eth::TransactionRequest::default()
        .to(devnet.info().rollup)
        .input(Bytes::from(call.abi_encode()).into());
    let on_chain = bridge.l1_provider().call(request).await.unwrap();
    assert_eq!(U256::from_be_slice(&on_chain), U256::from_be_bytes(digest.0));
    let signature: alloy_primitives::Signature =
        promise["signature"].as_str().unwrap().parse().unwrap();
    let signer = signature.recover_address_from_prehash(&digest).unwrap();
    assert_eq!(signer, devnet.info().sequencer);
    devnet.stop().await;
}
