//! The bridge, against nodes that give fixed answers.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation
)]

mod answers;
mod common;
mod connect;
mod proofs;
