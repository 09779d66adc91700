#![doc = include_str!("../README.md")]

mod error;
mod execute;
mod places;
mod price;

pub use error::Refused;
pub use execute::{Execute, Executed, L1Block, EXECUTE_ADDRESS};
pub use places::Places;
pub use price::Prices;
