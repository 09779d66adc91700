#![doc = include_str!("../README.md")]

mod complaint;
mod connect;
mod http;

pub use complaint::{Complaint, printable};
pub use connect::{ConnectError, Limits, connect};
pub use http::{BoundedHttp, TooLarge};
