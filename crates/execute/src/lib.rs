#![doc = include_str!("../README.md")]

mod error;
mod execute;
mod places;
mod price;

pub use error::Refused;
pub use execute::{EXECUTE_ADDRESS, Execute, Executed, L1Block};
pub use places::Places;
pub use price::Prices;
