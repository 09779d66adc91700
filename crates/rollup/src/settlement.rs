//! L2 blocks as L1 takes them.

use alloy_primitives::{B256, Bytes, keccak256};
use alloy_sol_types::SolCall;
use bough_contracts::NativeRollup::{self, advanceCall};
use bough_stateless::{DecodeError, ExecutionWitness, Schema, StatelessInput};
use bough_stf::{Block, ChainSpec};
use thiserror::Error;

use crate::AnchorPoint;

/// Why there is no such input or call.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum SettlementError {
    /// EXECUTE has no schema for the fork of this block.
    #[error("EXECUTE cannot check blocks of the fork at timestamp {timestamp}")]
    NoSchema {
        /// The L2 block's.
        timestamp: u64,
    },
    /// The block is not anchored.
    #[error("block {0} has no anchor in its parent_beacon_block_root")]
    NoAnchor(u64),
    /// The block or its witness is larger than the schema allows.
    #[error("the input cannot be encoded: {0}")]
    Encode(DecodeError),
    /// Calldata that is no call to `advance`.
    #[error("not a call to advance: {0}")]
    NotAdvance(alloy_sol_types::Error),
}

/// One block of a call to `advance`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockInput {
    /// What the block's anchor is made of.
    pub anchor: AnchorPoint,
    /// The input of EXECUTE: schema id and SSZ of the `StatelessInput`.
    pub input: Bytes,
}

impl BlockInput {
    /// As in the `Advanced` event.
    pub fn hash(&self) -> B256 {
        keccak256(&self.input)
    }
}

/// The input of EXECUTE for a block: what was built, and the witness recorded meanwhile. The
/// block's anchor is its `parent_beacon_block_root`.
///
/// # Errors
/// All but [`SettlementError::NotAdvance`].
pub fn block_input(
    spec: &ChainSpec,
    block: &Block,
    block_access_list: Option<Bytes>,
    execution_requests: Vec<Bytes>,
    witness: ExecutionWitness,
) -> Result<Bytes, SettlementError> {
    let (number, timestamp) = (block.header.number, block.header.timestamp);
    let schema = Schema::of(spec.forks.fork_at(number, timestamp))
        .ok_or(SettlementError::NoSchema { timestamp })?;
    if block.header.parent_beacon_block_root.unwrap_or_default().is_zero() {
        return Err(SettlementError::NoAnchor(number));
    }
    let input = StatelessInput::from_block(
        schema,
        spec.chain_id,
        block,
        block_access_list,
        execution_requests,
        witness,
    );
    input.encode().map(Bytes::from).map_err(SettlementError::Encode)
}

/// The calldata that advances the chain by these blocks.
pub fn advance_calldata(blocks: &[BlockInput]) -> Bytes {
    let blocks = blocks.iter().map(|block| NativeRollup::BlockInput {
        anchorBlock: block.anchor.l1_block,
        messageCount: block.anchor.message_count,
        input: block.input.clone(),
    });
    advanceCall { blocks: blocks.collect() }.abi_encode().into()
}

/// The blocks of a call to `advance`.
///
/// # Errors
/// [`SettlementError::NotAdvance`].
pub fn decode_advance(calldata: &[u8]) -> Result<Vec<BlockInput>, SettlementError> {
    let call = advanceCall::abi_decode(calldata).map_err(SettlementError::NotAdvance)?;
    let blocks = call.blocks.into_iter().map(|block| BlockInput {
        anchor: AnchorPoint { l1_block: block.anchorBlock, message_count: block.messageCount },
        input: block.input,
    });
    Ok(blocks.collect())
}
