//! Every case.

mod burn;
mod bytes;
mod signatures;
mod system;
mod witness;
mod work;
mod writes;

use bough_stateless::Schema;
use bough_stf::Fork;

use crate::{Case, Forge, ForgeError, Forged};

/// Every hostile input there is.
pub fn cases() -> Vec<Case> {
    [
        bytes::cases(),
        witness::cases(),
        writes::cases(),
        burn::cases(),
        system::cases(),
        work::cases(),
        signatures::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Forks with a schema, oldest first.
fn forks() -> impl DoubleEndedIterator<Item = Fork> {
    Fork::ALL.into_iter().filter(|fork| Schema::of(*fork).is_some())
}

/// The newest fork.
fn newest() -> Fork {
    forks().next_back().unwrap_or(Fork::ALL[0])
}

/// A block of it with nothing in it.
fn empty_block() -> Result<Forged, ForgeError> {
    Forge::new(newest(), 1, Vec::new()).block(&[])
}

/// The oldest fork with a schema.
fn oldest() -> Fork {
    forks().next().unwrap_or(Fork::ALL[0])
}

/// Bytes that say nothing, the same in every run.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x0101_8079_u32;
    std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    })
    .take(length)
    .collect()
}
