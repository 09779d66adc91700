//! Generated blocks: built by Bough's executor on a generated world, with the witness of it.

use std::{collections::BTreeMap, sync::Arc};

use alloy_consensus::{Transaction as _, Typed2718 as _, transaction::Recovered};
use alloy_eips::{
    eip2718::Encodable2718,
    eip4895::{Withdrawal, Withdrawals},
};
use alloy_primitives::{Bytes, U256};
use alloy_rlp::{EMPTY_LIST_CODE, Encodable};
use bough_stateless::{ExecutionWitness, Schema, StatelessInput};
use bough_stf::{
    Block, BlockError, BlockExecutor, BlockOutput, ChainSpec, Changes, Environment,
    ExtraPrecompiles, Fork, ForkSchedule, PreState, Reads, StateSource, Transaction, WitnessParts,
    WitnessRecorder,
    WorkLimits, revm::context_interface::result::ExecutionResult, seal_header,
};

use crate::{
    dice::Dice,
    transaction::{self, Situation},
    world::World,
};

/// Tries at a transaction that may be included, for each that is wanted.
const TRIES: usize = 3;

/// Lengths (bytes) of the items of requests, by type (EIP-6110, 7002, 7251, 8282).
pub(crate) const REQUEST_LENGTHS: [usize; 5] = [192, 76, 116, 184, 68];

/// What generated blocks did: how far a campaign reaches.
#[derive(Debug, Default)]
pub(crate) struct Reached {
    pub(crate) blocks: u64,
    pub(crate) empty: u64,
    /// Transactions by type.
    pub(crate) transactions: [u64; 5],
    pub(crate) succeeded: u64,
    pub(crate) reverted: u64,
    /// Out of gas, invalid instructions and their kin.
    pub(crate) halted: BTreeMap<String, u64>,
    pub(crate) logs: u64,
    /// Execution requests by type.
    pub(crate) requests: BTreeMap<u8, u64>,
    pub(crate) withdrawals: u64,
    pub(crate) gas: u64,
    /// Transactions that were tried and may not be included.
    pub(crate) left_out: u64,
    /// Blocks that cannot be finished.
    pub(crate) unfinished: BTreeMap<&'static str, u64>,
    /// Worlds by what is wrong with them.
    pub(crate) odd: BTreeMap<&'static str, u64>,
}

/// A generated block.
#[derive(Debug)]
pub(crate) struct Generated {
    /// With its witness. Valid, unless the block cannot be finished or the world's tries hold what
    /// is no node.
    pub(crate) input: StatelessInput,
    /// Transactions that were tried and may not be included.
    pub(crate) left_out: Vec<Bytes>,
    /// What it is, in words.
    pub(crate) label: String,
}

