//! A state in memory, and blocks on it.

use std::{collections::BTreeMap, rc::Rc, sync::Arc};

use alloy_consensus::Header;
use alloy_primitives::{Address, B256, Bytes, U256};
use bough_mpt::{EMPTY_ROOT_HASH, MptError, Node, NodeSource};
use bough_stf::{
    BlockExecutor, BlockOutput, ChainSpec, Environment, ExtraPrecompiles, Fork, ForkSchedule,
    State, StateError, StateSource, WorkLimits, genesis_header, revm::state::AccountInfo,
    seal_header,
};

pub const RICH: Address = Address::repeat_byte(0x11);
pub const MINER: Address = Address::repeat_byte(0x22);

#[derive(Clone, Default)]
pub struct Memory(Rc<BTreeMap<B256, Bytes>>);

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
pub fn state() -> State<Memory> {
    let mut state = State::new(Memory::default(), EMPTY_ROOT_HASH);
    let balance = U256::from(1_000_000_000_000_000_000u64);
    state.overwrite(RICH, AccountInfo { balance, ..AccountInfo::default() }, []).unwrap();
    let written = state.commit().unwrap();
    State::new(Memory(Rc::new(written.nodes.into_iter().collect())), written.root)
}

/// The genesis of that state.
pub fn genesis(spec: &ChainSpec) -> Header {
    let state_root = state().commit().unwrap().root;
    let difficulty = U256::from(1_000_000);
    let gas_limit = 60_000_000;
    genesis_header(spec, Header { state_root, difficulty, gas_limit, ..Header::default() })
}

/// An empty block after `parent`, whose state is `state`, and what it did.
pub fn empty_block(
    spec: &ChainSpec,
    parent: &Header,
    state: State<Memory>,
    extra_data: &'static [u8],
) -> (Header, BlockOutput) {
    let time = parent.timestamp + 13;
    let after = Environment::after(spec, parent, parent.hash_slow(), time);
    let env =
        Environment { beneficiary: MINER, extra_data: Bytes::from_static(extra_data), ..after };
    let fork = spec.forks.fork_at(env.number, env.timestamp);
    let extra = ExtraPrecompiles::none();
    let mut executor = BlockExecutor::new(spec, state, env.clone(), extra, WorkLimits::NONE);
    executor.apply_pre_execution().unwrap();
    let output = executor.finish(&[]).unwrap();
    (seal_header(fork, &env, &[], &[], &output), output)
}

/// The state that a block left on that of [`state`].
pub fn after(output: &BlockOutput) -> State<Memory> {
    let mut nodes = BTreeMap::new();
    nodes.extend(state().source().0.iter().map(|(hash, node)| (*hash, node.clone())));
    nodes.extend(output.state.nodes.iter().cloned());
    State::new(Memory(Rc::new(nodes)), output.state.root)
}
