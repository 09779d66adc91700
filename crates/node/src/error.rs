//! What can go wrong around a node.

use alloy_primitives::{Address, B256};
use bough_chain::ChainError;
use bough_rollup::{
    Action, ChainIdError, ConfigError, DerivationError, GenesisError, SettlementError,
};
use bough_rpc::StartError;
use thiserror::Error;

use crate::Flaw;

/// L1 did not answer as it must.
#[derive(Debug, Error)]
pub enum L1Error {
    /// The URL cannot be one.
    #[error("{url:?} is no URL: write it like http://127.0.0.1:8545")]
    Url {
        /// What was given.
        url: String,
    },
    /// No answer.
    #[error("L1 at {url} does not answer: {why}")]
    Transport {
        /// The URL.
        url: String,
        /// What the transport says, in one line.
        why: String,
    },
    /// A block that must be there is not.
    #[error("L1 has no block {0}")]
    NoBlock(String),
    /// It is behind what it had before.
    #[error("L1 at {url} is behind: its head is block {head}, and block {seen} was seen")]
    Behind {
        /// The URL.
        url: String,
        /// Its head.
        head: u64,
        /// The last block that was taken.
        seen: u64,
    },
    /// An answer that cannot be right.
    #[error("L1 at {url} gives a malformed {flaw}")]
    Malformed {
        /// The URL.
        url: String,
        /// What is wrong.
        flaw: Box<Flaw>,
    },
    /// A transaction could not be signed.
    #[error("cannot sign: {0}")]
    Sign(#[from] alloy_signer::Error),
    /// A transaction was not mined in time.
    #[error("transaction {0} was not mined in time")]
    NotMined(B256),
    /// The block of a transaction was not seen in time.
    #[error("L1 block {0}, which settles, was not seen in time")]
    NotSeen(u64),
    /// An error is its answer.
    #[error("L1 at {url} refuses {method}: {why}")]
    Refused {
        /// The URL.
        url: String,
        /// The method.
        method: &'static str,
        /// What it says, in one line.
        why: String,
    },
    /// A transaction was mined, and failed.
    #[error("transaction {0} failed on L1")]
    Reverted(B256),
}

/// A node could not start, or a part of it had to stop.
#[derive(Debug, Error)]
pub enum NodeError {
    /// L1.
    #[error(transparent)]
    L1(#[from] L1Error),
    /// L2's chain.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The RPC server.
    #[error(transparent)]
    Rpc(#[from] StartError),
    /// L1's blocks do not make sense.
    #[error(transparent)]
    Derivation(#[from] DerivationError),
    /// The contract is not this rollup's.
    #[error("{rollup} on L1 is not this rollup: {source}")]
    Config {
        /// Its address.
        rollup: Address,
        /// What differs.
        source: ConfigError,
    },
    /// There is no contract of this kind.
    #[error(
        "no NativeRollup at {rollup} on L1 (chain {l1_chain_id}): deploy one, or check the address and the L1 URL"
    )]
    NoRollup {
        /// Where it should be.
        rollup: Address,
        /// L1's chain id.
        l1_chain_id: u64,
    },
    /// Another L1 than the rollup's.
    #[error("L1 has chain id {got}, the rollup is on {expected}")]
    ChainId {
        /// What L1 says.
        got: u64,
        /// The deployment's.
        expected: u64,
    },
    /// Another key than the contract wants.
    #[error("the key is of {got}, the rollup's sequencer is {expected}")]
    NotSequencer {
        /// The key's address.
        got: Address,
        /// The contract's sequencer.
        expected: Address,
    },
    /// L2's genesis cannot be made.
    #[error(transparent)]
    Genesis(#[from] GenesisError),
    /// A block cannot be settled.
    #[error(transparent)]
    Settlement(#[from] SettlementError),
    /// A name that is no fork's.
    #[error("unknown fork {0:?}: amsterdam is one")]
    UnknownFork(String),
    /// EXECUTE has no room for any block at this fork.
    #[error("no L2 block can be settled at L1's fork")]
    NoBudget,
}

/// What to do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// Try again until it passes.
    Retry,
    /// Try again a few times: it should have passed by then.
    RetryFew,
    /// Stop.
    Stop,
}

impl NodeError {
    /// What to do about it.
    pub(crate) const fn remedy(&self) -> Remedy {
        match self {
            Self::L1(L1Error::Malformed { .. }) => Remedy::RetryFew,
            Self::L1(_) | Self::Settlement(_) => Remedy::Retry,
            Self::Chain(ChainError::Store(_) | ChainError::State(_)) => Remedy::Stop,
            Self::Chain(_) => Remedy::Retry,
            Self::Derivation(why) => match why.action() {
                Action::Temporary | Action::Reset => Remedy::RetryFew,
                Action::Critical => Remedy::Stop,
            },
            Self::Rpc(_)
            | Self::Config { .. }
            | Self::NoRollup { .. }
            | Self::ChainId { .. }
            | Self::NotSequencer { .. }
            | Self::Genesis(_)
            | Self::UnknownFork(_)
            | Self::NoBudget => Remedy::Stop,
        }
    }
}

/// A rollup could not be deployed.
#[derive(Debug, Error)]
pub enum DeployError {
    /// L1.
    #[error(transparent)]
    L1(#[from] L1Error),
    /// L2's genesis cannot be made.
    #[error(transparent)]
    Genesis(#[from] GenesisError),
    /// The chain id cannot be L2's.
    #[error(transparent)]
    ChainId(#[from] ChainIdError),
    /// The deployment transaction failed.
    #[error("the deployment {0} failed: the deployer needs ether for gas and for the escrow")]
    Failed(B256),
    /// The contract landed elsewhere: another transaction of the deployer came first.
    #[error(
        "the contract is at {got:?}, expected {expected}: another transaction of the deployer came first; deploy again"
    )]
    Address {
        /// Where it is.
        got: Option<Address>,
        /// Where it should be.
        expected: Address,
    },
}
