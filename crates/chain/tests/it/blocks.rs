//! Building blocks and reading them back.

use crate::common::*;
use alloy_consensus::{Transaction as _, TxReceipt};
use alloy_primitives::{Address, B256, U256};
use bough_chain::{BlockAttributes, Chain, ChainConfig, ChainError, FirstError, ImportAs};
use bough_stf::{BlockError, TransactionError, recover};

#[test]
fn transfers_deploys_and_storage_in_both_forks() {
    for fork in forks() {
        let chain = Chain::open(ChainConfig::new(spec(fork), genesis())).unwrap();
        let hash = send(&chain, 0, transfer(0, Address::with_last_byte(0x77), ETHER));
        send(&chain, 0, deploy(1, &STORAGE));
        let contract = address(0).create(1);
        let first = mine(&chain);
        assert_eq!(first.transactions.len(), 2, "{fork:?}");
        assert!(first.receipts.iter().all(|receipt| receipt.success), "{fork:?}");
        assert_eq!(balance(&chain, Address::with_last_byte(0x77)), U256::from(ETHER));

        send(&chain, 1, call(0, contract, set_slot(5, 42)));
        let second = mine(&chain);
        assert!(second.receipts[0].success);
        let state = chain.state_at(second.hash).unwrap();
        assert_eq!(state.storage_at(contract, U256::from(5)).unwrap(), U256::from(42));
        // The state of any height can be read.
        let state = chain.state_at(first.hash).unwrap();
        assert_eq!(state.storage_at(contract, U256::from(5)).unwrap(), U256::ZERO);
        let state = chain.state_at(chain.genesis_hash()).unwrap();
        assert_eq!(state.account(contract).unwrap(), None);

        let place = chain.transaction(hash).unwrap().unwrap();
        assert_eq!((place.block_hash, place.block_number, place.index), (first.hash, 1, 0));
        assert_eq!(chain.block(1).unwrap().unwrap(), first);
        assert_eq!(chain.block(first.hash).unwrap().unwrap(), first);
        assert_eq!(chain.header(2).unwrap().unwrap(), second.header);
        assert_eq!(chain.canonical_hash(3).unwrap(), None);
        assert_eq!(chain.head(), second);
        let sum: u64 = (0..2).map(|index| first.gas_used(index).unwrap()).sum();
        assert_eq!(sum, first.receipts[1].cumulative_gas_used());
        assert_eq!(first.gas_used(2), None);
    }
}

#[test]
fn blocks_come_back_from_the_store_as_they_were() {
    // More blocks than the cache of decoded ones holds.
    let chain = chain_with(&[(Address::with_last_byte(0x10), LOGGER)]);
    let first = {
        send(&chain, 0, call(0, Address::with_last_byte(0x10), B256::with_last_byte(9)));
        send(&chain, 1, transfer(0, address(2), 1));
        mine(&chain)
    };
    for _ in 0..600 {
        mine(&chain);
    }
    assert_eq!(chain.block(1).unwrap().unwrap(), first);
    assert_eq!(chain.head().header.number, 601);
}

#[test]
fn pays_tips_by_descending_tip_and_keeps_nonce_order() {
    let chain = chain();
    let tipped = |nonce, tip| alloy_consensus::TxEip1559 {
        max_priority_fee_per_gas: tip * GWEI,
        ..transfer(nonce, address(9), 1)
    };
    send(&chain, 0, tipped(0, 1));
    send(&chain, 0, tipped(1, 9));
    send(&chain, 1, tipped(0, 2));
    send(&chain, 2, tipped(0, 2));
    send(&chain, 3, tipped(0, 5));
    let block = mine(&chain);
    let order: Vec<(Address, u64)> =
        block.transactions.iter().map(|tx| (tx.signer(), tx.nonce())).collect();
    let expected = [(3, 0), (1, 0), (2, 0), (0, 0), (0, 1)];
    assert_eq!(order, expected.map(|(account, nonce)| (address(account), nonce)));
    let tips: U256 = (0..5)
        .map(|index| {
            let tip = block.transactions[index]
                .effective_tip_per_gas(block.header.base_fee_per_gas.unwrap())
                .unwrap();
            U256::from(tip) * U256::from(block.gas_used(index).unwrap())
        })
        .sum();
    assert_eq!(balance(&chain, Address::with_last_byte(0xfe)), tips);
}

#[test]
fn first_transactions_come_first_or_the_build_fails() {
    let chain = chain();
    send(&chain, 1, transfer(0, address(2), 1));
    let forced = |nonce| recover(sign(0, transfer(nonce, address(2), 1))).unwrap();
    let with = |first| BlockAttributes { first, ..attributes(&chain) };
    let block = chain.prepare(with(vec![forced(0), forced(1)])).unwrap().block;
    let order: Vec<Address> = block.transactions.iter().map(|tx| tx.signer()).collect();
    assert_eq!(order, [address(0), address(0), address(1)]);

    let error = chain.prepare(with(vec![forced(0), forced(2)])).unwrap_err();
    assert!(
        matches!(
            error,
            ChainError::First { index: 1, error: FirstError::Invalid(TransactionError::Evm(_)) }
        ),
        "{error}"
    );
    let gas = bough_chain::Budget { gas: 20_000, bytes: None };
    let attributes = BlockAttributes { budget: gas, ..with(vec![forced(0), forced(1)]) };
    let error = chain.prepare(attributes).unwrap_err();
    assert!(
        matches!(
            error,
            ChainError::First { index: 0 | 1, error: FirstError::Gas { budget: 20_000, .. } }
        ),
        "{error}"
    );
}

