//! Random blocks, reorgs and imports: names stay right and nothing accepted is lost.

use std::{collections::BTreeMap, sync::Arc, thread};

use crate::common::*;
use alloy_primitives::{Address, B256};
use bough_chain::{BlockAttributes, Chain, ChainConfig, ImportAs, StoredBlock};
use bough_testing::Seeded;

const ROUNDS: usize = 120;
const SENDERS: usize = 4;

#[test]
fn names_stay_right_and_nothing_is_lost() {
    for seed in 0..6 {
        let datadir = tempfile::tempdir().unwrap();
        let mut random = Seeded::new(seed);
        let mut chain = chain_in(datadir.path());
        let follower = Chain::open(ChainConfig { keep_witnesses: false, ..config() }).unwrap();
        let mut blocks = vec![chain.head()];
        let mut nonces = [0u64; SENDERS];
        let mut sent = Vec::new();
        for round in 0..ROUNDS {
            match random.below(8) {
                0..3 => {
                    let account = random.below(SENDERS);
                    let nonce = &mut nonces[account];
                    let to = Address::repeat_byte(random.below(20) as u8 + 1);
                    sent.push(send(&chain, account as u8, transfer(*nonce, to, 1)));
                    *nonce += 1;
                }
                3 | 4 => blocks.push(mine(&chain)),
                5 => {
                    let parent = &blocks[random.below(blocks.len())];
                    let built = chain
                        .prepare(BlockAttributes {
                            parent: Some(parent.hash),
                            timestamp: parent.header.timestamp + 1 + round as u64,
                            ..attributes(&chain)
                        })
                        .unwrap();
                    blocks.push(chain.commit(built).unwrap());
                }
                6 => {
                    let block = &blocks[random.below(blocks.len())];
                    chain.set_head(block.hash).unwrap();
                }
                _ => {
                    let built = chain
                        .prepare(BlockAttributes {
                            timestamp: chain.head().header.timestamp + 1_000 + round as u64,
                            ..attributes(&chain)
                        })
                        .unwrap();
                    let block = built.block.to_block();
                    blocks.push(chain.import(block, ImportAs::Side).unwrap());
                }
            }
            assert_names(&chain, &blocks);
            assert_nothing_lost(&chain, &sent);
            if random.below(20) == 0 {
                // The pool is not kept: what is pending is sent again.
                let pending: Vec<_> = chain.pool().pending();
                let head = chain.head();
                drop(chain);
                chain = chain_in(datadir.path());
                assert_eq!(chain.head(), head);
                for transaction in pending {
                    chain.submit(transaction.transaction.inner().clone()).unwrap();
                }
            }
        }
        for block in &blocks[1..] {
            assert_eq!(follower.import(block.to_block(), ImportAs::Head).unwrap(), *block);
        }
    }
}

/// Canonical are the head and its ancestors and nothing else; so are their transactions.
fn assert_names(chain: &Chain, blocks: &[Arc<StoredBlock>]) {
    let by_hash: BTreeMap<B256, _> = blocks.iter().map(|block| (block.hash, block)).collect();
    let mut block = chain.head();
    let mut canonical = BTreeMap::new();
    loop {
        canonical.insert(block.hash, block.header.number);
        assert_eq!(chain.canonical_hash(block.header.number).unwrap(), Some(block.hash));
        for (index, transaction) in block.transactions.iter().enumerate() {
            let place = chain.transaction(*transaction.hash()).unwrap().unwrap();
            assert_eq!((place.block_hash, place.index), (block.hash, index));
        }
        if block.header.number == 0 {
            break;
        }
        block = Arc::clone(by_hash[&block.header.parent_hash]);
    }
    assert_eq!(chain.canonical_hash(chain.head().header.number + 1).unwrap(), None);
    for block in blocks.iter().filter(|block| !canonical.contains_key(&block.hash)) {
        for transaction in &block.transactions {
            let place = chain.transaction(*transaction.hash()).unwrap();
            assert!(place.is_none_or(|place| canonical.contains_key(&place.block_hash)));
        }
    }
}

fn assert_nothing_lost(chain: &Chain, sent: &[B256]) {
    for hash in sent {
        let mined = chain.transaction(*hash).unwrap().is_some();
        let pooled = chain.pool().get(*hash).is_some();
        assert!(mined != pooled, "mined {mined}, in the pool {pooled}");
    }
    assert_eq!(chain.pool().status().queued, 0);
}

#[test]
fn threads_do_not_get_in_each_others_way() {
    const EACH: u64 = 60;
    let chain = chain();
    let genesis = chain.head();
    thread::scope(|scope| {
        for account in 0..4 {
            let chain = &chain;
            scope.spawn(move || {
                for nonce in 0..EACH {
                    send(chain, account, transfer(nonce, address(9), 1));
                }
            });
        }
        scope.spawn(|| {
            for _ in 0..30 {
                mine(&chain);
            }
        });
        scope.spawn(|| {
            for _ in 0..200 {
                let head = chain.head();
                chain.proof(head.hash, address(0), &[]).unwrap();
                assert_eq!(chain.block(genesis.hash).unwrap().unwrap(), genesis);
            }
        });
    });
    while !chain.pool().pending().is_empty() {
        mine(&chain);
    }
    for account in 0..4 {
        let head = chain.head().hash;
        assert_eq!(chain.account(head, address(account)).unwrap().unwrap().nonce, EACH);
    }
}
