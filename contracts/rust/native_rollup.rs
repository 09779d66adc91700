//! Bounds of the rollup's contract on L1.

/// How many states `claim` can be proved against, each after the last block of a call to `advance`.
pub const STATES: u64 = 8191;

/// How many roots of the message tree, the last ones, an L2 block can be anchored to.
pub const MESSAGE_ROOTS: u64 = 65_536;

/// The levels of the message tree above its leaves.
pub const MESSAGE_TREE_DEPTH: usize = 32;

/// The most bytes of data in a message.
pub const MAX_DATA: usize = 32 * 1024;
