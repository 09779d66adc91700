//! One block, step by step.

use alloy_consensus::{Header, Transaction as _, transaction::Recovered};
use alloy_eips::{
    eip2935::HISTORY_STORAGE_ADDRESS,
    eip4788::BEACON_ROOTS_ADDRESS,
    eip4895::Withdrawal,
    eip7002::WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS,
    eip7251::CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS,
    eip8282::{BUILDER_DEPOSIT_CONTRACT_ADDRESS, BUILDER_EXIT_CONTRACT_ADDRESS},
};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_rlp::Encodable;
use revm::{
    context::{BlockEnv, CfgEnv, TxEnv},
    context_interface::result::{EVMError, ExecutionResult},
    inspector::Inspector,
    interpreter::interpreter::EthInterpreter,
};

#[cfg(feature = "pre-merge")]
use crate::pre_merge;
use crate::{
    AccessListBuilder, BlockError, ChainSpec, Environment, ExtraPrecompiles, Fork, Receipt, State,
    StateSource, StateUpdate, Transaction, TransactionError, WorkLimits,
    evm::{self, EvmContext, EvmError, Executed},
    frames::StfEvm,
    requests,
    transaction::{check_form, intrinsic_gas_of, least_gas, tx_env},
};

const WEI_PER_GWEI: u64 = 1_000_000_000;

/// Contracts whose call ends a block, each with the type of the requests it returns and the fork
/// it came with.
const REQUEST_CONTRACTS: [(u8, Address, Fork); 4] = [
    (0x01, WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS, Fork::Prague),
    (0x02, CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS, Fork::Prague),
    (0x03, BUILDER_DEPOSIT_CONTRACT_ADDRESS, Fork::Amsterdam),
    (0x04, BUILDER_EXIT_CONTRACT_ADDRESS, Fork::Amsterdam),
];

/// Executes one block, step by step: [`Self::apply_pre_execution`], then
/// [`Self::execute_transaction`] for each transaction, then [`Self::finish`].
#[derive(Debug)]
pub struct BlockExecutor<S> {
    fork: Fork,
    env: Environment,
    cfg: CfgEnv,
    block: BlockEnv,
    state: State<S>,
    extra: ExtraPrecompiles,
    limits: WorkLimits,
    access_list: Option<AccessListBuilder>,
    receipts: Vec<Receipt>,
    /// Execution gas as the block counts it: before refunds from Amsterdam on (EIP-7778).
    execution_gas: u64,
    /// State gas (EIP-8037).
    state_gas: u64,
    /// Gas as receipts count it.
    cumulative_gas: u64,
    blob_gas: u64,
    system_gas: u64,
    #[cfg(feature = "pre-merge")]
    spec: ChainSpec,
    #[cfg(feature = "pre-merge")]
    post_states: pre_merge::PostStates,
}

/// What one transaction did.
#[derive(Debug, Clone)]
pub struct TxOutcome {
    /// Return data, logs and why it ended.
    pub result: ExecutionResult,
    /// Gas the sender paid for.
    pub gas_used: u64,
}

/// What a block did.
#[derive(Debug, Clone)]
pub struct BlockOutput {
    /// One for each transaction.
    pub receipts: Vec<Receipt>,
    /// The state root after each transaction: what receipts name instead of a status before
    /// Byzantium. Empty from then on.
    pub post_states: Vec<B256>,
    /// The header's gas used.
    pub gas_used: u64,
    /// The header's blob gas used.
    pub blob_gas_used: u64,
    /// Requests with their type bytes, none without data; `None` before Prague.
    pub requests: Option<Vec<Bytes>>,
    /// RLP of the block access list; `None` before Amsterdam.
    pub block_access_list: Option<Bytes>,
    /// Gas of all system calls, which `gas_used` does not count.
    pub system_gas_used: u64,
    /// Work of writing the new state, Keccak blocks; `None` where it was not limited.
    pub keccak_blocks: Option<u64>,
    /// The new state.
    pub state: StateUpdate,
}

impl<S: StateSource> BlockExecutor<S> {
    /// A block above `state`, which is the parent's.
    pub fn new(
        spec: &ChainSpec,
        state: State<S>,
        env: Environment,
        extra: ExtraPrecompiles,
        limits: WorkLimits,
    ) -> Self {
        let fork = spec.forks.fork_at(env.number, env.timestamp);
        Self {
            fork,
            cfg: evm::cfg_env(fork, spec.chain_id),
            block: evm::block_env(fork, &env),
            env,
            state,
            extra,
            limits,
            access_list: fork.has_block_access_list().then(AccessListBuilder::default),
            receipts: Vec::new(),
            execution_gas: 0,
            state_gas: 0,
            cumulative_gas: 0,
            blob_gas: 0,
            system_gas: 0,
            #[cfg(feature = "pre-merge")]
            spec: spec.clone(),
            #[cfg(feature = "pre-merge")]
            post_states: pre_merge::PostStates::default(),
        }
    }

