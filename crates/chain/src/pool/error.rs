//! Why the pool refuses or drops a transaction, in the words wallets know.

use alloy_primitives::{Address, U256};
use bough_stf::{StateError, TransactionError};
use thiserror::Error;

use crate::StoreError;

/// Why a transaction was not accepted. Messages begin as geth's do: wallets match on them.
#[derive(Debug, Error)]
pub enum PoolError {
    /// The same transaction is in the pool.
    #[error("already known")]
    AlreadyKnown,
    /// The type is not known at the fork of the next block, or not accepted by this pool.
    #[error("transaction type not supported: type {got}")]
    TypeNotSupported {
        /// EIP-2718 type.
        got: u8,
    },
    /// The encoding is too long.
    #[error("oversized data: transaction size {got}, limit {limit}")]
    Oversized {
        /// Bytes of the encoded transaction.
        got: usize,
        /// The most this pool takes.
        limit: usize,
    },
    /// Signed for another chain.
    #[error("invalid chain id for signer: have {got} want {expected}")]
    ChainId {
        /// The transaction's.
        got: u64,
        /// This chain's.
        expected: u64,
    },
    /// A legacy transaction without a chain id, that any chain would take. The words are geth's.
    #[error("only replay-protected (EIP-155) transactions allowed over RPC")]
    Unprotected,
    /// No sender can be recovered from the signature.
    #[error("invalid sender")]
    Signature,
    /// Asks for more gas than a block has.
    #[error("exceeds block gas limit: tx gas {got}, block gas limit {limit}")]
    ExceedsBlockGasLimit {
        /// The transaction's gas limit.
        got: u64,
        /// The block's gas limit.
        limit: u64,
    },
    /// Asks for more gas than a transaction may (EIP-7825).
    #[error("transaction gas limit too high (cap: {cap}, tx: {got})")]
    GasLimitTooHigh {
        /// The transaction's gas limit.
        got: u64,
        /// The fork's cap.
        cap: u64,
    },
    /// The gas limit does not cover what every such transaction costs.
    #[error("intrinsic gas too low: gas {got}, minimum needed {needed}")]
    IntrinsicGas {
        /// The transaction's gas limit.
        got: u64,
        /// The intrinsic gas.
        needed: u64,
    },
    /// The gas limit does not cover the floor for its data (EIP-7623).
    #[error("insufficient gas for floor data gas cost: gas {got}, minimum needed {needed}")]
    FloorGas {
        /// The transaction's gas limit.
        got: u64,
        /// The floor.
        needed: u64,
    },
    /// The tip cap is above the fee cap.
    #[error(
        "max priority fee per gas higher than max fee per gas: maxPriorityFeePerGas {tip}, \
         maxFeePerGas {fee_cap}"
    )]
    TipAboveFeeCap {
        /// Tip cap, wei per gas.
        tip: u128,
        /// Fee cap, wei per gas.
        fee_cap: u128,
    },
    /// The tip cap is below what this pool asks for.
    #[error("transaction underpriced: gas tip cap {got}, minimum needed {needed}")]
    Underpriced {
        /// Tip cap, wei per gas.
        got: u128,
        /// The pool's minimum.
        needed: u128,
    },
    /// The fee cap is below any base fee.
    #[error("transaction underpriced: gas fee cap {got}, minimum needed {needed}")]
    FeeCapTooLow {
        /// Fee cap, wei per gas.
        got: u128,
        /// The pool's minimum.
        needed: u128,
    },
    /// A blob transaction without blobs.
    #[error("blob transaction missing blob hashes")]
    NoBlobs,
    /// More blobs than a block may have.
    #[error("too many blobs in transaction: have {got}, permitted {limit}")]
    TooManyBlobs {
        /// Blobs of the transaction.
        got: usize,
        /// The most one transaction may have.
        limit: u64,
    },
    /// A set-code transaction without authorizations (EIP-7702).
    #[error("set code tx must have at least one authorization tuple")]
    NoAuthorizations,
    /// The nonce was used.
    #[error("nonce too low: next nonce {expected}, tx nonce {got}")]
    NonceTooLow {
        /// The transaction's.
        got: u64,
        /// The account's at the head.
        expected: u64,
    },
    /// The nonce cannot be followed by another (EIP-2681).
    #[error("nonce has max value")]
    NonceMax,
    /// The sender cannot pay the most that its transactions may cost.
    #[error(
        "insufficient funds for gas * price + value: balance {balance}, queued cost {queued}, \
         tx cost {cost}"
    )]
    InsufficientFunds {
        /// The sender's balance at the head, wei.
        balance: U256,
        /// The most its transactions before this one may cost, wei.
        queued: U256,
        /// The most this one may cost, wei.
        cost: U256,
    },
    /// The sender is a contract (EIP-3607).
    #[error("sender not an eoa: address {0}")]
    SenderNotEoa(Address),
    /// It would replace another without paying enough more.
    #[error("replacement transaction underpriced: have {got}, needed {needed}")]
    ReplacementUnderpriced {
        /// The cap that falls short, wei per gas: fee cap, tip cap or blob fee cap.
        got: u128,
        /// The least it has to be.
        needed: u128,
    },
    /// The sender has as many transactions here as it may.
    #[error("account limit exceeded: {limit} transactions of {sender}")]
    AccountLimit {
        /// The sender.
        sender: Address,
        /// The most the pool holds of one sender.
        limit: usize,
    },
    /// The pool is full of transactions that pay more.
    #[error("txpool is full: tip {got}, more than {cheapest} needed")]
    Full {
        /// Tip this transaction would pay at the head's base fee, wei per gas.
        got: u128,
        /// The least tip among those that could make room.
        cheapest: u128,
    },
    /// State at the head could not be read.
    #[error(transparent)]
    State(#[from] StateError),
    /// The store could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a transaction that was accepted is gone without having been mined.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DropReason {
    /// Another with the same sender and nonce paid more.
    #[error("replaced by a transaction with higher fees")]
    Replaced,
    /// The pool was full and this paid least.
    #[error("evicted from a full pool")]
    Evicted,
    /// Its nonce was used by another transaction.
    #[error("nonce used by another transaction")]
    NonceUsed,
    /// Execution on the head refused it.
    #[error("no longer valid: {0}")]
    Invalid(TransactionError),
    /// Even alone in a block it exceeds the byte budget, so that no such block could be settled.
    #[error("a block with only this transaction needs {needed} settlement bytes, budget {budget}")]
    ExceedsByteBudget {
        /// Bytes a block with only this transaction would need.
        needed: usize,
        /// The budget.
        budget: usize,
    },
    /// Even alone in a block it uses more gas than the block may.
    #[error("a block with only this transaction uses {needed} gas, budget {budget}")]
    ExceedsGasBudget {
        /// Gas a block with only this transaction would use.
        needed: u64,
        /// The budget.
        budget: u64,
    },
    /// Its execution panicked or could not go on: a fault of this node, which goes on without it.
    #[error("its execution met a fault of this node: see its log")]
    Fault,
    /// Removed by the operator.
    #[error("removed by request")]
    Removed,
}
