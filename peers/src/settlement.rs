//! The other direction: `NativeRollup` and L2 blocks of Bough on an L1 that ethrex executes.

mod l1;
mod l2;

use alloy_eips::eip7002::WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, address};
use alloy_sol_types::{SolCall, SolConstructor, SolError};
use bough_contracts::{L2Messenger, Message, NativeRollup, addresses::L2_MESSENGER};
use bough_execute::{Execute, Executed, L1Block, Refused};
use bough_rollup::{
    Anchor, BlockInput, Direction, MessageTree, Policy, RollupConfig, advance_calldata,
};
use bough_stateless::StatelessInput;
use bough_stf::{Fork, ForkSchedule};
use ethrex_common::{H256, types::Receipt};
use ethrex_levm::errors::ExecutionReport;

use self::{
    l1::{Call as L1Call, L1},
    l2::{Built, Call as L2Call, L2},
};
use crate::{dice::Dice, mutate, theirs, world};

const L1_CHAIN: u64 = 31_337;
const L2_CHAIN: u64 = 8079;
const GENESIS: u64 = 1_800_000_000;
/// Of L1 transactions: what is above 2^24 pays for state alone (EIP-8037).
const GAS: u64 = 100_000_000;
/// Most execution gas of an L1 transaction (EIP-7825).
const EXECUTION_GAS: u64 = 1 << 24;
/// So that two L2 blocks fit one L1 transaction, where each is charged its gas limit.
const L2_GAS_LIMIT: u64 = 6_000_000;
const ETHER: u128 = 1_000_000_000_000_000_000;
const RECIPIENT: Address = address!("0x00000000000000000000000000000000000a11ce");

/// An L1 with a rollup, and an account with ether on both.
struct World {
    l1: L1,
    l2: L2,
    signer: world::Signer,
    tree: MessageTree,
}

impl World {
    fn new(gas_limit: u64) -> Self {
        let signer = world::signer(&mut Dice::new(1, 0));
        let mut l1 = L1::new(L1_CHAIN, GENESIS, signer.address);
        let config = RollupConfig {
            l1_chain_id: L1_CHAIN,
            l2_chain_id: L2_CHAIN,
            rollup: signer.address.create(0),
            gas_limit,
            timestamp: l1.time(),
            forks: ForkSchedule::always(Fork::Amsterdam),
            allocation: vec![(signer.address, U256::from(10 * ETHER))],
        };
        let policy =
            Policy { timestamp_window: 3600, sequencer: Address::ZERO, sequencer_timeout: 3600 };
        let contract = config.contract_config(policy).expect("the rollup has a genesis");
        let arguments = NativeRollup::constructorCall { config_: contract }.abi_encode();
        let deploy = L1Call {
            from: &signer,
            to: TxKind::Create,
            value: config.escrow().expect("the allocation is small"),
            gas: GAS,
            data: [NativeRollup::BYTECODE.as_ref(), &arguments].concat().into(),
        };
        succeeded(&l1.block(&[deploy]));
        Self { l1, l2: L2::new(config), signer, tree: MessageTree::new() }
    }

    /// An L1 block of successful calls of the rollup's contract, each with so many wei.
    fn settle(&mut self, value: U256, calls: &[Bytes]) -> Vec<Receipt> {
        let to = TxKind::Call(self.l2.config.rollup);
        let from = &self.signer;
        let call = |data: &Bytes| L1Call { from, to, value, gas: GAS, data: data.clone() };
        let receipts = self.l1.block(&calls.iter().map(call).collect::<Vec<_>>());
        succeeded(&receipts);
        receipts
    }

    /// What a call of the rollup's contract would do on L1 now.
    fn try_call(&self, data: Bytes) -> ExecutionReport {
        let to = TxKind::Call(self.l2.config.rollup);
        self.l1.try_one(L1Call { from: &self.signer, to, value: U256::ZERO, gas: GAS, data })
    }

    /// The head that the contract on L1 has.
    fn head(&self) -> (u64, B256) {
        let report = self.try_call(NativeRollup::headCall {}.abi_encode().into());
        let head = NativeRollup::headCall::abi_decode_returns(&report.output).expect("a head");
        (head.number, head.blockHash)
    }

    /// What the next L2 block is anchored to: all of L1.
    fn anchor(&self) -> Anchor {
        Anchor {
            l1_block: self.l1.tip(),
            message_count: self.tree.len(),
            message_root: self.tree.root(),
        }
    }

