//! Precompiles: Ethereum's own, and those the caller adds to a chain.

use std::{
    collections::BTreeMap,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use alloy_primitives::{Address, Bytes, map::AddressSet};
use revm::{
    context_interface::{Block, Cfg, ContextTr},
    handler::{EthPrecompiles, PrecompileProvider},
    interpreter::{CallInputs, Gas, InstructionResult, InterpreterResult},
    primitives::hardfork::SpecId,
};
use tracing::error;

/// A precompile that a chain has besides Ethereum's.
pub trait Precompile: Send + Sync {
    /// Answers one call. Bad input is a [`PrecompileOutcome::Halt`]; a panic is a fault, which is
    /// logged and halts the call. With less gas it may halt where it would succeed, and do nothing
    /// else otherwise.
    fn call(&self, call: PrecompileCall<'_>) -> PrecompileOutcome;
}

/// One call of an extra precompile.
#[derive(Debug, Clone, Copy)]
pub struct PrecompileCall<'a> {
    /// The call data.
    pub input: &'a [u8],
    /// Gas the call has; it may not use more.
    pub gas_limit: u64,
    /// Number of the block that is executing.
    pub block_number: u64,
    /// Timestamp (seconds) of the block that is executing.
    pub block_timestamp: u64,
}

/// What an extra precompile answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrecompileOutcome {
    /// It succeeded.
    Success {
        /// Gas used, at most the call's limit.
        gas_used: u64,
        /// Return data.
        output: Bytes,
    },
    /// It failed; all the call's gas is burned.
    Halt,
}

/// The precompiles a chain has besides Ethereum's, by address.
#[derive(Clone, Default)]
pub struct ExtraPrecompiles(BTreeMap<Address, Arc<dyn Precompile>>);

impl ExtraPrecompiles {
    /// None.
    pub fn none() -> Self {
        Self::default()
    }

    /// These and one more.
    #[must_use]
    pub fn with(mut self, address: Address, precompile: Arc<dyn Precompile>) -> Self {
        self.0.insert(address, precompile);
        self
    }
}

impl fmt::Debug for ExtraPrecompiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Ethereum's precompiles of a fork and the chain's own: a provider for any revm-based EVM.
#[derive(Debug)]
pub struct Precompiles {
    ethereum: EthPrecompiles,
    extra: ExtraPrecompiles,
    addresses: Option<AddressSet>,
}

impl Precompiles {
    /// Ethereum's precompiles at `spec`, and `extra`.
    pub fn new(spec: SpecId, extra: &ExtraPrecompiles) -> Self {
        let mut precompiles =
            Self { ethereum: EthPrecompiles::new(spec), extra: extra.clone(), addresses: None };
        precompiles.collect_addresses();
        precompiles
    }

    fn collect_addresses(&mut self) {
        self.addresses = (!self.extra.0.is_empty()).then(|| {
            let own = self.extra.0.keys().copied();
            self.ethereum.warm_addresses().iter().copied().chain(own).collect()
        });
    }

    fn run_extra(
        precompile: &dyn Precompile,
        block: &impl Block,
        input: &[u8],
        inputs: &CallInputs,
    ) -> InterpreterResult {
        let outcome = precompile.call(PrecompileCall {
            input,
            gas_limit: inputs.gas_limit,
            block_number: block.number().saturating_to(),
            block_timestamp: block.timestamp().saturating_to(),
        });
        match outcome {
            PrecompileOutcome::Success { gas_used, output } => {
                let mut gas =
                    Gas::new_with_regular_gas_and_reservoir(inputs.gas_limit, inputs.reservoir);
                if gas.record_regular_cost(gas_used) {
                    InterpreterResult::new(InstructionResult::Return, output, gas)
                } else {
                    halt(InstructionResult::PrecompileOOG, inputs)
                }
            }
            PrecompileOutcome::Halt => halt(InstructionResult::PrecompileError, inputs),
        }
    }

    fn run_any<CTX: ContextTr>(
        &mut self,
        context: &mut CTX,
        inputs: &CallInputs,
    ) -> Result<Option<InterpreterResult>, String> {
        if let Some(precompile) = self.extra.0.get(&inputs.bytecode_address) {
            let input = inputs.input.as_bytes(context);
            let result = Self::run_extra(precompile.as_ref(), context.block(), &input, inputs);
            return Ok(Some(result));
        }
        self.ethereum.run(context, inputs)
    }
}

/// The end of a call that burns all its gas.
fn halt(why: InstructionResult, inputs: &CallInputs) -> InterpreterResult {
    let mut gas = Gas::new_with_regular_gas_and_reservoir(inputs.gas_limit, inputs.reservoir);
    gas.spend_all();
    InterpreterResult::new(why, Bytes::new(), gas)
}

impl<CTX: ContextTr> PrecompileProvider<CTX> for Precompiles {
    type Output = InterpreterResult;

    fn set_spec(&mut self, spec: <CTX::Cfg as Cfg>::Spec) -> bool {
        let changed =
            <EthPrecompiles as PrecompileProvider<CTX>>::set_spec(&mut self.ethereum, spec);
        if changed {
            self.collect_addresses();
        }
        changed
    }

    fn run(
        &mut self,
        context: &mut CTX,
        inputs: &CallInputs,
    ) -> Result<Option<InterpreterResult>, String> {
        // SOUNDNESS: a precompile is a function of its input and its gas. What it is given of the
        // context is read only, and what `EthPrecompiles` writes there it writes when the precompile
        // has returned: a panic leaves nothing half done.
        let run = AssertUnwindSafe(|| self.run_any(context, inputs));
        catch_unwind(run).unwrap_or_else(|_| {
            let (address, gas_limit) = (inputs.bytecode_address, inputs.gas_limit);
            error!(%address, gas_limit, "a precompile panicked: its call halts");
            Ok(Some(halt(InstructionResult::PrecompileError, inputs)))
        })
    }

    fn warm_addresses(&self) -> &AddressSet {
        match &self.addresses {
            Some(addresses) => addresses,
            None => self.ethereum.warm_addresses(),
        }
    }
}
