//! The trie, from outside.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation
)]

mod common;
mod decode;
mod node_set;
mod reference;
mod work;
