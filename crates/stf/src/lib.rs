#![doc = include_str!("../README.md")]

mod access_list;
mod block;
mod code;
#[cfg(feature = "pre-merge")]
mod dao_fork;
mod error;
mod evm;
mod executor;
mod fork;
mod frames;
mod header;
mod meter;
mod network;
#[cfg(feature = "pre-merge")]
pub mod pre_merge;
mod precompile;
mod requests;
#[cfg(feature = "simulate")]
mod simulate;
mod state;
mod system_contracts;
mod transaction;

pub use access_list::AccessListBuilder;
pub use block::{Environment, ExecutableBlock, execute_block, seal_header};
pub use bough_mpt::MptError;
pub use code::bytecode;
pub use error::{BlockError, StateError, TransactionError};
pub use evm::EvmContext;
pub use executor::{BlockExecutor, BlockOutput, TxResult, check_claim};
pub use fork::{ChainSpec, Fork, ForkSchedule, ScheduleError};
pub use header::{base_fee, check_header, excess_blob_gas, genesis_header};
pub use meter::WorkLimits;
pub use precompile::{
    ExtraPrecompiles, Precompile, PrecompileCall, PrecompileOutcome, Precompiles,
};
pub use requests::requests_hash;
pub use revm;
#[cfg(feature = "simulate")]
pub use simulate::{CallGas, simulate};
pub use state::{
    Changes, PreState, Reads, State, StateSource, StateUpdate, View, WitnessParts, WitnessRecorder,
};
pub use system_contracts::system_contracts;
pub use transaction::{Block, Receipt, Transaction, intrinsic_gas, recover, recover_at, tx_env};
