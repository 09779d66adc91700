//! The EVM, frame by frame, with EIP-7610 and work limits.
//!
//! EIP-7610: no contract is created at an address that has storage. revm 43 looks at the nonce and
//! the code of the target only. So it is left to make the frame of a creation, which warms the
//! target and raises the creator's nonce; where the target has storage, the frame is taken back and
//! the creation ends as revm ends any other collision.

use revm::{
    context::{Evm, FrameStack},
    context_interface::{JournalTr, context::ContextError},
    handler::{
        EthFrame, EvmTr, FrameData, FrameInitOrResult, FrameResult, ItemOrResult,
        PrecompileProvider,
        evm::{ContextDbError, FrameInitResult},
        instructions::EthInstructions,
    },
    inspector::{Inspector, InspectorEvmTr},
    interpreter::{
        CreateInputs, CreateOutcome, FrameInput, Gas, InstructionResult, InterpreterResult,
        interpreter::EthInterpreter, interpreter_action::FrameInit,
    },
    primitives::Bytes,
};

use crate::{
    StateSource,
    evm::EvmContext,
    meter::{Exceeded, Meter, gas_limit},
    precompile::Precompiles,
};

type Instructions<'a, S> = EthInstructions<EthInterpreter, EvmContext<'a, S>>;
type Frame = EthFrame<EthInterpreter>;

/// The EVM over a state.
pub(crate) struct StfEvm<'a, S: StateSource, I> {
    pub(crate) evm: Evm<EvmContext<'a, S>, I, Instructions<'a, S>, Precompiles, Frame>,
    /// Stops the execution, where it is limited. Not looked at under an inspector.
    meter: Option<Meter<EvmContext<'a, S>>>,
    exceeded: bool,
}

impl<'a, S: StateSource, I> StfEvm<'a, S, I> {
    pub(crate) const fn new(
        evm: Evm<EvmContext<'a, S>, I, Instructions<'a, S>, Precompiles, Frame>,
    ) -> Self {
        Self { evm, meter: None, exceeded: false }
    }

    /// The same, stopped after so much gas in frames.
    pub(crate) fn limited(mut self, allowance: u64) -> Self {
        self.meter = Some(Meter::new(allowance, &self.evm.instruction));
        self
    }

    /// Whether it was stopped.
    pub(crate) const fn exceeded(&self) -> bool {
        self.exceeded
    }

    /// Makes a frame. Gives its result where it ends at once.
    fn make_frame(
        &mut self,
        init: FrameInit,
    ) -> Result<Option<FrameResult>, ContextDbError<EvmContext<'a, S>>> {
        let collision = match &init.frame_input {
            FrameInput::Create(inputs) => Some(collision(inputs)),
            _ => None,
        };
        if let ItemOrResult::Result(result) = self.evm.frame_init(init)? {
            return Ok(Some(result));
        }
        let Evm { ctx, frame_stack, .. } = &mut self.evm;
        let frame = frame_stack.get();
        if let (Some(collision), FrameData::Create(create)) = (collision, &frame.data) {
            let journal = &mut ctx.journaled_state;
            if journal.database.has_storage(create.created_address)? {
                journal.checkpoint_revert(frame.checkpoint);
                frame_stack.pop();
                return Ok(Some(collision));
            }
        }
        Ok(None)
    }

    /// Gives a precompile no more gas than is allowed: with less gas it can only halt sooner. Gives
    /// what is kept from it.
    fn hide_from_precompile(&self, input: &mut FrameInput) -> u64 {
        let (Some(meter), FrameInput::Call(inputs)) = (&self.meter, input) else { return 0 };
        let precompiles = &self.evm.precompiles;
        if !PrecompileProvider::<EvmContext<'a, S>>::contains(precompiles, &inputs.bytecode_address)
        {
            return 0;
        }
        let hidden = inputs.gas_limit.saturating_sub(meter.allowance());
        inputs.gas_limit = inputs.gas_limit.saturating_sub(hidden);
        hidden
    }

    fn settle(
        &mut self,
        before: u64,
        ended: &FrameResult,
    ) -> Result<(), ContextDbError<EvmContext<'a, S>>> {
        let Some(meter) = &mut self.meter else { return Ok(()) };
        meter.settle(before, ended).map_err(|Exceeded| self.stop())
    }

    fn stop(&mut self) -> ContextDbError<EvmContext<'a, S>> {
        self.exceeded = true;
        ContextError::Custom("the allowance is used up".into())
    }
}

