//! Generated blocks: built by Bough's executor on a generated world, with the witness of it.

use alloy_consensus::Transaction as _;
use alloy_eips::eip4895::{Withdrawal, Withdrawals};
use alloy_primitives::U256;
use alloy_rlp::Encodable;
use bough_stateless::{ExecutionWitness, Schema, StatelessInput};
use bough_stf::{
    Block, BlockError, BlockExecutor, ChainSpec, Environment, ExtraPrecompiles, Fork,
    ForkSchedule, State, StateSource, WitnessParts, WitnessRecorder, WorkLimits, seal_header,
};

use crate::{
    dice::Dice,
    transaction::{self, Situation},
    world::World,
};

/// Tries at a transaction that may be included, for each that is wanted.
const TRIES: usize = 3;

/// A valid block with its witness; an error when nothing the world allows is valid.
pub(crate) fn generate(dice: &mut Dice) -> Result<StatelessInput, BlockError> {
    let world = World::generate(dice)?;
    let forks = ForkSchedule::always(Fork::Amsterdam);
    let spec = ChainSpec::new(world.chain_id, forks);
    let env = environment(dice, &spec, &world);
    let recorder = WitnessRecorder::new(&world.memory);
    let state = State::new(&recorder, world.parent().state_root);
    let none = ExtraPrecompiles::none();
    let mut executor = BlockExecutor::new(&spec, state, env.clone(), none, WorkLimits::NONE);
    executor.apply_pre_execution()?;
    let mut transactions = Vec::new();
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
            Ok(_) => transactions.push(transaction),
            Err(BlockError::Transaction { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    let withdrawals = withdrawals(dice, &world);
    let output = executor.finish(&withdrawals)?;
    let header = seal_header(Fork::Amsterdam, &env, &transactions, &withdrawals, &output);
    let block = Block {
        header,
        body: alloy_consensus::BlockBody {
            transactions: transactions.iter().map(|one| one.inner().clone()).collect(),
            ommers: Vec::new(),
            withdrawals: Some(Withdrawals::new(withdrawals)),
        },
    };
    debug_assert!(block.body.transactions.iter().all(|one| one.gas_limit() > 0));
    Ok(StatelessInput::from_block(
        Schema::of(Fork::Amsterdam).expect("invariant: Amsterdam has a schema"),
        world.chain_id,
        &block,
        output.block_access_list,
        output.requests.unwrap_or_default(),
        witness(dice, &world, recorder.parts()),
    ))
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
