//! A whole devnet, real on both sides.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod messages;
mod refusals;
mod restart;
mod settlement;
mod support;
