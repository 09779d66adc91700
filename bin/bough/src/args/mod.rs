//! Values of flags.

mod address;
mod amount;
mod duration;
mod ends;
mod fork;
mod key;
mod replay;
mod rpc;

pub(crate) use address::{address, bytes, message};
pub(crate) use amount::amount;
pub(crate) use duration::{block_time, seconds};
pub(crate) use ends::{Ends, l1_chain_id};
pub(crate) use fork::{fork, settling_fork};
pub(crate) use key::KeyArgs;
pub(crate) use replay::ReplayArgs;
pub(crate) use rpc::RpcArgs;
