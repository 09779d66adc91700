//! Work limits: execution never does more than was paid for.

use alloy_primitives::U256;
use revm::{
    bytecode::opcode,
    handler::{FrameResult, instructions::EthInstructions},
    interpreter::{
        FrameInput, Gas, Host, Instruction, InstructionContext, InstructionExecResult,
        InstructionResult, Interpreter, InterpreterAction,
        interpreter::EthInterpreter,
        interpreter_types::{Jumps, LoopControl},
    },
};

/// How much a block may work before its execution is stopped. Stopping at the claim changes no
/// verdict, only when it falls: a block that exceeds its claim is invalid anyway. The other limits
/// are the caller's own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WorkLimits {
    /// The gas the block claims to use. `None` does not limit.
    pub block_gas: Option<u64>,
    /// Gas left for all system calls together. `None` does not limit.
    pub system_gas: Option<u64>,
    /// Work of writing the new state, in Keccak blocks of trie nodes: [`Trie::work`] of the account
    /// trie and of each storage trie, for what has changed. Where nodes share children it may be
    /// many times what the witness holds. `None` does not limit, and does not count.
    ///
    /// [`Trie::work`]: bough_mpt::Trie::work
    pub keccak_blocks: Option<u64>,
}

impl WorkLimits {
    /// No limits: for a builder, and for an importer that has its own.
    pub const NONE: Self = Self { block_gas: None, system_gas: None, keccak_blocks: None };
}

/// Instructions that decide by how much gas a frame has, or take gas for state growth (EIP-8037)
/// from it.
const SEEING: [u8; 8] = [
    opcode::SSTORE,
    opcode::CREATE,
    opcode::CREATE2,
    opcode::CALL,
    opcode::CALLCODE,
    opcode::DELEGATECALL,
    opcode::STATICCALL,
    opcode::SELFDESTRUCT,
];

type Instructions<H> = EthInstructions<EthInterpreter, H>;

/// The allowance is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exceeded;

/// Stops a transaction before its execution gas exceeds an allowance. Gas for state growth is not
/// counted here, because it rolls back; it is checked when the transaction ends.
///
/// A frame is shown no more gas than is allowed, so an instruction that costs more runs out of gas
/// before it does anything. Only the instructions that can tell are run with all the gas the frame
/// has: one of them at most goes past the allowance.
pub(crate) struct Meter<H> {
    allowance: u64,
    /// The instructions, stopping before those that see.
    stopping: Instructions<H>,
}

impl<H: Host> Meter<H> {
    /// A meter that stops `instructions` after this much gas in frames.
    pub(crate) fn new(allowance: u64, instructions: &Instructions<H>) -> Self {
        let mut stopping = instructions.clone();
        for seeing in SEEING {
            stopping.insert_instruction(seeing, Instruction::new(stop), 0);
        }
        let price = instructions.gas_table().get(usize::from(opcode::GAS)).copied().unwrap_or(0);
        stopping.insert_instruction(opcode::GAS, Instruction::new(all_gas), price);
        Self { allowance, stopping }
    }

    /// What may still be worked off.
    pub(crate) const fn allowance(&self) -> u64 {
        self.allowance
    }

    /// Runs a frame until it ends or makes another. A frame that ends is yet to be settled, for what
    /// it held when it was last known to be within the allowance, which is given with its end.
    pub(crate) fn run(
        &mut self,
        frame: &mut Interpreter<EthInterpreter>,
        instructions: &Instructions<H>,
        host: &mut H,
    ) -> Result<(InterpreterAction, u64), Exceeded> {
        loop {
            let before = held(&frame.gas);
            let limit = hide(&mut frame.gas, self.allowance);
            let ended = run_until(frame, &self.stopping, host);
            if ended != STOPPED {
                let mut action = take_action(frame, ended);
                if let InterpreterAction::Return(result) = &mut action {
                    show(&mut result.gas, limit);
                }
                return Ok((action, before));
            }
            show(&mut frame.gas, limit);
            self.spend(before.saturating_sub(held(&frame.gas)))?;

            // It stopped behind the opcode.
            frame.bytecode.relative_jump(-1);
            let before = held(&frame.gas);
            let seeing =
                frame.step(instructions.instruction_table(), instructions.gas_table(), host);
            let action = seeing.err().map(|ended| take_action(frame, ended));
            let spent = before.saturating_sub(held(&frame.gas));
            match action {
                None => self.spend(spent)?,
                Some(InterpreterAction::NewFrame(input)) => {
                    self.spend(spent.saturating_sub(gas_limit(&input)))?;
                    return Ok((InterpreterAction::NewFrame(input), 0));
                }
                Some(action) => return Ok((action, before)),
            }
        }
    }

