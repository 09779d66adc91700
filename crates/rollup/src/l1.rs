//! L1 blocks as derivation takes them, and what it finds in them.

use alloy_primitives::{Address, B256, Log};
use bough_contracts::Message;

/// Number and hash of an L1 block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct L1BlockId {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: B256,
}

/// Number and hash of an L2 block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct L2BlockId {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: B256,
}

/// A log of an L1 block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct L1Log {
    /// Address, topics and data.
    pub log: Log,
    /// The transaction it is of.
    pub transaction_hash: B256,
}

/// What derivation needs of an L1 block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct L1Block {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: B256,
    /// Its parent's hash.
    pub parent_hash: B256,
    /// Seconds.
    pub timestamp: u64,
    /// Its logs in their order: at least all of the rollup's contract; others are passed over.
    pub logs: Vec<L1Log>,
}

impl L1Block {
    /// Number and hash.
    pub const fn id(&self) -> L1BlockId {
        L1BlockId { number: self.number, hash: self.hash }
    }
}

/// A message from L1 to L2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentMessage {
    /// Its hash, the leaf of the tree at its nonce.
    pub hash: B256,
    /// All of it.
    pub message: Message,
    /// The L1 block it was sent in.
    pub l1_block: L1BlockId,
    /// The transaction it was sent in.
    pub transaction_hash: B256,
}

/// An L2 block that L1 has executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdvancedBlock {
    /// The L2 block.
    pub block: L2BlockId,
    /// The state root after it.
    pub state_root: B256,
    /// `keccak256` of the input given to EXECUTE.
    pub input_hash: B256,
    /// The L1 block that executed it.
    pub l1_block: L1BlockId,
    /// The transaction that had it executed.
    pub transaction_hash: B256,
}

/// A message from L2 that was delivered on L1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClaimedMessage {
    /// Its number among those from L2.
    pub nonce: u64,
    /// Its hash.
    pub hash: B256,
    /// Who delivered it.
    pub claimer: Address,
    /// The L1 block it was delivered in.
    pub l1_block: L1BlockId,
}

/// What an L1 block brought, in the order of its logs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Derived {
    /// Messages to L2.
    pub sent: Vec<SentMessage>,
    /// L2 blocks that L1 executed.
    pub advanced: Vec<AdvancedBlock>,
    /// Messages from L2 that were delivered.
    pub claimed: Vec<ClaimedMessage>,
}
