//! Rules of Osaka that no vector here covers.

use alloy_consensus::{Header, SignableTransaction, TxLegacy, transaction::Recovered};
use alloy_primitives::{B256, Signature, TxKind, U256};
use bough_stf::{
    BlockError, BlockExecutor, Environment, ExecutableBlock, ExtraPrecompiles, Fork, Transaction,
    TransactionError, WorkLimits, excess_blob_gas, execute_block,
};

use crate::common::{RICH, genesis, spec, state};

const BLOB: u64 = 131_072;
const GWEI: u64 = 1_000_000_000;

fn parent(base_fee: u64, excess: u64, used: u64) -> Header {
    Header {
        base_fee_per_gas: Some(base_fee),
        excess_blob_gas: Some(excess),
        blob_gas_used: Some(used),
        ..Header::default()
    }
}

/// EIP-7918: where a blob's execution reserve costs more than its blob gas, excess grows by a third
/// of what was used, and does not sink.
#[test]
fn blob_base_fee_is_bounded_by_execution_cost() {
    // 8192 gas of execution at 1 gwei, 131072 of blob gas at 1 wei.
    let excess = 10 * BLOB;
    let above = parent(GWEI, excess, 6 * BLOB);
    assert_eq!(excess_blob_gas(Fork::Osaka, &above), Some(excess + 6 * BLOB / 3));
    assert_eq!(excess_blob_gas(Fork::Prague, &above), Some(excess), "no such rule before");
    let nothing_used = parent(GWEI, excess, 0);
    assert_eq!(excess_blob_gas(Fork::Osaka, &nothing_used), Some(excess));
    // 8192 * 16 wei is 131072 wei: not more, so the rule does not hold.
    let equal = parent(16, excess, 6 * BLOB);
    assert_eq!(excess_blob_gas(Fork::Osaka, &equal), Some(excess));
    let more = parent(17, excess, 6 * BLOB);
    assert_eq!(excess_blob_gas(Fork::Osaka, &more), Some(excess + 2 * BLOB));
    // Below the target it is zero, whatever the prices.
    assert_eq!(excess_blob_gas(Fork::Osaka, &parent(GWEI, 0, 5 * BLOB)), Some(0));
    // Other forks, other shares: 15 - 10 of 15, 21 - 14 of 21.
    assert_eq!(excess_blob_gas(Fork::Bpo1, &above), Some(excess + 6 * BLOB / 3));
    assert_eq!(excess_blob_gas(Fork::Bpo2, &above), Some(excess + 6 * BLOB / 3));
}

fn transaction(gas_limit: u64, input: usize) -> Recovered<Transaction> {
    let transaction = TxLegacy {
        gas_limit,
        gas_price: u128::from(GWEI),
        to: TxKind::Call(RICH),
        input: vec![0; input].into(),
        ..TxLegacy::default()
    };
    let signed = transaction.into_signed(Signature::new(U256::MAX, U256::MAX, false));
    Recovered::new_unchecked(signed.into(), RICH)
}

/// EIP-7934: the RLP of a block has at most 8,388,608 bytes.
#[test]
fn blocks_have_a_size_limit() {
    const MAX: usize = 8_388_608;
    let check = |fork, input| {
        let spec = spec(fork);
        let parent = genesis(&spec);
        let env = Environment::after(&spec, &parent, parent.hash_slow(), 13);
        let header = Header {
            number: env.number,
            timestamp: env.timestamp,
            base_fee_per_gas: env.base_fee,
            // Refused for this when it is not for the size.
            parent_hash: B256::repeat_byte(1),
            ..parent.clone()
        };
        let transactions = [transaction(GWEI, input)];
        let withdrawals = Some(&[][..]);
        let block = ExecutableBlock { header: &header, transactions: &transactions, withdrawals };
        let (hash, extra) = (parent.hash_slow(), ExtraPrecompiles::none());
        execute_block(&spec, &parent, hash, block, state(), extra, WorkLimits::NONE).unwrap_err()
    };
    let BlockError::BlockSize { got, max: MAX } = check(Fork::Osaka, MAX) else {
        panic!("too large");
    };
    let fits = MAX - (got - MAX);
    assert!(matches!(check(Fork::Osaka, fits), BlockError::ParentHash { .. }));
    let error = check(Fork::Osaka, fits + 1);
    assert_eq!(error, BlockError::BlockSize { got: MAX + 1, max: MAX });
    assert!(matches!(check(Fork::Prague, MAX), BlockError::ParentHash { .. }));
}

/// EIP-7825: a transaction has a gas limit of at most 2^24.
#[test]
fn transactions_have_a_gas_limit() {
    const MAX: u64 = 1 << 24;
    let check = |fork, gas_limit| {
        let spec = spec(fork);
        let parent = genesis(&spec);
        let env = Environment::after(&spec, &parent, parent.hash_slow(), 13);
        let extra = ExtraPrecompiles::none();
        let executor = BlockExecutor::new(&spec, state(), env, extra, WorkLimits::NONE);
        executor.execute(&transaction(gas_limit, 0))
    };
    assert!(check(Fork::Osaka, MAX).is_ok());
    let error = TransactionError::GasLimitTooHigh { got: MAX + 1, max: MAX };
    let error = BlockError::Transaction { index: 0, error };
    assert_eq!(check(Fork::Osaka, MAX + 1).unwrap_err(), error);
    assert!(check(Fork::Prague, MAX + 1).is_ok());
}
