//! From a transaction request to what the EVM runs, and the overrides around it.

use alloy_consensus::TxType;
use alloy_eips::eip7702::SignedAuthorization;
use alloy_primitives::{Address, TxKind};
use alloy_rpc_types_eth::{
    BlockOverrides, TransactionRequest,
    state::{AccountOverride as RequestedOverride, StateOverride},
};
use bough_chain::{AccountOverride, StateOverrides, StoreSource, StoredBlock};
use bough_stf::{Environment, State};
use revm::{context::TxEnv, context_interface::either::Either};
use thiserror::Error;

use crate::{context::Context, error::MethodError};

/// A transaction request that contradicts itself, or asks for what does not exist here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RequestError {
    /// Two kinds of price.
    #[error("both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified")]
    BothPrices,
    /// The tip cap is above the fee cap.
    #[error("maxFeePerGas ({fee_cap}) < maxPriorityFeePerGas ({tip})")]
    TipAboveFeeCap {
        /// Fee cap, wei per gas.
        fee_cap: u128,
        /// Tip cap, wei per gas.
        tip: u128,
    },
    /// The fee cap is below the block's base fee.
    #[error(
        "max fee per gas less than block base fee: maxFeePerGas: {fee_cap}, baseFee: {base_fee}"
    )]
    FeeCapBelowBaseFee {
        /// Fee cap, wei per gas.
        fee_cap: u128,
        /// Base fee, wei per gas.
        base_fee: u64,
    },
    /// `data` and `input` differ.
    #[error("both \"data\" and \"input\" are set and not equal")]
    TwoInputs,
    /// The request is for another chain.
    #[error("chainId does not match node's (have={got}, want={expected})")]
    ChainId {
        /// The request's.
        got: u64,
        /// This chain's.
        expected: u64,
    },
    /// `state` replaces all storage of an account; only `stateDiff` is served.
    #[error("state override of {0}: \"state\" is not supported, use \"stateDiff\"")]
    WholeStorage(Address),
    /// Precompiles stay where they are.
    #[error("state override of {0}: \"movePrecompileToAddress\" is not supported")]
    MovePrecompile(Address),
    /// A block override that no block can have.
    #[error("block override out of range")]
    BlockOverride,
}

/// A call ready to run: on this state, in this environment.
pub(crate) struct Prepared {
    pub(crate) state: State<StoreSource>,
    pub(crate) env: Environment,
    pub(crate) call: TxEnv,
}

impl Context {
    /// The call on the state and in the environment of `block`, after overrides.
    ///
    /// Without a gas limit it gets the server's cap, which no limit passes.
    pub(crate) fn prepare(
        &self,
        block: &StoredBlock,
        request: &TransactionRequest,
        state_overrides: Option<StateOverride>,
        block_overrides: Option<BlockOverrides>,
    ) -> Result<Prepared, MethodError> {
        let state = self.chain.state_with(block.hash, &self.overrides(state_overrides)?)?;
        let mut env = Environment::of(&block.header);
        override_block(&mut env, block_overrides.unwrap_or_default())?;
        let call = self.call(&state, &env, request)?;
        Ok(Prepared { state, env, call })
    }

    fn call(
        &self,
        state: &State<StoreSource>,
        env: &Environment,
        request: &TransactionRequest,
    ) -> Result<TxEnv, MethodError> {
        let expected = self.chain.spec().chain_id;
        if let Some(got) = request.chain_id.filter(|got| *got != expected) {
            return Err(RequestError::ChainId { got, expected }.into());
        }
        let caller = request.from.unwrap_or_default();
        let nonce = match request.nonce {
            Some(nonce) => nonce,
            None => state.account(caller)?.unwrap_or_default().nonce,
        };
        let prices = Prices::of(request, env)?;
        let data = request.input.unique_input().map_err(|_| RequestError::TwoInputs)?;
        Ok(TxEnv {
            tx_type: tx_type(request).into(),
            caller,
            gas_limit: request.gas.unwrap_or(u64::MAX).min(self.limits.call_gas),
            gas_price: prices.fee_cap,
            gas_priority_fee: prices.tip,
            kind: request.to.unwrap_or(TxKind::Create),
            value: request.value.unwrap_or_default(),
            data: data.cloned().unwrap_or_default(),
            nonce,
            chain_id: Some(expected),
            access_list: request.access_list.clone().unwrap_or_default(),
            blob_hashes: request.blob_versioned_hashes.clone().unwrap_or_default(),
            max_fee_per_blob_gas: request.max_fee_per_blob_gas.unwrap_or(u64::MAX.into()),
            authorization_list: authorizations(request).iter().cloned().map(Either::Left).collect(),
        })
    }
}

