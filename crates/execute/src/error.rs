//! Why EXECUTE refused an input. The EVM sees a halt.

use bough_stateless::{DecodeError, Invalid};
use bough_stf::Fork;
use thiserror::Error;

/// The check that failed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refused {
    /// The call cannot pay for the input's bytes.
    #[error("the input's bytes cost {needed} gas, the call has {left}")]
    BytesNotPaid {
        /// The charge for the bytes.
        needed: u64,
        /// Gas of the call.
        left: u64,
    },
    /// The input ends before the fields it must have.
    #[error("input of {got} bytes, its fixed fields need {needed}")]
    TooShort {
        /// Length of the input, bytes.
        got: usize,
        /// Bytes up to the field that is missing.
        needed: usize,
    },
    /// The block is later than the L1 block that runs it (seconds).
    #[error("payload timestamp {got} is after the L1 block's {l1}")]
    Future {
        /// The payload's timestamp.
        got: u64,
        /// The L1 block's timestamp.
        l1: u64,
    },
    /// The schema is not that of the fork L1 has at the payload's timestamp.
    #[error("schema {got:?} at timestamp {timestamp}, where L1 has {expected:?}")]
    Fork {
        /// The schema's fork.
        got: Fork,
        /// L1's fork at that time.
        expected: Fork,
        /// The payload's timestamp, seconds.
        timestamp: u64,
    },
    /// The call cannot pay for the gas the block claims.
    #[error("the block claims {needed} gas, the call has {left} left")]
    ClaimNotPaid {
        /// The payload's gas used.
        needed: u64,
        /// Gas the call has left.
        left: u64,
    },
    /// Not an input.
    #[error(transparent)]
    Undecodable(#[from] DecodeError),
    /// An L2 block has no withdrawals.
    #[error("{0} withdrawals, an L2 block has none")]
    Withdrawals(usize),
    /// An L2 block has no blobs.
    #[error("blob gas used {used}, excess {excess}, an L2 block has none")]
    BlobGas {
        /// The payload's blob gas used.
        used: u64,
        /// The payload's excess blob gas.
        excess: u64,
    },
    /// An L2 block has no blob transactions.
    #[error("transaction {0} carries blobs, an L2 block has none")]
    BlobTransaction(usize),
    /// The payload is not valid from its witness.
    #[error(transparent)]
    Invalid(#[from] Invalid),
}
