use super::*;

/// A block with a transaction whose header says something else.
fn error(fork: Fork, change: impl FnOnce(&mut Forged)) -> BlockError {
    let mut forged = chain(fork).block(&[Call::new(WORKER, GAS)]).unwrap();
    change(&mut forged);
    block_error(&forged)
}

#[test]
fn gas() {
    for (fork, used) in [(Fork::Osaka, 21_040), (Fork::Amsterdam, 15_064)] {
        let data = Bytes::from_static(&[1]);
        let call = Call { data, ..Call::new(WORKER, GAS) };
        let block = chain(fork).block(&[call]).unwrap();
        let claiming = |gas| block.clone().claiming(gas);
        run(&claiming(used)).unwrap();
        let more = BlockError::GasUsed { got: used + 1, expected: used };
        assert_eq!(block_error(&claiming(used + 1)), more);
        let less = BlockError::ClaimExceeded { claimed: used - 1 };
        assert_eq!(block_error(&claiming(used - 1)), less);
    }
    for (fork, least) in [(Fork::Osaka, 21_000), (Fork::Amsterdam, 12_000)] {
        let claimed = 2 * least - 1;
        let transactions = vec![signed(included()); 2];
        let forged = block_of(fork, &chain(fork), transactions).claiming(claimed);
        let expected = BlockError::ClaimTooSmall { transactions: 2, claimed };
        assert_eq!(block_error(&forged), expected);
    }
}

#[test]
fn roots() {
    let wrong = B256::repeat_byte(7);
    for fork in FORKS {
        let valid = chain(fork).block(&[Call::new(WORKER, GAS)]).unwrap().header;
        let root = |field, got, expected| BlockError::Root { field, got: Some(got), expected };
        assert_eq!(
            error(fork, |forged| forged.header.state_root = wrong),
            root("state_root", wrong, Some(valid.state_root))
        );
        assert_eq!(
            error(fork, |forged| forged.header.receipts_root = wrong),
            root("receipts_root", wrong, Some(valid.receipts_root))
        );
        let requests = vec![Bytes::from(vec![1; 77])];
        assert_eq!(
            error(fork, |forged| {
                forged.header.requests_hash = Some(requests_hash(&requests));
                forged.requests.clone_from(&requests);
            }),
            root("requests_hash", requests_hash(&requests), valid.requests_hash)
        );
        let bloom = error(fork, |forged| forged.header.logs_bloom = Bloom::repeat_byte(1));
        assert_eq!(bloom, BlockError::LogsBloom);
    }
    let valid = chain(Fork::Amsterdam).block(&[Call::new(WORKER, GAS)]).unwrap().header;
    let list = Bytes::from_static(&[0xc0]);
    let got = Some(keccak256(&list));
    let expected = valid.block_access_list_hash;
    assert_eq!(
        error(Fork::Amsterdam, |forged| {
            forged.header.block_access_list_hash = got;
            forged.block_access_list = Some(list);
        }),
        BlockError::Root { field: "block_access_list_hash", got, expected }
    );
}

#[test]
fn an_access_list_that_the_gas_limit_does_not_pay() {
    // Six system contracts; two slots of 4788, one of 2935, four of each queue.
    const ITEMS: u64 = 6 + 2 + 1 + 4 * 4;
    let gas_limit = ITEMS * 2_000 - 1;
    let fork = Fork::Amsterdam;
    let forged = within(gas_limit, &chain(fork), empty(fork)).claiming(0);
    let expected = BlockError::AccessListTooLarge { items: ITEMS, max: ITEMS - 1 };
    assert_eq!(block_error(&forged), expected);
    let enough = within(gas_limit + 1, &chain(fork), empty(fork)).claiming(0);
    let next = block_error(&enough);
    assert!(matches!(next, BlockError::Root { field: "state_root", .. }), "{next:?}");
}
