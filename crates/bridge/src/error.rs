//! What goes wrong, in one line each.

use std::fmt;

use alloy_primitives::{Address, B256, Bytes, U256, hex};
use alloy_provider::transport::TransportError;
use alloy_sol_types::SolInterface;
use bough_contracts::{
    L2Messenger::{self, L2MessengerErrors},
    NativeRollup::NativeRollupErrors,
};
use bough_rollup::Direction;
use bough_transport::Complaint;
use thiserror::Error;

/// One of the two chains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Chain {
    /// Where the rollup's contract is.
    L1,
    /// The rollup.
    L2,
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::L1 => "L1",
            Self::L2 => "L2",
        })
    }
}

impl Chain {
    /// Where a message of this direction is sent.
    pub const fn sending(direction: Direction) -> Self {
        match direction {
            Direction::L1ToL2 => Self::L1,
            Direction::L2ToL1 => Self::L2,
        }
    }

    /// Where a message of this direction is delivered.
    pub const fn executing(direction: Direction) -> Self {
        match direction {
            Direction::L1ToL2 => Self::L2,
            Direction::L2ToL1 => Self::L1,
        }
    }
}

/// Why a call of the bridge failed.
#[derive(Debug, Error)]
pub enum BridgeError {
    /// Not a URL.
    #[error("the {chain} URL {url:?} cannot be used: give one like http://127.0.0.1:8545")]
    Url {
        /// Which.
        chain: Chain,
        /// What was given.
        url: String,
    },
    /// The node cannot be reached, or refused the request.
    #[error("{chain} node, {method}: {}", words(.source))]
    Rpc {
        /// Whose node.
        chain: Chain,
        /// The method called.
        method: &'static str,
        /// What happened.
        source: TransportError,
    },
    /// The node's answer cannot be read, or is too large.
    #[error("the {chain} node's answer to {method} is malformed: {why}")]
    Malformed {
        /// Whose node.
        chain: Chain,
        /// The method called.
        method: &'static str,
        /// What is wrong with it, in one line.
        why: String,
    },
    /// A price of gas that nobody would pay.
    #[error(
        "the {chain} node says that gas costs {got} wei, at most {most} is believed: check the URL"
    )]
    GasPrice {
        /// Whose node.
        chain: Chain,
        /// What it says, wei.
        got: u128,
        /// The most that is believed, wei.
        most: u128,
    },
    /// More logs, or more blocks to look for them in, than are read.
    #[error("the logs of {blocks} {chain} blocks are more than can be read")]
    TooManyLogs {
        /// Whose node.
        chain: Chain,
        /// The last block's number.
        blocks: u64,
    },
    /// The node answered with something that cannot be.
    #[error("the {chain} node's answer about {what} makes no sense: is it in sync?")]
    Answer {
        /// Whose node.
        chain: Chain,
        /// What was asked for.
        what: &'static str,
    },
    /// The node does not have this block.
    #[error("the {chain} node has no {block} block: is it in sync?")]
    NoBlock {
        /// Whose node.
        chain: Chain,
        /// Number or tag.
        block: String,
    },
    /// There is no rollup's contract at this address.
    #[error(
        "{address} on L1 (chain {chain_id}) is not a rollup's contract: check the address and the L1 URL"
    )]
    NotARollup {
        /// Where it should be.
        address: Address,
        /// L1's chain id, as its node says.
        chain_id: u64,
    },
    /// A URL leads to another chain than the rollup's.
    #[error("the {chain} URL leads to chain {got}, the rollup's is {expected}: check the URL")]
    WrongChain {
        /// Which URL.
        chain: Chain,
        /// What the node says.
        got: u64,
        /// What the rollup's contract says.
        expected: u64,
    },
    /// The L2 is that of another contract.
    #[error(
        "the L2 node's chain belongs to rollup {got} on chain {l1_chain_id}, not to {expected}: check the L2 URL"
    )]
    WrongL2 {
        /// The rollup in its genesis.
        got: Address,
        /// The L1 chain id in its genesis.
        l1_chain_id: U256,
        /// The rollup asked for.
        expected: Address,
    },
    /// Nobody to send as.
    #[error("this needs a key: connect with one")]
    NoKey,
    /// Cannot be signed.
    #[error("the transaction cannot be signed")]
    Signing,
    /// A contract would not do it.
    #[error("{chain} refused to {what}: {refusal}")]
    Refused {
        /// Where.
        chain: Chain,
        /// What was tried.
        what: &'static str,
        /// Why.
        refusal: Refusal,
    },
    /// In a block, and failed there.
    #[error("transaction {hash} on {chain} failed in its block: look at its trace")]
    TransactionFailed {
        /// Where.
        chain: Chain,
        /// Which.
        hash: B256,
    },
    /// No such message.
    #[error("no message {nonce} was sent from {chain}")]
    UnknownMessage {
        /// Where it would be sent.
        chain: Chain,
        /// Its nonce.
        nonce: u64,
    },
    /// A transaction that sent no message.
    #[error("transaction {hash} on {chain} sent no message, or is in no block yet")]
    NoMessageIn {
        /// Where.
        chain: Chain,
        /// Which.
        hash: B256,
    },
    /// Nothing left to do.
    #[error("message {nonce} was delivered on {chain} already")]
    AlreadyDelivered {
        /// Where.
        chain: Chain,
        /// Its nonce.
        nonce: u64,
    },
    /// Too late.
    #[error("the deadline of message {nonce} passed at {deadline}, {chain} is at {timestamp}")]
    DeadlinePassed {
        /// Where it was to be delivered.
        chain: Chain,
        /// Its nonce.
        nonce: u64,
        /// Seconds.
        deadline: u64,
        /// Seconds, of the latest block.
        timestamp: u64,
    },
    /// L2 does not know the message yet.
    #[error("no L2 block knows message {nonce} yet, {known} are known: wait for the next")]
    NotAnchored {
        /// Its nonce.
        nonce: u64,
        /// How many messages the latest L2 block knows.
        known: u64,
    },
    /// What an L2 block is anchored to cannot be found.
    #[error(
        "the anchor of L2 block {0} is of no recent L1 block: L1 may have reorganised, try again"
    )]
    AnchorNotFound(u64),
    /// L1 has not executed the block with the message yet.
    #[error("message {nonce} is in L2 block {l2_block}, L1 has executed up to {executed}: wait")]
    NotExecuted {
        /// Its nonce.
        nonce: u64,
        /// The block it was sent in.
        l2_block: u64,
        /// The last block L1 has executed.
        executed: u64,
    },
    /// The L2 node has another block than L1 has executed.
    #[error(
        "L1 has executed L2 block {number} as {executed}, the L2 node has {got}: it is behind or on another branch"
    )]
    Diverged {
        /// The block's number.
        number: u64,
        /// Its hash on L1.
        executed: B256,
        /// Its hash on the L2 node.
        got: B256,
    },
    /// It did not happen in time.
    #[error("{what} did not happen within {seconds} s")]
    Timeout {
        /// What was waited for.
        what: &'static str,
        /// How long.
        seconds: u64,
    },
}

