//! Blocks that are refused, each by the check that refuses it, with nothing written.

use crate::common::*;
use alloy_consensus::Header;
use alloy_primitives::{B256, Bloom, U256};
use bough_chain::{Chain, ChainError, ImportAs};
use bough_stf::{Block, BlockError, TransactionError};

/// A valid block that two transactions are in, and a chain that does not have it.
fn valid() -> (Block, Chain) {
    let builder = chain();
    send(&builder, 0, transfer(0, address(1), ETHER));
    send(&builder, 1, deploy(0, &STORAGE));
    (mine(&builder).to_block(), chain())
}

fn refused(change: impl FnOnce(&mut Block)) -> BlockError {
    let (mut block, chain) = valid();
    change(&mut block);
    let genesis = chain.head();
    for import in [ImportAs::Side, ImportAs::Head] {
        let error = chain.import(block.clone(), import).unwrap_err();
        assert_eq!(chain.head(), genesis);
        assert_eq!(chain.block(block.header.hash_slow()).unwrap(), None);
        assert_eq!(chain.canonical_hash(1).unwrap(), None);
        match (import, error) {
            (ImportAs::Head, ChainError::Block { number: _, error }) => return error,
            (ImportAs::Side, ChainError::Block { .. }) => {}
            (_, error) => panic!("{error}"),
        }
    }
    unreachable!()
}

fn refused_header(change: impl FnOnce(&mut Header)) -> BlockError {
    refused(|block| change(&mut block.header))
}

#[test]
fn each_field_is_compared() {
    let other = B256::with_last_byte(1);
    for (field, error) in [
        ("state_root", refused_header(|header| header.state_root = other)),
        ("receipts_root", refused_header(|header| header.receipts_root = other)),
        ("transactions_root", refused_header(|header| header.transactions_root = other)),
        ("withdrawals_root", refused_header(|header| header.withdrawals_root = Some(other))),
        ("requests_hash", refused_header(|header| header.requests_hash = Some(other))),
        (
            "block_access_list_hash",
            refused_header(|header| header.block_access_list_hash = Some(other)),
        ),
    ] {
        assert!(
            matches!(error, BlockError::Root { field: named, got: Some(got), .. }
                if named == field && got == other),
            "{field}: {error}"
        );
    }
    let error = refused_header(|header| header.logs_bloom = Bloom::repeat_byte(1));
    assert_eq!(error, BlockError::LogsBloom);
    let error = refused_header(|header| header.gas_used += 1);
    assert!(
        matches!(error, BlockError::GasUsed { got, expected } if got == expected + 1),
        "{error}"
    );
    let error = refused_header(|header| header.base_fee_per_gas = Some(1));
    assert!(matches!(error, BlockError::BaseFee { got: Some(1), .. }), "{error}");
    let error = refused_header(|header| header.number = 2);
    assert_eq!(error, BlockError::Number { got: 2, expected: 1 });
    let error = refused_header(|header| header.timestamp = 0);
    assert_eq!(error, BlockError::Timestamp { got: 0, parent: 0 });
    let error = refused_header(|header| header.difficulty = U256::from(1));
    assert_eq!(error, BlockError::ProofOfWorkField("difficulty"));
}

#[test]
fn bodies_are_checked() {
    let error = refused(|block| {
        block.body.transactions.pop();
    });
    assert!(matches!(error, BlockError::GasUsed { .. }), "{error}");
    let error = refused(|block| block.body.transactions.swap(0, 1));
    assert!(
        matches!(
            error,
            BlockError::Root { field: "transactions_root", .. } | BlockError::GasUsed { .. }
        ),
        "{error}"
    );
    let error = refused(|block| block.body.transactions.push(sign(0, transfer(7, address(1), 1))));
    assert!(
        matches!(error, BlockError::Transaction { index: 2, error: TransactionError::Evm(_) }),
        "{error}"
    );
    let error = refused(|block| block.body.ommers.push(Header::default()));
    assert!(matches!(error, BlockError::Root { field: "ommers_hash", .. }), "{error}");
    let error = refused(|block| block.body.withdrawals = None);
    assert!(matches!(error, BlockError::Root { field: "withdrawals_root", .. }), "{error}");
    let error = refused(|block| {
        let forged = transfer(0, address(1), ETHER);
        let signature = alloy_primitives::Signature::new(U256::ZERO, U256::from(1), false);
        let signed = alloy_consensus::SignableTransaction::into_signed(forged, signature);
        block.body.transactions[0] = signed.into();
    });
    assert_eq!(error, BlockError::Transaction { index: 0, error: TransactionError::Signature });
}

#[test]
fn an_unknown_parent_is_named() {
    let (mut block, chain) = valid();
    let parent = B256::with_last_byte(3);
    block.header.parent_hash = parent;
    let hash = block.header.hash_slow();
    let error = chain.import(block, ImportAs::Head).unwrap_err();
    assert!(
        matches!(error, ChainError::UnknownParent { block, parent: named }
            if block == hash && named == parent),
        "{error}"
    );
}
