#![doc = include_str!("../README.md")]

mod complaint;
mod connect;
mod here;
mod http;

pub use complaint::{Complaint, printable};
pub use connect::{ConnectError, Endpoint, Limits, connect};
pub use here::Here;
pub use http::{BoundedHttp, TooLarge};
