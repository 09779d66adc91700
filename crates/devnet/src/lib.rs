#![doc = include_str!("../README.md")]

mod accounts;
mod config;
mod deposits;
mod devnet;
mod error;

pub use accounts::{MNEMONIC, dev_accounts};
pub use config::DevnetConfig;
pub use devnet::{DevAccount, Devnet, DevnetInfo};
pub use error::DevnetError;
