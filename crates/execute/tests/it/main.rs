//! EXECUTE on real inputs, in a real EVM.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_possible_truncation)]

mod evm;
mod flips;
mod hostile;
mod refusals;
mod support;
mod valid;
