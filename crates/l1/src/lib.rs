#![doc = include_str!("../README.md")]

mod config;
mod dev_methods;
mod error;
mod l1;
mod miner;

pub use config::L1Config;
pub use error::L1Error;
pub use l1::L1;
pub use miner::{MineError, Miner};
