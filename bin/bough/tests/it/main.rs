//! The built binary, from outside.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_possible_truncation)]

mod execute;
mod help;
mod l1;
mod support;
