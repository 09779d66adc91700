//! A data directory goes on where it stopped.

use alloy_provider::Provider;
use bough_rollup::Direction;

use crate::support::{PATIENCE, account, bridge, devnet_in, ether};

#[tokio::test(flavor = "multi_thread")]
async fn both_chains_go_on_after_a_clean_stop() {
    let folder = tempfile::tempdir().unwrap();
    let recipient = account(7).address();

    let devnet = devnet_in(folder.path().to_path_buf()).await;
    let first = devnet.info().clone();
    let sender = bridge(&devnet, account(0)).await;
    let withdrawal = sender.withdraw(ether(1), recipient).await.unwrap();
    sender.wait_provable(withdrawal.nonce, PATIENCE).await.unwrap();
    let before = sender.l2_provider().get_balance(recipient).await.unwrap();
    let heads =
        (devnet.l1().chain().head().header.number, devnet.node().chain().head().header.number);
    devnet.stop().await;

    let devnet = devnet_in(folder.path().to_path_buf()).await;
    assert_eq!(devnet.info().rollup, first.rollup);
    assert!(devnet.l1().chain().head().header.number >= heads.0);
    assert!(devnet.node().chain().head().header.number >= heads.1);
    let sender = bridge(&devnet, account(0)).await;
    assert_eq!(sender.l2_provider().get_balance(recipient).await.unwrap(), before);
    let proof = sender.prove(withdrawal.nonce).await.unwrap();
    sender.claim(&proof).await.unwrap();
    let sent = sender.deposit(ether(1), recipient, None).await.unwrap();
    let delivered = sender.wait_delivered(Direction::L1ToL2, sent.nonce, PATIENCE).await.unwrap();
    sender.wait_executed(delivered.transaction.block_number, PATIENCE).await.unwrap();
    assert_eq!(sender.l2_provider().get_balance(recipient).await.unwrap(), before + ether(1));
    devnet.stop().await;
}
