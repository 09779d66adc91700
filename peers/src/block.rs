//! Generated blocks: built by Bough's executor on a generated world, with the witness of it.

use std::collections::BTreeMap;

use alloy_consensus::Typed2718 as _;
use alloy_eips::{
    eip2718::Encodable2718,
    eip4895::{Withdrawal, Withdrawals},
};
use alloy_primitives::{Bytes, U256};
use alloy_rlp::Encodable;
use bough_stateless::{ExecutionWitness, Schema, StatelessInput};
use bough_stf::{
    Block, BlockError, BlockExecutor, ChainSpec, Environment, ExtraPrecompiles, Fork, ForkSchedule,
    State, StateSource, Transaction, WitnessParts, WitnessRecorder, WorkLimits,
    revm::context_interface::result::ExecutionResult, seal_header,
};

use crate::{
    dice::Dice,
    transaction::{self, Situation},
    world::World,
};

/// Tries at a transaction that may be included, for each that is wanted.
const TRIES: usize = 3;

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
}

/// A generated block.
#[derive(Debug)]
pub(crate) struct Generated {
    /// Valid, with its witness.
    pub(crate) input: StatelessInput,
    /// Transactions that were tried and may not be included.
    pub(crate) left_out: Vec<Bytes>,
}

/// A valid block with its witness; an error when nothing the world allows is valid.
pub(crate) fn generate(dice: &mut Dice, reached: &mut Reached) -> Result<Generated, BlockError> {
    let world = World::generate(dice)?;
    let forks = ForkSchedule::always(Fork::Amsterdam);
    let spec = ChainSpec::new(world.chain_id, forks);
    let env = environment(dice, &spec, &world);
    let recorder = WitnessRecorder::new(&world.memory);
    let state = State::new(&recorder, world.parent().state_root);
    let none = ExtraPrecompiles::none();
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
            nonces: nonces(&mut executor, &world)?,
        };
        let transaction = transaction::generate(dice, &situation);
        match executor.execute_transaction(&transaction) {
            Ok(outcome) => {
                reached.count(&transaction, &outcome.result);
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
    let output = executor.finish(&withdrawals)?;
    reached.blocks += 1;
    reached.empty += u64::from(transactions.is_empty());
    reached.gas += output.gas_used;
    reached.withdrawals += u64::from(!withdrawals.is_empty());
    for kind in output.requests.iter().flatten().filter_map(|request| request.first()) {
        *reached.requests.entry(*kind).or_default() += 1;
    }
    let header = seal_header(Fork::Amsterdam, &env, &transactions, &withdrawals, &output);
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
    Ok(Generated { input, left_out })
}

impl Reached {
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
    executor: &mut BlockExecutor<S>,
    world: &World,
) -> Result<Vec<u64>, BlockError> {
    let nonce = |signer: &crate::world::Signer| {
        let account = executor.state_mut().account(signer.address)?;
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
    ExecutionWitness { state: parts.state, codes: parts.codes, headers }
}
