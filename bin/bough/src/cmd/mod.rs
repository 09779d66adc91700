//! The commands, a file each.

pub(crate) mod bench;
pub(crate) mod bridge;
pub(crate) mod claim;
pub(crate) mod demo;
pub(crate) mod deploy;
pub(crate) mod deposit;
pub(crate) mod dev;
pub(crate) mod execute;
pub(crate) mod l1;
pub(crate) mod message;
pub(crate) mod node;
mod send;
pub(crate) mod status;
pub(crate) mod vectors;
pub(crate) mod withdraw;