#[test]
fn gas_budget_is_kept_and_does_not_lose_transactions() {
    let chain = chain();
    for account in 0..10 {
        send(&chain, account, transfer(0, address(0), 1));
    }
    let each = {
        let built = chain.prepare(attributes(&chain)).unwrap();
        assert_eq!(built.block.transactions.len(), 10);
        built.block.header.gas_used / 10
    };
    let budget = bough_chain::Budget { gas: each * 4, bytes: None };
    let built = chain.prepare(BlockAttributes { budget, ..attributes(&chain) }).unwrap();
    assert!(built.block.header.gas_used <= each * 4);
    assert_eq!(built.block.transactions.len(), 4);
    assert_eq!(built.excluded, []);
    chain.commit(built).unwrap();
    assert_eq!(chain.pool().status().pending, 6);
}

#[test]
fn attributes_no_block_can_have_are_refused() {
    let chain = chain();
    let timestamp = chain.head().header.timestamp;
    let error = chain.prepare(BlockAttributes { timestamp, ..attributes(&chain) }).unwrap_err();
    assert!(
        matches!(
            error,
            ChainError::Block { number: 1, error: BlockError::Timestamp { got, parent } }
                if got == timestamp && parent == timestamp
        ),
        "{error}"
    );
    let extra_data = vec![0; 33].into();
    let error = chain.prepare(BlockAttributes { extra_data, ..attributes(&chain) }).unwrap_err();
    assert!(
        matches!(error, ChainError::Block { number: 1, error: BlockError::ExtraData(33) }),
        "{error}"
    );
    let parent = Some(B256::with_last_byte(1));
    let error = chain.prepare(BlockAttributes { parent, ..attributes(&chain) }).unwrap_err();
    assert!(matches!(error, ChainError::UnknownBlock(_)), "{error}");
    assert_eq!(chain.head().header.number, 0);
}

#[test]
fn gas_limit_moves_towards_the_wish() {
    let chain = chain();
    let wish = BlockAttributes { gas_limit: 60_000_000, ..attributes(&chain) };
    let block = mine_with(&chain, wish);
    assert_eq!(block.header.gas_limit, GAS_LIMIT + GAS_LIMIT / 1024 - 1);
}

#[test]
fn withdrawals_are_paid() {
    let chain = chain();
    let withdrawal = alloy_eips::eip4895::Withdrawal {
        address: Address::with_last_byte(0x55),
        amount: 3,
        ..Default::default()
    };
    let block =
        mine_with(&chain, BlockAttributes { withdrawals: vec![withdrawal], ..attributes(&chain) });
    assert_eq!(block.withdrawals.as_ref().unwrap().len(), 1);
    assert_eq!(balance(&chain, withdrawal.address), U256::from(3 * GWEI));
}

#[test]
fn a_build_on_a_head_that_moved_is_stale() {
    let chain = chain();
    let stale = chain.prepare(attributes(&chain)).unwrap();
    let parent = chain.head().hash;
    let head = mine(&chain).hash;
    let error = chain.commit(stale).unwrap_err();
    assert!(
        matches!(error, ChainError::StaleBuild { parent: p, head: h } if p == parent && h == head),
        "{error}"
    );
    assert_eq!(chain.head().hash, head);
}

#[test]
fn a_build_on_a_named_parent_becomes_the_head() {
    let chain = chain();
    mine(&chain);
    let parent = Some(chain.genesis_hash());
    let built =
        chain.prepare(BlockAttributes { parent, timestamp: 7, ..attributes(&chain) }).unwrap();
    let block = chain.commit(built).unwrap();
    assert_eq!(chain.head(), block);
    assert_eq!(block.header.number, 1);
}

#[test]
fn a_second_chain_imports_to_the_same_head() {
    for fork in forks() {
        let open = || Chain::open(ChainConfig::new(spec(fork), genesis())).unwrap();
        let (builder, follower) = (open(), open());
        assert_eq!(builder.genesis_hash(), follower.genesis_hash());
        for round in 0..5 {
            send(&builder, 0, deploy(round, &STORAGE));
            send(&builder, 1, transfer(round, address(3), 5));
            if round > 0 {
                let contract = address(0).create(round - 1);
                send(&builder, 2, call(round - 1, contract, set_slot(round, round)));
            }
            let block = mine(&builder);
            let imported = follower.import(block.to_block(), ImportAs::Head).unwrap();
            assert_eq!(imported, block, "{fork:?}");
            assert_eq!(
                follower.witness(block.hash).unwrap(),
                builder.witness(block.hash).unwrap(),
                "{fork:?}"
            );
        }
        assert_eq!(follower.head(), builder.head());
    }
}
