//! What a chain is opened with.

use std::path::PathBuf;

use alloy_genesis::Genesis;
use bough_stf::{ChainSpec, ExtraPrecompiles};

use crate::PoolConfig;

/// What [`crate::Chain::open`] needs.
#[derive(Debug, Clone)]
pub struct ChainConfig {
    /// Chain id and fork schedule.
    pub spec: ChainSpec,
    /// The genesis block: header fields and accounts. Its own chain config is not looked at.
    pub genesis: Genesis,
    /// Where to keep the data; in memory, and gone with the process, without one.
    pub datadir: Option<PathBuf>,
    /// Precompiles this chain has besides Ethereum's.
    pub precompiles: ExtraPrecompiles,
    /// The pool's rules and limits.
    pub pool: PoolConfig,
    /// Whether to record the witness of each block and keep it. Without it,
    /// [`crate::Chain::witness`] executes the block again.
    pub keep_witnesses: bool,
}

impl ChainConfig {
    /// A chain in memory, with witnesses, no extra precompiles and the default pool.
    pub fn new(spec: ChainSpec, genesis: Genesis) -> Self {
        Self {
            spec,
            genesis,
            datadir: None,
            precompiles: ExtraPrecompiles::none(),
            pool: PoolConfig::default(),
            keep_witnesses: true,
        }
    }
}
