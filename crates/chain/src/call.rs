//! Calls that enter no block: `eth_call` and `eth_estimateGas`.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use bough_stf::{
    BlockError, CallGas, Environment, EvmContext, State, StateError, TransactionError, bytecode,
    revm::{
        context::TxEnv,
        context_interface::result::{
            ExecutionResult, HaltReason, InvalidTransaction, ResultAndState,
        },
        inspector::{Inspector, NoOpInspector},
        interpreter::interpreter::EthInterpreter,
    },
    simulate,
};
use thiserror::Error;

use crate::{Chain, ChainError, StoreSource, pool::gas_limit_cap};

/// What a call finds in place of an account's own. What is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountOverride {
    /// Wei.
    pub balance: Option<U256>,
    /// The nonce.
    pub nonce: Option<u64>,
    /// The code.
    pub code: Option<Bytes>,
    /// Slots and their values; other slots stay.
    pub slots: BTreeMap<U256, U256>,
}

/// What a call finds different from the state it is made on.
pub type StateOverrides = BTreeMap<Address, AccountOverride>;

/// What an estimate found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Estimate {
    /// The least gas limit with which the call succeeds.
    pub gas: u64,
    /// What it returns then.
    pub output: Bytes,
}

/// A call that could not be made, or an estimate that found no gas limit.
#[derive(Debug, Error)]
pub enum CallError {
    /// The block is unknown, or the store could not be read.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// No transaction can be like this.
    #[error(transparent)]
    Invalid(TransactionError),
    /// It reverts with all the gas it may have.
    #[error("execution reverted")]
    Reverted {
        /// Return data.
        output: Bytes,
    },
    /// It fails with all the gas it may have.
    #[error("execution failed: {reason:?}")]
    Halted {
        /// Why.
        reason: HaltReason,
    },
    /// It needs more gas than it may have.
    #[error("gas required exceeds allowance ({allowance})")]
    GasAllowance {
        /// The most gas it may have: by the caller's wish, the block or the sender's balance.
        allowance: u64,
    },
    /// The sender cannot pay the value.
    #[error("insufficient funds for transfer: balance {balance}, value {value}")]
    InsufficientFunds {
        /// The sender's balance, wei.
        balance: U256,
        /// The value, wei.
        value: U256,
    },
}

impl From<StateError> for CallError {
    fn from(error: StateError) -> Self {
        Self::Chain(error.into())
    }
}

impl CallError {
    /// What execution in a block with this number failed with.
    fn in_block(number: u64) -> impl Fn(BlockError) -> Self {
        move |error| match error {
            BlockError::Transaction { error, .. } => Self::Invalid(error),
            BlockError::State(error) => error.into(),
            error => Self::Chain(ChainError::Block { number, error }),
        }
    }
}

impl Chain {
    /// Makes a call on the state a block leads to, as if in that block, and gives what it would change,
    /// under an inspector that is given back. Nonce, balance, base fee and sender code are not checked; no fee is charged.
    ///
    /// # Errors
    /// [`ChainError::UnknownBlock`], or when the call cannot be made at all. A call that reverts is
    /// no error.
    pub fn simulate<I>(
        &self,
        block_hash: B256,
        overrides: &StateOverrides,
        call: TxEnv,
        inspector: I,
    ) -> Result<(ResultAndState, I), CallError>
    where
        I: for<'a> Inspector<EvmContext<'a, StoreSource>, EthInterpreter>,
    {
        let block = self.require(block_hash)?;
        let environment = Environment::of(&block.header);
        let state = self.state_with(block_hash, overrides)?;
        self.simulate_on(&state, &environment, call, inspector)
    }

    /// As [`Chain::simulate`], on a state and in an environment of the caller's choice.
    ///
    /// # Errors
    /// When the call cannot be made at all, or the store cannot be read.
    pub fn simulate_on<I>(
        &self,
        state: &State<StoreSource>,
        environment: &Environment,
        call: TxEnv,
        inspector: I,
    ) -> Result<(ResultAndState, I), CallError>
    where
        I: for<'a> Inspector<EvmContext<'a, StoreSource>, EthInterpreter>,
    {
        self.simulate_with(state, environment, call, CallGas::AsAsked, inspector)
    }

    fn simulate_with<I>(
        &self,
        state: &State<StoreSource>,
        environment: &Environment,
        call: TxEnv,
        gas: CallGas,
        inspector: I,
    ) -> Result<(ResultAndState, I), CallError>
    where
        I: for<'a> Inspector<EvmContext<'a, StoreSource>, EthInterpreter>,
    {
        simulate(&self.spec, state, environment, &self.precompiles, call, gas, inspector)
            .map_err(CallError::in_block(environment.number))
    }

    /// The state a block leads to, with overrides.
    ///
    /// # Errors
    /// [`ChainError::UnknownBlock`], or when the store cannot be read.
    pub fn state_with(
        &self,
        block_hash: B256,
        overrides: &StateOverrides,
    ) -> Result<State<StoreSource>, ChainError> {
        let mut state = self.state_at(block_hash)?;
        for (address, account) in overrides {
            apply_override(&mut state, *address, account)?;
        }
        Ok(state)
    }

