//! What would happen: `eth_call`, `eth_estimateGas`, `eth_createAccessList`.

use alloy_eips::{BlockId, eip2930::AccessListResult};
use alloy_primitives::{Bytes, U64, U256};
use alloy_rpc_types_eth::{BlockOverrides, TransactionRequest, state::StateOverride};
use bough_chain::StoreSource;
use bough_stf::EvmContext;
use revm::{
    context_interface::result::ExecutionResult,
    inspector::{Inspector, NoOpInspector},
    interpreter::interpreter::EthInterpreter,
};
use revm_inspectors::access_list::AccessListInspector;

use crate::{
    call_request::{Prepared, overrides},
    context::Context,
    error::MethodError,
    methods::{Args, MethodTable},
};

/// How often an access list is tried before it counts as settled: a list changes gas, and gas may
/// change what code does.
const MAX_LIST_ROUNDS: usize = 8;

pub(crate) fn register(table: &mut MethodTable) {
    table.blocking("eth_call", call);
    table.blocking("eth_estimateGas", estimate_gas);
    table.blocking("eth_createAccessList", create_access_list);
}

fn call(context: &Context, args: &mut Args<'_>) -> Result<Bytes, MethodError> {
    let request: TransactionRequest = args.required()?;
    let block = context.state_block(args.optional::<BlockId>()?)?;
    let state_overrides: Option<StateOverride> = args.optional()?;
    let block_overrides: Option<BlockOverrides> = args.optional()?;
    let mut call = context.prepare(&block, &request, state_overrides, block_overrides)?;
    output(context.inspect(&mut call, NoOpInspector)?.0)
}

fn estimate_gas(context: &Context, args: &mut Args<'_>) -> Result<U64, MethodError> {
    let request: TransactionRequest = args.required()?;
    let block = context.state_block(args.optional::<BlockId>()?)?;
    let state_overrides: Option<StateOverride> = args.optional()?;
    let overrides = overrides(state_overrides.clone())?;
    let mut call = context.prepare(&block, &request, state_overrides, None)?.call;
    // Without a limit of its own the call may have what the block has.
    call.gas_limit = request.gas.unwrap_or_default();
    Ok(U64::from(context.chain.estimate_gas(block.hash, &overrides, call)?.gas))
}

fn create_access_list(
    context: &Context,
    args: &mut Args<'_>,
) -> Result<AccessListResult, MethodError> {
    let request: TransactionRequest = args.required()?;
    let block = context.state_block(args.optional::<BlockId>()?)?;
    let state_overrides: Option<StateOverride> = args.optional()?;
    let mut call = context.prepare(&block, &request, state_overrides, None)?;
    let mut rounds = 0;
    loop {
        let inspector = AccessListInspector::new(call.call.access_list.clone());
        let (result, inspector) = context.inspect(&mut call, inspector)?;
        let access_list = inspector.into_access_list();
        rounds += 1;
        if access_list == call.call.access_list || rounds == MAX_LIST_ROUNDS {
            return Ok(AccessListResult {
                access_list,
                gas_used: U256::from(result.tx_gas_used()),
                error: output(result).err().map(|error| error.to_string()),
            });
        }
        call.call.access_list = access_list;
        // A list needs a type that has one.
        call.call.tx_type = call.call.tx_type.max(1);
    }
}

impl Context {
    /// Runs a prepared call under an inspector, which is given back. The state stays as it was.
    pub(crate) fn inspect<I>(
        &self,
        call: &mut Prepared,
        inspector: I,
    ) -> Result<(ExecutionResult, I), MethodError>
    where
        I: for<'a> Inspector<EvmContext<'a, StoreSource>, EthInterpreter>,
    {
        let Prepared { state, env, call } = call;
        Ok(self.chain.simulate_on(state, env, call.clone(), inspector)?)
    }
}

/// What a call returned, or why it failed.
fn output(result: ExecutionResult) -> Result<Bytes, MethodError> {
    match result {
        ExecutionResult::Success { output, .. } => Ok(output.into_data()),
        ExecutionResult::Revert { output, .. } => Err(MethodError::Reverted { output }),
        ExecutionResult::Halt { reason, .. } => Err(MethodError::Halted { reason }),
    }
}
