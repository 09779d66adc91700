//! The EVM as this crate sets it up.

use alloy_primitives::{Address, Bytes, U256};
use revm::{
    context::{BlockEnv, CfgEnv, Context, Evm, Journal, TxEnv},
    context_interface::{
        JournalTr,
        block::BlobExcessGasAndPrice,
        result::{EVMError, ExecutionResult},
    },
    handler::{
        Handler, MainnetHandler, SYSTEM_ADDRESS, instructions::EthInstructions,
        system_call::SYSTEM_CALL_GAS_LIMIT,
    },
    inspector::{Inspector, InspectorHandler},
    interpreter::interpreter::EthInterpreter,
    primitives::{TxKind, hardfork::SpecId},
    state::EvmState,
};

use crate::{
    Environment, ExtraPrecompiles, Fork, Reads, State, StateError, StateSource, View,
    frames::StfEvm, header, precompile::Precompiles,
};

/// Gas of a system call before EIP-8037.
const SYSTEM_GAS: u64 = 30_000_000;

/// The EVM's context over a state: what an inspector sees.
pub type EvmContext<'a, S> =
    Context<BlockEnv, TxEnv, CfgEnv, View<'a, S>, Journal<View<'a, S>>, ()>;

pub(crate) type EvmError = EVMError<StateError>;

/// What was executed, and what of the state it read.
pub(crate) struct Executed {
    pub(crate) result: ExecutionResult,
    pub(crate) state: EvmState,
    pub(crate) reads: Reads,
}

/// The EVM's configuration at a fork.
pub(crate) fn cfg_env(fork: Fork, chain_id: u64) -> CfgEnv {
    let mut cfg = CfgEnv::new_with_spec(fork.spec_id()).with_chain_id(chain_id);
    if let Some(params) = fork.blob_params() {
        cfg.max_blobs_per_tx = Some(params.max_blobs_per_tx);
        cfg.blob_base_fee_update_fraction = u64::try_from(params.update_fraction).ok();
    }
    cfg
}

/// The EVM's block.
pub(crate) fn block_env(fork: Fork, env: &Environment) -> BlockEnv {
    BlockEnv {
        number: U256::from(env.number),
        beneficiary: env.beneficiary,
        timestamp: U256::from(env.timestamp),
        gas_limit: env.gas_limit,
        basefee: env.base_fee.unwrap_or_default(),
        difficulty: env.difficulty,
        prevrandao: (fork >= Fork::Paris).then_some(env.prev_randao),
        blob_excess_gas_and_price: env.excess_blob_gas.map(|excess_blob_gas| {
            BlobExcessGasAndPrice {
                excess_blob_gas,
                blob_gasprice: header::blob_base_fee(fork, excess_blob_gas),
            }
        }),
        slot_num: env.slot_number.unwrap_or_default(),
    }
}

pub(crate) fn build<'a, S: StateSource, I>(
    state: &'a State<S>,
    cfg: CfgEnv,
    block: BlockEnv,
    extra: &ExtraPrecompiles,
    inspector: I,
) -> StfEvm<'a, S, I> {
    let spec: SpecId = cfg.spec;
    let mut ctx: EvmContext<'a, S> = Context::new(View::new(state), spec);
    ctx.journaled_state.set_spec_id(spec);
    ctx = ctx.with_cfg(cfg).with_block(block);
    StfEvm::new(Evm::new_with_inspector(
        ctx,
        inspector,
        EthInstructions::new_mainnet_with_spec(spec),
        Precompiles::new(spec, extra),
    ))
}

/// Runs a transaction without looking at it. Nothing comes of one that its limit stopped.
pub(crate) fn transact<S: StateSource>(
    mut evm: StfEvm<'_, S, ()>,
    tx: TxEnv,
) -> Result<Option<Executed>, EvmError> {
    evm.evm.ctx.tx = tx;
    let result = MainnetHandler::default().run(&mut evm);
    if evm.exceeded() { Ok(None) } else { executed(&mut evm, result).map(Some) }
}

/// Runs a transaction under an inspector and gives the inspector back.
pub(crate) fn inspect<'a, S: StateSource, I: Inspector<EvmContext<'a, S>, EthInterpreter>>(
    mut evm: StfEvm<'a, S, I>,
    tx: TxEnv,
) -> (Result<Executed, EvmError>, I) {
    evm.evm.ctx.tx = tx;
    let result = MainnetHandler::default().inspect_run(&mut evm);
    (executed(&mut evm, result), evm.evm.inspector)
}

/// Runs a system call (EIP-4788 and its kin). Nothing comes of one that its limit stopped.
pub(crate) fn system_call<S: StateSource>(
    mut evm: StfEvm<'_, S, ()>,
    fork: Fork,
    target: Address,
    data: Bytes,
) -> Result<Option<Executed>, EvmError> {
    let gas_limit = if fork >= Fork::Amsterdam { SYSTEM_CALL_GAS_LIMIT } else { SYSTEM_GAS };
    evm.evm.ctx.tx = TxEnv {
        caller: SYSTEM_ADDRESS,
        kind: TxKind::Call(target),
        data,
        gas_limit,
        ..TxEnv::default()
    };
    let result = MainnetHandler::default().run_system_call(&mut evm);
    if evm.exceeded() { Ok(None) } else { executed(&mut evm, result).map(Some) }
}

/// A result with the state that it leaves and what it read.
fn executed<S: StateSource, I>(
    evm: &mut StfEvm<'_, S, I>,
    result: Result<ExecutionResult, EvmError>,
) -> Result<Executed, EvmError> {
    let journal = &mut evm.evm.ctx.journaled_state;
    let (state, reads) = (journal.finalize(), journal.database.take_reads());
    result.map(|result| Executed { result, state, reads })
}
