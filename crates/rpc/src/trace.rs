//! Traces in geth's formats: of a transaction as it ran, of a block, of a call that might be.

use std::cell::RefCell;

use alloy_primitives::{Address, B256, U256};
use alloy_rpc_types_trace::geth::{
    GethDebugBuiltInTracerType, GethDebugTracerType, GethDebugTracingOptions, GethTrace,
};
use bough_chain::{StoreSource, StoredBlock};
use bough_stf::{BlockExecutor, EvmContext, State, StateError, StateSource};
use revm::{
    DatabaseRef,
    bytecode::Bytecode,
    context::{BlockEnv, TxEnv},
    context_interface::{ContextTr, JournalTr, result::ResultAndState},
    inspector::Inspector,
    interpreter::{
        CallInputs, CallOutcome, CreateInputs, CreateOutcome, interpreter::EthInterpreter,
    },
    state::{Account, AccountInfo, EvmState},
};
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
        let mut executor = self.replay(block, index)?;
        trace_next(&mut executor, block, index, options, guard, out)
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
            trace_next(&mut executor, block, index, options, guard, out)?;
            out.end();
        }
        out.end();
        Ok(())
    }

    /// Writes the trace of a call that is in no block.
    pub(crate) fn trace_call(
        &self,
        call: &mut Prepared,
        options: &GethDebugTracingOptions,
        guard: &Guard,
        out: &mut Output,
    ) -> Result<(), MethodError> {
        if is_struct_log(options) {
            let env = &call.env;
            let fork = self.chain.spec().forks.fork_at(env.number, env.timestamp);
            let logger = StructLogger::new(options.config, fork, out);
            let (result, logger) = self.inspect(call, logger, guard, Keeps::Nothing)?;
            return logger.finish(&result);
        }
        let inspector = (DebugInspector::new(options.clone())?, Capture::default());
        let (result, (mut tracer, capture)) =
            self.inspect(call, inspector, guard, keeps(options))?;
        let executed = ResultAndState::new(result, capture.state);
        let block = BlockEnv {
            number: U256::from(call.env.number),
            basefee: call.env.base_fee.unwrap_or_default(),
            ..BlockEnv::default()
        };
        check_codes(&executed.state, &mut call.state, guard)?;
        out.value(&finish(&mut tracer, None, &call.call, &block, &executed, &mut call.state)?)
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
    source: &mut State<StoreSource>,
    guard: &Guard,
) -> Result<(), MethodError> {
    let mut bytes = 0_usize;
    for account in state.values() {
        let code = source.code(account.info.code_hash).map_or(0, |code| code.len());
        bytes = bytes.saturating_add(code);
        guard.check_memory(bytes)?;
    }
    Ok(())
}

/// Runs the next transaction of a block under a tracer, and writes the trace.
fn trace_next(
    executor: &mut BlockExecutor<StoreSource>,
    block: &StoredBlock,
    index: usize,
    options: &GethDebugTracingOptions,
    guard: &Guard,
    out: &mut Output,
) -> Result<(), MethodError> {
    let transaction = block.transactions.get(index).ok_or(MethodError::TransactionNotFound)?;
    if is_struct_log(options) {
        let logger = Guarded::new(
            StructLogger::new(options.config, executor.fork(), out),
            guard.clone(),
            Keeps::Nothing,
        );
        let (outcome, logger) = executor.inspect_transaction(transaction, logger)?;
        return logger.finish()?.finish(&outcome.result);
    }
    let beneficiary = block.header.beneficiary;
    let beneficiary_before = executor.state_mut().account(beneficiary)?.unwrap_or_default();

    let inspector = (DebugInspector::new(options.clone())?, Capture::default());
    let inspector = Guarded::new(inspector, guard.clone(), keeps(options));
    let (outcome, inspector) = executor.inspect_transaction(transaction, inspector)?;
    let (mut tracer, capture) = inspector.finish()?;

    let mut state = capture.state;
    state.entry(beneficiary).or_insert_with(|| Account::from(beneficiary_before));
    settle_fees(&mut state, executor.state_mut())?;
    check_codes(&state, executor.state_mut(), guard)?;
    let executed = ResultAndState::new(outcome.result, state);
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
    let tx = capture.tx.unwrap_or_default();
    out.value(&finish(&mut tracer, Some(place), &tx, &env, &executed, executor.state_mut())?)
}

fn finish(
    tracer: &mut DebugInspector,
    place: Option<TransactionContext>,
    tx: &TxEnv,
    block: &BlockEnv,
    executed: &ResultAndState,
    state: &mut State<StoreSource>,
) -> Result<GethTrace, MethodError> {
    let mut before = Before { accounts: &executed.state, state: RefCell::new(state) };
    Ok(tracer.get_result(place, tx, block, executed, &mut before)?)
}

/// Brings balances to what they are after the transaction: gas is paid back and the tip is paid
/// after the last frame, where [`Capture`] looked.
fn settle_fees(captured: &mut EvmState, after: &mut State<StoreSource>) -> Result<(), StateError> {
    for (address, account) in captured.iter_mut() {
        if let Some(info) = after.account(*address)? {
            account.info.balance = info.balance;
        }
    }
    Ok(())
}

/// Keeps the accounts that a transaction touched, as its outermost frame left them.
#[derive(Debug, Default)]
struct Capture {
    state: EvmState,
    tx: Option<TxEnv>,
}

impl Capture {
    fn look<S: StateSource>(&mut self, context: &EvmContext<'_, S>) {
        if context.journal_ref().depth() == 0 {
            self.state = context.journal_ref().evm_state().clone();
            self.tx = Some(context.tx().clone());
        }
    }
}

impl<S: StateSource> Inspector<EvmContext<'_, S>, EthInterpreter> for Capture {
    fn call_end(&mut self, context: &mut EvmContext<'_, S>, _: &CallInputs, _: &mut CallOutcome) {
        self.look(context);
    }

    fn create_end(
        &mut self,
        context: &mut EvmContext<'_, S>,
        _: &CreateInputs,
        _: &mut CreateOutcome,
    ) {
        self.look(context);
    }
}

/// State before a transaction: accounts it touched as they were when it touched them first, the
/// others as they are.
struct Before<'a> {
    accounts: &'a EvmState,
    state: RefCell<&'a mut State<StoreSource>>,
}

impl DatabaseRef for Before<'_> {
    type Error = StateError;

    fn basic_ref(&self, address: Address) -> Result<Option<AccountInfo>, StateError> {
        match self.accounts.get(&address) {
            Some(account) => Ok(Some(account.original_info())),
            None => self.state.borrow_mut().account(address),
        }
    }

    fn code_by_hash_ref(&self, code_hash: B256) -> Result<Bytecode, StateError> {
        self.state.borrow_mut().code(code_hash)
    }

    fn storage_ref(&self, address: Address, index: U256) -> Result<U256, StateError> {
        let slot = self.accounts.get(&address).and_then(|account| account.storage.get(&index));
        match slot {
            Some(slot) => Ok(slot.original_value),
            None => self.state.borrow_mut().storage_at(address, index),
        }
    }

    fn block_hash_ref(&self, number: u64) -> Result<B256, StateError> {
        self.state.borrow_mut().source().block_hash(number)
    }
}
