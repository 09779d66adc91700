//! Calls that never enter a block: `eth_call`, `eth_estimateGas`, tracing of what might be.

use revm::{
    context::TxEnv,
    context_interface::result::{EVMError, ResultAndState},
    inspector::Inspector,
    interpreter::interpreter::EthInterpreter,
};

use crate::{
    BlockError, ChainSpec, Environment, ExtraPrecompiles, Fork, State, StateSource,
    TransactionError,
    evm::{self, EvmContext},
};

/// How much of a call's gas is for execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallGas {
    /// All of it, as much as there is.
    AsAsked,
    /// What a transaction of the fork could use of it: EIP-7825's cap, above which EIP-8037 leaves
    /// the rest to state growth.
    AsTransaction,
}

/// Runs one call on a state and gives what would change, under an inspector that is given back. Nonce,
/// balance, base fee, sender code and the block's gas limit are not checked; no fee is charged.
///
/// # Errors
/// [`BlockError::Transaction`] when the call cannot be run at all, [`BlockError::State`] when
/// state cannot be read.
pub fn simulate<S, I>(
    spec: &ChainSpec,
    state: &State<S>,
    env: &Environment,
    extra: &ExtraPrecompiles,
    call: TxEnv,
    gas: CallGas,
    inspector: I,
) -> Result<(ResultAndState, I), BlockError>
where
    S: StateSource,
    I: for<'a> Inspector<EvmContext<'a, S>, EthInterpreter>,
    S: 'static,
{
    let fork = spec.forks.fork_at(env.number, env.timestamp);
    let mut cfg = evm::cfg_env(fork, spec.chain_id);
    cfg.disable_nonce_check = true;
    cfg.disable_balance_check = true;
    cfg.disable_block_gas_limit = true;
    cfg.disable_eip3607 = true;
    cfg.disable_base_fee = true;
    cfg.disable_fee_charge = true;
    cfg.tx_chain_id_check = false;
    // From EIP-8037 on the cap decides which gas is whose, and no longer refuses a call.
    if fork < Fork::Amsterdam || gas == CallGas::AsAsked {
        cfg.tx_gas_limit_cap = Some(u64::MAX);
    }
    let block = evm::block_env(fork, env);
    let (executed, inspector) = evm::inspect(evm::build(state, cfg, block, extra, inspector), call);
    match executed {
        Ok(executed) => Ok((ResultAndState::new(executed.result, executed.state), inspector)),
        Err(EVMError::Transaction(error)) => {
            Err(BlockError::Transaction { index: 0, error: TransactionError::Evm(error) })
        }
        Err(EVMError::Database(error)) => Err(error.into()),
        Err(_) => Err(BlockError::Interpreter),
    }
}
