//! What transactions a fork knows.

use alloy_consensus::{
    SignableTransaction, TxEip1559, TxEip2930, TxEip7702, TxLegacy, transaction::Recovered,
};
use alloy_primitives::{Signature, TxKind, U256, uint};
use bough_stf::{
    BlockError, BlockExecutor, Environment, ExtraPrecompiles, Fork, Transaction, TransactionError,
    WorkLimits, recover, recover_at,
};

use crate::common::{RICH, genesis, spec, state};

const GAS_PRICE: u128 = 2_000_000_000;

fn legacy(chain_id: Option<u64>) -> Transaction {
    let to = TxKind::Call(RICH);
    let transaction =
        TxLegacy { chain_id, gas_limit: 21_000, gas_price: GAS_PRICE, to, ..TxLegacy::default() };
    transaction.into_signed(Signature::test_signature()).into()
}

fn check(fork: Fork, transaction: Transaction) -> Result<(), TransactionError> {
    let spec = spec(fork);
    let parent = genesis(&spec);
    let env = Environment::after(&spec, &parent, parent.hash_slow(), 13);
    let extra = ExtraPrecompiles::none();
    let executor = BlockExecutor::new(&spec, state(), env, extra, WorkLimits::NONE);
    match executor.execute(&Recovered::new_unchecked(transaction, RICH)) {
        Ok(_) => Ok(()),
        Err(BlockError::Transaction { index: 0, error }) => Err(error),
        Err(error) => panic!("{error}"),
    }
}

/// EIP-155 signatures are known from Spurious Dragon on, the others always.
#[test]
fn replay_protection_begins_with_its_fork() {
    for fork in Fork::ALL {
        assert_eq!(check(fork, legacy(None)), Ok(()), "{fork:?}");
        let protected = check(fork, legacy(Some(1)));
        if fork < Fork::SpuriousDragon {
            assert_eq!(protected, Err(TransactionError::ReplayProtected), "{fork:?}");
        } else {
            assert_eq!(protected, Ok(()), "{fork:?}");
            assert!(check(fork, legacy(Some(2))).is_err(), "{fork:?}: another chain's");
        }
    }
}

#[test]
fn types_begin_with_their_forks() {
    let signature = Signature::test_signature();
    let typed: [(u8, Fork, Transaction); 3] = [
        (1, Fork::Berlin, TxEip2930::default().into_signed(signature).into()),
        (2, Fork::London, TxEip1559::default().into_signed(signature).into()),
        (4, Fork::Prague, TxEip7702::default().into_signed(signature).into()),
    ];
    for fork in Fork::ALL {
        for (kind, since, transaction) in &typed {
            let unknown =
                check(fork, transaction.clone()) == Err(TransactionError::UnknownType(*kind));
            assert_eq!(unknown, fork < *since, "type {kind} at {fork:?}");
        }
    }
}

/// EIP-2: from Homestead on the lower `s` only.
#[test]
fn frontier_takes_a_high_s() {
    const ORDER: U256 =
        uint!(0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141_U256);
    let low = legacy(None);
    let signature = *low.signature();
    let high = Signature::new(signature.r(), ORDER - signature.s(), !signature.v());
    let Transaction::Legacy(signed) = low.clone() else { panic!("legacy") };
    let high: Transaction = signed.strip_signature().into_signed(high).into();
    let sender = recover(low).unwrap().signer();
    assert_eq!(recover_at(Fork::Frontier, high.clone()).unwrap().signer(), sender);
    assert_eq!(recover_at(Fork::Homestead, high.clone()), Err(TransactionError::Signature));
    assert_eq!(recover(high), Err(TransactionError::Signature));
}
