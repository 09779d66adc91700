//! What stops a call that takes too much: its time, its memory, or a caller who has left.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use bough_stf::{EvmContext, StateSource};
use revm::{
    inspector::Inspector,
    interpreter::{
        CallInputs, CallOutcome, CreateInputs, CreateOutcome, Interpreter,
        interpreter::EthInterpreter, interpreter_types::MemoryTr,
    },
    primitives::{Address, Log, U256},
};

use crate::error::MethodError;

/// Instructions between two looks at the clock.
const CHECK_EVERY: u32 = 1024;
/// What a tracer keeps of a call or a log besides its bytes, about.
const CALL_RECORD: usize = 1024;
const LOG_RECORD: usize = 256;
/// What a tracer keeps of an instruction besides stack and memory, about.
const STEP_RECORD: usize = 512;
const WORD: usize = 32;

/// The limits of one piece of work. Whoever holds it asks [`Guard::check`] now and then.
#[derive(Debug, Clone)]
pub(crate) struct Guard {
    limit: Duration,
    deadline: Instant,
    gone: Arc<AtomicBool>,
    memory: usize,
}

/// Tells the work that its caller has left, when dropped.
#[derive(Debug)]
pub(crate) struct Caller(Arc<AtomicBool>);

impl Drop for Caller {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Caller {
    pub(crate) fn new() -> Self {
        Self(Arc::default())
    }

    /// A guard whose time begins now.
    pub(crate) fn guard(&self, limit: Duration, memory: usize) -> Guard {
        Guard { limit, deadline: Instant::now() + limit, gone: Arc::clone(&self.0), memory }
    }
}

impl Guard {
    /// Whether to go on.
    ///
    /// # Errors
    /// [`MethodError::TimeLimit`], or [`MethodError::CallerGone`].
    pub(crate) fn check(&self) -> Result<(), MethodError> {
        if self.gone.load(Ordering::Relaxed) {
            return Err(MethodError::CallerGone);
        }
        if Instant::now() >= self.deadline {
            return Err(MethodError::TimeLimit { limit: self.limit });
        }
        Ok(())
    }

    /// What is left of the time.
    pub(crate) fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Whether a tracer may keep so many bytes.
    ///
    /// # Errors
    /// [`MethodError::MemoryLimit`].
    pub(crate) fn check_memory(&self, kept: usize) -> Result<(), MethodError> {
        let limit = self.memory;
        if kept > limit { Err(MethodError::MemoryLimit { limit }) } else { Ok(()) }
    }
}

/// What an inspector keeps of each instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keeps {
    /// Nothing, or what is paid for dearly, such as the accounts of an access list.
    Nothing,
    /// Calls and logs, with their bytes.
    Calls,
    /// Stack and memory.
    Steps,
}

/// An inspector whose execution ends when its guard says so. A run that was stopped gives no
/// result: ask [`Guarded::finish`] before it is used.
#[derive(Debug)]
pub(crate) struct Guarded<I> {
    inner: I,
    guard: Guard,
    keeps: Keeps,
    steps: u32,
    kept: usize,
    stopped: Option<MethodError>,
}

impl<I> Guarded<I> {
    pub(crate) const fn new(inner: I, guard: Guard, keeps: Keeps) -> Self {
        Self { inner, guard, keeps, steps: 0, kept: 0, stopped: None }
    }

    /// The inspector.
    ///
    /// # Errors
    /// Why the execution was stopped.
    pub(crate) fn finish(self) -> Result<I, MethodError> {
        match self.stopped {
            Some(error) => Err(error),
            None => Ok(self.inner),
        }
    }

    fn look(&mut self) {
        self.steps = self.steps.wrapping_add(1);
        if self.steps.is_multiple_of(CHECK_EVERY) && self.stopped.is_none() {
            self.stopped = self.guard.check().err();
        }
    }

    fn keep(&mut self, bytes: usize) {
        if self.keeps == Keeps::Nothing {
            return;
        }
        self.kept = self.kept.saturating_add(bytes);
        if self.stopped.is_none() {
            self.stopped = self.guard.check_memory(self.kept).err();
        }
    }
}

impl<'a, S, I> Inspector<EvmContext<'a, S>, EthInterpreter> for Guarded<I>
where
    S: StateSource,
    I: Inspector<EvmContext<'a, S>, EthInterpreter>,
{
    fn initialize_interp(&mut self, interp: &mut Interpreter, context: &mut EvmContext<'a, S>) {
        self.inner.initialize_interp(interp, context);
    }

    fn step(&mut self, interp: &mut Interpreter, context: &mut EvmContext<'a, S>) {
        self.look();
        if self.keeps == Keeps::Steps {
            let stack = interp.stack.len().saturating_mul(WORD);
            self.keep(STEP_RECORD.saturating_add(stack).saturating_add(interp.memory.size()));
        }
        // Ends this frame, and each that it returns to.
        if self.stopped.is_some() {
            interp.halt_oog();
        } else {
            self.inner.step(interp, context);
        }
    }

    fn step_end(&mut self, interp: &mut Interpreter, context: &mut EvmContext<'a, S>) {
        if self.stopped.is_none() {
            self.inner.step_end(interp, context);
        }
    }

    fn log(&mut self, context: &mut EvmContext<'a, S>, log: Log) {
        self.keep(LOG_RECORD.saturating_add(log.data.data.len()));
        self.inner.log(context, log);
    }

    fn call(
        &mut self,
        context: &mut EvmContext<'a, S>,
        inputs: &mut CallInputs,
    ) -> Option<CallOutcome> {
        self.look();
        self.keep(CALL_RECORD.saturating_add(inputs.input.len()));
        self.inner.call(context, inputs)
    }

    fn call_end(
        &mut self,
        context: &mut EvmContext<'a, S>,
        inputs: &CallInputs,
        outcome: &mut CallOutcome,
    ) {
        self.keep(outcome.output().len());
        self.inner.call_end(context, inputs, outcome);
    }

    fn create(
        &mut self,
        context: &mut EvmContext<'a, S>,
        inputs: &mut CreateInputs,
    ) -> Option<CreateOutcome> {
        self.look();
        self.keep(CALL_RECORD.saturating_add(inputs.init_code().len()));
        self.inner.create(context, inputs)
    }

    fn create_end(
        &mut self,
        context: &mut EvmContext<'a, S>,
        inputs: &CreateInputs,
        outcome: &mut CreateOutcome,
    ) {
        self.keep(outcome.output().len());
        self.inner.create_end(context, inputs, outcome);
    }

    fn selfdestruct(&mut self, contract: Address, target: Address, value: U256) {
        self.inner.selfdestruct(contract, target, value);
    }
}
