//! What work for a caller may cost, and where it runs.

mod budget;
mod guard;
mod lane;
mod output;

pub(crate) use budget::{Budget, Share};
pub(crate) use guard::{Caller, Guard, Guarded, Keeps};
pub(crate) use lane::{Kind, Lanes};
pub(crate) use output::{Output, Written};
