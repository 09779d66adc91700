//! Work limits: execution never does more than was paid for.

use std::{cell::Cell, rc::Rc};

use revm::{
    context_interface::{ContextTr, context::ContextError},
    inspector::Inspector,
    interpreter::{
        CallInputs, CallOutcome, CreateInputs, CreateOutcome, Gas, Interpreter,
        interpreter::EthInterpreter,
    },
};

/// How much a block may work before its execution is stopped. Stopping changes no verdict, only
/// when it falls: a block that passes its claim is invalid anyway.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WorkLimits {
    /// The gas the block claims to use. `None` does not limit.
    pub block_gas: Option<u64>,
    /// Gas left for all system calls together. `None` does not limit.
    pub system_gas: Option<u64>,
}

impl WorkLimits {
    /// No limits: for a builder, and for an importer that has its own.
    pub const NONE: Self = Self { block_gas: None, system_gas: None };
}

/// Stops a transaction once its execution gas passes a limit. Gas for state growth (EIP-8037) is
/// not counted here, because it rolls back; it is checked when the transaction ends.
///
/// It looks before every instruction, so what is done beyond the limit is at most one instruction.
pub(crate) struct Meter {
    allowance: Rc<Cell<u64>>,
    /// Gas the root frame began with, once it has.
    root: Option<u64>,
    limit: u64,
    /// What the frames above the current one still hold.
    held: Vec<u64>,
    held_sum: u64,
    current: u64,
    exceeded: bool,
}

impl Meter {
    /// A meter that stops after `limit` gas in frames. The cell it shares with the precompiles
    /// holds what is left.
    pub(crate) fn new(limit: u64) -> Self {
        Self {
            allowance: Rc::new(Cell::new(limit)),
            root: None,
            limit,
            held: Vec::new(),
            held_sum: 0,
            current: 0,
            exceeded: false,
        }
    }

    pub(crate) fn allowance(&self) -> Rc<Cell<u64>> {
        Rc::clone(&self.allowance)
    }

    /// Whether the limit was passed.
    pub(crate) fn exceeded(&self) -> bool {
        self.exceeded
    }

    fn holds(gas: &Gas) -> u64 {
        gas.remaining().saturating_add(gas.tracker().state_gas_spilled())
    }

    fn look<CTX: ContextTr>(&mut self, interp: &mut Interpreter<EthInterpreter>, ctx: &mut CTX) {
        self.current = Self::holds(&interp.gas);
        let Some(root) = self.root else { return };
        let left = self.held_sum.saturating_add(self.current);
        let used = root.saturating_sub(left);
        let emptied = self.allowance.get() == 0 && self.limit != 0;
        if used > self.limit || emptied {
            self.exceeded = true;
            *ctx.error() = Err(ContextError::Custom(String::new()));
            interp.halt_fatal();
        } else {
            self.allowance.set(self.limit.saturating_sub(used).max(1));
        }
    }

    fn enter(&mut self) {
        if self.root.is_some() {
            self.held.push(self.current);
            self.held_sum = self.held_sum.saturating_add(self.current);
        }
    }

    fn leave(&mut self) {
        if let Some(held) = self.held.pop() {
            self.held_sum = self.held_sum.saturating_sub(held);
        }
    }
}

impl<CTX: ContextTr> Inspector<CTX, EthInterpreter> for Meter {
    fn initialize_interp(&mut self, interp: &mut Interpreter<EthInterpreter>, _: &mut CTX) {
        if self.root.is_none() {
            self.root = Some(Self::holds(&interp.gas));
        }
        self.current = Self::holds(&interp.gas);
    }

    fn step(&mut self, interp: &mut Interpreter<EthInterpreter>, ctx: &mut CTX) {
        self.look(interp, ctx);
    }

    /// A call has taken its gas by now, and the frame it is for does not hold it yet: only what
    /// this frame keeps is noted.
    fn step_end(&mut self, interp: &mut Interpreter<EthInterpreter>, _: &mut CTX) {
        self.current = Self::holds(&interp.gas);
    }

    fn call(&mut self, _: &mut CTX, _: &mut CallInputs) -> Option<CallOutcome> {
        self.enter();
        None
    }

    fn call_end(&mut self, _: &mut CTX, _: &CallInputs, _: &mut CallOutcome) {
        self.leave();
    }

    fn create(&mut self, _: &mut CTX, _: &mut CreateInputs) -> Option<CreateOutcome> {
        self.enter();
        None
    }

    fn create_end(&mut self, _: &mut CTX, _: &CreateInputs, _: &mut CreateOutcome) {
        self.leave();
    }
}