impl<'a, S: StateSource, I> EvmTr for StfEvm<'a, S, I> {
    type Context = EvmContext<'a, S>;
    type Instructions = Instructions<'a, S>;
    type Precompiles = Precompiles;
    type Frame = Frame;

    fn all(&self) -> (&Self::Context, &Self::Instructions, &Self::Precompiles, &FrameStack<Frame>) {
        self.evm.all()
    }

    fn all_mut(
        &mut self,
    ) -> (&mut Self::Context, &mut Self::Instructions, &mut Self::Precompiles, &mut FrameStack<Frame>)
    {
        self.evm.all_mut()
    }

    fn frame_init(
        &mut self,
        mut init: FrameInit,
    ) -> Result<FrameInitResult<'_, Frame>, ContextDbError<Self::Context>> {
        let limit = gas_limit(&init.frame_input);
        let hidden = self.hide_from_precompile(&mut init.frame_input);
        let Some(mut result) = self.make_frame(init)? else {
            return Ok(ItemOrResult::Item(self.evm.frame_stack.get()));
        };
        if hidden > 0 {
            let gas = result.gas_mut();
            let left = gas.remaining();
            *gas = Gas::new_with_regular_gas_and_reservoir(limit, gas.reservoir());
            gas.set_remaining(left.saturating_add(hidden));
        }
        self.settle(limit, &result)?;
        Ok(ItemOrResult::Result(result))
    }

    fn frame_run(&mut self) -> Result<FrameInitOrResult<Frame>, ContextDbError<Self::Context>> {
        let Some(meter) = &mut self.meter else { return self.evm.frame_run() };
        let Evm { ctx, instruction, frame_stack, .. } = &mut self.evm;
        let frame = frame_stack.get();
        let (action, before) = match meter.run(&mut frame.interpreter, instruction, ctx) {
            Ok(ran) => ran,
            Err(Exceeded) => return Err(self.stop()),
        };
        let next =
            frame.process_next_action::<_, ContextDbError<EvmContext<'a, S>>>(ctx, action)?;
        if let ItemOrResult::Result(result) = &next {
            frame.set_finished(true);
            self.settle(before, result)?;
        }
        Ok(next)
    }

    fn frame_return_result(
        &mut self,
        result: FrameResult,
    ) -> Result<Option<FrameResult>, ContextDbError<Self::Context>> {
        self.evm.frame_return_result(result)
    }
}

impl<'a, S, I> InspectorEvmTr for StfEvm<'a, S, I>
where
    S: StateSource,
    I: Inspector<EvmContext<'a, S>, EthInterpreter>,
{
    type Inspector = I;

    fn all_inspector(
        &self,
    ) -> (&Self::Context, &Self::Instructions, &Self::Precompiles, &FrameStack<Frame>, &I) {
        self.evm.all_inspector()
    }

    fn all_mut_inspector(
        &mut self,
    ) -> (
        &mut Self::Context,
        &mut Self::Instructions,
        &mut Self::Precompiles,
        &mut FrameStack<Frame>,
        &mut I,
    ) {
        self.evm.all_mut_inspector()
    }
}

