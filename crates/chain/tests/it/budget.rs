//! The settlement of built blocks: their witness is enough, their size is what is said.

use crate::common::*;
use alloy_consensus::TxEip1559;
use alloy_genesis::GenesisAccount;
use alloy_primitives::{Address, B256, Bytes, U256, bytes};
use bough_chain::{
    BlockAttributes, Budget, BuiltBlock, Chain, ChainConfig, ChainError, DropReason, FirstError,
    StoredBlock, Witness, settlement_size,
};
use bough_stateless::{ExecutionWitness, Schema, StatelessInput, run_stateless_guest};
use bough_stf::{Fork, recover};

fn stateless_input(fork: Fork, block: &StoredBlock, witness: &Witness) -> StatelessInput {
    let Witness { state, codes, headers } = witness.clone();
    StatelessInput::from_block(
        Schema::of(fork).unwrap(),
        CHAIN_ID,
        &block.to_block(),
        block.block_access_list.clone(),
        block.requests.clone().unwrap_or_default(),
        ExecutionWitness { state, codes, headers },
    )
}

/// That the block is valid from its witness alone, that nothing of it can be left out, and that
/// its size is as measured.
fn assert_settles(fork: Fork, block: &StoredBlock, witness: &Witness, size: usize) {
    let input = stateless_input(fork, block, witness);
    let bytes = input.encode().unwrap();
    assert_eq!(bytes.len(), size);
    assert_eq!(settlement_size(block, witness), size);
    assert!(run_stateless_guest(&bytes).successful_validation);
    for index in 0..witness.state.len() {
        let mut less = witness.clone();
        less.state.remove(index);
        let input = stateless_input(fork, block, &less);
        let result = bough_stateless::verify_stateless_new_payload(&input);
        assert!(!result.successful_validation, "node {index} is not needed");
    }
    for index in 0..witness.codes.len() {
        let mut less = witness.clone();
        less.codes.remove(index);
        let input = stateless_input(fork, block, &less);
        let result = bough_stateless::verify_stateless_new_payload(&input);
        assert!(!result.successful_validation, "code {index} is not needed");
    }
}

fn assert_built_settles(fork: Fork, built: &BuiltBlock) {
    assert_settles(fork, &built.block, &built.witness, built.settlement_bytes);
}

#[test]
fn built_blocks_are_valid_from_their_witness() {
    let hasher = Address::with_last_byte(0xbb);
    for fork in forks() {
        let genesis = genesis_with(&[(hasher, BLOCK_HASHER)]);
        let chain = Chain::open(ChainConfig::new(spec(fork), genesis)).unwrap();
        let storage = address(0).create(0);
        for round in 0u64..8 {
            match round {
                0 => {
                    send(&chain, 0, deploy(0, &STORAGE));
                }
                // Several slots, then some of them back to zero: branches that collapse.
                1 => {
                    for slot in 0..6 {
                        send(&chain, 1, call(slot, storage, set_slot(slot, slot + 1)));
                    }
                }
                2 => {
                    for slot in 0..5 {
                        send(&chain, 2, call(slot, storage, set_slot(slot, 0)));
                    }
                }
                3 => {
                    send(&chain, 3, transfer(0, Address::repeat_byte(7), 1));
                    send(&chain, 4, call(0, storage, Bytes::new()));
                }
                // An ancestor older than the parent.
                4 => {
                    send(&chain, 5, call(0, hasher, U256::from(1).to_be_bytes::<32>()));
                }
                5 => {
                    send(&chain, 6, call(0, hasher, U256::from(2).to_be_bytes::<32>()));
                    send(&chain, 7, deploy(0, &REVERTER));
                }
                _ => {}
            }
            let withdrawals = Vec::new();
            let attributes = BlockAttributes { withdrawals, ..attributes(&chain) };
            let built = chain.prepare(attributes).unwrap();
            assert!(built.block.receipts.iter().all(|receipt| receipt.success));
            if round == 4 {
                assert_eq!(built.witness.headers.len(), 4);
            }
            assert_built_settles(fork, &built);
            let witness = built.witness.clone();
            let block = chain.commit(built).unwrap();
            assert_eq!(chain.witness(block.hash).unwrap(), witness);
        }
    }
}

