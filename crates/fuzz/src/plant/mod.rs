//! Values at which the rules branch, planted into an input of EXECUTE where they are reached: what
//! depends on them is made to fit again, from the code's hash to the block's.

mod account;
mod bytes;
mod code;
mod numbers;
mod transaction;
mod world;

use alloy_consensus::Header;
use alloy_eips::{
    eip2718::Decodable2718,
    eip2935::HISTORY_STORAGE_ADDRESS,
    eip4788::BEACON_ROOTS_ADDRESS,
    eip7002::WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS,
    eip7251::CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS,
    eip8282::{BUILDER_DEPOSIT_CONTRACT_ADDRESS, BUILDER_EXIT_CONTRACT_ADDRESS},
};
use alloy_primitives::{Address, B256, address};
use alloy_rlp::Decodable;
use bough_adversary::sender;
use bough_stateless::{Invalid, PayloadError, StatelessInput, validate};
use bough_stf::{ChainSpec, Environment, ForkSchedule, Transaction, WorkLimits};

use crate::dice::Dice;
pub(crate) use bytes::RLP;
use world::World;

/// Most values planted at once.
const MOST_VALUES: usize = 4;
/// Gas a planted block claims, so that it is executed to its end; what it uses is less.
const CLAIM: u64 = 8_000_000;
/// Senders of forged blocks whose keys are known.
pub(crate) const SENDERS: u64 = 4;

/// Accounts that the rules know: system contracts, the deposit contract, the system's own address.
const KNOWN: [Address; 8] = [
    BEACON_ROOTS_ADDRESS,
    HISTORY_STORAGE_ADDRESS,
    WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS,
    CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS,
    BUILDER_DEPOSIT_CONTRACT_ADDRESS,
    BUILDER_EXIT_CONTRACT_ADDRESS,
    address!("00000000219ab540356cBB839Cbe05303d7705Fa"),
    address!("fffffffffffffffffffffffffffffffffffffffe"),
];
/// The numbers of precompiles, and of EXECUTE, which no block's own rules have.
const PRECOMPILES: [u16; 20] =
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 0x100, 0x101];

/// An input in the making.
#[derive(Debug)]
struct Planting {
    input: StatelessInput,
    world: World,
    parent: Header,
    /// Whether the payload's numbers follow from the parent's.
    follows: bool,
}

/// The input with values planted; `None` where the bytes are no input, or none came out.
pub(crate) fn plant(dice: &mut Dice, bytes: &[u8]) -> Option<Vec<u8>> {
    let mut planting = Planting::of(bytes)?;
    for _ in 0..=dice.below(MOST_VALUES) {
        planting.one(dice);
    }
    let mut planted = planting.seal(dice)?.encode().ok()?;
    if dice.one_in(16) {
        bytes::ssz_edge(dice, &mut planted);
    }
    Some(planted)
}

impl Planting {
    fn of(bytes: &[u8]) -> Option<Self> {
        let mut input = StatelessInput::decode(bytes).ok()?;
        let parent = Header::decode(&mut input.witness.headers.last()?.as_ref()).ok()?;
        let world = World::take(&mut input.witness, parent.state_root);
        Some(Self { input, world, parent, follows: true })
    }

    /// Plants one value.
    fn one(&mut self, dice: &mut Dice) {
        match dice.below(16) {
            0..=6 => account::plant(dice, self),
            7..=10 => transaction::plant(dice, self),
            11 | 12 => numbers::plant(dice, self),
            13 => bytes::entry_edge(dice, self),
            14 => bytes::node_edge(dice, self),
            _ => bytes::empty_or_giant(dice, self),
        }
    }

    /// Puts the state into the parent, the parent behind the block, and its hash into the block.
    fn seal(self, dice: &mut Dice) -> Option<StatelessInput> {
        let Self { mut input, world, mut parent, follows } = self;
        parent.state_root = world.root();
        world.give(&mut input.witness);
        *input.witness.headers.last_mut()? = alloy_rlp::encode(&parent).into();
        let hash = parent.hash_slow();
        let payload = &mut input.new_payload_request.execution_payload;
        payload.parent_hash = hash;
        if follows {
            let spec = ChainSpec::new(input.chain_id, ForkSchedule::always(input.schema.fork()));
            let time = parent.timestamp.saturating_add(1);
            let after = Environment::after(&spec, &parent, hash, time);
            payload.block_number = after.number;
            payload.timestamp = after.timestamp;
            payload.gas_limit = after.gas_limit;
            payload.base_fee_per_gas = alloy_primitives::U256::from(after.base_fee?);
            payload.gas_used = CLAIM;
        }
        if !dice.one_in(64) {
            seal_hash(&mut input);
        }
        Some(input)
    }

    /// An address that the rules or the block know.
    fn address(&self, dice: &mut Dice) -> Address {
        match dice.below(8) {
            0 | 1 => dice.pick(&KNOWN),
            2 => precompile(dice.pick(&PRECOMPILES)),
            3 => sender(dice.next_u64() % SENDERS),
            4 => self.created(dice),
            5 => self.input.new_payload_request.execution_payload.fee_recipient,
            _ => dice.pick(&self.concerned()),
        }
    }

    /// Senders and recipients.
    fn concerned(&self) -> Vec<Address> {
        let raw = &self.input.new_payload_request.execution_payload.transactions;
        let decoded = raw.iter().filter_map(|raw| Transaction::decode_2718_exact(raw).ok());
        let recovered = decoded.filter_map(|transaction| bough_stf::recover(transaction).ok());
        recovered
            .flat_map(|transaction| {
                use alloy_consensus::Transaction as _;
                [Some(transaction.signer()), transaction.to()]
            })
            .flatten()
            .collect()
    }

    /// Where one of the block's accounts would create a contract.
    fn created(&self, dice: &mut Dice) -> Address {
        let creator = dice.pick(&self.concerned());
        let nonce = self.world.account(creator).map_or(0, |account| account.nonce);
        match dice.below(3) {
            0 => creator.create2(B256::ZERO, alloy_primitives::KECCAK256_EMPTY),
            1 => creator.create(nonce),
            _ => creator.create(nonce.saturating_add(1)),
        }
    }
}

/// The address of a precompile.
fn precompile(number: u16) -> Address {
    Address::left_padding_from(&number.to_be_bytes())
}

/// Gives the payload the block hash that its fields have.
pub(crate) fn seal_hash(input: &mut StatelessInput) {
    // No gas at all: stopped before anything is executed.
    let limits = WorkLimits { block_gas: Some(0), system_gas: Some(0), ..WorkLimits::NONE };
    if let Err(Invalid::Payload(PayloadError::BlockHash { expected, .. })) = validate(input, limits)
    {
        input.new_payload_request.execution_payload.block_hash = expected;
    }
}
