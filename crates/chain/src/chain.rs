//! The chain: what it holds, how it is opened and read.

use std::sync::Arc;

use alloy_consensus::Header;
use alloy_primitives::B256;
use bough_stf::{ChainSpec, ExtraPrecompiles, PreState, State};
use parking_lot::{Mutex, RwLock};

use crate::{
    BlockRef, ChainConfig, ChainError, Listener, Panicked, Pool, StoreSource, StoredBlock,
    SubscriptionId, TransactionLocation,
    events::Events,
    genesis::genesis_block,
    panic::guarded,
    store::{Store, StoreError},
};

/// A chain in a box: state, blocks, head and pool, persistent where it has a data directory.
///
/// All methods take `&self`; share it as `Arc<Chain>`. Readers never wait for a block that is
/// being executed.
#[derive(Debug)]
pub struct Chain {
    pub(crate) spec: ChainSpec,
    pub(crate) precompiles: ExtraPrecompiles,
    pub(crate) keep_witnesses: bool,
    pub(crate) store: Arc<Store>,
    pub(crate) pool: Pool,
    pub(crate) events: Events,
    genesis_hash: B256,
    pub(crate) heads: RwLock<Heads>,
    /// Held by whoever writes blocks or moves the head. Taken before any other lock.
    pub(crate) writer: Mutex<()>,
}

/// The blocks with a role.
#[derive(Debug, Clone)]
pub(crate) struct Heads {
    pub(crate) head: Arc<StoredBlock>,
    pub(crate) safe: Arc<StoredBlock>,
    pub(crate) finalized: Arc<StoredBlock>,
}

impl Chain {
    /// Opens the chain in the data directory, or makes it from the genesis block where there is
    /// none yet.
    ///
    /// # Errors
    /// [`StoreError::Locked`] when another process has it open, [`StoreError::Layout`] and
    /// [`StoreError::Genesis`] when what is there is not this chain; nothing is written then.
    pub fn open(config: ChainConfig) -> Result<Self, ChainError> {
        let datadir = config.datadir.clone().unwrap_or_default();
        // The database panics on some files that are no more what it wrote.
        guarded(|| Self::open_undamaged(config))
            .unwrap_or_else(|Panicked| Err(StoreError::Damaged { path: datadir }.into()))
    }

    fn open_undamaged(config: ChainConfig) -> Result<Self, ChainError> {
        let (genesis, state) = genesis_block(&config.spec, &config.genesis)?;
        let store = Store::open(config.datadir.as_deref())?;
        if !store.holds_chain(genesis.hash)? {
            store.write_genesis(&genesis, &state)?;
        }
        let heads = Heads::load(&store)?;
        Ok(Self {
            spec: config.spec,
            precompiles: config.precompiles,
            keep_witnesses: config.keep_witnesses,
            store: Arc::new(store),
            pool: Pool::new(config.pool),
            events: Events::default(),
            genesis_hash: genesis.hash,
            heads: RwLock::new(heads),
            writer: Mutex::new(()),
        })
    }

    /// Chain id and fork schedule.
    pub const fn spec(&self) -> &ChainSpec {
        &self.spec
    }

    /// The chain id (EIP-155).
    pub const fn chain_id(&self) -> u64 {
        self.spec.chain_id
    }

    /// Hash of block 0.
    pub const fn genesis_hash(&self) -> B256 {
        self.genesis_hash
    }

    /// The transaction pool.
    pub const fn pool(&self) -> &Pool {
        &self.pool
    }

    /// The block at the end of the canonical chain.
    pub fn head(&self) -> Arc<StoredBlock> {
        Arc::clone(&self.heads.read().head)
    }

    /// The canonical block that whoever runs the chain last called safe; genesis at first.
    pub fn safe(&self) -> Arc<StoredBlock> {
        Arc::clone(&self.heads.read().safe)
    }