    /// The least gas limit with which a call succeeds on a block's state, by bisection. The call's
    /// own gas limit, where it is not zero, bounds it; so does the sender's balance where the call
    /// has a gas price.
    ///
    /// # Errors
    /// [`CallError::Reverted`] or [`CallError::Halted`] when it fails with any gas limit,
    /// [`CallError::GasAllowance`] when it needs more than it may have.
    pub fn estimate_gas(
        &self,
        block_hash: B256,
        overrides: &StateOverrides,
        call: TxEnv,
    ) -> Result<Estimate, CallError> {
        self.estimate_gas_under(block_hash, overrides, call, &mut NoOpInspector)
    }

    /// As [`Chain::estimate_gas`], each attempt under the same inspector: it may end them.
    ///
    /// # Errors
    /// As [`Chain::estimate_gas`].
    pub fn estimate_gas_under<I>(
        &self,
        block_hash: B256,
        overrides: &StateOverrides,
        call: TxEnv,
        inspector: &mut I,
    ) -> Result<Estimate, CallError>
    where
        I: for<'a> Inspector<EvmContext<'a, StoreSource>, EthInterpreter>,
    {
        let block = self.require(block_hash)?;
        let environment = Environment::of(&block.header);
        let state = self.state_with(block_hash, overrides)?;
        let most = self.most_gas(&state, &environment, &call)?;
        let mut run = |gas_limit| {
            let call = TxEnv { gas_limit, ..call.clone() };
            self.attempt(&state, &environment, call, &mut *inspector)
        };

        let (used, mut output) = match run(most)? {
            Attempt::Success { used, output } => (used, output),
            Attempt::TooLittle => return Err(CallError::GasAllowance { allowance: most }),
            Attempt::Reverted(output) => return Err(CallError::Reverted { output }),
            Attempt::Halted(reason) => return Err(CallError::Halted { reason }),
        };
        // A call that succeeds needs at least what it pays for in the end.
        let (mut fails, mut succeeds) = (used.saturating_sub(1), most);
        let mut next = first_guess(used);
        while fails.saturating_add(1) < succeeds {
            let gas = next.clamp(fails.saturating_add(1), succeeds.saturating_sub(1));
            match run(gas)? {
                Attempt::Success { output: returned, .. } => (succeeds, output) = (gas, returned),
                _ => fails = gas,
            }
            next = fails.midpoint(succeeds);
        }
        Ok(Estimate { gas: succeeds, output })
    }

    /// The most gas a call may have.
    fn most_gas(
        &self,
        state: &State<StoreSource>,
        environment: &Environment,
        call: &TxEnv,
    ) -> Result<u64, CallError> {
        let fork = self.spec.forks.fork_at(environment.number, environment.timestamp);
        let block = environment.gas_limit;
        let most = gas_limit_cap(fork).map_or(block, |cap| block.min(cap));
        let most = if call.gas_limit == 0 { most } else { most.min(call.gas_limit) };
        if call.gas_price == 0 {
            return Ok(most);
        }
        let balance = state.account(call.caller)?.unwrap_or_default().balance;
        let Some(left) = balance.checked_sub(call.value) else {
            return Err(CallError::InsufficientFunds { balance, value: call.value });
        };
        let affordable = left / U256::from(call.gas_price);
        Ok(most.min(affordable.saturating_to()))
    }

    fn attempt<I>(
        &self,
        state: &State<StoreSource>,
        environment: &Environment,
        call: TxEnv,
        inspector: &mut I,
    ) -> Result<Attempt, CallError>
    where
        I: for<'a> Inspector<EvmContext<'a, StoreSource>, EthInterpreter>,
    {
        match self.simulate_with(state, environment, call, CallGas::AsTransaction, inspector) {
            Ok((executed, _)) => Ok(Attempt::of(executed.result)),
            Err(CallError::Invalid(TransactionError::Evm(
                InvalidTransaction::CallGasCostMoreThanGasLimit { .. }
                | InvalidTransaction::GasFloorMoreThanGasLimit { .. },
            ))) => Ok(Attempt::TooLittle),
            Err(error) => Err(error),
        }
    }
}

/// How a call with some gas limit ended.
enum Attempt {
    Success { used: u64, output: Bytes },
    Reverted(Bytes),
    Halted(HaltReason),
    TooLittle,
}

impl Attempt {
    fn of(result: ExecutionResult) -> Self {
        match result {
            ExecutionResult::Success { gas, output, .. } => {
                Self::Success { used: gas.tx_gas_used(), output: output.into_data() }
            }
            ExecutionResult::Revert { output, .. } => Self::Reverted(output),
            ExecutionResult::Halt { reason: HaltReason::OutOfGas(_), .. } => Self::TooLittle,
            ExecutionResult::Halt { reason, .. } => Self::Halted(reason),
        }
    }
}

/// A limit that is enough for most calls: what was used, the stipend, and the 64th that a caller
/// keeps back (EIP-150).
const fn first_guess(used: u64) -> u64 {
    const STIPEND: u64 = 2_300;
    let with_stipend = used.saturating_add(STIPEND);
    with_stipend.saturating_add(with_stipend / 63).saturating_add(1)
}

fn apply_override(
    state: &mut State<StoreSource>,
    address: Address,
    account: &AccountOverride,
) -> Result<(), StateError> {
    let mut info = state.account(address)?.unwrap_or_default();
    if let Some(balance) = account.balance {
        info.balance = balance;
    }
    if let Some(nonce) = account.nonce {
        info.nonce = nonce;
    }
    if let Some(code) = &account.code {
        info.code_hash = keccak256(code);
        info.code = Some(bytecode(code.clone()));
    }
    state.overwrite(address, info, account.slots.iter().map(|(slot, value)| (*slot, *value)));
    Ok(())
}