impl BridgeError {
    /// Whether the same call can succeed later, without anything else being done.
    pub const fn is_temporary(&self) -> bool {
        matches!(
            self,
            Self::Rpc { .. }
                | Self::Answer { .. }
                | Self::Malformed { .. }
                | Self::NoBlock { .. }
                | Self::NotAnchored { .. }
                | Self::AnchorNotFound(_)
                | Self::NotExecuted { .. }
                | Self::Diverged { .. }
                | Self::Timeout { .. }
        )
    }
}

/// What an error of the transport says, bounded.
fn words(source: &TransportError) -> String {
    match Complaint::of(source) {
        Complaint::Silent(words) | Complaint::Malformed(words) => words,
        Complaint::Refuses(words) => format!("it refuses: {words}"),
    }
}

/// Most bytes of a contract's answer that are shown.
const SHOWN_BYTES: usize = 256;

/// Bytes in hex, the first of them if they are many.
fn shown(bytes: &[u8]) -> String {
    match bytes.get(..SHOWN_BYTES) {
        Some(first) if bytes.len() > SHOWN_BYTES => format!("{}…", hex::encode_prefixed(first)),
        _ => hex::encode_prefixed(bytes),
    }
}

/// Why a contract refused. The errors of the two contracts are the same where their names are.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[allow(missing_docs)]
pub enum Refusal {
    #[error("message {0} was delivered already")]
    AlreadyClaimed(u64),
    #[error("its deadline {deadline} has passed, it is {timestamp}")]
    DeadlinePassed { deadline: u64, timestamp: U256 },
    #[error("the call of message {nonce} failed with {}", shown(reason))]
    DeliveryFailed { nonce: u64, reason: Bytes },
    #[error("{required} gas is needed for the call, {available} is left")]
    InsufficientGas { available: U256, required: U256 },
    #[error("the fee {fee} is above the {sent} wei sent along")]
    FeeAboveValue { fee: U256, sent: U256 },
    #[error("the recipient is a messenger")]
    RecipientIsMessenger,
    #[error("the refund address is zero")]
    NoRefundAddress,
    #[error("{length} bytes of data, {limit} are allowed")]
    DataTooLong { length: U256, limit: U256 },
    #[error("the state after L2 block {0} is not kept: prove again")]
    StateUnknown(u64),
    #[error("the proof does not show that {0} was sent")]
    MessageNotSent(B256),
    #[error("no anchor is kept for timestamp {0}: prove again")]
    AnchorUnknown(U256),
    #[error("the proof is of another anchor")]
    WrongAnchor,
    #[error("the proof is of another message root")]
    WrongMessageRoot,
    #[error("it reverted with {}", shown(.0))]
    Other(Bytes),
}