#[test]
fn a_witness_that_was_not_kept_is_found_again() {
    let kept = chain();
    let without = Chain::open(ChainConfig { keep_witnesses: false, ..config() }).unwrap();
    for chain in [&kept, &without] {
        send(chain, 0, deploy(0, &STORAGE));
        send(chain, 1, transfer(0, address(2), 1));
        mine(chain);
    }
    let hash = kept.head().hash;
    assert_eq!(without.head().hash, hash);
    assert_eq!(without.witness(hash).unwrap(), kept.witness(hash).unwrap());
    assert_eq!(kept.witness(kept.genesis_hash()).unwrap(), Witness::default());
    let unknown = B256::with_last_byte(1);
    let error = kept.witness(unknown).unwrap_err();
    assert!(matches!(error, ChainError::UnknownBlock(hash) if hash == unknown), "{error}");
}

/// Reads as many slots as its call data's first word says: each is a path of its own.
/// for (i = calldataload(0); i; i--) sload(i)
const READER: Bytes = bytes!("6000355b8015601357805450600190036003565b00");

#[test]
fn a_block_with_nothing_is_measured_too() {
    let chain = chain();
    let budget = Budget { bytes: Some(64 << 10), ..Budget::UNLIMITED };
    let built = chain.prepare(BlockAttributes { budget, ..attributes(&chain) }).unwrap();
    assert_built_settles(newest(), &built);
}

#[test]
fn byte_budgets_are_kept() {
    let chain = chain();
    for account in 0..ACCOUNTS {
        for nonce in 0..12 {
            let to = Address::repeat_byte(account * 12 + u8::try_from(nonce).unwrap() + 1);
            send(&chain, account, transfer(nonce, to, 1));
        }
    }
    let size = |bytes| {
        let budget = Budget { bytes, ..Budget::UNLIMITED };
        chain.prepare(BlockAttributes { budget, ..attributes(&chain) }).unwrap()
    };
    let all = size(None);
    assert_eq!(all.block.transactions.len(), 120);
    let bare = {
        let attributes = BlockAttributes { without_pool: true, ..attributes(&chain) };
        chain.prepare(attributes).unwrap().settlement_bytes
    };
    let mut last = 0;
    let step = (all.settlement_bytes - bare) / 7;
    for budget in (bare..all.settlement_bytes + 2 * step).step_by(step) {
        let built = size(Some(budget));
        assert!(built.settlement_bytes <= budget);
        assert!(built.excluded.is_empty() || budget == bare, "{:?}", built.excluded);
        assert!(built.block.transactions.len() >= last, "a larger budget, a smaller block");
        last = built.block.transactions.len();
        let used = built.settlement_bytes - bare;
        assert!(
            used + 2 * step >= budget - bare || last == 120,
            "{used} of {} used with {last} transactions",
            budget - bare
        );
        assert_settles_fast(&built);
    }
    assert_eq!(last, 120);
}

fn assert_settles_fast(built: &BuiltBlock) {
    let bytes = stateless_input(newest(), &built.block, &built.witness).encode().unwrap();
    assert_eq!(bytes.len(), built.settlement_bytes);
    assert!(run_stateless_guest(&bytes).successful_validation);
}

#[test]
fn what_never_fits_is_dropped_after_some_blocks_and_blocks_nobody() {
    let chain = chain();
    let bytes = Some(24 << 10);
    let with =
        || BlockAttributes { budget: Budget { bytes, ..Budget::UNLIMITED }, ..attributes(&chain) };
    // Larger than the budget by its bytes alone, and paying most.
    let large = TxEip1559 {
        max_priority_fee_per_gas: 9 * GWEI,
        gas_limit: 10_000_000,
        ..call(0, address(1), vec![1; 30_000])
    };
    let large = send(&chain, 0, large);
    for round in 0..3 {
        send(&chain, 1, transfer(round, address(2), 1));
        assert!(chain.pool().get(large).is_some(), "round {round}");
        let built = chain.prepare(with()).unwrap();
        assert_eq!(built.block.transactions.len(), 1, "round {round}");
        assert!(
            matches!(
                built.excluded.as_slice(),
                [(hash, DropReason::ExceedsByteBudget { needed, budget })]
                    if *hash == large && needed > budget && Some(*budget) == bytes
            ),
            "{:?}",
            built.excluded
        );
        chain.commit(built).unwrap();
    }
    assert_eq!(chain.pool().get(large), None);
    assert!(matches!(chain.pool().drop_reason(large), Some(DropReason::ExceedsByteBudget { .. })));
}