/// A block with its witness; an error when nothing the world allows is a block.
pub(crate) fn generate(dice: &mut Dice, reached: &mut Reached) -> Result<Generated, BlockError> {
    let world = World::generate(dice)?;
    let forks = ForkSchedule::always(Fork::Amsterdam);
    let spec = ChainSpec::new(world.chain_id, forks);
    let env = environment(dice, &spec, &world);
    let recorder = WitnessRecorder::new(&world.memory);
    let pre = Arc::new(PreState::new(&recorder, world.parent().state_root));
    let (state, none) = (Arc::clone(&pre), ExtraPrecompiles::none());
    let mut executor = BlockExecutor::new(&spec, state, env.clone(), none, WorkLimits::NONE);
    executor.apply_pre_execution()?;
    let (mut transactions, mut left_out) = (Vec::new(), Vec::new());
    let wanted = if dice.one_in(12) { 0 } else { dice.below(9) + 1 };
    for _ in 0..wanted * TRIES {
        if transactions.len() >= wanted {
            break;
        }
        let situation = Situation {
            world: &world,
            base_fee: env.base_fee.unwrap_or_default(),
            gas_limit: env.gas_limit,
            nonces: nonces(&executor, &world)?,
        };
        let transaction = transaction::generate(dice, &situation);
        match executor.execute(&transaction) {
            Ok(executed) => {
                reached.count(&transaction, &executed.result);
                executor.commit(executed)?;
                transactions.push(transaction);
            }
            Err(BlockError::Transaction { .. }) => {
                reached.left_out += 1;
                left_out.push(transaction.inner().encoded_2718().into());
            }
            Err(error) => return Err(error),
        }
    }
    let withdrawals = withdrawals(dice, &world);
    let stopped = (stopped(&executor, &transactions), dice.hash());
    let mut label = ["generated"].into_iter().chain(world.odd).collect::<Vec<_>>().join(", ");
    let finished = executor.finish(&withdrawals).and_then(|output| {
        let root = pre.update(&output.changes, None)?.root;
        Ok((output, root))
    });
    let (mut output, root) = match finished {
        Ok(finished) => finished,
        // There is no such block: both must refuse it for this, whatever it says of its outcome.
        Err(error) => {
            let why = unfinished(&error).ok_or(error)?;
            *reached.unfinished.entry(why).or_default() += 1;
            label = format!("{label}, {why}");
            stopped
        }
    };
    if output.requests.iter().flatten().any(|request| !has_whole_items(request)) {
        // No payload can carry these: it says that there are none.
        output.requests = Some(Vec::new());
        label.push_str(", requests of an odd length");
    }
    reached.block(&world, transactions.len(), &withdrawals, &output);
    let header = seal_header(Fork::Amsterdam, &env, &transactions, &withdrawals, &output, root);
    let block = Block {
        header,
        body: alloy_consensus::BlockBody {
            transactions: transactions.iter().map(|one| one.inner().clone()).collect(),
            ommers: Vec::new(),
            withdrawals: Some(Withdrawals::new(withdrawals)),
        },
    };
    let input = StatelessInput::from_block(
        Schema::of(Fork::Amsterdam).expect("invariant: Amsterdam has a schema"),
        world.chain_id,
        &block,
        output.block_access_list,
        output.requests.unwrap_or_default(),
        witness(dice, &world, recorder.parts()),
    );
    Ok(Generated { input, left_out, label })
}

/// Whether a request's data is a number of items of its type's length.
fn has_whole_items(request: &[u8]) -> bool {
    let Some((kind, data)) = request.split_first() else { return false };
    REQUEST_LENGTHS.get(usize::from(*kind)).is_some_and(|length| data.len().is_multiple_of(*length))
}

/// What a block that ends here would say of itself, besides its state root, which is anything.
fn stopped<S: StateSource>(
    executor: &BlockExecutor<S>,
    transactions: &[Recovered<Transaction>],
) -> BlockOutput {
    let blob_gas_used = transactions.iter().filter_map(|one| one.blob_gas_used()).sum();
    BlockOutput {
        receipts: executor.receipts().to_vec(),
        post_states: Vec::new(),
        gas_used: executor.gas_used(),
        blob_gas_used,
        requests: Some(Vec::new()),
        block_access_list: Some(Bytes::from_static(&[EMPTY_LIST_CODE])),
        system_gas_used: 0,
        changes: Changes::default(),
        reads: Reads::default(),
    }
}

/// Why a block cannot be finished, where the world is made so that some cannot.
const fn unfinished(error: &BlockError) -> Option<&'static str> {
    match error {
        BlockError::SystemContractMissing(_) => Some("request contract missing"),
        BlockError::SystemCallFailed(_) => Some("request contract fails"),
        BlockError::DepositLog => Some("malformed deposit log"),
        _ => None,
    }
}

impl Reached {
    fn block(
        &mut self,
        world: &World,
        transactions: usize,
        withdrawals: &[Withdrawal],
        output: &BlockOutput,
    ) {
        self.blocks += 1;
        self.empty += u64::from(transactions == 0);
        self.gas += output.gas_used;
        self.withdrawals += u64::from(!withdrawals.is_empty());
        for kind in output.requests.iter().flatten().filter_map(|request| request.first()) {
            *self.requests.entry(*kind).or_default() += 1;
        }
        if let Some(odd) = world.odd {
            *self.odd.entry(odd).or_default() += 1;
        }
    }

