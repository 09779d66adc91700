//! The state transition function, from outside.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;
mod osaka;
mod pre_merge;
mod transactions;