    /// The fork whose rules the block follows.
    pub const fn fork(&self) -> Fork {
        self.fork
    }

    /// The state as the transactions so far have left it.
    pub const fn state_mut(&mut self) -> &mut State<S> {
        &mut self.state
    }

    #[cfg(test)]
    pub(crate) fn into_state(self) -> State<S> {
        self.state
    }

    /// Receipts so far.
    pub fn receipts(&self) -> &[Receipt] {
        &self.receipts
    }

    /// The header's gas used so far.
    pub fn gas_used(&self) -> u64 {
        if self.fork >= Fork::Amsterdam {
            self.execution_gas.max(self.state_gas)
        } else {
            self.cumulative_gas
        }
    }

    /// What comes before the transactions: the DAO fork's change of state, or the system calls of
    /// EIP-4788 and EIP-2935.
    ///
    /// # Errors
    /// When state cannot be read, or the calls exceed their limit.
    pub fn apply_pre_execution(&mut self) -> Result<(), BlockError> {
        #[cfg(feature = "pre-merge")]
        pre_merge::apply_fork(&self.spec, &self.env, &mut self.state)?;
        if self.fork >= Fork::Cancun {
            let root = self.env.parent_beacon_block_root.unwrap_or_default();
            self.system_call(BEACON_ROOTS_ADDRESS, root.into())?;
        }
        if self.fork >= Fork::Prague {
            self.system_call(HISTORY_STORAGE_ADDRESS, self.env.parent_hash.into())?;
        }
        Ok(())
    }

    /// Executes the next transaction. One that may not be included leaves everything as it was.
    ///
    /// # Errors
    /// [`BlockError::Transaction`] when it may not be included; anything else ends the block.
    pub fn execute_transaction(
        &mut self,
        transaction: &Recovered<Transaction>,
    ) -> Result<TxOutcome, BlockError> {
        self.check_capacity(transaction)?;
        let env = tx_env(transaction);
        let bound = self.execution_bound(&env)?;
        let executed = evm::transact(self.limited_evm(bound), env);
        let Some(executed) = executed.map_err(|error| self.evm_error(error))? else {
            return Err(self.claim_exceeded());
        };
        self.take_over(transaction, executed)
    }

    /// Executes the next transaction under an inspector and gives the inspector back.
    ///
    /// # Errors
    /// As [`Self::execute_transaction`].
    pub fn inspect_transaction<I>(
        &mut self,
        transaction: &Recovered<Transaction>,
        inspector: I,
    ) -> Result<(TxOutcome, I), BlockError>
    where
        I: for<'a> Inspector<EvmContext<'a, S>, EthInterpreter>,
        S: 'static,
    {
        self.check_capacity(transaction)?;
        let (executed, inspector) = evm::inspect(self.evm(inspector), tx_env(transaction));
        let executed = executed.map_err(|error| self.evm_error(error))?;
        Ok((self.take_over(transaction, executed)?, inspector))
    }

    /// Withdrawals, then requests, then the new state. Before Paris the reward for a block without
    /// ommers.
    ///
    /// # Errors
    /// When state cannot be read or updated, a request contract is missing or fails, or the block
    /// access list is larger than the gas limit pays for.
    pub fn finish(self, withdrawals: &[Withdrawal]) -> Result<BlockOutput, BlockError> {
        self.finish_with_ommers(withdrawals, &[])
    }

    /// [`Self::finish`] with the rewards for ommers, which only blocks before Paris have.
    pub(crate) fn finish_with_ommers(
        mut self,
        withdrawals: &[Withdrawal],
        ommers: &[Header],
    ) -> Result<BlockOutput, BlockError> {
        #[cfg(feature = "pre-merge")]
        pre_merge::pay_rewards(self.fork, &self.env, ommers, &mut self.state)?;
        #[cfg(not(feature = "pre-merge"))]
        let _ = ommers;
        let transactions = u64::try_from(self.receipts.len()).unwrap_or(u64::MAX);
        if let Some(list) = &mut self.access_list {
            list.set_index(transactions.saturating_add(1));
        }
        self.pay_withdrawals(withdrawals)?;
        let requests = self.collect_requests()?;
        let gas_used = self.gas_used();
        let block_access_list = match self.access_list.take() {
            Some(list) => Some(encode_access_list(list, self.env.gas_limit)?),
            None => None,
        };
        let (state, keccak_blocks) = self.state.commit_within(self.limits.keccak_blocks)?;
        #[cfg(feature = "pre-merge")]
        let (post_states, state) = self.post_states.written(state);
        #[cfg(not(feature = "pre-merge"))]
        let post_states = Vec::new();
        Ok(BlockOutput {
            receipts: self.receipts,
            post_states,
            gas_used,
            blob_gas_used: self.blob_gas,
            requests,
            block_access_list,
            system_gas_used: self.system_gas,
            keccak_blocks,
            state,
        })
    }

