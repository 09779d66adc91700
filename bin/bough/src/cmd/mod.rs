//! The commands, a file each.

pub(crate) mod execute;
pub(crate) mod l1;
