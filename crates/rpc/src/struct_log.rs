//! Geth's default trace, an entry for each instruction, written while the transaction runs.

use std::{borrow::Cow, collections::BTreeMap};

use alloy_primitives::{Address, B256, Bytes, U256, hex};
use alloy_rpc_types_trace::geth::{GethDefaultTracingOptions, StructLog};
use bough_stf::{EvmContext, Fork, StateSource};
use revm::{
    bytecode::opcode::{OpCode, SLOAD, SSTORE},
    context_interface::result::ExecutionResult,
    inspector::Inspector,
    interpreter::{
        CallInputs, CallOutcome, CreateInputs, CreateOutcome, Interpreter,
        interpreter::EthInterpreter,
        interpreter_types::{InputsTr, Jumps, LoopControl, ReturnData},
    },
};
use serde::Serialize;

use crate::{error::MethodError, work::Output};

/// Bytes of a word of memory.
const WORD: usize = 32;

/// Writes an entry for each instruction. Nothing of it is kept, but the storage that was seen.
#[derive(Debug)]
pub(crate) struct StructLogger<'o> {
    out: &'o mut Output,
    options: GethDefaultTracingOptions,
    /// Entries that may still be written.
    left: u64,
    depth: u64,
    /// The entry of the instruction under way, and what it began with.
    pending: Option<Pending>,
    /// Slots read and written so far.
    storage: BTreeMap<Address, BTreeMap<B256, B256>>,
    /// Whether the fork has state gas (EIP-8037).
    state_gas: bool,
    failure: Option<MethodError>,
}

#[derive(Debug)]
struct Pending {
    entry: StructLog,
    op: u8,
    /// The slot that the instruction names, and what it writes there.
    slot: Option<(U256, Option<U256>)>,
    state_gas_spent: i64,
}

/// What stands beside the entries.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    failed: bool,
    gas: u64,
    return_value: Bytes,
    #[serde(flatten)]
    dimensions: Option<Dimensions>,
}

/// Gas by its dimensions (EIP-8037).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Dimensions {
    #[serde(with = "quantity")]
    execution_gas_used: u64,
    #[serde(with = "quantity")]
    state_gas_used: u64,
    #[serde(with = "quantity")]
    gas_refund: u64,
}

mod quantity {
    use alloy_primitives::U64;
    use serde::{Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(number: &u64, to: S) -> Result<S::Ok, S::Error> {
        U64::from(*number).serialize(to)
    }
}

impl<'o> StructLogger<'o> {
    /// A trace that begins here.
    pub(crate) fn new(options: GethDefaultTracingOptions, fork: Fork, out: &'o mut Output) -> Self {
        out.object();
        out.name("structLogs");
        out.list();
        Self {
            out,
            left: options.limit.filter(|limit| *limit != 0).unwrap_or(u64::MAX),
            options,
            depth: 0,
            pending: None,
            storage: BTreeMap::new(),
            state_gas: fork.has_state_gas(),
            failure: None,
        }
    }

    /// Writes what the transaction came to.
    ///
    /// # Errors
    /// When an entry could not be written.
    pub(crate) fn finish(mut self, result: &ExecutionResult) -> Result<(), MethodError> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let gas = result.gas();
        let summary = Summary {
            failed: !result.is_success(),
            gas: gas.tx_gas_used(),
            return_value: result.output().cloned().unwrap_or_default(),
            dimensions: self.state_gas.then(|| Dimensions {
                execution_gas_used: gas.block_regular_gas_used(),
                state_gas_used: gas.block_state_gas_used(),
                gas_refund: gas.final_refunded(),
            }),
        };
        self.out.end();
        let summary = serde_json::to_value(summary).map_err(|_| MethodError::Encode)?;
        for (name, value) in summary.as_object().into_iter().flatten() {
            self.out.name(name);
            self.out.value(value)?;
        }
        self.out.end();
        Ok(())
    }

