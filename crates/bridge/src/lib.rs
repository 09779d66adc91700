#![doc = include_str!("../README.md")]

mod bridge;
mod delivery;
mod endpoint;
mod error;
mod events;
mod fee;
mod messages;
mod send;
mod status;
mod types;
mod wait;
mod withdrawal;

pub use bridge::Bridge;
pub use delivery::DeliveryProof;
pub use error::{BridgeError, Chain, Refusal};
pub use status::{BlockHead, Heads, Lag, Reason, Status, Waiting};
pub use types::{BridgeConfig, Delivered, MessageParams, MessageRef, Sent, TxInfo};
pub use withdrawal::WithdrawalProof;
