#![doc = include_str!("../README.md")]

mod builder;
mod cache;
mod call;
mod chain;
mod config;
mod error;
mod events;
mod genesis;
mod head;
mod import;
mod logs;
mod panic;
mod pool;
mod proof;
mod source;
mod store;
mod trace;
mod types;

pub use builder::{BlockAttributes, Budget, BuiltBlock, settlement_size};
pub use call::{AccountOverride, CallError, Estimate, StateOverrides};
pub use chain::Chain;
pub use config::ChainConfig;
pub use error::{ChainError, FirstError};
pub use events::{ChainEvent, Listener, SubscriptionId};
pub use import::ImportAs;
pub use logs::{FoundLog, LogFilter};
pub use panic::Panicked;
pub use pool::{
    BestTransactions, BySender, DropReason, Pool, PoolConfig, PoolContent, PoolError, PoolStatus,
    PooledTransaction, WELL_KNOWN_DEPLOYMENTS, WellKnownDeployment,
};
pub use proof::{AccountProof, StorageProof};
pub use source::StoreSource;
pub use store::StoreError;
pub use types::{BlockId, BlockRef, StoredBlock, TransactionLocation, Witness};
