//! Why a block, a transaction or a state access was refused.

use alloy_primitives::{Address, B256, U256};
use bough_mpt::MptError;
use revm::{context_interface::result::InvalidTransaction, database_interface::DBErrorMarker};
use thiserror::Error;

/// A state access that could not be answered.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StateError {
    /// The trie could not be read or updated.
    #[error(transparent)]
    Trie(#[from] MptError),
    /// No code with this hash.
    #[error("missing code {0}")]
    MissingCode(B256),
    /// No ancestor with this number.
    #[error("missing header of block {0}")]
    MissingAncestor(u64),
    /// An account leaf that is no account.
    #[error("malformed account {0}")]
    MalformedAccount(Address),
    /// A storage leaf that is no integer of at most 32 bytes.
    #[error("malformed storage slot {slot} of {address}")]
    MalformedSlot {
        /// The account.
        address: Address,
        /// The slot.
        slot: U256,
    },
    /// The new state is more work to write than the limit allows. Under EXECUTE's limit that takes
    /// tries whose nodes share children on long paths, which no state has that transactions made.
    #[error("writing the state counts more than {most} Keccak blocks of trie nodes")]
    WritesTooMuch {
        /// The limit, Keccak blocks.
        most: u64,
    },
    /// The store beneath failed; what it says is in its own log.
    #[error("state source failed")]
    Source,
}

impl DBErrorMarker for StateError {}

/// A transaction that may not stand where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TransactionError {
    /// No sender can be recovered from the signature.
    #[error("invalid signature")]
    Signature,
    /// The type is not known at this fork.
    #[error("transaction type {0} is not known at this fork")]
    UnknownType(u8),
    /// Protected by EIP-155 before the fork that has it.
    #[error("a chain id in a legacy transaction is not known at this fork")]
    ReplayProtected,
    /// The gas limit is above what the fork allows (EIP-7825, EIP-8037).
    #[error("gas limit {got} is above {max}")]
    GasLimitTooHigh {
        /// The transaction's gas limit.
        got: u64,
        /// The most allowed.
        max: u64,
    },
    /// The block has too little gas left.
    #[error("needs {needed} gas, the block has {left} left")]
    BlockGasExhausted {
        /// Gas the transaction could use.
        needed: u64,
        /// Gas left in the block.
        left: u64,
    },
    /// The block has too little state gas left (EIP-8037).
    #[error("needs {needed} state gas, the block has {left} left")]
    BlockStateGasExhausted {
        /// State gas the transaction could use.
        needed: u64,
        /// State gas left in the block.
        left: u64,
    },
    /// The block has too little blob gas left.
    #[error("needs {needed} blob gas, the block has {left} left")]
    BlockBlobGasExhausted {
        /// Blob gas of the transaction.
        needed: u64,
        /// Blob gas left in the block.
        left: u64,
    },
    /// Refused by the EVM's own checks.
    #[error(transparent)]
    Evm(#[from] InvalidTransaction),
}

