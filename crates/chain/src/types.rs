//! Blocks as the chain keeps them, and the names they are asked for by.

use alloy_consensus::{BlockBody, Header, TxReceipt, transaction::Recovered};
use alloy_eips::eip4895::Withdrawals;
use alloy_primitives::{B256, Bytes};
use alloy_rlp::Encodable;
use bough_stf::{Block, Receipt, Transaction};

/// A block that was executed here, with all that its execution gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredBlock {
    /// Keccak of the header's RLP.
    pub hash: B256,
    /// The header.
    pub header: Header,
    /// The transactions with their senders.
    pub transactions: Vec<Recovered<Transaction>>,
    /// Ommer headers: none after the merge.
    pub ommers: Vec<Header>,
    /// Withdrawals, from Shanghai on.
    pub withdrawals: Option<Withdrawals>,
    /// One receipt for each transaction.
    pub receipts: Vec<Receipt>,
    /// RLP of the block access list (EIP-7928), from Amsterdam on.
    pub block_access_list: Option<Bytes>,
    /// Execution requests (EIP-7685), each its type byte and data; empty ones are omitted. None
    /// before Prague.
    pub requests: Option<Vec<Bytes>>,
    /// Length of the block's RLP in bytes.
    pub size: usize,
}

impl StoredBlock {
    /// The block alone, as it travels.
    pub fn to_block(&self) -> Block {
        Block {
            header: self.header.clone(),
            body: BlockBody {
                transactions: self.transactions.iter().map(Recovered::clone_inner).collect(),
                ommers: self.ommers.clone(),
                withdrawals: self.withdrawals.clone(),
            },
        }
    }

    /// Gas that the transaction at `index` paid for: the difference of cumulative gas.
    pub fn gas_used(&self, index: usize) -> Option<u64> {
        let total = self.receipts.get(index)?.cumulative_gas_used();
        let before = index
            .checked_sub(1)
            .and_then(|previous| self.receipts.get(previous))
            .map_or(0, TxReceipt::cumulative_gas_used);
        Some(total.saturating_sub(before))
    }

    /// Number of logs in the block before those of the transaction at `index`.
    pub fn first_log_index(&self, index: usize) -> usize {
        self.receipts.iter().take(index).map(|receipt| receipt.logs().len()).sum()
    }

    /// Number and hash in one.
    pub const fn id(&self) -> BlockId {
        BlockId { number: self.header.number, hash: self.hash }
    }
}

/// Number and hash of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlockId {
    /// Its height.
    pub number: u64,
    /// Its hash.
    pub hash: B256,
}

/// How a block is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BlockRef {
    /// Any stored block, canonical or not.
    Hash(B256),
    /// The canonical block at a height.
    Number(u64),
}

impl From<B256> for BlockRef {
    fn from(hash: B256) -> Self {
        Self::Hash(hash)
    }
}

impl From<u64> for BlockRef {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

/// Where a transaction stands in the canonical chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TransactionLocation {
    /// The block's hash.
    pub block_hash: B256,
    /// The block's number.
    pub block_number: u64,
    /// Position in the block.
    pub index: usize,
}

/// What the execution of a block read: enough to execute it again from nothing else.
///
/// The three lists of the stateless `ExecutionWitness`. `state` and `codes` are sorted as byte
/// strings and hold nothing twice; `headers` are contiguous, oldest first, and end with the
/// parent's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Witness {
    /// RLP of trie nodes.
    pub state: Vec<Bytes>,
    /// Contract codes.
    pub codes: Vec<Bytes>,
    /// RLP of headers, from the oldest that BLOCKHASH read to the parent's.
    pub headers: Vec<Bytes>,
}

/// RLP length of a block, in bytes.
pub(crate) fn block_size(block: &Block) -> usize {
    block.length()
}
