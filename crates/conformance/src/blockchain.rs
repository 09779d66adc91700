//! A blockchain test: import all blocks, compare what came of it.

use std::collections::BTreeMap;

use alloy_consensus::Header;
use alloy_primitives::{B256, KECCAK256_EMPTY, U256, keccak256};
use bough_stf::{
    ChainSpec, Fork, ForkSchedule, PreState, State, StateError, StateUpdate, bytecode,
    revm::state::AccountInfo,
};

use crate::{
    CaseError, Counters, Field, ImportError, PairError, SkipReason,
    block::RawBlock,
    chain::{Chain, Execution},
    fixture::{Account, Alloc, BlobSchedule, BlockchainTest, Pair, TestBlock},
    recheck::recheck,
    store::{Store, Stored},
};

/// The chain id of a fixture that names none.
const MAINNET: u64 = 1;

/// The rules a test is for.
pub(crate) fn rules(test: &BlockchainTest) -> Result<ChainSpec, SkipReason> {
    let unknown = |name: &str| SkipReason::Network(name.to_owned());
    let forks = ForkSchedule::of_network(&test.network).map_err(|_| unknown(&test.network))?;
    for (name, schedule) in &test.config.blob_schedule {
        let fork = Fork::of_network(name).ok_or_else(|| unknown(name))?;
        if forks.schedules(fork) && !is_protocol(fork, schedule) {
            return Err(SkipReason::BlobSchedule(name.clone()));
        }
    }
    let chain_id = test.config.chainid.map_or(MAINNET, |id| id.to());
    Ok(ChainSpec::new(chain_id, forks))
}

fn is_protocol(fork: Fork, schedule: &BlobSchedule) -> bool {
    fork.blob_params().is_none_or(|params| {
        params.target_blob_count == schedule.target.to::<u64>()
            && params.max_blob_count == schedule.max.to::<u64>()
            && params.update_fraction == schedule.base_fee_update_fraction.to::<u128>()
    })
}

/// Runs a test by its rules.
pub(crate) fn run(test: &BlockchainTest, spec: ChainSpec) -> Result<Counters, CaseError> {
    let mut counters = Counters::default();
    let mut chain = genesis(test, spec)?;
    for (index, block) in test.blocks.iter().enumerate() {
        import(&mut chain, index, block, &mut counters)?;
        check_pair(block, &mut counters)?;
    }
    if chain.head != test.last_block_hash {
        return Err(CaseError::LastBlock { got: chain.head, expected: test.last_block_hash });
    }
    check_post_state(test, &chain)?;
    Ok(counters)
}

/// The answer of the guest to a pair.
pub(crate) fn run_pair(pair: &Pair) -> Result<(), PairError> {
    let got = bough_stateless::run_stateless_guest(&pair.stateless_input_bytes).to_bytes();
    if got == pair.stateless_output_bytes.as_ref() {
        return Ok(());
    }
    let expected = pair.stateless_output_bytes.clone();
    Err(PairError::Answer { got: got.to_vec().into(), expected })
}

fn check_pair(block: &TestBlock, counters: &mut Counters) -> Result<(), CaseError> {
    let (Some(input), Some(output)) = (&block.stateless_input_bytes, &block.stateless_output_bytes)
    else {
        return Ok(());
    };
    counters.pairs = counters.pairs.saturating_add(1);
    let (stateless_input_bytes, stateless_output_bytes) = (input.clone(), output.clone());
    Ok(run_pair(&Pair { name: None, stateless_input_bytes, stateless_output_bytes })?)
}

/// The chain before its first block.
fn genesis(test: &BlockchainTest, spec: ChainSpec) -> Result<Chain, CaseError> {
    let expected = test.genesis_block_header.hash;
    let mut header = Header::from(&test.genesis_block_header);
    let mut got = header.hash_slow();
    if let Some(rlp) = &test.genesis_rlp {
        let block = RawBlock::decode(rlp).map_err(CaseError::GenesisRlp)?;
        if got == expected {
            got = block.hash;
        }
        header = block.header;
    }
    if got != expected {
        return Err(CaseError::GenesisHash { got, expected });
    }
    let state = write(&test.pre)?;
    if state.root != header.state_root {
        return Err(CaseError::PreState { got: state.root, expected: header.state_root });
    }
    let mut store = Store::default();
    store.insert_state(state);
    let total_difficulty = header.difficulty;
    store.insert_block(expected, Stored { header, ommers: Vec::new(), total_difficulty });
    Ok(Chain { spec, store, head: expected })
}

