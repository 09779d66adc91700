//! From a block parameter to a block.

use std::sync::Arc;

use alloy_eips::{BlockId, BlockNumberOrTag};
use bough_chain::{BlockRef, StoredBlock};

use crate::{context::Context, error::MethodError};

impl Context {
    /// The block a tag or number names; `None` past the head.
    ///
    /// `pending` is the head: no block is shown before it is built.
    pub(crate) fn block_by_number(
        &self,
        number: BlockNumberOrTag,
    ) -> Result<Option<Arc<StoredBlock>>, MethodError> {
        let number = match number {
            BlockNumberOrTag::Latest | BlockNumberOrTag::Pending => {
                return Ok(Some(self.chain.head()));
            }
            BlockNumberOrTag::Safe => return Ok(Some(self.chain.safe())),
            BlockNumberOrTag::Finalized => return Ok(Some(self.chain.finalized())),
            BlockNumberOrTag::Earliest => 0,
            BlockNumberOrTag::Number(number) => number,
        };
        Ok(self.chain.block(BlockRef::Number(number))?)
    }

    /// The block an id names; `None` if there is none.
    pub(crate) fn block_by_id(&self, id: BlockId) -> Result<Option<Arc<StoredBlock>>, MethodError> {
        let hash = match id {
            BlockId::Number(number) => return self.block_by_number(number),
            BlockId::Hash(hash) => hash,
        };
        let Some(block) = self.chain.block(BlockRef::Hash(hash.block_hash))? else {
            return Ok(None);
        };
        if hash.require_canonical == Some(true) && !self.chain.is_canonical(&block)? {
            return Err(MethodError::NotCanonical { hash: block.hash });
        }
        Ok(Some(block))
    }

    /// The block whose state is read: the one named, or the head where none is.
    pub(crate) fn state_block(&self, id: Option<BlockId>) -> Result<Arc<StoredBlock>, MethodError> {
        self.block_by_id(id.unwrap_or_default())?.ok_or(MethodError::HeaderNotFound)
    }
}