    /// The canonical block that whoever runs the chain last called finalized; genesis at first.
    pub fn finalized(&self) -> Arc<StoredBlock> {
        Arc::clone(&self.heads.read().finalized)
    }

    /// A block, canonical or not where it is asked for by hash.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn block(&self, id: impl Into<BlockRef>) -> Result<Option<Arc<StoredBlock>>, ChainError> {
        let hash = match id.into() {
            BlockRef::Hash(hash) => Some(hash),
            BlockRef::Number(number) => self.canonical_hash(number)?,
        };
        let block = hash.map(|hash| self.store.block(hash)).transpose()?;
        Ok(block.flatten())
    }

    /// A block's header, which is cheaper than the block.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn header(&self, id: impl Into<BlockRef>) -> Result<Option<Header>, ChainError> {
        let hash = match id.into() {
            BlockRef::Hash(hash) => Some(hash),
            BlockRef::Number(number) => self.canonical_hash(number)?,
        };
        let header = hash.map(|hash| self.store.header(hash)).transpose()?;
        Ok(header.flatten())
    }

    /// The hash of the canonical block at a height. A block that is being made the head is not
    /// there before it is the head.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn canonical_hash(&self, number: u64) -> Result<Option<B256>, ChainError> {
        if number > self.heads.read().head.header.number {
            return Ok(None);
        }
        Ok(self.store.canonical_hash(number)?)
    }

    /// Whether a block is part of the canonical chain.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn is_canonical(&self, block: &StoredBlock) -> Result<bool, ChainError> {
        Ok(self.canonical_hash(block.header.number)? == Some(block.hash))
    }

    /// Where a transaction stands in the canonical chain.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn transaction(&self, hash: B256) -> Result<Option<TransactionLocation>, ChainError> {
        let place = self.store.transaction(hash)?;
        let head = self.heads.read().head.header.number;
        Ok(place.filter(|place| place.block_number <= head))
    }

    /// The state a block leads to, at any height. Writes to it stay in it.
    ///
    /// # Errors
    /// [`ChainError::UnknownBlock`], or when the store cannot be read.
    pub fn state_at(&self, block_hash: B256) -> Result<State<StoreSource>, ChainError> {
        Ok(self.state_of(&*self.require(block_hash)?)?)
    }

    /// Calls `listener` for each event from now on.
    pub fn subscribe(&self, listener: Listener) -> SubscriptionId {
        self.events.subscribe(listener)
    }

    /// Stops calling a listener; whether there was one.
    pub fn unsubscribe(&self, id: SubscriptionId) -> bool {
        self.events.unsubscribe(id)
    }

    /// The block with a hash that must be there.
    pub(crate) fn require(&self, hash: B256) -> Result<Arc<StoredBlock>, ChainError> {
        self.store.block(hash)?.ok_or(ChainError::UnknownBlock(hash))
    }

    /// The state a block leads to.
    pub(crate) fn state_of(&self, block: &StoredBlock) -> Result<State<StoreSource>, StoreError> {
        Ok(self.pre_state_of(block)?.into())
    }

    /// The state a block leads to, to be read by many.
    pub(crate) fn pre_state_of(
        &self,
        block: &StoredBlock,
    ) -> Result<Arc<PreState<StoreSource>>, StoreError> {
        Ok(Arc::new(PreState::new(self.source_of(block)?, block.header.state_root)))
    }

    /// The store as seen from a block.
    pub(crate) fn source_of(&self, block: &StoredBlock) -> Result<StoreSource, StoreError> {
        Ok(StoreSource::new(self.store.snapshot()?, block.id()))
    }
}

impl Heads {
    fn load(store: &Store) -> Result<Self, StoreError> {
        let load =
            |hash: B256| store.block(hash)?.ok_or(StoreError::Corrupt { table: "tags", key: hash });
        let tags = store.tags()?;
        Ok(Self {
            head: load(tags.head)?,
            safe: load(tags.safe)?,
            finalized: load(tags.finalized)?,
        })
    }
}