impl Refusal {
    /// What revert data says.
    pub fn decode(chain: Chain, data: Bytes) -> Self {
        let known = match chain {
            Chain::L1 => NativeRollupErrors::abi_decode(&data).ok().and_then(of_rollup),
            Chain::L2 => L2MessengerErrors::abi_decode(&data).ok().and_then(of_l2_messenger),
        };
        known.unwrap_or(Self::Other(data))
    }
}

macro_rules! messenger_refusals {
    ($errors:ident, $error:expr, $($extra:tt)*) => {
        Some(match $error {
            $errors::AlreadyClaimed(e) => Refusal::AlreadyClaimed(e.nonce),
            $errors::DeadlinePassed(e) => {
                Refusal::DeadlinePassed { deadline: e.deadline, timestamp: e.timestamp }
            }
            $errors::DeliveryFailed(e) => {
                Refusal::DeliveryFailed { nonce: e.nonce, reason: e.reason }
            }
            $errors::InsufficientGas(e) => {
                Refusal::InsufficientGas { available: e.available, required: e.required }
            }
            $errors::FeeAboveValue(e) => Refusal::FeeAboveValue { fee: e.fee, sent: e.sent },
            $errors::RecipientIsMessenger(_) => Refusal::RecipientIsMessenger,
            $errors::NoRefundAddress(_) => Refusal::NoRefundAddress,
            $errors::DataTooLong(e) => {
                Refusal::DataTooLong { length: e.length, limit: e.limit }
            }
            $($extra)*
            _ => return None,
        })
    };
}

fn of_rollup(error: NativeRollupErrors) -> Option<Refusal> {
    messenger_refusals!(NativeRollupErrors, error,
        NativeRollupErrors::StateUnknown(e) => Refusal::StateUnknown(e.number),
        NativeRollupErrors::MessageNotSent(e) => Refusal::MessageNotSent(e.hash),
    )
}

fn of_l2_messenger(error: L2MessengerErrors) -> Option<Refusal> {
    messenger_refusals!(L2MessengerErrors, error,
        L2MessengerErrors::AnchorUnknown(L2Messenger::AnchorUnknown { timestamp }) => {
            Refusal::AnchorUnknown(timestamp)
        }
        L2MessengerErrors::WrongAnchor(_) => Refusal::WrongAnchor,
        L2MessengerErrors::WrongMessageRoot(_) => Refusal::WrongMessageRoot,
    )
}
