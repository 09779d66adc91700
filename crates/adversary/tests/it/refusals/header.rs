use super::*;

fn error(fork: Fork, change: impl FnOnce(&mut Header)) -> BlockError {
    let mut forged = empty(fork);
    change(&mut forged.header);
    block_error(&forged)
}

/// After a parent with the first change, a block with the second.
fn error_after(
    fork: Fork,
    change_parent: impl FnOnce(&mut Header),
    change: impl FnOnce(&mut Header),
) -> BlockError {
    let mut parent = chain(fork).parent_header();
    change_parent(&mut parent);
    let mut forged = after(empty(fork), &parent);
    change(&mut forged.header);
    block_error(&forged)
}

#[test]
fn place_and_time() {
    for fork in FORKS {
        for got in [0, 1, 3, u64::MAX] {
            let number = error(fork, |header| header.number = got);
            assert_eq!(number, BlockError::Number { got, expected: 2 });
        }
        let last = |header: &mut Header| header.number = u64::MAX;
        let expected = BlockError::Number { got: u64::MAX, expected: u64::MAX };
        assert_eq!(error_after(fork, last, last), expected);

        let got = B256::repeat_byte(7);
        let expected = chain(fork).parent_header().hash_slow();
        let parent_hash = error(fork, |header| header.parent_hash = got);
        assert_eq!(parent_hash, BlockError::ParentHash { got, expected });

        let parent = TIMESTAMP - 1;
        for got in [0, parent] {
            let timestamp = error(fork, |header| header.timestamp = got);
            assert_eq!(timestamp, BlockError::Timestamp { got, parent });
        }
    }
}

#[test]
fn gas() {
    for fork in FORKS {
        let parent = chain(fork).parent_header().gas_limit;
        let delta = parent / 1024;
        for got in [parent + delta, parent - delta, 0] {
            let gas_limit = error(fork, |header| header.gas_limit = got);
            assert_eq!(gas_limit, BlockError::GasLimit { got, parent });
        }
        // One less is little enough, but less than any block may have.
        let least = |parent: &mut Header| parent.gas_limit = 5_000;
        let below = error_after(fork, least, |header| header.gas_limit = 4_999);
        assert_eq!(below, BlockError::GasLimit { got: 4_999, parent: 5_000 });

        let used = error(fork, |header| header.gas_used = header.gas_limit + 1);
        assert_eq!(used, BlockError::GasUsedAboveLimit { used: parent + 1, limit: parent });
    }
}

#[test]
fn fees() {
    for fork in FORKS {
        for got in [0, 6, 8, u64::MAX] {
            let base_fee = error(fork, |header| header.base_fee_per_gas = Some(got));
            let expected = BlockError::BaseFee { got: Some(got), expected: Some(7) };
            assert_eq!(base_fee, expected);
        }
        let full = |parent: &mut Header| {
            (parent.gas_used, parent.base_fee_per_gas) = (parent.gas_limit, Some(800));
        };
        let rising = error_after(fork, full, |header| header.base_fee_per_gas = Some(899));
        assert_eq!(rising, BlockError::BaseFee { got: Some(899), expected: Some(900) });

        let target = fork.blob_params().unwrap().target_blob_gas_per_block();
        let blobs = |parent: &mut Header| parent.excess_blob_gas = Some(target + 1);
        let excess = error_after(fork, blobs, |_| ());
        assert_eq!(excess, BlockError::ExcessBlobGas { got: Some(0), expected: Some(1) });
    }
}

#[test]
fn size() {
    const MAX: usize = 8_388_608;
    let forged = |data: usize| {
        let transaction = signed(TxEip1559 { input: vec![0; data].into(), ..included() });
        block_of(Fork::Amsterdam, &chain(Fork::Amsterdam), vec![transaction])
    };
    let length = |forged: &Forged| {
        let mut block = Block { header: forged.header.clone(), body: Default::default() };
        block.body.transactions.clone_from(&forged.transactions);
        block.body.withdrawals = Some(Default::default());
        block.length()
    };
    let other = length(&forged(MAX)) - MAX;
    let (largest, larger) = (forged(MAX - other), forged(MAX + 1 - other));
    assert_eq!((length(&largest), length(&larger)), (MAX, MAX + 1));
    let error = BlockError::BlockSize { got: MAX + 1, max: MAX };
    assert_eq!(block_error(&larger), error);
    assert!(matches!(block_error(&largest), BlockError::Transaction { index: 0, .. }));
}
