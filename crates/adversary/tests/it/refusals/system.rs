use super::*;

const REQUESTS: [(Address, Fork); 4] = [
    (WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS, Fork::Prague),
    (CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS, Fork::Prague),
    (BUILDER_DEPOSIT_CONTRACT_ADDRESS, Fork::Amsterdam),
    (BUILDER_EXIT_CONTRACT_ADDRESS, Fork::Amsterdam),
];
const INVALID: u8 = 0xfe;
const REVERT: u8 = 0xfd;

fn request_contracts(fork: Fork) -> impl Iterator<Item = Address> {
    REQUESTS.into_iter().filter(move |(_, since)| fork >= *since).map(|(address, _)| address)
}

/// An empty block where a system contract has this code.
fn with_code(fork: Fork, address: Address, code: Code) -> Forged {
    let contract = Account::contract(address, code.build());
    block_of(fork, &Forge::new(fork, 0, vec![contract]), Vec::new())
}

#[test]
fn contracts_that_are_missing() {
    for fork in FORKS {
        for address in request_contracts(fork) {
            let expected = BlockError::SystemContractMissing(address);
            assert_eq!(block_error(&with_code(fork, address, Code::new())), expected);
            let others: Vec<Account> = system_contracts(&ForkSchedule::always(fork))
                .into_iter()
                .filter(|(other, _)| *other != address)
                .map(|(other, code)| Account::contract(other, code))
                .collect();
            let forge = Forge::on(fork, World::new(&others));
            assert_eq!(block_error(&block_of(fork, &forge, Vec::new())), expected);
        }
    }
}

#[test]
fn calls_that_fail() {
    let revert = Code::new().push(0).push(0).ops(&[REVERT]);
    let endless = Code::new().forever(&Code::new());
    for fork in FORKS {
        for address in request_contracts(fork) {
            for code in [Code::new().ops(&[INVALID]), revert.clone(), endless.clone()] {
                let error = block_error(&with_code(fork, address, code));
                assert_eq!(error, BlockError::SystemCallFailed(address));
            }
        }
        // Those before the transactions may fail.
        for address in [BEACON_ROOTS_ADDRESS, HISTORY_STORAGE_ADDRESS] {
            let error = block_error(&with_code(fork, address, revert.clone()));
            assert_eq!(error, BlockError::GasUsed { got: CLAIM, expected: 0 });
        }
    }
}

#[test]
fn gas_that_is_not_left() {
    for fork in FORKS {
        let input = Input::new(&empty(fork)).unwrap();
        let run = |gas| input.execute().run(&input.bytes, gas, input.l1);
        let least = run(PLENTY).unwrap().gas_charged;
        assert!(run(least).is_ok());
        let budget = least - 1 - Prices::at(fork).for_bytes(input.bytes.len());
        let expected = BlockError::SystemGasExceeded { budget };
        assert_eq!(refused(run(least - 1)), expected.into());
    }
}

const DEPOSIT_CONTRACT: Address = address!("00000000219ab540356cBB839Cbe05303d7705Fa");
const DEPOSIT_EVENT: B256 =
    b256!("649bbc62d0e31342afea4e5cd82d4049e7e1ee912fc0889aa790803be39038c5");

/// A deposit event without a bit set but those of its layout.
fn deposit() -> Vec<u8> {
    let mut data = vec![0; 576];
    let words = [(0, 160, 48), (32, 256, 32), (64, 320, 8), (96, 384, 96), (128, 512, 8)];
    for (head, place, length) in words {
        data[head + 30..head + 32].copy_from_slice(&u16::to_be_bytes(place));
        data[usize::from(place) + 31] = length;
    }
    data
}

fn deposit_contract(data: &[u8]) -> Account {
    const LOG1: u8 = 0xa1;
    let code = Code::new().store(0, data).push_word(DEPOSIT_EVENT.into());
    let code = code.push(data.len().try_into().unwrap()).push(0).ops(&[LOG1]);
    Account::contract(DEPOSIT_CONTRACT, code.build())
}

#[test]
fn deposit_logs() {
    let forge = Forge::new(Fork::Amsterdam, 1, vec![deposit_contract(&deposit())]);
    let valid = forge.block(&[Call::new(DEPOSIT_CONTRACT, GAS)]).unwrap();
    assert_eq!(valid.requests, [Bytes::from(vec![0; 1 + 192])]);
    run(&valid).unwrap();

    let changes: [fn(&mut Vec<u8>); 7] = [
        |data| data.clear(),
        |data| data.truncate(575),
        |data| data.push(0),
        // An offset, its part above 64 bits, a length, its part above 64 bits.
        |data| data[31] += 1,
        |data| data[32] = 1,
        |data| data[256 + 31] -= 1,
        |data| data[512 + 23] = 1,
    ];
    for change in changes {
        let mut data = deposit();
        change(&mut data);
        let forged = calling(deposit_contract(&data));
        assert_eq!(block_error(&forged), BlockError::DepositLog);
    }
}
