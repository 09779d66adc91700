//! The chain in a box, from outside.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_possible_truncation)]

mod blocks;
mod budget;
mod common;
mod hostile;
mod import;
mod panics;
mod persistence;
mod pool;
mod random;
mod reading;
mod reorg;
mod replay;
