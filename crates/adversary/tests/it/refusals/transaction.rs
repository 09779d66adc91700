use super::*;

/// Why a transaction of sender 0, who has this account, is refused.
fn error(fork: Fork, from: Account, transaction: Transaction) -> TransactionError {
    let forge = Forge::new(fork, 0, vec![Account { address: sender(0), ..from }]);
    match block_error(&block_of(fork, &forge, vec![transaction])) {
        BlockError::Transaction { index: 0, error } => error,
        other => panic!("{other:?}"),
    }
}

fn rich() -> Account {
    Account { balance: U256::from(1u128 << 100), ..Account::default() }
}

/// What the EVM says to a transaction with a change.
fn evm(fork: Fork, change: impl FnOnce(&mut TxEip1559)) -> InvalidTransaction {
    evm_from(fork, rich(), change)
}

fn evm_from(fork: Fork, from: Account, change: impl FnOnce(&mut TxEip1559)) -> InvalidTransaction {
    let mut transaction = included();
    change(&mut transaction);
    invalid(error(fork, from, signed(transaction)))
}

fn invalid(error: TransactionError) -> InvalidTransaction {
    match error {
        TransactionError::Evm(why) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn gas_limits() {
    for (fork, max) in [(Fork::Osaka, 1 << 24), (Fork::Amsterdam, u64::from(u32::MAX))] {
        let transaction = signed(TxEip1559 { gas_limit: max + 1, ..included() });
        let expected = TransactionError::GasLimitTooHigh { got: max + 1, max };
        assert_eq!(error(fork, rich(), transaction), expected);
    }
}

#[test]
fn room_in_the_block() {
    for (fork, used) in [(Fork::Osaka, 21_000), (Fork::Amsterdam, 15_000)] {
        let left = GAS - used;
        let needed = left + 1;
        let second = TxEip1559 { nonce: 1, gas_limit: needed, ..included() };
        let transactions = vec![signed(included()), signed(second)];
        let forged = within(GAS, &chain(fork), block_of(fork, &chain(fork), transactions));
        let error = TransactionError::BlockGasExhausted { needed, left };
        assert_eq!(block_error(&forged), BlockError::Transaction { index: 1, error });
    }
    // Above the cap on execution gas all the rest is for state (EIP-8037).
    let left = 1 << 25;
    let needed = left + 1;
    let transactions = vec![signed(TxEip1559 { gas_limit: needed, ..included() })];
    let forge = chain(Fork::Amsterdam);
    let forged = within(left, &forge, block_of(Fork::Amsterdam, &forge, transactions));
    let error = TransactionError::BlockStateGasExhausted { needed, left };
    assert_eq!(block_error(&forged), BlockError::Transaction { index: 0, error });
}

#[test]
fn fees() {
    for fork in FORKS {
        let tip = evm(fork, |tx| tx.max_priority_fee_per_gas = tx.max_fee_per_gas + 1);
        assert_eq!(tip, InvalidTransaction::PriorityFeeGreaterThanMaxFee);
        let low = evm(fork, |tx| tx.max_fee_per_gas = 6);
        assert_eq!(low, InvalidTransaction::GasPriceLessThanBasefee);
        let legacy = TxLegacy { gas_price: 6, gas_limit: GAS, ..TxLegacy::default() };
        let low = invalid(error(fork, rich(), signed(legacy)));
        assert_eq!(low, InvalidTransaction::GasPriceLessThanBasefee);

        let balance = U256::from(100_000_000);
        let poor = || Account { balance, ..Account::default() };
        let lacking = evm_from(fork, poor(), |tx| tx.value = U256::from(1));
        let fee = Box::new(balance + U256::from(1));
        let balance = Box::new(balance);
        assert_eq!(lacking, InvalidTransaction::LackOfFundForMaxFee { fee, balance });
        let fee = evm(fork, |tx| tx.max_fee_per_gas = u128::MAX);
        assert_eq!(fee, InvalidTransaction::OverflowPaymentInTransaction);
        let value = evm(fork, |tx| tx.value = U256::MAX);
        assert_eq!(value, InvalidTransaction::OverflowPaymentInTransaction);
    }
}

#[test]
fn intrinsic_gas() {
    for (fork, initial_gas, gas_floor) in
        [(Fork::Osaka, 21_000, 61_000), (Fork::Amsterdam, 15_000, 79_000)]
    {
        let gas_limit = initial_gas - 1;
        let call = evm(fork, |tx| tx.gas_limit = gas_limit);
        let expected = InvalidTransaction::CallGasCostMoreThanGasLimit { initial_gas, gas_limit };
        assert_eq!(call, expected);
        let gas_limit = gas_floor - 1;
        let data = evm(fork, |tx| {
            (tx.gas_limit, tx.input) = (gas_limit, vec![1; 1_000].into());
        });
        let expected = InvalidTransaction::GasFloorMoreThanGasLimit { gas_floor, gas_limit };
        assert_eq!(data, expected);
    }
    // A limit above the cap on execution gas does not pay a floor above it.
    const CAP: u64 = 1 << 24;
    let data = evm(Fork::Amsterdam, |tx| {
        (tx.gas_limit, tx.input) = (2 * CAP, vec![0; 1 << 18].into());
    });
    let gas_floor = CAP + 15_000;
    let expected = InvalidTransaction::GasFloorMoreThanGasLimit { gas_floor, gas_limit: CAP };
    assert_eq!(data, expected);
}

#[test]
fn senders() {
    for fork in FORKS {
        let fifth = || Account { nonce: 5, ..rich() };
        let low = evm_from(fork, fifth(), |tx| tx.nonce = 4);
        assert_eq!(low, InvalidTransaction::NonceTooLow { tx: 4, state: 5 });
        let high = evm_from(fork, fifth(), |tx| tx.nonce = 6);
        assert_eq!(high, InvalidTransaction::NonceTooHigh { tx: 6, state: 5 });
        let last = Account { nonce: u64::MAX, ..rich() };
        let last = evm_from(fork, last, |tx| tx.nonce = u64::MAX);
        assert_eq!(last, InvalidTransaction::NonceOverflowInTransaction);
        let contract = Account { code: Bytes::from_static(&[op::STOP]), ..rich() };
        let contract = evm_from(fork, contract, |_| ());
        assert_eq!(contract, InvalidTransaction::RejectCallerWithCode);
    }
}

#[test]
fn forms() {
    for (fork, most) in [(Fork::Osaka, 2 * 24_576), (Fork::Amsterdam, 2 * 65_536)] {
        let initcode = evm(fork, |tx| {
            (tx.to, tx.input) = (TxKind::Create, vec![0; most + 1].into());
            tx.gas_limit = 1 << 24;
        });
        assert_eq!(initcode, InvalidTransaction::CreateInitCodeSizeLimit);
        let nobody = TxEip7702 {
            chain_id: CHAIN_ID,
            gas_limit: GAS,
            max_fee_per_gas: 1_000,
            ..TxEip7702::default()
        };
        let nobody = invalid(error(fork, rich(), signed(nobody)));
        assert_eq!(nobody, InvalidTransaction::EmptyAuthorizationList);
    }
}

#[test]
fn chain_ids() {
    for fork in FORKS {
        let other = evm(fork, |tx| tx.chain_id = CHAIN_ID + 1);
        assert_eq!(other, InvalidTransaction::InvalidChainId);
        let chain_id = Some(CHAIN_ID + 1);
        let legacy = TxLegacy { chain_id, gas_limit: GAS, gas_price: 7, ..TxLegacy::default() };
        let legacy = invalid(error(fork, rich(), signed(legacy)));
        assert_eq!(legacy, InvalidTransaction::InvalidChainId);
    }
    // A valid block, said to be another chain's.
    let forged = chain(Fork::Amsterdam).block(&[Call::new(WORKER, GAS)]).unwrap();
    let mut input = forged.input();
    input.chain_id += 1;
    let schedule = ForkSchedule::always(Fork::Amsterdam);
    let input = Input::of_bytes(input.encode().unwrap(), schedule);
    let error = InvalidTransaction::InvalidChainId.into();
    assert_eq!(
        refused(input.execute().run(&input.bytes, PLENTY, input.l1)),
        BlockError::Transaction { index: 0, error }.into()
    );
}
