#![doc = include_str!("../README.md")]

mod block_id;
mod call_request;
mod context;
mod debug;
mod error;
mod eth_blocks;
mod eth_call;
mod eth_fees;
mod eth_logs;
mod eth_state;
mod eth_tx;
mod filters;
mod head_cursor;
mod hooks;
mod methods;
mod net_web3;
mod revert;
mod server;
mod subscriptions;
mod trace;
mod txpool;
pub mod types;

pub use call_request::RequestError;
pub use error::{MethodError, StartError};
pub use hooks::{Hook, RpcHooks};
pub use methods::Args;
pub use server::{RpcConfig, RpcHandle, RpcServer};
