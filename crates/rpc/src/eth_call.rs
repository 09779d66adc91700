//! What would happen: `eth_call`, `eth_estimateGas`, `eth_createAccessList`.

use alloy_eips::{BlockId, eip2930::AccessListResult};
use alloy_primitives::{Bytes, U64, U256};
use alloy_rpc_types_eth::{BlockOverrides, TransactionRequest, state::StateOverride};
use bough_chain::StoreSource;
use bough_stf::EvmContext;
use revm::{
    context_interface::result::{ExecutionResult, ResultAndState},
    inspector::{Inspector, NoOpInspector},
    interpreter::interpreter::EthInterpreter,
};
use revm_inspectors::access_list::AccessListInspector;

use crate::{
    call_request::Prepared,
    context::Context,
    error::MethodError,
    methods::{Args, MethodTable},
    work::{Guard, Guarded, Keeps},
};

/// How often an access list is tried before it counts as settled: a list changes gas, and gas may
/// change what code does.
const MAX_LIST_ROUNDS: usize = 8;

pub(crate) fn register(table: &mut MethodTable) {
    table.executing("eth_call", call);
    table.executing("eth_estimateGas", estimate_gas);
    table.executing("eth_createAccessList", create_access_list);
}

fn call(context: &Context, args: &mut Args<'_>, guard: &Guard) -> Result<Bytes, MethodError> {
    let request: TransactionRequest = args.required()?;
    let block = context.state_block(args.optional::<BlockId>()?)?;
    let state_overrides: Option<StateOverride> = args.optional()?;
    let block_overrides: Option<BlockOverrides> = args.optional()?;
    let call = context.prepare(&block, &request, state_overrides, block_overrides)?;
    output(context.run(&call, guard)?)
}

fn estimate_gas(context: &Context, args: &mut Args<'_>, guard: &Guard) -> Result<U64, MethodError> {
    let mut request: TransactionRequest = args.required()?;
    let block = context.state_block(args.optional::<BlockId>()?)?;
    let state_overrides: Option<StateOverride> = args.optional()?;
    let overrides = context.overrides(state_overrides.clone())?;
    // As geth: no gas is no limit.
    request.gas = request.gas.filter(|gas| *gas > 0);
    let call = context.prepare(&block, &request, state_overrides, None)?.call;
    let mut inspector = Guarded::new(NoOpInspector, guard.clone(), Keeps::Nothing);
    let estimate = context.chain.estimate_gas_under(block.hash, &overrides, call, &mut inspector);
    inspector.finish()?;
    Ok(U64::from(estimate?.gas))
}

fn create_access_list(
    context: &Context,
    args: &mut Args<'_>,
    guard: &Guard,
) -> Result<AccessListResult, MethodError> {
    let request: TransactionRequest = args.required()?;
    let block = context.state_block(args.optional::<BlockId>()?)?;
    let state_overrides: Option<StateOverride> = args.optional()?;
    let mut call = context.prepare(&block, &request, state_overrides, None)?;
    let mut rounds = 0;
    loop {
        let inspector = AccessListInspector::new(call.call.access_list.clone());
        let (executed, inspector) = context.inspect(&call, inspector, guard, Keeps::Nothing)?;
        let access_list = inspector.into_access_list();
        rounds += 1;
        if access_list == call.call.access_list || rounds == MAX_LIST_ROUNDS {
            return Ok(AccessListResult {
                access_list,
                gas_used: U256::from(executed.result.tx_gas_used()),
                error: output(executed.result).err().map(|error| error.to_string()),
            });
        }
        call.call.access_list = access_list;
        // A list needs a type that has one.
        call.call.tx_type = call.call.tx_type.max(1);
    }
}

impl Context {
    /// Runs a prepared call.
    fn run(&self, call: &Prepared, guard: &Guard) -> Result<ExecutionResult, MethodError> {
        Ok(self.inspect(call, NoOpInspector, guard, Keeps::Nothing)?.0.result)
    }

    /// Runs a prepared call and gives what it would change, under an inspector, which is given back,
    /// as long as the guard lets it.
    pub(crate) fn inspect<I>(
        &self,
        call: &Prepared,
        inspector: I,
        guard: &Guard,
        keeps: Keeps,
    ) -> Result<(ResultAndState, I), MethodError>
    where
        I: for<'a> Inspector<EvmContext<'a, StoreSource>, EthInterpreter>,
    {
        let Prepared { state, env, call } = call;
        let inspector = Guarded::new(inspector, guard.clone(), keeps);
        let (executed, inspector) = self.chain.simulate_on(state, env, call.clone(), inspector)?;
        Ok((executed, inspector.finish()?))
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