    fn count(&mut self, transaction: &Transaction, result: &ExecutionResult) {
        if let Some(count) = self.transactions.get_mut(usize::from(transaction.ty())) {
            *count += 1;
        }
        self.logs += u64::try_from(result.logs().len()).unwrap_or(0);
        match result {
            ExecutionResult::Success { .. } => self.succeeded += 1,
            ExecutionResult::Revert { .. } => self.reverted += 1,
            ExecutionResult::Halt { reason, .. } => {
                *self.halted.entry(format!("{reason:?}")).or_default() += 1;
            }
        }
    }

    /// Adds what another worker reached.
    pub(crate) fn add(&mut self, other: Self) {
        self.blocks += other.blocks;
        self.empty += other.empty;
        for (sum, more) in self.transactions.iter_mut().zip(other.transactions) {
            *sum += more;
        }
        self.succeeded += other.succeeded;
        self.reverted += other.reverted;
        for (reason, more) in other.halted {
            *self.halted.entry(reason).or_default() += more;
        }
        self.logs += other.logs;
        for (kind, more) in other.requests {
            *self.requests.entry(kind).or_default() += more;
        }
        self.withdrawals += other.withdrawals;
        self.gas += other.gas;
        self.left_out += other.left_out;
        for (why, more) in other.unfinished {
            *self.unfinished.entry(why).or_default() += more;
        }
        for (odd, more) in other.odd {
            *self.odd.entry(odd).or_default() += more;
        }
    }
}

fn environment(dice: &mut Dice, spec: &ChainSpec, world: &World) -> Environment {
    let parent = world.parent();
    let timestamp = parent.timestamp + dice.between(1, 24);
    let mut env = Environment::after(spec, parent, parent.hash_slow(), timestamp);
    let step = parent.gas_limit / 1024 - 1;
    env.gas_limit = match dice.below(4) {
        0 => parent.gas_limit + dice.between(0, step),
        1 => parent.gas_limit - dice.between(0, step),
        _ => parent.gas_limit,
    };
    env.beneficiary = match dice.below(4) {
        0 => dice.pick(&world.known),
        _ => dice.address(),
    };
    env.prev_randao = dice.hash();
    env.parent_beacon_block_root = Some(dice.hash());
    let length = dice.below(33);
    env.extra_data = dice.bytes(length).into();
    env.slot_number = Some(dice.next_u64());
    env
}

fn nonces<S: StateSource>(
    executor: &BlockExecutor<S>,
    world: &World,
) -> Result<Vec<u64>, BlockError> {
    let nonce = |signer: &crate::world::Signer| {
        let account = executor.state().account(signer.address)?;
        Ok(account.map_or(0, |account| account.nonce))
    };
    world.signers.iter().map(nonce).collect()
}

fn withdrawals(dice: &mut Dice, world: &World) -> Vec<Withdrawal> {
    if !dice.one_in(5) {
        return Vec::new();
    }
    (0..dice.between(1, 4))
        .map(|index| Withdrawal {
            index,
            validator_index: dice.next_u64(),
            address: if dice.one_in(2) { dice.address() } else { dice.pick(&world.known) },
            amount: dice.pick(&[0, 1, 1_000_000_000, u64::MAX]),
        })
        .collect()
}

fn witness(dice: &mut Dice, world: &World, parts: WitnessParts) -> ExecutionWitness {
    let parent = world.parent().number;
    let oldest = parts.oldest_ancestor.unwrap_or(parent).min(parent);
    let more = if dice.one_in(6) { dice.between(0, 3) } else { 0 };
    let oldest = U256::from(oldest.saturating_sub(more));
    let headers = world
        .headers
        .iter()
        .filter(|header| U256::from(header.number) >= oldest)
        .map(|header| {
            let mut rlp = Vec::new();
            header.encode(&mut rlp);
            rlp.into()
        })
        .collect();
    let mut state = parts.state();
    state.extend(world.planted.iter().cloned());
    ExecutionWitness { state, codes: parts.codes(), headers }
}
