//! The rollup's protocol, from outside.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_possible_truncation)]

mod chain_id;
mod derivation;
mod genesis;
mod preconfirmation;
mod settlement;
mod tree;
mod vectors;
