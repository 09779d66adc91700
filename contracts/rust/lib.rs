#![doc = include_str!("../README.md")]

pub mod addresses;
mod bindings;
pub mod l2_messenger;
mod message;
pub mod native_rollup;

pub use bindings::{Counter, L2Messenger, NativeRollup, SszInputHarness};
pub use message::Message;
