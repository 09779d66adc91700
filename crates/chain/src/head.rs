//! Moving the head, and the tags behind it.

use std::sync::Arc;

use alloy_primitives::B256;
use bough_stf::StateUpdate;
use tracing::error;

use crate::{
    Chain, ChainError, ChainEvent, StoredBlock, Witness,
    chain::Heads,
    panic::guarded,
    store::{Commit, StoreError},
};

/// A block that is about to be stored: the block, its state, and what its execution read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fresh<'a> {
    pub(crate) block: &'a Arc<StoredBlock>,
    pub(crate) state: &'a StateUpdate,
    pub(crate) witness: Option<&'a Witness>,
}

/// The way from one head to another.
#[derive(Debug, Default)]
struct Path {
    /// Blocks to leave, newest first.
    removed: Vec<Arc<StoredBlock>>,
    /// Blocks to join, oldest first.
    added: Vec<Arc<StoredBlock>>,
}

impl Chain {
    /// Makes a stored block the head: a reorg, when it is not a child of the head. Transactions of
    /// blocks that are left go back to the pool.
    ///
    /// The safe block moves down to the common ancestor where it is left behind.
    ///
    /// # Errors
    /// [`ChainError::UnknownBlock`], or [`ChainError::BelowFinalized`] when the finalized block
    /// would be left; set the tags lower first where that is meant.
    pub fn set_head(&self, hash: B256) -> Result<Arc<StoredBlock>, ChainError> {
        let block = self.require(hash)?;
        self.switch(&block, None, None)?;
        Ok(block)
    }

    /// Names the safe and the finalized block, which must be canonical.
    ///
    /// # Errors
    /// [`ChainError::UnknownBlock`], [`ChainError::NotCanonical`] or [`ChainError::TagOrder`].
    pub fn set_tags(&self, safe: B256, finalized: B256) -> Result<(), ChainError> {
        let writer = self.writer.lock();
        let (safe, finalized) = (self.require(safe)?, self.require(finalized)?);
        for block in [&safe, &finalized] {
            if !self.is_canonical(block)? {
                return Err(ChainError::NotCanonical(block.hash));
            }
        }
        if finalized.header.number > safe.header.number {
            return Err(ChainError::TagOrder {
                safe: safe.header.number,
                finalized: finalized.header.number,
            });
        }
        let tags = (safe.hash, finalized.hash);
        let heads = self.heads.read().clone();
        if (heads.safe.hash, heads.finalized.hash) == tags {
            return Ok(());
        }
        self.store.write(&Commit { tags: Some(tags), ..Commit::default() })?;
        *self.heads.write() = Heads { head: heads.head, safe, finalized };
        self.events.push(ChainEvent::Tags { safe: tags.0, finalized: tags.1 });
        drop(writer);
        self.events.deliver();
        Ok(())
    }

    /// Stores a block without making it the head.
    pub(crate) fn keep(&self, fresh: Fresh<'_>) -> Result<(), ChainError> {
        let _writer = self.writer.lock();
        self.store.write(&Commit {
            block: Some((fresh.block, fresh.state)),
            witness: fresh.witness,
            ..Commit::default()
        })?;
        Ok(())
    }

    /// Makes `to` the head, storing it first when it is `fresh`; with `only_on`, only when the
    /// head is that block. One transaction, then the pool, then the listeners.
    pub(crate) fn switch(
        &self,
        to: &Arc<StoredBlock>,
        fresh: Option<Fresh<'_>>,
        only_on: Option<B256>,
    ) -> Result<(), ChainError> {
        let writer = self.writer.lock();
        let heads = self.heads.read().clone();
        if let Some(parent) = only_on.filter(|parent| *parent != heads.head.hash) {
            return Err(ChainError::StaleBuild { parent, head: heads.head.hash });
        }
        if heads.head.hash == to.hash {
            return Ok(());
        }
        let path = self.path(&heads.head, to)?;
        let after = heads.after(to, &path, |number| self.canonical(number))?;
        self.store.write(&Commit {
            block: fresh.map(|fresh| (fresh.block, fresh.state)),
            witness: fresh.and_then(|fresh| fresh.witness),
            removed: &path.removed,
            added: &path.added,
            head: Some(to.hash),
            tags: Some((after.safe.hash, after.finalized.hash)),
        })?;
        *self.heads.write() = after;
        let Path { removed, added } = path;
        // The head has moved: whatever happens here, the listeners are told.
        if guarded(|| self.pool_follow(&removed, &added)).is_err() {
            error!(head = %to.hash, "the pool could not follow the head: a panic");
        }
        if !removed.is_empty() {
            self.events.push(ChainEvent::Reorg { removed, added, head: Arc::clone(to) });
        } else {
            for block in added {
                self.events.push(ChainEvent::NewHead { block });
            }
        }
        drop(writer);
        self.events.deliver();
        Ok(())
    }

    /// The way from one block to another through their common ancestor. `to` need not be stored,
    /// its parent must be.
    fn path(&self, from: &Arc<StoredBlock>, to: &Arc<StoredBlock>) -> Result<Path, ChainError> {
        let mut path = Path::default();
        let (mut old, mut new) = (Arc::clone(from), Arc::clone(to));
        while old.hash != new.hash {
            let (old_number, new_number) = (old.header.number, new.header.number);
            if new_number >= old_number {
                let parent = self.require(new.header.parent_hash)?;
                path.added.push(std::mem::replace(&mut new, parent));
            }
            if old_number >= new_number {
                let parent = self.require(old.header.parent_hash)?;
                path.removed.push(std::mem::replace(&mut old, parent));
            }
        }
        path.added.reverse();
        Ok(path)
    }

    fn canonical(&self, number: u64) -> Result<Arc<StoredBlock>, ChainError> {
        let head = self.head().header.number;
        self.block(number)?.ok_or(ChainError::UnknownNumber { number, head })
    }
}

impl Heads {
    /// The heads after moving along `path` to `head`.
    fn after(
        &self,
        head: &Arc<StoredBlock>,
        path: &Path,
        canonical: impl Fn(u64) -> Result<Arc<StoredBlock>, ChainError>,
    ) -> Result<Self, ChainError> {
        let mut after = Self { head: Arc::clone(head), ..self.clone() };
        let Some(oldest) = path.removed.last() else { return Ok(after) };
        let first_removed = oldest.header.number;
        if self.finalized.header.number >= first_removed {
            let (head, finalized) = (head.hash, self.finalized.hash);
            return Err(ChainError::BelowFinalized { head, finalized });
        }
        if self.safe.header.number >= first_removed {
            let corrupt = StoreError::Corrupt { table: "canonical", key: oldest.hash };
            after.safe = canonical(first_removed.checked_sub(1).ok_or(corrupt)?)?;
        }
        Ok(after)
    }
}
