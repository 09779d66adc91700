//! A reorg is a change of head.

use std::sync::{Arc, Mutex};

use crate::common::*;
use alloy_primitives::{Address, U256};
use bough_chain::{BlockAttributes, Chain, ChainError, ChainEvent, ImportAs, StoredBlock};

/// Builds a block on a named parent, without transactions of the pool, and stores it on the side.
fn side_block(chain: &Chain, parent: &StoredBlock, salt: u8) -> Arc<StoredBlock> {
    let built = chain
        .prepare(BlockAttributes {
            parent: Some(parent.hash),
            timestamp: parent.header.timestamp + 1,
            fee_recipient: Address::with_last_byte(salt),
            without_pool: true,
            ..attributes(chain)
        })
        .unwrap();
    chain.import(built.block.to_block(), ImportAs::Side).unwrap()
}

#[test]
fn reorg_and_back() {
    let chain = chain();
    let genesis = chain.head();
    let hash = send(&chain, 0, transfer(0, address(1), ETHER));
    let first = mine(&chain);
    let second = mine(&chain);
    let other_first = side_block(&chain, &genesis, 1);
    assert_eq!(chain.head(), second, "a side block moves nothing");
    assert!(!chain.is_canonical(&other_first).unwrap());
    let other_second = side_block(&chain, &other_first, 2);
    let other_third = side_block(&chain, &other_second, 3);

    chain.set_head(other_third.hash).unwrap();
    assert_eq!(chain.head(), other_third);
    for block in [&other_first, &other_second, &other_third] {
        assert_eq!(chain.canonical_hash(block.header.number).unwrap(), Some(block.hash));
    }
    assert_eq!(chain.transaction(hash).unwrap(), None);
    assert_eq!(balance(&chain, address(1)), U256::from(1_000 * ETHER));
    assert_eq!(chain.pool().status().pending, 1, "back in the pool");
    assert_eq!(chain.pool().next_nonce(address(0)), Some(1));

    // And back, to a shorter branch.
    chain.set_head(second.hash).unwrap();
    assert_eq!(chain.head(), second);
    assert_eq!(chain.canonical_hash(3).unwrap(), None);
    assert_eq!(chain.transaction(hash).unwrap().unwrap().block_hash, first.hash);
    assert_eq!(balance(&chain, address(1)), U256::from(1_001 * ETHER));
    assert_eq!(chain.pool().status().pending, 0);

    // Down to an ancestor.
    chain.set_head(genesis.hash).unwrap();
    assert_eq!(chain.head(), genesis);
    assert_eq!(chain.canonical_hash(1).unwrap(), None);
    assert_eq!(chain.pool().status().pending, 1);
    let again = mine(&chain);
    assert_eq!(again.transactions.len(), 1);
}

#[test]
fn importing_as_head_may_reorg() {
    let (chain, other) = (chain(), chain());
    mine(&chain);
    send(&other, 3, transfer(0, address(1), 1));
    let block = mine(&other);
    chain.import(block.to_block(), ImportAs::Head).unwrap();
    assert_eq!(chain.head(), block);
    // Known blocks are not executed again, but become the head.
    chain.set_head(chain.genesis_hash()).unwrap();
    assert_eq!(chain.import(block.to_block(), ImportAs::Side).unwrap(), block);
    assert_eq!(chain.head().header.number, 0);
    chain.import(block.to_block(), ImportAs::Head).unwrap();
    assert_eq!(chain.head(), block);
}

#[test]
fn tags_follow_and_protect() {
    let chain = chain();
    let genesis = chain.head();
    let blocks: Vec<_> = (0..4).map(|_| mine(&chain)).collect();
    assert_eq!((chain.safe(), chain.finalized()), (genesis.clone(), genesis.clone()));
    chain.set_tags(blocks[2].hash, blocks[0].hash).unwrap();
    assert_eq!(chain.safe(), blocks[2]);
    assert_eq!(chain.finalized(), blocks[0]);

    let error = chain.set_tags(blocks[0].hash, blocks[1].hash).unwrap_err();
    assert!(matches!(error, ChainError::TagOrder { safe: 1, finalized: 2 }), "{error}");
    let side = side_block(&chain, &genesis, 9);
    let error = chain.set_tags(side.hash, blocks[0].hash).unwrap_err();
    assert!(matches!(error, ChainError::NotCanonical(hash) if hash == side.hash), "{error}");

    let error = chain.set_head(side.hash).unwrap_err();
    assert!(
        matches!(
            error,
            ChainError::BelowFinalized { head, finalized }
                if head == side.hash && finalized == blocks[0].hash
        ),
        "{error}"
    );
    assert_eq!(chain.head(), blocks[3]);
    chain.set_head(blocks[1].hash).unwrap();
    assert_eq!(chain.safe(), blocks[1], "moves down with the head");
    assert_eq!(chain.finalized(), blocks[0]);
    chain.set_tags(genesis.hash, genesis.hash).unwrap();
    chain.set_head(side.hash).unwrap();
    assert_eq!(chain.safe(), genesis);
}

#[test]
fn listeners_hear_in_order_and_may_act() {
    let chain = Arc::new(chain());
    let heard = Arc::new(Mutex::new(Vec::new()));
    let id = chain.subscribe({
        let (heard, weak) = (heard.clone(), Arc::downgrade(&chain));
        Box::new(move |event| {
            let chain = weak.upgrade().unwrap();
            heard.lock().unwrap().push(match event {
                ChainEvent::NewHead { block } => format!("head {}", block.header.number),
                ChainEvent::Reorg { removed, added, head } => {
                    format!("reorg {} {} {}", removed.len(), added.len(), head.header.number)
                }
                ChainEvent::Tags { .. } => "tags".into(),
                ChainEvent::Pooled { transaction } => {
                    // The chain may be used from here: this mines within the delivery.
                    if chain.head().header.number == 0 {
                        mine(&chain);
                    }
                    format!("pooled {}", transaction.nonce())
                }
                ChainEvent::Dropped { reason, .. } => format!("dropped: {reason}"),
            });
        })
    });
    send(&chain, 0, transfer(0, address(1), 1));
    let first = chain.head();
    assert_eq!(first.header.number, 1);
    mine(&chain);
    chain.set_tags(first.hash, first.hash).unwrap();
    chain.set_head(first.hash).unwrap();
    let hash = send(&chain, 0, transfer(1, address(1), 1));
    assert!(chain.remove_transaction(hash).is_some());
    assert_eq!(
        *heard.lock().unwrap(),
        [
            "pooled 0",
            "head 1",
            "head 2",
            "tags",
            "reorg 1 0 1",
            "pooled 1",
            "dropped: removed by request"
        ]
    );
    assert!(chain.unsubscribe(id));
    assert!(!chain.unsubscribe(id));
    mine(&chain);
    assert_eq!(heard.lock().unwrap().len(), 7);
}
