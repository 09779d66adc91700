//! Traces in geth's formats: of a transaction as it ran, of a block, of a call that might be.

use alloy_primitives::U256;
use alloy_rpc_types_trace::geth::{
    GethDebugBuiltInTracerType, GethDebugTracerType, GethDebugTracingOptions,
};
use bough_chain::{StoreSource, StoredBlock};
use bough_stf::{BlockExecutor, State, TxResult, tx_env};
use revm::{context::BlockEnv, context_interface::result::ResultAndState, state::EvmState};
use revm_inspectors::tracing::{DebugInspector, TransactionContext};

use crate::{
    call_request::Prepared,
    context::Context,
    error::MethodError,
    struct_log::StructLogger,
    work::{Guard, Guarded, Keeps, Output},
};

impl Context {
    /// Writes the trace of the transaction at `index`, run again after those before it.
    pub(crate) fn trace_transaction(
        &self,
        block: &StoredBlock,
        index: usize,
        options: &GethDebugTracingOptions,
        guard: &Guard,
        out: &mut Output,
    ) -> Result<(), MethodError> {
        let executor = self.replay(block, index)?;
        trace_next(&executor, block, index, options, guard, out).map(drop)
    }

    /// Writes the traces of all transactions of a block.
    pub(crate) fn trace_block(
        &self,
        block: &StoredBlock,
        options: &GethDebugTracingOptions,
        guard: &Guard,
        out: &mut Output,
    ) -> Result<(), MethodError> {
        let mut executor = self.replay(block, 0)?;
        out.list();
        for (index, transaction) in block.transactions.iter().enumerate() {
            guard.check()?;
            out.separate();
            out.object();
            out.name("txHash");
            out.value(transaction.tx_hash())?;
            out.name("result");
            let executed = trace_next(&executor, block, index, options, guard, out)?;
            executor.commit(executed)?;
            out.end();
        }
        out.end();
        Ok(())
    }

    /// Writes the trace of a call that is in no block.
    pub(crate) fn trace_call(
        &self,
        call: &Prepared,
        options: &GethDebugTracingOptions,
        guard: &Guard,
        out: &mut Output,
    ) -> Result<(), MethodError> {
        if is_struct_log(options) {
            let env = &call.env;
            let fork = self.chain.spec().forks.fork_at(env.number, env.timestamp);
            let logger = StructLogger::new(options.config, fork, out);
            let (executed, logger) = self.inspect(call, logger, guard, Keeps::Nothing)?;
            return logger.finish(&executed.result);
        }
        let tracer = DebugInspector::new(options.clone())?;
        let (executed, mut tracer) = self.inspect(call, tracer, guard, keeps(options))?;
        let block = BlockEnv {
            number: U256::from(call.env.number),
            basefee: call.env.base_fee.unwrap_or_default(),
            ..BlockEnv::default()
        };
        check_codes(&executed.state, &call.state, guard)?;
        let trace = tracer.get_result(None, &call.call, &block, &executed, &mut &call.state)?;
        out.value(&trace)
    }

    /// The block's executor, before the transaction at `index`.
    fn replay(
        &self,
        block: &StoredBlock,
        index: usize,
    ) -> Result<BlockExecutor<StoreSource>, MethodError> {
        if block.header.number == 0 {
            return Err(MethodError::GenesisNotTraceable);
        }
        Ok(self.chain.executor_at(block.hash, index)?)
    }
}

/// Whether the trace is geth's default one, which is streamed.
fn is_struct_log(options: &GethDebugTracingOptions) -> bool {
    options.tracer.as_ref().is_none_or(|tracer| tracer.as_str().is_empty())
}

/// What a tracer keeps until it answers.
fn keeps(options: &GethDebugTracingOptions) -> Keeps {
    match &options.tracer {
        Some(GethDebugTracerType::BuiltInTracer(GethDebugBuiltInTracerType::Erc7562Tracer)) => {
            Keeps::Steps
        }
        _ => Keeps::Calls,
    }
}

/// Refuses a trace whose accounts have more code than may be kept: some tracers show it.
fn check_codes(
    state: &EvmState,
    before: &State<StoreSource>,
    guard: &Guard,
) -> Result<(), MethodError> {
    let mut bytes = 0_usize;
    for account in state.values() {
        let code = match &account.info.code {
            Some(code) => code.len(),
            None => before.code(account.info.code_hash)?.len(),
        };
        bytes = bytes.saturating_add(code);
        guard.check_memory(bytes)?;
    }
    Ok(())
}

/// Runs the next transaction of a block under a tracer, and writes the trace. Gives what it did.
fn trace_next(
    executor: &BlockExecutor<StoreSource>,
    block: &StoredBlock,
    index: usize,
    options: &GethDebugTracingOptions,
    guard: &Guard,
    out: &mut Output,
) -> Result<TxResult, MethodError> {
    let transaction = block.transactions.get(index).ok_or(MethodError::TransactionNotFound)?;
    if is_struct_log(options) {
        let logger = Guarded::new(
            StructLogger::new(options.config, executor.fork(), out),
            guard.clone(),
            Keeps::Nothing,
        );
        let (executed, logger) = executor.inspect(transaction, logger)?;
        logger.finish()?.finish(&executed.result)?;
        return Ok(executed);
    }
    let tracer = Guarded::new(DebugInspector::new(options.clone())?, guard.clone(), keeps(options));
    let (executed, tracer) = executor.inspect(transaction, tracer)?;
    let mut tracer = tracer.finish()?;
    check_codes(&executed.state, executor.state(), guard)?;

    let place = TransactionContext {
        block_hash: Some(block.hash),
        tx_index: Some(index),
        tx_hash: Some(*transaction.tx_hash()),
    };
    let env = BlockEnv {
        number: U256::from(block.header.number),
        basefee: block.header.base_fee_per_gas.unwrap_or_default(),
        ..BlockEnv::default()
    };
    let did = ResultAndState::new(executed.result.clone(), executed.state.clone());
    let (tx, mut before) = (tx_env(transaction), executor.state());
    out.value(&tracer.get_result(Some(place), &tx, &env, &did, &mut before)?)?;
    Ok(executed)
}
