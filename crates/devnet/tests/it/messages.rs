//! Messages both ways, withdrawals, and the supply they keep to.

use alloy_consensus::BlockHeader;
use alloy_primitives::{Address, Bytes, TxKind, U256};
use alloy_provider::Provider;
use alloy_sol_types::SolCall;
use bough_bridge::{Bridge, BridgeError, MessageParams};
use bough_contracts::{Counter, addresses::L2_MESSENGER};
use bough_devnet::{Devnet, DevnetConfig};
use bough_rollup::{AnchorPoint, Direction, circulating};
use bough_stf::Fork;

use crate::support::{PATIENCE, account, bridge, config, devnet, ether};

async fn check_supply(bridge: &Bridge) {
    let status = bridge.status().await.unwrap();
    assert!(status.circulating <= status.escrow, "{status:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ether_goes_to_l2_and_comes_back() {
    there_and_back(devnet().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ether_goes_to_l2_and_comes_back_under_osaka() {
    let osaka = DevnetConfig { fork: Fork::Osaka, ..config() };
    there_and_back(Devnet::spawn(osaka).await.unwrap()).await;
}

async fn there_and_back(devnet: Devnet) {
    let bridge = bridge(&devnet, account(0)).await;
    let (l1, l2) = (bridge.l1_provider(), bridge.l2_provider());
    let recipient = Address::repeat_byte(0x42);
    check_supply(&bridge).await;

    let sent = bridge.deposit(ether(3), recipient, None).await.unwrap();
    bridge.wait_delivered(Direction::L1ToL2, sent.nonce, PATIENCE).await.unwrap();
    assert_eq!(l2.get_balance(recipient).await.unwrap(), ether(3));
    check_supply(&bridge).await;

    let sent = bridge.withdraw(ether(2), recipient).await.unwrap();
    assert!(matches!(bridge.prove(sent.nonce).await, Err(BridgeError::NotExecuted { .. }) | Ok(_)));
    bridge.wait_provable(sent.nonce, PATIENCE).await.unwrap();
    let proof = bridge.prove(sent.nonce).await.unwrap();

    let mut forged = proof.clone();
    forged.message.value += U256::from(1);
    assert!(bridge.claim(&forged).await.is_err());
    let mut forged = proof.clone();
    let node = forged.storage_proof.pop().unwrap();
    let mut node = node.to_vec();
    *node.last_mut().unwrap() ^= 1;
    forged.storage_proof.push(node.into());
    assert!(bridge.claim(&forged).await.is_err());
    assert_eq!(l1.get_balance(recipient).await.unwrap(), U256::ZERO);

    bridge.claim(&proof).await.unwrap();
    assert_eq!(l1.get_balance(recipient).await.unwrap(), ether(2));
    assert!(bridge.claim(&proof).await.is_err(), "a second claim");
    assert_eq!(l1.get_balance(recipient).await.unwrap(), ether(2));
    check_supply(&bridge).await;
    devnet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_fails_waits_with_its_reason() {
    let devnet = devnet().await;
    let bridge = bridge(&devnet, account(1)).await;
    let key = account(2);
    // A contract that always reverts: PUSH0 PUSH0 REVERT, behind a constructor that returns it.
    let code: Bytes = alloy_primitives::bytes!("625f5ffd5f526003601df3");
    let address = create(&devnet, &key, code).await;
    let sent =
        bridge.message_to_l2(MessageParams::call(address, Bytes::from_static(&[1]))).await.unwrap();
    let why = loop {
        let status: serde_json::Value =
            bridge.l2_provider().raw_request("bough_status".into(), ()).await.unwrap();
        let waiting = status["waiting"].as_array().unwrap();
        let found = waiting.iter().find(|waiting| {
            waiting["nonce"] == format!("{:#x}", sent.nonce)
                && waiting["why"].as_str().unwrap().contains("revert")
        });
        if let Some(found) = found {
            break found["why"].as_str().unwrap().to_owned();
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    assert!(why.contains("recipient"), "{why}");
    assert!(!bridge.is_delivered(Direction::L1ToL2, sent.nonce).await.unwrap());
    check_supply(&bridge).await;
    devnet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn contracts_call_each_other_across() {
    let devnet = devnet().await;
    let key = account(3);
    let bridge = bridge(&devnet, key.clone()).await;
    let init = [Counter::BYTECODE.as_ref(), &alloy_sol_types::SolValue::abi_encode(&L2_MESSENGER)]
        .concat();
    let counter = create(&devnet, &key, init.into()).await;
    let call = Counter::incrementCall {}.abi_encode();
    let params =
        MessageParams { value: U256::from(5), ..MessageParams::call(counter, call.into()) };
    let sent = bridge.message_to_l2(params).await.unwrap();
    bridge.wait_delivered(Direction::L1ToL2, sent.nonce, PATIENCE).await.unwrap();
    let l2 = bridge.l2_provider();
    let view = |data: Vec<u8>| {
        let request = alloy_rpc_types_eth::TransactionRequest::default()
            .to(counter)
            .input(Bytes::from(data).into());
        async move { l2.call(request).await.unwrap() }
    };
    let number = view(Counter::numberCall {}.abi_encode()).await;
    assert_eq!(Counter::numberCall::abi_decode_returns(&number).unwrap(), U256::from(1));
    let sender = view(Counter::lastSenderCall {}.abi_encode()).await;
    assert_eq!(Counter::lastSenderCall::abi_decode_returns(&sender).unwrap(), key.address());
    assert_eq!(l2.get_balance(counter).await.unwrap(), U256::from(5));
    devnet.stop().await;
}

/// L2's clock is L1's, its anchors never go back, and every wei outside the messenger is escrowed.
#[tokio::test(flavor = "multi_thread")]
async fn blocks_keep_time_and_anchors() {
    let devnet = devnet().await;
    let bridge = bridge(&devnet, account(4)).await;
    let head = devnet.node().chain().head().header.number;
    bridge.wait_executed(head + 2, PATIENCE).await.unwrap();
    let (l1, l2) = (devnet.l1().chain(), devnet.node().chain());
    let mut before = (0, AnchorPoint::default());
    for number in 1..=l2.head().header.number {
        let header = l2.header(number).unwrap().unwrap();
        let point = AnchorPoint::from_extra_data(&header.extra_data).unwrap();
        let anchored = l1.header(point.l1_block).unwrap().unwrap();
        assert!(header.timestamp > before.0, "{number}");
        assert!(header.timestamp <= anchored.timestamp(), "{number}");
        assert!(point.l1_block >= before.1.l1_block, "{number}");
        assert!(point.message_count >= before.1.message_count, "{number}");
        assert_eq!(header.slot_number, Some(number));
        before = (header.timestamp, point);
    }
    let messenger = l2.account(l2.head().hash, L2_MESSENGER).unwrap().unwrap();
    let rollup = l1.account(l1.head().hash, devnet.info().rollup).unwrap().unwrap();
    assert!(circulating(messenger.balance) <= rollup.balance);
    devnet.stop().await;
}

/// Creates a contract on L2 and waits for it.
async fn create(
    devnet: &Devnet,
    key: &alloy_signer_local::PrivateKeySigner,
    init: Bytes,
) -> Address {
    use alloy_consensus::{SignableTransaction, TxEip1559};
    use alloy_signer::SignerSync;
    let chain = devnet.node().chain();
    let nonce = chain.account(chain.head().hash, key.address()).unwrap().unwrap().nonce;
    let transaction = TxEip1559 {
        chain_id: chain.chain_id(),
        nonce,
        gas_limit: 6_000_000,
        max_fee_per_gas: 3_000_000_000,
        max_priority_fee_per_gas: 1_000_000_000,
        to: TxKind::Create,
        input: init,
        ..TxEip1559::default()
    };
    let signature = key.sign_hash_sync(&transaction.signature_hash()).unwrap();
    let hash = chain.submit(transaction.into_signed(signature).into()).unwrap();
    loop {
        if let Some(place) = chain.transaction(hash).unwrap() {
            let block = chain.block(place.block_hash).unwrap().unwrap();
            assert!(block.receipts[place.index].success);
            return key.address().create(nonce);
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}
