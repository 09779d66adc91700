//! A node, from outside, over a development L1.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod answers;
mod fake_l1;
mod replay;
mod settling;
mod silence;
mod support;