    fn evm<I>(&mut self, inspector: I) -> StfEvm<'_, S, I> {
        let (cfg, block) = (self.cfg.clone(), self.block.clone());
        evm::build(&mut self.state, cfg, block, &self.extra, inspector)
    }

    fn limited_evm(&mut self, limit: Option<u64>) -> StfEvm<'_, S, ()> {
        let evm = self.evm(());
        match limit {
            None => evm,
            Some(limit) => evm.limited(limit),
        }
    }

    /// Whether the block has room: execution gas, state gas and blob gas.
    fn check_capacity(&self, transaction: &Transaction) -> Result<(), BlockError> {
        let invalid = |error| self.invalid(error);
        check_form(self.fork, transaction).map_err(invalid)?;
        let limit = transaction.gas_limit();
        let left = self.env.gas_limit.saturating_sub(if self.fork >= Fork::Amsterdam {
            self.execution_gas
        } else {
            self.cumulative_gas
        });
        let needed = self.fork.transaction_gas_cap().map_or(limit, |cap| limit.min(cap));
        if needed > left {
            return Err(invalid(TransactionError::BlockGasExhausted { needed, left }));
        }
        if self.fork >= Fork::Amsterdam {
            let left = self.env.gas_limit.saturating_sub(self.state_gas);
            if limit > left {
                let error = TransactionError::BlockStateGasExhausted { needed: limit, left };
                return Err(invalid(error));
            }
        }
        let needed = transaction.blob_gas_used().unwrap_or_default();
        let most = self.fork.blob_params().map_or(0, |params| params.max_blob_gas_per_block());
        let left = most.saturating_sub(self.blob_gas);
        if needed > left {
            return Err(invalid(TransactionError::BlockBlobGasExhausted { needed, left }));
        }
        Ok(())
    }

    /// Most gas the transaction's frames may use, where it could exceed the block's claim.
    fn execution_bound(&self, env: &TxEnv) -> Result<Option<u64>, BlockError> {
        let Some(claimed) = self.limits.block_gas else { return Ok(None) };
        let bound = if self.fork >= Fork::Amsterdam {
            claimed.saturating_sub(self.execution_gas)
        } else {
            // Refunds take at most a fifth off what a transaction used.
            let left = claimed.saturating_sub(self.cumulative_gas);
            left.saturating_add(left / 4)
        };
        let (execution, _, floor) = intrinsic_gas_of(self.fork, env);
        if execution > bound || (self.fork >= Fork::Amsterdam && floor > bound) {
            return Err(self.claim_exceeded());
        }
        let limit = env.gas_limit;
        let most = self.fork.transaction_gas_cap().map_or(limit, |cap| limit.min(cap));
        Ok((most > bound).then(|| bound - execution))
    }

    fn take_over(
        &mut self,
        transaction: &Recovered<Transaction>,
        executed: Executed,
    ) -> Result<TxOutcome, BlockError> {
        let Executed { result, state } = executed;
        let gas = *result.gas();
        if let Some(list) = &mut self.access_list {
            let index = u64::try_from(self.receipts.len()).unwrap_or(u64::MAX);
            list.set_index(index.saturating_add(1));
            list.record(&mut self.state, &state)?;
        }
        self.state.apply(state, self.fork.clears_empty_accounts())?;
        #[cfg(feature = "pre-merge")]
        self.post_states.record(self.fork, &mut self.state)?;
        self.execution_gas = self.execution_gas.saturating_add(gas.block_regular_gas_used());
        self.state_gas = self.state_gas.saturating_add(gas.block_state_gas_used());
        self.cumulative_gas = self.cumulative_gas.saturating_add(gas.tx_gas_used());
        self.blob_gas =
            self.blob_gas.saturating_add(transaction.blob_gas_used().unwrap_or_default());
        if self.limits.block_gas.is_some_and(|claimed| self.gas_used() > claimed) {
            return Err(self.claim_exceeded());
        }
        self.receipts.push(Receipt {
            tx_type: transaction.tx_type(),
            success: result.is_success(),
            cumulative_gas_used: self.cumulative_gas,
            logs: result.logs().to_vec(),
        });
        Ok(TxOutcome { gas_used: gas.tx_gas_used(), result })
    }

    /// Calls a system contract and takes over what it did. Gives what it returned, `None` when it
    /// failed.
    fn system_call(&mut self, target: Address, data: Bytes) -> Result<Option<Bytes>, BlockError> {
        let fork = self.fork;
        let budget = self.limits.system_gas;
        let left = budget.map(|budget| budget.saturating_sub(self.system_gas));
        let executed = evm::system_call(self.limited_evm(left), fork, target, data);
        let Some(executed) = executed.map_err(|error| self.evm_error(error))? else {
            return Err(BlockError::SystemGasExceeded { budget: budget.unwrap_or(0) });
        };
        let Executed { result, state } = executed;
        self.system_gas = self.system_gas.saturating_add(result.gas().total_gas_spent());
        if let Some(budget) = budget.filter(|budget| self.system_gas > *budget) {
            return Err(BlockError::SystemGasExceeded { budget });
        }
        if let Some(list) = &mut self.access_list {
            list.record_read(target);
            list.record(&mut self.state, &state)?;
        }
        self.state.apply(state, self.fork.clears_empty_accounts())?;
        Ok(result.is_success().then(|| result.into_output().unwrap_or_default()))
    }

    fn pay_withdrawals(&mut self, withdrawals: &[Withdrawal]) -> Result<(), BlockError> {
        for withdrawal in withdrawals {
            let address = withdrawal.address;
            let before = self.state.account(address)?.unwrap_or_default().balance;
            let wei = U256::from(withdrawal.amount) * U256::from(WEI_PER_GWEI);
            if !self.state.add_balance(address, wei)? {
                return Err(BlockError::BalanceOverflow(address));
            }
            if let Some(list) = &mut self.access_list {
                list.record_balance(address, before, before.saturating_add(wei));
            }
        }
        Ok(())
    }

    fn collect_requests(&mut self) -> Result<Option<Vec<Bytes>>, BlockError> {
        if !self.fork.has_requests() {
            return Ok(None);
        }
        let mut requests: Vec<Bytes> = requests::deposits(&self.receipts)?.into_iter().collect();
        for (kind, contract, since) in REQUEST_CONTRACTS {
            if self.fork < since {
                continue;
            }
            // SOUNDNESS: a request contract without code, or whose call fails, makes the block
            // invalid (EIP-7002, EIP-7251, EIP-8282); an unchecked call would pass.
            let code = self.state.account(contract)?.unwrap_or_default().code_hash;
            if self.state.code(code)?.is_empty() {
                return Err(BlockError::SystemContractMissing(contract));
            }
            let Some(data) = self.system_call(contract, Bytes::new())? else {
                return Err(BlockError::SystemCallFailed(contract));
            };
            if !data.is_empty() {
                requests.push([&[kind], data.as_ref()].concat().into());
            }
        }
        Ok(Some(requests))
    }

    fn claim_exceeded(&self) -> BlockError {
        BlockError::ClaimExceeded { claimed: self.limits.block_gas.unwrap_or(u64::MAX) }
    }

    fn invalid(&self, error: TransactionError) -> BlockError {
        BlockError::Transaction { index: self.receipts.len(), error }
    }

    fn evm_error(&self, error: EvmError) -> BlockError {
        match error {
            EVMError::Transaction(error) => self.invalid(error.into()),
            EVMError::Database(error) => error.into(),
            EVMError::Header(_) | EVMError::Custom(_) | EVMError::CustomAny(_) => {
                BlockError::Interpreter
            }
        }
    }
}

/// Refuses, before any signature is recovered, a claim that so many transactions cannot fit.
///
/// # Errors
/// [`BlockError::ClaimTooSmall`].
pub fn check_claim(fork: Fork, transactions: usize, claimed: u64) -> Result<(), BlockError> {
    let count = u64::try_from(transactions).unwrap_or(u64::MAX);
    if count.saturating_mul(least_gas(fork)) > claimed {
        return Err(BlockError::ClaimTooSmall { transactions, claimed });
    }
    Ok(())
}

fn encode_access_list(list: AccessListBuilder, gas_limit: u64) -> Result<Bytes, BlockError> {
    let (items, max) = (list.items(), AccessListBuilder::max_items(gas_limit));
    if items > max {
        return Err(BlockError::AccessListTooLarge { items, max });
    }
    let mut rlp = Vec::new();
    list.build().encode(&mut rlp);
    Ok(rlp.into())
}