/// How revm ends a creation at an address that is taken: whoever settles the frame burns its gas.
fn collision(inputs: &CreateInputs) -> FrameResult {
    FrameResult::Create(CreateOutcome {
        result: InterpreterResult {
            result: InstructionResult::CreateCollision,
            gas: Gas::new_with_regular_gas_and_reservoir(inputs.gas_limit(), inputs.reservoir()),
            output: Bytes::new(),
        },
        address: None,
        charged_create_state_gas: inputs.charged_create_state_gas(),
    })
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, sync::Arc};

    use alloy_consensus::{SignableTransaction, TxLegacy, transaction::Recovered};
    use alloy_primitives::{Address, B256, Bytes, Signature, U256};
    use bough_mpt::{EMPTY_ROOT_HASH, MptError, Node, NodeSource};
    use revm::{
        context_interface::result::{ExecutionResult, HaltReason},
        primitives::TxKind,
        state::AccountInfo,
    };

    use super::*;
    use crate::{
        BlockExecutor, ChainSpec, Environment, ExtraPrecompiles, Fork, ForkSchedule, PreState,
        State, StateError, WorkLimits,
    };

    struct Nodes(BTreeMap<B256, Bytes>);

    impl NodeSource for Nodes {
        fn node(&self, hash: B256) -> Result<Arc<Node>, MptError> {
            self.0.node(hash)
        }
    }

    impl StateSource for Nodes {
        fn code(&self, hash: B256) -> Result<Bytes, StateError> {
            Err(StateError::MissingCode(hash))
        }

        fn block_hash(&self, number: u64) -> Result<B256, StateError> {
            Err(StateError::MissingAncestor(number))
        }
    }

    const SENDER: Address = Address::repeat_byte(0x11);
    const GAS: u64 = 100_000;

    /// The state after a creation whose target holds this in slot 1, with what it used and its
    /// halt, if it halted.
    fn create(slot: U256) -> (State<Nodes>, u64, Option<HaltReason>) {
        let target = SENDER.create(0);
        let rich = AccountInfo { balance: U256::from(1_000_000_000), ..Default::default() };
        let mut state = State::new(Nodes(BTreeMap::new()), EMPTY_ROOT_HASH);
        state.overwrite(SENDER, rich, []);
        state.overwrite(target, AccountInfo::default(), [(U256::from(1), slot)]);
        let genesis = state.update().unwrap();
        let state = PreState::new(Nodes(genesis.nodes.into_iter().collect()), genesis.root);

        let spec = ChainSpec::new(1, ForkSchedule::always(Fork::Osaka));
        let parent = crate::genesis_header(
            &spec,
            alloy_consensus::Header { gas_limit: 30_000_000, ..Default::default() },
        );
        let mut env = Environment::after(&spec, &parent, B256::ZERO, 1);
        env.base_fee = Some(1);
        let limits = WorkLimits::NONE;
        let (state, none) = (Arc::new(state), ExtraPrecompiles::none());
        let mut executor = BlockExecutor::new(&spec, state, env, none, limits);
        let transaction =
            TxLegacy { gas_limit: GAS, gas_price: 1, to: TxKind::Create, ..Default::default() };
        let signed = transaction.into_signed(Signature::test_signature());
        let executed = executor.execute(&Recovered::new_unchecked(signed.into(), SENDER)).unwrap();
        let halt = match &executed.result {
            ExecutionResult::Halt { reason, .. } => Some(reason.clone()),
            _ => None,
        };
        let gas_used = executed.gas_used();
        executor.commit(executed).unwrap();
        (executor.state().clone(), gas_used, halt)
    }

    #[test]
    fn storage_at_the_target_is_a_collision() {
        let (state, gas_used, halt) = create(U256::from(7));
        assert_eq!(halt, Some(HaltReason::CreateCollision));
        assert_eq!(gas_used, GAS, "all the gas is burned");
        assert_eq!(state.account(SENDER).unwrap().unwrap().nonce, 1);
        assert_eq!(state.account(SENDER.create(0)).unwrap().unwrap().nonce, 0);
        let slot = state.storage_at(SENDER.create(0), U256::from(1)).unwrap();
        assert_eq!(slot, U256::from(7), "what stood there stands");
    }

    #[test]
    fn no_storage_is_no_collision() {
        let (state, gas_used, halt) = create(U256::ZERO);
        assert_eq!(halt, None);
        assert!(gas_used < GAS);
        assert_eq!(state.account(SENDER.create(0)).unwrap().unwrap().nonce, 1);
    }
}