    /// Builds the next L2 block, `seconds` after the last L1 block.
    fn build(&mut self, seconds: u64, calls: &[L2Call<'_>]) -> Built {
        let anchor = self.anchor();
        self.l2.build(self.l1.time() + seconds, anchor, calls)
    }

    /// Sends ether to L2: gives the message.
    fn deposit(&mut self, recipient: Address, wei: u128) -> Message {
        let message = message(&self.signer, self.tree.len(), recipient, wei, self.l1.time());
        self.settle(message.value, &[send_call(&message)]);
        let hash = self.l2.domain().hash(Direction::L1ToL2, &message);
        self.tree.append(hash).expect("the tree has room");
        message
    }

    /// What our EXECUTE says of a block, for the most gas that an L1 transaction can have.
    fn ours(&self, block: &Built) -> Result<Executed, Refused> {
        let execute = Execute::new(ForkSchedule::always(Fork::Amsterdam));
        let l1 = L1Block { number: 1, timestamp: self.l1.next_time() };
        execute.run(&block.input.input, EXECUTION_GAS, l1)
    }

    /// What `advance` by these blocks would do on L1 now.
    fn try_advance(&self, blocks: &[&Built]) -> ExecutionReport {
        self.try_call(advance(blocks))
    }
}

fn advance(blocks: &[&Built]) -> Bytes {
    let inputs: Vec<BlockInput> = blocks.iter().map(|block| block.input.clone()).collect();
    advance_calldata(&inputs)
}

/// The call that sends a message, the same on both sides.
fn send_call(m: &Message) -> Bytes {
    let call = NativeRollup::sendMessageCall {
        recipient: m.recipient,
        fee: m.fee,
        gasLimit: m.gas_limit,
        deadline: m.deadline,
        refundTo: m.refund_to,
        data: m.data.clone(),
    };
    call.abi_encode().into()
}

fn message(from: &world::Signer, nonce: u64, recipient: Address, wei: u128, time: u64) -> Message {
    Message {
        nonce,
        sender: from.address,
        recipient,
        value: U256::from(wei),
        fee: U256::ZERO,
        gas_limit: 50_000,
        deadline: time + 3600,
        refund_to: from.address,
        data: Bytes::new(),
    }
}

fn succeeded(receipts: &[Receipt]) {
    assert!(!receipts.is_empty() && receipts.iter().all(|receipt| receipt.succeeded));
}

fn assert_execute_fails(report: &ExecutionReport) {
    assert!(!report.is_success());
    assert_eq!(report.output.get(..4), Some(&NativeRollup::ExecuteFailed::SELECTOR[..]));
}

#[test]
fn deposits_blocks_and_withdrawals_are_settled() {
    let mut world = World::new(L2_GAS_LIMIT);
    let deposit = world.deposit(RECIPIENT, ETHER);
    let signer = world.signer.clone();

    // Block 1 delivers the deposit and moves ether; block 2 withdraws; block 3 is empty.
    let anchor = world.anchor();
    let claim = L2Messenger::claimCall {
        m: deposit.clone().into(),
        anchorTimestamp: U256::from(world.l1.time() + 1),
        l1BlockHash: anchor.l1_block.hash,
        messageRoot: anchor.message_root,
        proof: world.tree.proof(0, 1).expect("it is the only message"),
    };
    let to_messenger = |value: u128, data: Vec<u8>| L2Call {
        from: &signer,
        to: L2_MESSENGER,
        value: U256::from(value),
        data: data.into(),
    };
    let transfer =
        L2Call { from: &signer, to: RECIPIENT, value: U256::from(5), data: Bytes::new() };
    let first = world.build(1, &[to_messenger(0, claim.abi_encode()), transfer]);
    let withdrawal = message(&signer, 0, RECIPIENT, ETHER / 4, world.l1.time());
    let send = send_call(&withdrawal).to_vec();
    let second = world.build(2, &[to_messenger(ETHER / 4, send)]);
    let (account, slot) =
        world.l2.prove_sent(world.l2.domain().hash(Direction::L2ToL1, &withdrawal));

    let receipts = world.settle(U256::ZERO, &[advance(&[&first, &second])]);
    let hashes: Vec<H256> = receipts
        .iter()
        .flat_map(|receipt| &receipt.logs)
        .filter_map(|log| log.topics.get(2).copied())
        .collect();
    assert_eq!(hashes, [first.hash, second.hash].map(|hash| H256(hash.0)));
    assert_eq!(world.head(), (2, second.hash));

    let claim = NativeRollup::claimCall {
        m: withdrawal.into(),
        blockNumber: second.number,
        accountProof: account,
        storageProof: slot,
    };
    let third = world.build(1, &[]);
    world.settle(U256::ZERO, &[claim.abi_encode().into(), advance(&[&third])]);
    assert_eq!(world.head(), (3, third.hash));
    assert_eq!(world.l1.balance(RECIPIENT), U256::from(ETHER / 4));
}

#[test]
fn a_block_with_another_state_is_refused() {
    let mut world = World::new(L2_GAS_LIMIT);
    let mut block = world.build(1, &[]);
    let mut input = StatelessInput::decode(&block.input.input).expect("it was encoded");
    input.new_payload_request.execution_payload.state_root = B256::repeat_byte(1);
    mutate::seal(&mut input);
    block.input.input = input.encode().expect("it was decoded").into();
    assert_execute_fails(&world.try_advance(&[&block]));
}

/// ethrex charges the payload's gas limit and 16 for each byte.
#[test]
fn execute_charges_the_gas_limit() {
    let mut world = World::new(L2_GAS_LIMIT);
    let block = world.build(1, &[]);
    let bytes = block.input.input.len() as u64;
    assert_eq!(theirs::charge(&block.input.input), Some(L2_GAS_LIMIT + 16 * bytes));
    let ours = world.ours(&block).expect("ours accepts it");
    assert!(ours.gas_charged < L2_GAS_LIMIT / 4, "{}", ours.gas_charged);
}

/// So that no block of a chain whose gas limit is above 2^24 can be settled there.
#[test]
fn a_gas_limit_above_that_of_a_transaction_is_never_settled() {
    let mut world = World::new(30_000_000);
    let block = world.build(1, &[]);
    assert_execute_fails(&world.try_advance(&[&block]));
    assert!(world.ours(&block).is_ok());
}

/// ethrex's EXECUTE takes no block with an execution request, which any L2 user can make.
#[test]
fn a_request_stops_the_chain() {
    let mut world = World::new(L2_GAS_LIMIT);
    let signer = world.signer.clone();
    let request = L2Call {
        from: &signer,
        to: WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS,
        value: U256::from(ETHER),
        data: vec![7; 56].into(),
    };
    let block = world.build(1, &[request]);
    assert_execute_fails(&world.try_advance(&[&block]));
    assert!(world.ours(&block).is_ok());
}