    /// Takes what a frame spent that has ended and held so much before: all of it when it halted.
    pub(crate) fn settle(&mut self, before: u64, ended: &FrameResult) -> Result<(), Exceeded> {
        let result = ended.instruction_result();
        if result == InstructionResult::FatalExternalError {
            return Ok(());
        }
        let left = if result.is_halt() { 0 } else { held(ended.gas()) };
        self.spend(before.saturating_sub(left))
    }

    fn spend(&mut self, gas: u64) -> Result<(), Exceeded> {
        self.allowance = self.allowance.checked_sub(gas).ok_or(Exceeded)?;
        Ok(())
    }
}

/// What [`stop`] ends with; of the other instructions only those that it stands for do.
const STOPPED: InstructionResult = InstructionResult::Suspend;

const fn stop<H: Host>(_: InstructionContext<'_, H, EthInterpreter>) -> InstructionExecResult {
    Err(STOPPED)
}

/// GAS, of all the gas that the frame has.
fn all_gas<H: Host>(
    InstructionContext { interpreter, .. }: InstructionContext<'_, H, EthInterpreter>,
) -> InstructionExecResult {
    let all = interpreter.gas.remaining().saturating_add(interpreter.gas.limit());
    if interpreter.stack.push(U256::from(all)) {
        Ok(())
    } else {
        Err(InstructionResult::StackOverflow)
    }
}

fn run_until<H: Host>(
    frame: &mut Interpreter<EthInterpreter>,
    stopping: &Instructions<H>,
    host: &mut H,
) -> InstructionResult {
    let (table, gas_table) = (stopping.instruction_table(), stopping.gas_table());
    loop {
        if let Err(ended) = frame.step(table, gas_table, host) {
            return ended;
        }
    }
}

/// What the frame is to do next, as the interpreter's own loop says it.
fn take_action(
    frame: &mut Interpreter<EthInterpreter>,
    ended: InstructionResult,
) -> InterpreterAction {
    if frame.bytecode.action().is_none() {
        frame.halt(ended);
    }
    frame.take_next_action()
}

/// The gas a frame can still spend on execution, with what it gave for state growth: that comes
/// back when the frame fails, and is not counted as execution gas when it succeeds.
fn held(gas: &Gas) -> u64 {
    gas.remaining().saturating_add(gas.state_gas_spilled())
}

/// Leaves a frame no more gas than `most`, and notes the rest where its limit stands, which only
/// [`all_gas`] reads. Gives the limit.
fn hide(gas: &mut Gas, most: u64) -> u64 {
    let limit = gas.limit();
    let hidden = gas.remaining().saturating_sub(most);
    gas.set_remaining(gas.remaining().saturating_sub(hidden));
    gas.tracker_mut().set_limit(hidden);
    limit
}

/// Takes [`hide`] back.
fn show(gas: &mut Gas, limit: u64) {
    gas.set_remaining(gas.remaining().saturating_add(gas.limit()));
    gas.tracker_mut().set_limit(limit);
}

/// The gas that a new frame gets.
pub(crate) fn gas_limit(input: &FrameInput) -> u64 {
    match input {
        FrameInput::Empty => 0,
        FrameInput::Call(inputs) => inputs.gas_limit,
        FrameInput::Create(inputs) => inputs.gas_limit(),
    }
}
