//! Values of flags.

mod duration;
mod fork;

pub(crate) use duration::seconds;
pub(crate) use fork::{fork, settling_fork};
