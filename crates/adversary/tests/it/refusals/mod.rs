//! Each refusal that an input can reach, one by one: a valid block with one thing changed and all
//! that depends on it made to fit, so that no other check comes first.
//!
//! The refusals of EXECUTE's own checks, and the plainest of these, are among the tests of
//! `bough-execute`. No input reaches
//!
//! - `ExtraData`, `Malformed::Nesting`: SSZ has no more than 32 and 1,024 bytes for them;
//! - `FieldPresence`, `ProofOfWorkField`, `Root` of `withdrawals_root` or `transactions_root`: the
//!   header is made from the payload, and only what encodes to the same bytes is a transaction;
//! - `BlobGasUsed`, `BalanceOverflow`, `BlockBlobGasExhausted` and what the EVM says of blobs:
//!   blobs and withdrawals are refused before;
//! - `BeforeMerge`, `Difficulty`, `DaoExtraData`, `Ommers`, `ReplayProtected`, `UnknownType` and
//!   what the EVM of an older fork does not support: there is no schema before Osaka, and a type
//!   that it does not have is not decoded;
//! - `TransactionError::Signature` in a block: the payload's senders are recovered before;
//! - `CallerGasLimitMoreThanBlock`, `TxGasLimitGreaterThanCap`: the block's own checks come first;
//! - `MissingChainId`: only a legacy transaction can be without;
//! - `StateError::Source`, `MptError::Unreadable`: a witness is in memory, only a store fails;
//! - `Interpreter`, and whatever else `InvalidTransaction` names: in revm no input ends so.

mod header;
mod output;
mod payload;
mod state;
mod system;
mod transaction;
mod witness;

use alloy_consensus::{
    Header, SignableTransaction, Signed, TxEip1559, TxEip7702, TxLegacy,
    proofs::calculate_transaction_root,
};
use alloy_eips::{
    eip2718::Encodable2718,
    eip2935::HISTORY_STORAGE_ADDRESS,
    eip4788::BEACON_ROOTS_ADDRESS,
    eip7002::WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS,
    eip7251::CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS,
    eip8282::{BUILDER_DEPOSIT_CONTRACT_ADDRESS, BUILDER_EXIT_CONTRACT_ADDRESS},
};
use alloy_primitives::{
    Address, B256, Bloom, Bytes, Signature, TxKind, U256, address, b256, keccak256,
};
use alloy_rlp::Encodable;
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use alloy_trie::{TrieAccount, root::ordered_trie_root_with_encoder};
use bough_adversary::{
    Account, CHAIN_ID, Call, Code, Forge, Forged, HandMade, Input, TIMESTAMP, World, code::op,
    sender, shared_children,
};
use bough_execute::{Prices, Refused};
use bough_mpt::{Malformed, Nibbles, Node};
use bough_stateless::{Invalid, PayloadError, StatelessInput, WitnessError};
use bough_stf::{
    Block, BlockError, Fork, ForkSchedule, MptError, Precompile, PrecompileCall, PrecompileOutcome,
    StateError, Transaction, TransactionError, requests_hash,
    revm::context_interface::result::InvalidTransaction, system_contracts,
};

use crate::{PLENTY, WORKER, run};

pub(crate) const FORKS: [Fork; 2] = [Fork::Osaka, Fork::Amsterdam];
/// A claim that every block here is within.
const CLAIM: u64 = 1 << 30;
/// Gas of a transaction that has enough.
const GAS: u64 = 1_000_000;

