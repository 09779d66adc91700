//! A place in the chain's history from which to see what changed.

use std::sync::Arc;

use alloy_primitives::B256;
use bough_chain::{BlockRef, Chain, StoredBlock};

use crate::error::MethodError;

/// Remembers the head it has seen and, asked again, tells which blocks left the canonical chain
/// and which joined it.
///
/// It asks the chain instead of queueing events: nothing is lost when the reader is slow, and a
/// reader that never asks costs nothing.
#[derive(Debug)]
pub(crate) struct HeadCursor {
    seen: Arc<StoredBlock>,
}

/// How the canonical chain differs from what a [`HeadCursor`] had seen.
#[derive(Debug, Default)]
pub(crate) struct HeadChange {
    /// Blocks no longer canonical, newest first.
    pub(crate) removed: Vec<Arc<StoredBlock>>,
    /// Blocks that became canonical, oldest first.
    pub(crate) added: Vec<Arc<StoredBlock>>,
}

impl HeadCursor {
    /// A cursor at the present head.
    pub(crate) fn new(chain: &Chain) -> Self {
        Self { seen: chain.head() }
    }

    /// Moves to the present head and returns the way there.
    pub(crate) fn advance(&mut self, chain: &Chain) -> Result<HeadChange, MethodError> {
        let head = chain.head();
        let mut change = HeadChange::default();
        let mut old = self.seen.clone();
        let mut new = head.clone();
        while new.header.number > old.header.number {
            let parent = parent(chain, &new)?;
            change.added.push(std::mem::replace(&mut new, parent));
        }
        while old.header.number > new.header.number {
            let parent = parent(chain, &old)?;
            change.removed.push(std::mem::replace(&mut old, parent));
        }
        while old.hash != new.hash {
            let (old_parent, new_parent) = (parent(chain, &old)?, parent(chain, &new)?);
            change.removed.push(std::mem::replace(&mut old, old_parent));
            change.added.push(std::mem::replace(&mut new, new_parent));
        }
        change.added.reverse();
        self.seen = head;
        Ok(change)
    }
}

fn parent(chain: &Chain, block: &StoredBlock) -> Result<Arc<StoredBlock>, MethodError> {
    let hash: B256 = block.header.parent_hash;
    chain.block(BlockRef::Hash(hash))?.ok_or(MethodError::BlockNotFound { hash })
}