    fn begin(&self, interp: &Interpreter) -> Pending {
        let op = interp.bytecode.opcode();
        let stack = interp.stack.data();
        let top = |place: usize| stack.len().checked_sub(place + 1).and_then(|at| stack.get(at));
        let slot = match op {
            SLOAD => top(0).map(|slot| (*slot, None)),
            SSTORE => top(0).zip(top(1)).map(|(slot, value)| (*slot, Some(*value))),
            _ => None,
        };
        let entry = StructLog {
            pc: u64::try_from(interp.bytecode.pc()).unwrap_or(u64::MAX),
            op: OpCode::new(op).map_or(Cow::Borrowed("Unknown"), |op| op.as_str().into()),
            gas: interp.gas.remaining(),
            depth: self.depth,
            stack: self.options.is_stack_enabled().then(|| stack.to_vec()),
            memory: self.options.is_memory_enabled().then(|| memory(interp)).flatten(),
            return_data: Some(interp.return_data.buffer().clone())
                .filter(|data| self.options.is_return_data_enabled() && !data.is_empty()),
            refund_counter: u64::try_from(interp.gas.refunded()).ok().filter(|refund| *refund != 0),
            state_gas_reservoir: self.state_gas.then(|| interp.gas.reservoir()),
            ..StructLog::default()
        };
        Pending { entry, op, slot, state_gas_spent: interp.gas.state_gas_spent() }
    }

    fn end(&mut self, pending: Pending, interp: &mut Interpreter) -> StructLog {
        let Pending { mut entry, op, slot, state_gas_spent } = pending;
        entry.gas_cost = entry.gas.saturating_sub(interp.gas.remaining());
        let state_gas = interp.gas.state_gas_spent().saturating_sub(state_gas_spent);
        entry.state_gas_cost =
            Some(state_gas).filter(|cost| entry.state_gas_reservoir.is_some() && *cost != 0);
        let ended =
            interp.bytecode.action().as_ref().and_then(|action| action.instruction_result());
        let halted = ended.filter(|result| result.is_halt());
        entry.error = halted.map(|result| format!("{result:?}"));
        if let Some((slot, written)) = slot.filter(|_| halted.is_none() && self.keeps_storage()) {
            let read = || interp.stack.data().last().copied().filter(|_| op == SLOAD);
            if let Some(value) = written.or_else(read) {
                let slots = self.storage.entry(interp.input.target_address()).or_default();
                slots.insert(slot.into(), value.into());
                entry.storage = Some(slots.clone());
            }
        }
        entry
    }

    fn keeps_storage(&self) -> bool {
        !self.options.disable_storage.unwrap_or_default()
    }
}

/// Memory as words in hex, nothing where there is none.
fn memory(interp: &Interpreter) -> Option<Vec<String>> {
    let memory = interp.memory.context_memory();
    (!memory.is_empty()).then(|| memory.chunks(WORD).map(hex::encode).collect())
}

impl<S: StateSource> Inspector<EvmContext<'_, S>, EthInterpreter> for StructLogger<'_> {
    fn step(&mut self, interp: &mut Interpreter, _: &mut EvmContext<'_, S>) {
        self.pending = (self.left > 0 && self.failure.is_none()).then(|| self.begin(interp));
        if self.failure.is_some() {
            interp.halt_oog();
        }
    }

    fn step_end(&mut self, interp: &mut Interpreter, _: &mut EvmContext<'_, S>) {
        let Some(pending) = self.pending.take() else { return };
        self.left = self.left.saturating_sub(1);
        let entry = self.end(pending, interp);
        self.failure = self.out.item(&entry).err();
    }

    fn call(&mut self, _: &mut EvmContext<'_, S>, _: &mut CallInputs) -> Option<CallOutcome> {
        self.depth = self.depth.saturating_add(1);
        None
    }

    fn call_end(&mut self, _: &mut EvmContext<'_, S>, _: &CallInputs, _: &mut CallOutcome) {
        self.depth = self.depth.saturating_sub(1);
    }

    fn create(&mut self, _: &mut EvmContext<'_, S>, _: &mut CreateInputs) -> Option<CreateOutcome> {
        self.depth = self.depth.saturating_add(1);
        None
    }

    fn create_end(&mut self, _: &mut EvmContext<'_, S>, _: &CreateInputs, _: &mut CreateOutcome) {
        self.depth = self.depth.saturating_sub(1);
    }
}
