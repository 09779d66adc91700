//! A state in memory, and blocks on it.

use std::{collections::BTreeMap, sync::Arc};

use alloy_consensus::Header;
use alloy_primitives::{Address, B256, Bytes, U256};
use bough_mpt::{MptError, Node, NodeSource};
use bough_stf::{
    BlockExecutor, ChainSpec, Environment, ExtraPrecompiles, Fork, ForkSchedule, PreState, State,
    StateError, StateSource, StateUpdate, WorkLimits, genesis_header, revm::state::AccountInfo,
    seal_header,
};

pub const RICH: Address = Address::repeat_byte(0x11);
pub const MINER: Address = Address::repeat_byte(0x22);

#[derive(Clone, Default)]
pub struct Memory(Arc<BTreeMap<B256, Bytes>>);

impl NodeSource for Memory {
    fn node(&self, hash: B256) -> Result<Arc<Node>, MptError> {
        self.0.node(hash)
    }
}

impl StateSource for Memory {
    fn code(&self, hash: B256) -> Result<Bytes, StateError> {
        Err(StateError::MissingCode(hash))
    }

    fn block_hash(&self, number: u64) -> Result<B256, StateError> {
        Err(StateError::MissingAncestor(number))
    }
}

pub fn spec(fork: Fork) -> ChainSpec {
    ChainSpec::new(1, ForkSchedule::new(&[(fork, 0)], &[]).unwrap())
}

/// A state in which one account has 1 ether.
pub fn state() -> Arc<PreState<Memory>> {
    state_with(&[])
}

/// [`state`] with these accounts besides: addresses, each with wei.
pub fn state_with(others: &[(Address, u64)]) -> Arc<PreState<Memory>> {
    let mut state = State::empty();
    for (address, wei) in [(RICH, 1_000_000_000_000_000_000)].iter().chain(others) {
        let info = AccountInfo { balance: U256::from(*wei), ..AccountInfo::default() };
        state.overwrite(*address, info, []);
    }
    let written = state.update().unwrap();
    let nodes = Memory(Arc::new(written.nodes.into_iter().collect()));
    Arc::new(PreState::new(nodes, written.root))
}

/// The genesis of that state.
pub fn genesis(spec: &ChainSpec) -> Header {
    let state_root = state().root();
    let difficulty = U256::from(1_000_000);
    let gas_limit = 60_000_000;
    genesis_header(spec, Header { state_root, difficulty, gas_limit, ..Header::default() })
}

/// An empty block after `parent`, whose state is `state`, and the state that follows.
pub fn empty_block(
    spec: &ChainSpec,
    parent: &Header,
    state: &Arc<PreState<Memory>>,
    extra_data: &'static [u8],
) -> (Header, StateUpdate) {
    let time = parent.timestamp + 13;
    let after = Environment::after(spec, parent, parent.hash_slow(), time);
    let env =
        Environment { beneficiary: MINER, extra_data: Bytes::from_static(extra_data), ..after };
    let fork = spec.forks.fork_at(env.number, env.timestamp);
    let extra = ExtraPrecompiles::none();
    let before = Arc::clone(state);
    let executor = BlockExecutor::new(spec, before, env.clone(), extra, WorkLimits::NONE);
    let output = executor.run(&[], &[]).unwrap();
    let update = state.update(&output.changes, None).unwrap();
    (seal_header(fork, &env, &[], &[], &output, update.root), update)
}

/// The state that follows on another.
pub fn after(before: &PreState<Memory>, update: &StateUpdate) -> Arc<PreState<Memory>> {
    let mut nodes = BTreeMap::clone(&before.source().0);
    nodes.extend(update.nodes.iter().cloned());
    Arc::new(PreState::new(Memory(Arc::new(nodes)), update.root))
}
