#![doc = include_str!("../README.md")]

mod blocking;
mod current;
mod ended;
mod fault;
mod panics;
mod tasks;

pub use blocking::blocking;
pub use ended::{Ended, Reason};
pub use fault::fault_point;
pub use panics::keep_panics;
pub use tasks::{StopSignal, Tasks};
