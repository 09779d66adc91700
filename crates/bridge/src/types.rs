//! What the calls take and give.

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_signer_local::PrivateKeySigner;
use bough_contracts::Message;
use bough_rollup::Direction;

/// What a bridge is between.
#[derive(Debug, Clone)]
pub struct BridgeConfig {
    /// HTTP URL of an L1 node.
    pub l1_url: String,
    /// HTTP URL of an L2 node.
    pub l2_url: String,
    /// The rollup's contract on L1.
    pub rollup: Address,
    /// Who sends and delivers; without one, everything can be read.
    pub key: Option<PrivateKeySigner>,
}

/// A message to send. What is `None` gets a default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageParams {
    /// Who is called on the other chain.
    pub recipient: Address,
    /// Wei for the recipient.
    pub value: U256,
    /// Calldata of the recipient's call.
    pub data: Bytes,
    /// Wei for whoever delivers it; what that is estimated to cost by default.
    pub fee: Option<U256>,
    /// Gas of the recipient's call; 500,000 by default.
    pub gas_limit: Option<u64>,
    /// The last Unix timestamp (seconds) of the other chain at which it may be delivered; a day
    /// after L1's latest block by default.
    pub deadline: Option<u64>,
    /// Whom a refund pays on the sending chain; the sender by default.
    pub refund_to: Option<Address>,
}

impl MessageParams {
    /// A transfer, all else by default.
    pub const fn transfer(recipient: Address, value: U256) -> Self {
        Self {
            recipient,
            value,
            data: Bytes::new(),
            fee: None,
            gas_limit: None,
            deadline: None,
            refund_to: None,
        }
    }

    /// A call without ETH, all else by default.
    pub fn call(recipient: Address, data: Bytes) -> Self {
        Self { data, ..Self::transfer(recipient, U256::ZERO) }
    }
}

/// How a message is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MessageRef {
    /// By its number in its direction.
    Nonce(u64),
    /// By the transaction that sent it; the first one if there are more.
    Transaction(B256),
}

impl From<u64> for MessageRef {
    fn from(nonce: u64) -> Self {
        Self::Nonce(nonce)
    }
}

impl From<B256> for MessageRef {
    fn from(transaction: B256) -> Self {
        Self::Transaction(transaction)
    }
}

/// A transaction that is in a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TxInfo {
    /// Its hash.
    pub hash: B256,
    /// The block's number.
    pub block_number: u64,
    /// Gas it used.
    pub gas_used: u64,
}

/// A message that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Which way.
    pub direction: Direction,
    /// Its number in its direction.
    pub nonce: u64,
    /// Its hash.
    pub hash: B256,
    /// All of it.
    pub message: Message,
    /// The transaction that sent it.
    pub transaction: TxInfo,
}

/// A message that was delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    /// Which way it went.
    pub direction: Direction,
    /// Its number in its direction.
    pub nonce: u64,
    /// Its hash.
    pub hash: B256,
    /// Who delivered it, and was paid its fee.
    pub claimer: Address,
    /// The transaction that delivered it.
    pub transaction: TxInfo,
}
