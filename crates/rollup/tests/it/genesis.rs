//! Genesis: its supply, what a follower refuses, and that its header has the root of its state.
use alloy_primitives::{Address, B256, Bytes, U256, address, keccak256};
use bough_contracts::{addresses::L2_MESSENGER, l2_messenger::PREMINT};
use bough_rollup::{ConfigError, GenesisError, Policy, RollupConfig, check_backed, circulating};
use bough_stf::{Fork, ForkSchedule, State, bytecode, revm::state::AccountInfo, system_contracts};

const SEQUENCER: Address = address!("0x70997970C51812dc3A010C7d01b50e0d17dc79C8");
const ESCROW: U256 = U256::from_limbs([5_000_000_000, 0, 0, 0]);
const POLICY: Policy =
    Policy { timestamp_window: 3600, sequencer: SEQUENCER, sequencer_timeout: 600 };

fn config() -> RollupConfig {
    RollupConfig {
        l1_chain_id: 31337,
        l2_chain_id: 8079,
        rollup: address!("0x5FbDB2315678afecb367f032d93F642f64180aa3"),
        gas_limit: 30_000_000,
        timestamp: 1_700_000_000,
        forks: ForkSchedule::always(Fork::Amsterdam),
        allocation: vec![(SEQUENCER, ESCROW)],
    }
}

#[test]
fn all_supply_is_the_premint() {
    let genesis = config().genesis().unwrap();
    let supply = genesis.alloc.values().fold(U256::ZERO, |sum, account| sum + account.balance);
    assert_eq!(supply, PREMINT);
    assert_eq!(circulating(genesis.alloc[&L2_MESSENGER].balance), ESCROW);
    assert_eq!(circulating(PREMINT + U256::from(1)), U256::ZERO);
    assert_eq!(config().escrow(), Ok(ESCROW));
    assert_eq!(check_backed(&genesis, &config().domain(), ESCROW), Ok(()));
}

/// An empty account would be removed by whatever touches it (EIP-161).
#[test]
fn an_allocation_of_nothing_is_no_account() {
    let mut with_nothing = config();
    with_nothing.allocation.push((Address::repeat_byte(9), U256::ZERO));
    assert_eq!(with_nothing.genesis().unwrap().alloc, config().genesis().unwrap().alloc);
}

#[test]
fn a_genesis_without_backing_is_refused() {
    let (genesis, domain) = (config().genesis().unwrap(), config().domain());
    let escrow = ESCROW - U256::from(1);
    assert_eq!(
        check_backed(&genesis, &domain, escrow),
        Err(GenesisError::Unbacked { outside: ESCROW, escrow })
    );

    let refused = |change: &dyn Fn(&mut alloy_genesis::Genesis)| {
        let mut changed = genesis.clone();
        change(&mut changed);
        check_backed(&changed, &domain, U256::MAX)
    };
    let messenger = |what| Err(GenesisError::Messenger(what));
    assert_eq!(refused(&|g| drop(g.alloc.remove(&L2_MESSENGER))), messenger("address"));
    assert_eq!(
        refused(&|g| g.alloc.get_mut(&L2_MESSENGER).unwrap().code = Some(Bytes::new())),
        messenger("code")
    );
    assert_eq!(
        refused(&|g| g.alloc.get_mut(&L2_MESSENGER).unwrap().balance = PREMINT),
        messenger("balance")
    );
    // A slot more: a message that was never sent.
    assert_eq!(
        refused(&|g| {
            let storage = g.alloc.get_mut(&L2_MESSENGER).unwrap().storage.as_mut().unwrap();
            storage.insert(B256::repeat_byte(7), B256::with_last_byte(1));
        }),
        messenger("storage")
    );
    let mut other = domain;
    other.l1_chain_id += 1;
    assert_eq!(check_backed(&genesis, &other, ESCROW), messenger("storage"));
}

#[test]
fn bad_allocations() {
    let with = |allocation| RollupConfig { allocation, ..config() }.genesis().unwrap_err();
    let one = U256::from(1);
    assert_eq!(
        with(vec![(SEQUENCER, PREMINT), (L2_MESSENGER, one)]),
        GenesisError::AllocationAbovePremint
    );
    assert_eq!(
        with(vec![(SEQUENCER, U256::MAX), (Address::ZERO, one)]),
        GenesisError::AllocationAbovePremint
    );
    assert_eq!(
        with(vec![(SEQUENCER, one), (SEQUENCER, one)]),
        GenesisError::AllocationTwice(SEQUENCER)
    );
    assert_eq!(with(vec![(L2_MESSENGER, one)]), GenesisError::AllocationTwice(L2_MESSENGER));
    let system = system_contracts(&config().forks)[0].0;
    assert_eq!(with(vec![(system, one)]), GenesisError::AllocationTwice(system));
}

#[test]
fn the_header_has_the_root_of_the_state() {
    let genesis = config().genesis().unwrap();
    let mut state = State::empty();
    for (address, account) in &genesis.alloc {
        let code = account.code.clone().unwrap_or_default();
        let info = AccountInfo {
            nonce: account.nonce.unwrap_or_default(),
            balance: account.balance,
            code_hash: keccak256(&code),
            code: (!code.is_empty()).then(|| bytecode(code)),
            ..AccountInfo::default()
        };
        let slots: Vec<_> =
            account.storage_slots().map(|(k, v)| (U256::from_be_bytes(k.0), v)).collect();
        state.overwrite(*address, info, slots);
    }
    let header = config().genesis_header().unwrap();
    assert_eq!(header.state_root, state.update().unwrap().root);
    assert_eq!((header.number, header.slot_number), (0, Some(0)));
}

#[test]
fn the_contract_must_be_the_genesis_own() {
    let contract = config().contract_config(POLICY).unwrap();
    assert_eq!(config().check_contract(&contract), Ok(()));
    let refuses = |change: &dyn Fn(&mut RollupConfig)| {
        let mut changed = config();
        change(&mut changed);
        changed.check_contract(&contract)
    };
    assert_eq!(refuses(&|c| c.l2_chain_id += 1), Err(ConfigError::Contract("L2 chain id")));
    assert_eq!(refuses(&|c| c.gas_limit += 1), Err(ConfigError::Contract("gas limit")));
    assert_eq!(refuses(&|c| c.timestamp += 1), Err(ConfigError::Contract("genesis timestamp")));
    assert_eq!(refuses(&|c| c.l1_chain_id += 1), Err(ConfigError::Contract("genesis state root")));
    assert_eq!(
        refuses(&|c| c.allocation.push((Address::ZERO, U256::from(1)))),
        Err(ConfigError::Contract("genesis state root"))
    );
}