/// What a request offers for gas, in wei per gas.
struct Prices {
    fee_cap: u128,
    tip: Option<u128>,
}

impl Prices {
    fn of(request: &TransactionRequest, env: &Environment) -> Result<Self, RequestError> {
        let (max_fee, max_tip) = (request.max_fee_per_gas, request.max_priority_fee_per_gas);
        if request.gas_price.is_some() && (max_fee.is_some() || max_tip.is_some()) {
            return Err(RequestError::BothPrices);
        }
        let base_fee = env.base_fee.unwrap_or_default();
        // A tip alone means that any fee cap will do.
        let implied = max_tip.map(|tip| tip.saturating_add(base_fee.into()));
        let fee_cap = request.gas_price.or(max_fee).or(implied).unwrap_or_default();
        if let Some(tip) = max_tip.filter(|tip| *tip > fee_cap) {
            return Err(RequestError::TipAboveFeeCap { fee_cap, tip });
        }
        if fee_cap != 0 && fee_cap < base_fee.into() {
            return Err(RequestError::FeeCapBelowBaseFee { fee_cap, base_fee });
        }
        Ok(Self { fee_cap, tip: max_fee.or(max_tip).and(Some(max_tip.unwrap_or_default())) })
    }
}

/// The least type that has all that the request uses.
fn tx_type(request: &TransactionRequest) -> TxType {
    if !authorizations(request).is_empty() {
        TxType::Eip7702
    } else if request.blob_versioned_hashes.as_ref().is_some_and(|hashes| !hashes.is_empty()) {
        TxType::Eip4844
    } else if request.max_fee_per_gas.or(request.max_priority_fee_per_gas).is_some() {
        TxType::Eip1559
    } else if request.access_list.is_some() {
        TxType::Eip2930
    } else {
        TxType::Legacy
    }
}

fn authorizations(request: &TransactionRequest) -> &[SignedAuthorization] {
    request.authorization_list.as_deref().unwrap_or_default()
}

fn override_block(env: &mut Environment, overrides: BlockOverrides) -> Result<(), RequestError> {
    let out_of_range = |_| RequestError::BlockOverride;
    if let Some(number) = overrides.number {
        env.number = u64::try_from(number).map_err(out_of_range)?;
    }
    if let Some(base_fee) = overrides.base_fee {
        env.base_fee = Some(u64::try_from(base_fee).map_err(out_of_range)?);
    }
    env.timestamp = overrides.time.unwrap_or(env.timestamp);
    env.gas_limit = overrides.gas_limit.unwrap_or(env.gas_limit);
    env.beneficiary = overrides.coinbase.unwrap_or(env.beneficiary);
    env.prev_randao = overrides.random.unwrap_or(env.prev_randao);
    env.difficulty = overrides.difficulty.unwrap_or(env.difficulty);
    Ok(())
}

impl Context {
    /// Overrides as the chain takes them.
    pub(crate) fn overrides(
        &self,
        requested: Option<StateOverride>,
    ) -> Result<StateOverrides, MethodError> {
        let requested = requested.unwrap_or_default();
        let slots =
            requested.values().filter_map(|account| Some(account.state_diff.as_ref()?.len()));
        let (got, limit) =
            (slots.sum::<usize>().saturating_add(requested.len()), self.limits.overrides);
        if got > limit {
            return Err(MethodError::TooManyOverrides { got, limit });
        }
        let requested = requested.into_iter();
        Ok(requested
            .map(|(address, account)| Ok((address, account_override(address, account)?)))
            .collect::<Result<_, RequestError>>()?)
    }
}

fn account_override(
    address: Address,
    requested: RequestedOverride,
) -> Result<AccountOverride, RequestError> {
    if requested.state.is_some() {
        return Err(RequestError::WholeStorage(address));
    }
    if requested.move_precompile_to.is_some() {
        return Err(RequestError::MovePrecompile(address));
    }
    let slots = requested.state_diff.into_iter().flatten();
    Ok(AccountOverride {
        balance: requested.balance,
        nonce: requested.nonce,
        code: requested.code,
        slots: slots.map(|(slot, value)| (slot.into(), value.into())).collect(),
    })
}
