//! The L2 block in an input that was posted on L1.

use alloy_primitives::{B256, Bytes};
use bough_stateless::{DecodeError, ExecutionWitness, PayloadError, StatelessInput};
use bough_stf::Block;
use thiserror::Error;

/// A block out of an input, and what it was posted with.
///
/// Its header hashes to what the payload says. Whether it is valid is for whoever executes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostedBlock {
    /// The block.
    pub block: Block,
    /// Its hash.
    pub hash: B256,
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// RLP of the EIP-7928 list; `None` before Amsterdam.
    pub block_access_list: Option<Bytes>,
    /// EIP-7685 requests, each its type byte and then its data.
    pub execution_requests: Vec<Bytes>,
    /// What it can be executed from.
    pub witness: ExecutionWitness,
}

/// Bytes that are no block. L1 accepts none of these.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PostedBlockError {
    /// Not an input.
    #[error("the input cannot be decoded: {0}")]
    Input(DecodeError),
    /// The payload makes no block, or one of another hash than it says.
    #[error(transparent)]
    Payload(#[from] PayloadError),
}

impl PostedBlock {
    /// The block in the bytes of an input.
    ///
    /// # Errors
    /// [`PostedBlockError`].
    pub fn from_input(input: &[u8]) -> Result<Self, PostedBlockError> {
        let input = StatelessInput::decode(input).map_err(PostedBlockError::Input)?;
        let block = input.block()?;
        let payload = input.new_payload_request.execution_payload;
        Ok(Self {
            block,
            hash: payload.block_hash,
            chain_id: input.chain_id,
            block_access_list: payload.block_access_list,
            execution_requests: input.new_payload_request.execution_requests,
            witness: input.witness,
        })
    }
}