/// Imports a block, or sees it refused; a block of a fork with a schema is checked again.
fn import(
    chain: &mut Chain,
    index: usize,
    block: &TestBlock,
    counters: &mut Counters,
) -> Result<(), CaseError> {
    let raw = RawBlock::decode(&block.rlp).map_err(ImportError::Rlp);
    let output = match &raw {
        Err(error) => {
            counters.no_payload = counters.no_payload.saturating_add(1);
            Err(error.clone())
        }
        Ok(raw) => {
            let execution: Execution = chain.execute(raw);
            recheck(chain, index, raw, &execution, counters)?;
            execution.output
        }
    };
    match (raw, output, &block.expect_exception) {
        (Ok(raw), Ok((_, state)), None) => {
            chain.keep(&raw, state);
            counters.imported = counters.imported.saturating_add(1);
            Ok(())
        }
        (_, Ok(_), Some(expected)) => {
            Err(CaseError::Imported { index, expected: expected.clone() })
        }
        (_, Err(error), None) | (Err(error), _, None) => Err(CaseError::Refused { index, error }),
        (_, Err(_), Some(_)) => {
            counters.refused = counters.refused.saturating_add(1);
            Ok(())
        }
    }
}

/// Compares the head's state with the fixture's: whole, by its root.
fn check_post_state(test: &BlockchainTest, chain: &Chain) -> Result<(), CaseError> {
    let Some(head) = chain.store.block(chain.head) else {
        return Err(CaseError::LastBlock { got: chain.head, expected: test.last_block_hash });
    };
    let got = head.header.state_root;
    if let Some(expected) = test.post_state_hash.filter(|expected| *expected != got) {
        return Err(CaseError::PostStateRoot { got, expected });
    }
    let Some(post) = &test.post_state else { return Ok(()) };
    let expected = write(post)?.root;
    if got == expected {
        return Ok(());
    }
    let state = PreState::new(chain.store.view(chain.head), got);
    for (address, account) in post {
        let ours = state.account(*address)?.unwrap_or_default();
        let differs = |(field, got, expected): (Field, U256, U256)| {
            let address = *address;
            (got != expected).then_some(CaseError::PostState { address, field, got, expected })
        };
        let mut fields = vec![
            (Field::Nonce, U256::from(ours.nonce), U256::from(account.nonce.to::<u64>())),
            (Field::Balance, ours.balance, account.balance),
            (Field::CodeHash, ours.code_hash.into(), code_hash(account).into()),
        ];
        for (slot, value) in &account.storage {
            fields.push((Field::Slot(*slot), state.slot(*address, *slot)?, *value));
        }
        if let Some(error) = fields.into_iter().find_map(differs) {
            return Err(error);
        }
    }
    // What differs is not in the fixture.
    Err(CaseError::PostStateRoot { got, expected })
}

fn code_hash(account: &Account) -> B256 {
    if account.code.is_empty() { KECCAK256_EMPTY } else { keccak256(&account.code) }
}

/// A state with these accounts and no others.
pub(crate) fn write(accounts: &Alloc) -> Result<StateUpdate, StateError> {
    let mut state = State::empty();
    for (address, account) in accounts {
        let code = (!account.code.is_empty()).then(|| bytecode(account.code.clone()));
        let info = AccountInfo {
            balance: account.balance,
            nonce: account.nonce.to(),
            code_hash: code_hash(account),
            code,
            ..AccountInfo::default()
        };
        let slots: BTreeMap<U256, U256> =
            account.storage.iter().map(|(slot, value)| (*slot, *value)).collect();
        state.overwrite(*address, info, slots);
    }
    state.update()
}