#[test]
fn what_reads_too_much_is_left_out() {
    let reader = Address::with_last_byte(0x99);
    let mut genesis = genesis_with(&[(reader, READER)]);
    let slots =
        (1..=2_000u64).map(|slot| (B256::from(U256::from(slot)), B256::from(U256::from(slot))));
    genesis.alloc.get_mut(&reader).unwrap().storage = Some(slots.collect());
    let chain = Chain::open(ChainConfig::new(spec(newest()), genesis)).unwrap();
    let read = |tip: u128, count: u64| TxEip1559 {
        max_priority_fee_per_gas: tip * GWEI,
        gas_limit: 15_000_000,
        ..call(0, reader, U256::from(count).to_be_bytes::<32>())
    };
    let heavy = send(&chain, 0, read(9, 1_500));
    send(&chain, 1, read(8, 10));
    send(&chain, 2, read(7, 20));
    let all = chain.prepare(attributes(&chain)).unwrap();
    assert_eq!(all.block.transactions.len(), 3);
    assert!(all.block.receipts.iter().all(|receipt| receipt.success));
    assert!(all.settlement_bytes > 150_000, "{}", all.settlement_bytes);

    let budget = Budget { bytes: Some(100_000), ..Budget::UNLIMITED };
    let built = chain.prepare(BlockAttributes { budget, ..attributes(&chain) }).unwrap();
    assert!(built.settlement_bytes <= 100_000);
    assert_eq!(built.block.transactions.len(), 2);
    assert!(
        matches!(
            built.excluded.as_slice(),
            [(hash, DropReason::ExceedsByteBudget { .. })] if *hash == heavy
        ),
        "{:?}",
        built.excluded
    );
    assert_settles_fast(&built);
}

#[test]
fn those_who_read_too_much_do_not_keep_others_out() {
    let reader = Address::with_last_byte(0x99);
    let mut genesis = genesis_with(&[(reader, READER)]);
    let slots =
        (1..=2_000u64).map(|slot| (B256::from(U256::from(slot)), B256::from(U256::from(slot))));
    genesis.alloc.get_mut(&reader).unwrap().storage = Some(slots.collect());
    let heavy: Vec<u8> = (20..60).collect();
    let rich =
        |account| (address(account), GenesisAccount::default().with_balance(U256::from(ETHER)));
    let genesis = genesis.extend_accounts(heavy.iter().map(|account| rich(*account)));
    let chain = Chain::open(ChainConfig::new(spec(newest()), genesis)).unwrap();
    for account in heavy {
        let read = TxEip1559 {
            max_priority_fee_per_gas: 9 * GWEI,
            gas_limit: 15_000_000,
            ..call(0, reader, U256::from(1_500).to_be_bytes::<32>())
        };
        send(&chain, account, read);
    }
    for round in 0..3 {
        let honest = send(&chain, 1, transfer(round, address(2), 1));
        let budget = Budget { bytes: Some(100_000), ..Budget::UNLIMITED };
        let built = chain.prepare(BlockAttributes { budget, ..attributes(&chain) }).unwrap();
        assert_eq!(built.block.transactions.len(), 1, "round {round}");
        assert_eq!(*built.block.transactions[0].hash(), honest);
        assert!(built.excluded.len() < 40, "{}", built.excluded.len());
        chain.commit(built).unwrap();
    }
}

#[test]
fn first_transactions_past_the_byte_budget_fail_the_build() {
    let chain = chain();
    let first = vec![recover(sign(0, call(0, address(1), vec![1; 10_000]))).unwrap()];
    let budget = Budget { bytes: Some(15_000), ..Budget::UNLIMITED };
    let error = chain.prepare(BlockAttributes { first, budget, ..attributes(&chain) }).unwrap_err();
    assert!(
        matches!(
            error,
            ChainError::First { index: 0, error: FirstError::Bytes { needed, budget: 15_000 } }
                if needed > 15_000
        ),
        "{error}"
    );
}
