//! The built binary, from outside.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_possible_truncation)]

mod bad_input;
mod bench;
mod by_hand;
mod demo;
mod dev;
mod ends;
mod execute;
mod help;
mod l1;
mod parts;
mod soak;
mod support;
mod vectors;