fn refused(answer: Result<bough_execute::Executed, Refused>) -> Invalid {
    match answer {
        Err(Refused::Invalid(why)) => why,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn block_error(forged: &Forged) -> BlockError {
    match refused(run(forged)) {
        Invalid::Block(why) => why,
        other => panic!("{other:?}"),
    }
}

fn state_error(forged: &Forged) -> StateError {
    match block_error(forged) {
        BlockError::State(why) => why,
        other => panic!("{other:?}"),
    }
}

fn payload_error(fork: Fork, input: &StatelessInput) -> PayloadError {
    let input = Input::of_bytes(input.encode().unwrap(), ForkSchedule::always(fork));
    match refused(input.execute().run(&input.bytes, PLENTY, input.l1)) {
        Invalid::Payload(why) => why,
        other => panic!("{other:?}"),
    }
}

fn chain(fork: Fork) -> Forge {
    Forge::new(fork, 1, Vec::new())
}

fn empty(fork: Fork) -> Forged {
    chain(fork).block(&[]).unwrap()
}

/// The block, after another parent.
fn after(mut forged: Forged, parent: &Header) -> Forged {
    forged.header.parent_hash = parent.hash_slow();
    forged.witness.headers = vec![alloy_rlp::encode(parent).into()];
    forged
}

/// These transactions on a state that is in the witness as a whole, in a block that is valid as far
/// as it is checked before it is executed.
pub(crate) fn block_of(fork: Fork, forge: &Forge, transactions: Vec<Transaction>) -> Forged {
    let mut forged = after(empty(fork), &forge.parent_header());
    (forged.witness.state, forged.witness.codes) = forge.world().parts();
    forged.header.transactions_root = calculate_transaction_root(&transactions);
    forged.transactions = transactions;
    forged.claiming(CLAIM)
}

/// The same where the block and its parent have a lower gas limit, all of which it claims.
fn within(gas_limit: u64, forge: &Forge, mut forged: Forged) -> Forged {
    forged.header.gas_limit = gas_limit;
    after(forged, &Header { gas_limit, ..forge.parent_header() }).claiming(gas_limit)
}

/// A block that calls one contract.
fn calling(contract: Account) -> Forged {
    let to = contract.address;
    let forge = Forge::new(Fork::Amsterdam, 1, vec![contract]);
    block_of(Fork::Amsterdam, &forge, vec![Call::new(to, GAS).sign().into_inner()])
}

fn running(code: Code) -> Forged {
    calling(Account::contract(WORKER, code.build()))
}

/// The input of a block that has these bytes for transactions.
fn input_of(fork: Fork, raw: &[Bytes]) -> StatelessInput {
    let mut forged = block_of(fork, &chain(fork), Vec::new());
    forged.header.transactions_root =
        ordered_trie_root_with_encoder(raw, |raw, out| out.extend_from_slice(raw));
    let mut input = forged.input();
    input.new_payload_request.execution_payload.transactions = raw.to_vec();
    input
}

/// A transaction that may be included.
fn included() -> TxEip1559 {
    TxEip1559 {
        chain_id: CHAIN_ID,
        gas_limit: 100_000,
        max_fee_per_gas: 1_000,
        to: TxKind::Call(WORKER),
        ..TxEip1559::default()
    }
}

/// Signed by sender 0.
fn signed<T: SignableTransaction<Signature>>(transaction: T) -> Transaction
where
    Signed<T>: Into<Transaction>,
{
    let key = PrivateKeySigner::from_bytes(&B256::with_last_byte(1)).unwrap();
    let signature = key.sign_hash_sync(&transaction.signature_hash()).unwrap();
    transaction.into_signed(signature).into()
}

/// A trie of one leaf.
fn leaf(key: B256, value: &[u8]) -> HandMade {
    let nibbles: Vec<u8> = key.iter().flat_map(|byte| [byte >> 4, byte & 0xf]).collect();
    let value = Bytes::copy_from_slice(value);
    let raw = Node::Leaf { path: Nibbles::new(&nibbles), value }.encode();
    HandMade { root: keccak256(&raw), nodes: vec![raw] }
}

#[test]
fn what_is_changed_was_valid() {
    for fork in FORKS {
        run(&empty(fork)).unwrap();
        run(&chain(fork).block(&[Call::new(WORKER, GAS)]).unwrap()).unwrap();
        let forged = block_of(fork, &chain(fork), vec![signed(included())]);
        assert!(matches!(block_error(&forged), BlockError::GasUsed { got: CLAIM, .. }));
    }
}

#[test]
fn a_precompile_halts() {
    let forged = empty(Fork::Amsterdam);
    let call = |forged: &Forged| {
        let input = Input::new(forged).unwrap();
        input.execute().call(PrecompileCall {
            input: &input.bytes,
            gas_limit: PLENTY,
            block_number: input.l1.number,
            block_timestamp: input.l1.timestamp,
        })
    };
    let charged = run(&forged).unwrap().gas_charged;
    assert!(
        matches!(call(&forged), PrecompileOutcome::Success { gas_used, .. } if gas_used == charged)
    );
    assert_eq!(call(&forged.claiming(1)), PrecompileOutcome::Halt);
}
