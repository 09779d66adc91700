//! One block, step by step.

use std::sync::Arc;

use alloy_consensus::{Header, Transaction as _, TxType, transaction::Recovered};
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
    state::EvmState,
};

#[cfg(feature = "pre-merge")]
use crate::pre_merge;
use crate::{
    AccessListBuilder, BlockError, ChainSpec, Changes, Environment, ExtraPrecompiles, Fork,
    PreState, Reads, Receipt, State, StateSource, Transaction, TransactionError, WorkLimits,
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

/// Executes one block, step by step: [`Self::apply_pre_execution`], then [`Self::execute`] and
/// [`Self::commit`] for each transaction, then [`Self::finish`]; or all of it, [`Self::run`].
///
/// The state before the block is only read. What the block did is a value: see [`BlockOutput`].
#[derive(Debug)]
pub struct BlockExecutor<S> {
    fork: Fork,
    env: Environment,
    cfg: CfgEnv,
    block: BlockEnv,
    state: State<S>,
    reads: Reads,
    extra: ExtraPrecompiles,
    limits: WorkLimits,
    access_list: Option<AccessListBuilder>,
    receipts: Vec<Receipt>,
    used: Used,
    #[cfg(feature = "pre-merge")]
    spec: ChainSpec,
    /// The state root after each transaction, before Byzantium.
    post_states: Vec<B256>,
}

/// What one transaction did, not part of the block yet.
#[derive(Debug, Clone)]
pub struct TxResult {
    /// Return data, logs and why it ended.
    pub result: ExecutionResult,
    /// The accounts and slots that it looked at, as they were and as it left them.
    pub state: EvmState,
    /// What it read of the state before the block.
    pub reads: Reads,
    tx_type: TxType,
    blob_gas: u64,
}

impl TxResult {
    /// Gas the sender pays for.
    pub const fn gas_used(&self) -> u64 {
        self.result.gas().tx_gas_used()
    }
}

/// Gas that a block used.
#[derive(Debug, Clone, Copy, Default)]
struct Used {
    /// Execution gas as the block counts it: before refunds from Amsterdam on (EIP-7778).
    execution: u64,
    /// State gas (EIP-8037).
    state: u64,
    /// Gas as receipts count it.
    cumulative: u64,
    blob: u64,
    system: u64,
}

impl Used {
    /// This and what a transaction used.
    fn with(self, executed: &TxResult) -> Self {
        let gas = executed.result.gas();
        Self {
            execution: self.execution.saturating_add(gas.block_regular_gas_used()),
            state: self.state.saturating_add(gas.block_state_gas_used()),
            cumulative: self.cumulative.saturating_add(gas.tx_gas_used()),
            blob: self.blob.saturating_add(executed.blob_gas),
            system: self.system,
        }
    }

    /// As the header counts it.
    fn of_header(self, fork: Fork) -> u64 {
        if fork >= Fork::Amsterdam { self.execution.max(self.state) } else { self.cumulative }
    }
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
    /// What it changed; [`PreState::update`] makes the new state of it.
    pub changes: Changes,
    /// What it read of the state before it.
    pub reads: Reads,
}

impl<S: StateSource> BlockExecutor<S> {
    /// A block above `state`, which is the parent's.
    pub fn new(
        spec: &ChainSpec,
        state: Arc<PreState<S>>,
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
            state: state.into(),
            reads: Reads::default(),
            extra,
            limits,
            access_list: fork.has_block_access_list().then(AccessListBuilder::default),
            receipts: Vec::new(),
            used: Used::default(),
            #[cfg(feature = "pre-merge")]
            spec: spec.clone(),
            post_states: Vec::new(),
        }
    }

    /// The fork whose rules the block follows.
    pub const fn fork(&self) -> Fork {
        self.fork
    }

    /// The state as the transactions so far have left it.
    pub const fn state(&self) -> &State<S> {
        &self.state
    }

    /// What the block has read so far of the state before it.
    pub const fn reads(&self) -> &Reads {
        &self.reads
    }

    /// Receipts so far.
    pub fn receipts(&self) -> &[Receipt] {
        &self.receipts
    }

    /// The header's gas used so far.
    pub fn gas_used(&self) -> u64 {
        self.used.of_header(self.fork)
    }

    /// [`Self::gas_used`], if this were committed.
    pub fn gas_used_with(&self, executed: &TxResult) -> u64 {
        self.used.with(executed).of_header(self.fork)
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

    /// Executes all of a block: what comes before its transactions, these, and what comes after.
    ///
    /// # Errors
    /// The first that a step gives.
    pub fn run(
        self,
        transactions: &[Recovered<Transaction>],
        withdrawals: &[Withdrawal],
    ) -> Result<BlockOutput, BlockError> {
        self.run_with_ommers(transactions, withdrawals, &[])
    }

    /// [`Self::run`] with the rewards for ommers, which only blocks before Paris have.
    pub(crate) fn run_with_ommers(
        mut self,
        transactions: &[Recovered<Transaction>],
        withdrawals: &[Withdrawal],
        ommers: &[Header],
    ) -> Result<BlockOutput, BlockError> {
        self.apply_pre_execution()?;
        for transaction in transactions {
            let executed = self.execute(transaction)?;
            self.commit(executed)?;
        }
        self.finish_with_ommers(withdrawals, ommers)
    }

    /// Executes a transaction as the block's next one. Nothing changes: what it did is given, and
    /// [`Self::commit`] makes it part of the block.
    ///
    /// # Errors
    /// [`BlockError::Transaction`] when it may not be included; anything else ends the block.
    pub fn execute(&self, transaction: &Recovered<Transaction>) -> Result<TxResult, BlockError> {
        self.check_capacity(transaction)?;
        let env = tx_env(transaction);
        let bound = self.execution_bound(&env)?;
        let executed = evm::transact(self.limited_evm(bound), env);
        let executed = executed.map_err(|error| self.evm_error(error))?;
        let executed = executed.ok_or_else(|| self.claim_exceeded())?;
        let result = tx_result(transaction, executed);
        let claimed = self.limits.block_gas;
        if claimed.is_some_and(|claimed| self.gas_used_with(&result) > claimed) {
            return Err(self.claim_exceeded());
        }
        Ok(result)
    }

    /// [`Self::execute`] under an inspector, which is given back, and within no claim.
    ///
    /// # Errors
    /// As [`Self::execute`].
    pub fn inspect<I>(
        &self,
        transaction: &Recovered<Transaction>,
        inspector: I,
    ) -> Result<(TxResult, I), BlockError>
    where
        I: for<'a> Inspector<EvmContext<'a, S>, EthInterpreter>,
        S: 'static,
    {
        self.check_capacity(transaction)?;
        let (executed, inspector) = evm::inspect(self.evm(inspector), tx_env(transaction));
        let executed = executed.map_err(|error| self.evm_error(error))?;
        Ok((tx_result(transaction, executed), inspector))
    }

    /// Makes what a transaction did part of the block. It must have been executed on the block as it
    /// is.
    ///
    /// # Errors
    /// When state cannot be read.
    pub fn commit(&mut self, executed: TxResult) -> Result<(), BlockError> {
        self.used = self.used.with(&executed);
        let TxResult { result, state, reads, tx_type, .. } = executed;
        if let Some(list) = &mut self.access_list {
            let index = u64::try_from(self.receipts.len()).unwrap_or(u64::MAX);
            list.set_index(index.saturating_add(1));
            list.record(&self.state, &state)?;
        }
        self.state.apply(state, self.fork.clears_empty_accounts());
        self.reads.extend(reads);
        if self.fork < Fork::Byzantium {
            self.post_states.push(self.state.update()?.root);
        }
        self.receipts.push(Receipt {
            tx_type,
            success: result.is_success(),
            cumulative_gas_used: self.used.cumulative,
            logs: result.into_logs(),
        });
        Ok(())
    }

    /// Withdrawals, then requests. Before Paris the reward for a block without
    /// ommers.
    ///
    /// # Errors
    /// When state cannot be read, a request contract is missing or fails, or the block
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
        Ok(BlockOutput {
            receipts: self.receipts,
            post_states: self.post_states,
            gas_used,
            blob_gas_used: self.used.blob,
            requests,
            block_access_list,
            system_gas_used: self.used.system,
            changes: self.state.into_changes(),
            reads: self.reads,
        })
    }

    fn evm<I>(&self, inspector: I) -> StfEvm<'_, S, I> {
        let (cfg, block) = (self.cfg.clone(), self.block.clone());
        evm::build(&self.state, cfg, block, &self.extra, inspector)
    }

    fn limited_evm(&self, limit: Option<u64>) -> StfEvm<'_, S, ()> {
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
            self.used.execution
        } else {
            self.used.cumulative
        });
        let needed = self.fork.transaction_gas_cap().map_or(limit, |cap| limit.min(cap));
        if needed > left {
            return Err(invalid(TransactionError::BlockGasExhausted { needed, left }));
        }
        if self.fork >= Fork::Amsterdam {
            let left = self.env.gas_limit.saturating_sub(self.used.state);
            if limit > left {
                let error = TransactionError::BlockStateGasExhausted { needed: limit, left };
                return Err(invalid(error));
            }
        }
        let needed = transaction.blob_gas_used().unwrap_or_default();
        let most = self.fork.blob_params().map_or(0, |params| params.max_blob_gas_per_block());
        let left = most.saturating_sub(self.used.blob);
        if needed > left {
            return Err(invalid(TransactionError::BlockBlobGasExhausted { needed, left }));
        }
        Ok(())
    }

    /// Most gas the transaction's frames may use, where it could exceed the block's claim.
    fn execution_bound(&self, env: &TxEnv) -> Result<Option<u64>, BlockError> {
        let Some(claimed) = self.limits.block_gas else { return Ok(None) };
        let bound = if self.fork >= Fork::Amsterdam {
            claimed.saturating_sub(self.used.execution)
        } else {
            // Refunds take at most a fifth off what a transaction used.
            let left = claimed.saturating_sub(self.used.cumulative);
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

    /// Calls a system contract and takes over what it did. Gives what it returned, `None` when it
    /// failed.
    fn system_call(&mut self, target: Address, data: Bytes) -> Result<Option<Bytes>, BlockError> {
        let fork = self.fork;
        let budget = self.limits.system_gas;
        let left = budget.map(|budget| budget.saturating_sub(self.used.system));
        let executed = evm::system_call(self.limited_evm(left), fork, target, data);
        let Some(executed) = executed.map_err(|error| self.evm_error(error))? else {
            return Err(BlockError::SystemGasExceeded { budget: budget.unwrap_or(0) });
        };
        let Executed { result, state, reads } = executed;
        self.used.system = self.used.system.saturating_add(result.gas().total_gas_spent());
        if let Some(budget) = budget.filter(|budget| self.used.system > *budget) {
            return Err(BlockError::SystemGasExceeded { budget });
        }
        if let Some(list) = &mut self.access_list {
            list.record_read(target);
            list.record(&self.state, &state)?;
        }
        self.state.apply(state, self.fork.clears_empty_accounts());
        self.reads.extend(reads);
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

fn tx_result(transaction: &Transaction, executed: Executed) -> TxResult {
    let Executed { result, state, reads } = executed;
    let blob_gas = transaction.blob_gas_used().unwrap_or_default();
    TxResult { result, state, reads, tx_type: transaction.tx_type(), blob_gas }
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