/// Why a block is not valid, or could not be executed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BlockError {
    /// State could not be read or updated.
    #[error(transparent)]
    State(#[from] StateError),
    /// A transaction may not be included.
    #[error("transaction {index}: {error}")]
    Transaction {
        /// Position in the block.
        index: usize,
        /// Why.
        error: TransactionError,
    },
    /// The parent has no number below this one, or it is the genesis.
    #[error("number {got}, expected {expected}")]
    Number {
        /// The header's number.
        got: u64,
        /// The parent's plus one.
        expected: u64,
    },
    /// The parent hash names another block.
    #[error("parent hash {got}, expected {expected}")]
    ParentHash {
        /// The header's.
        got: B256,
        /// The parent's.
        expected: B256,
    },
    /// The timestamp is not above the parent's (seconds).
    #[error("timestamp {got} is not above the parent's {parent}")]
    Timestamp {
        /// The header's.
        got: u64,
        /// The parent's.
        parent: u64,
    },
    /// The gas limit moved by 1/1024 or more, or is below 5000.
    #[error("gas limit {got} is out of bounds of the parent's {parent}")]
    GasLimit {
        /// The header's.
        got: u64,
        /// The parent's.
        parent: u64,
    },
    /// More gas used than the limit.
    #[error("gas used {used} is above the limit {limit}")]
    GasUsedAboveLimit {
        /// The header's gas used.
        used: u64,
        /// The header's gas limit.
        limit: u64,
    },
    /// The base fee does not follow from the parent (wei).
    #[error("base fee {got:?}, expected {expected:?}")]
    BaseFee {
        /// The header's.
        got: Option<u64>,
        /// What the parent gives.
        expected: Option<u64>,
    },
    /// Excess blob gas does not follow from the parent.
    #[error("excess blob gas {got:?}, expected {expected:?}")]
    ExcessBlobGas {
        /// The header's.
        got: Option<u64>,
        /// What the parent gives.
        expected: Option<u64>,
    },
    /// More than 32 bytes of extra data.
    #[error("extra data of {0} bytes, at most 32")]
    ExtraData(usize),
    /// A proof-of-work field is not neutral.
    #[error("{0} is not what a block after the merge has")]
    ProofOfWorkField(&'static str),
    /// A block before the merge, where the rules for such blocks are left out.
    #[error("a block before the merge")]
    BeforeMerge,
    /// The difficulty does not follow from the parent.
    #[cfg(feature = "pre-merge")]
    #[error("difficulty {got}, expected {expected}")]
    Difficulty {
        /// The header's.
        got: U256,
        /// What the parent gives.
        expected: U256,
    },
    /// One of the first blocks of the DAO fork does not say so in its extra data.
    #[cfg(feature = "pre-merge")]
    #[error("the extra data is not that of the DAO fork")]
    DaoExtraData,
    /// Ommers that the block may not have.
    #[cfg(feature = "pre-merge")]
    #[error(transparent)]
    Ommers(#[from] crate::pre_merge::OmmerError),
    /// A field that the fork needs is absent, or one that it does not have is present.
    #[error("{0} does not fit the fork")]
    FieldPresence(&'static str),
    /// The block is larger than EIP-7934 allows (bytes).
    #[error("block of {got} bytes, at most {max}")]
    BlockSize {
        /// RLP length of the block.
        got: usize,
        /// The most allowed.
        max: usize,
    },
    /// A system contract has no code.
    #[error("system contract {0} has no code")]
    SystemContractMissing(Address),
    /// A checked system call failed.
    #[error("system call to {0} failed")]
    SystemCallFailed(Address),
    /// A deposit log does not follow EIP-6110.
    #[error("malformed deposit log")]
    DepositLog,
    /// The access list has more items than the gas limit pays for (EIP-7928).
    #[error("access list of {items} items, the gas limit pays for {max}")]
    AccessListTooLarge {
        /// Addresses and distinct slots.
        items: u64,
        /// `gas_limit / 2000`.
        max: u64,
    },
    /// Blob gas used differs from what was executed.
    #[error("blob gas used {got:?}, executed {expected:?}")]
    BlobGasUsed {
        /// The header's.
        got: Option<u64>,
        /// What execution gave.
        expected: Option<u64>,
    },
    /// Gas used differs from what was executed.
    #[error("gas used {got}, executed {expected}")]
    GasUsed {
        /// The header's.
        got: u64,
        /// What execution gave.
        expected: u64,
    },
    /// A root or hash differs from what was executed.
    #[error("{field} {got:?}, executed {expected:?}")]
    Root {
        /// The header's field.
        field: &'static str,
        /// The header's value.
        got: Option<B256>,
        /// What execution gave.
        expected: Option<B256>,
    },
    /// The logs bloom differs from what was executed.
    #[error("logs bloom differs from the executed one")]
    LogsBloom,
    /// An account's balance would pass `2^256 - 1`.
    #[error("balance of {0} overflows")]
    BalanceOverflow(Address),
    /// Execution used more gas than was claimed and paid for; it was stopped.
    #[error("execution passed the claimed {claimed} gas")]
    ClaimExceeded {
        /// The limit on the block's gas.
        claimed: u64,
    },
    /// The transactions need more gas than was claimed, whatever they do.
    #[error("{transactions} transactions cannot fit the claimed {claimed} gas")]
    ClaimTooSmall {
        /// How many transactions.
        transactions: usize,
        /// The limit on the block's gas.
        claimed: u64,
    },
    /// System calls used more gas than was left to pay for them.
    #[error("system calls passed the {budget} gas left for them")]
    SystemGasExceeded {
        /// What was left.
        budget: u64,
    },
    /// The interpreter failed in a way that no input should cause.
    #[error("the interpreter failed")]
    Interpreter,
}
