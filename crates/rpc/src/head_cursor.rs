//! A place in the chain's history from which to see what changed.

use std::sync::Arc;

use bough_chain::{BlockId, BlockRef, Chain, StoredBlock};

use crate::error::MethodError;

/// Remembers the block it has seen and, asked again, tells the next block on the way from there to
/// the present head: those that left the canonical chain, newest first, then those that joined it,
/// oldest first.
///
/// It asks the chain instead of queueing events, and keeps no block: nothing is lost when the reader
/// is slow, and a reader that never asks costs nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HeadCursor {
    seen: BlockId,
}

/// A block on the way to the head.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) block: Arc<StoredBlock>,
    /// Whether it is no longer canonical.
    pub(crate) removed: bool,
}

impl HeadCursor {
    /// A cursor at the present head.
    pub(crate) fn new(chain: &Chain) -> Self {
        Self { seen: chain.head().id() }
    }

    /// Moves by one block; `None` at the present head.
    pub(crate) fn step(&mut self, chain: &Chain) -> Result<Option<Step>, MethodError> {
        let head = chain.head();
        if head.hash == self.seen.hash {
            return Ok(None);
        }
        let BlockId { number, hash } = self.seen;
        if let Some(block) = self.child(chain, head)? {
            self.seen = block.id();
            return Ok(Some(Step { block, removed: false }));
        }
        if chain.canonical_hash(number)? == Some(hash) {
            // The head moved back to it in the meantime.
            return Ok(None);
        }
        let block =
            chain.block(BlockRef::Hash(hash))?.ok_or(MethodError::BlockNotFound { hash })?;
        self.seen = parent(&block);
        Ok(Some(Step { block, removed: true }))
    }

    /// The canonical block after the one that was seen, where that is canonical and not the head.
    fn child(
        &self,
        chain: &Chain,
        head: Arc<StoredBlock>,
    ) -> Result<Option<Arc<StoredBlock>>, MethodError> {
        if parent(&head) == self.seen {
            return Ok(Some(head));
        }
        let next = chain.block(BlockRef::Number(self.seen.number.saturating_add(1)))?;
        Ok(next.filter(|next| parent(next) == self.seen))
    }
}

fn parent(block: &StoredBlock) -> BlockId {
    BlockId { number: block.header.number.saturating_sub(1), hash: block.header.parent_hash }
}
