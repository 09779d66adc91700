//! What an L2 block commits to of L1.

use alloy_primitives::{B256, Bytes, keccak256};

use crate::{L1BlockId, MessageTree};

/// Which L1 block and which messages an anchor is made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AnchorPoint {
    /// Number of the L1 block.
    pub l1_block: u64,
    /// How many messages, the first ones.
    pub message_count: u64,
}

impl AnchorPoint {
    /// Bytes of the hint.
    const HINT: usize = 16;

    /// The `extra_data` of an L2 block anchored here: both numbers, big-endian, 8 bytes each.
    ///
    /// A hint: nothing trusts it before the anchor made from it is the block's.
    pub fn to_extra_data(self) -> Bytes {
        [self.l1_block.to_be_bytes(), self.message_count.to_be_bytes()].concat().into()
    }

    /// The hint in a block's `extra_data`, if it is one.
    pub fn from_extra_data(extra_data: &[u8]) -> Option<Self> {
        let hint: &[u8; Self::HINT] = extra_data.try_into().ok()?;
        let (l1_block, message_count) = hint.split_first_chunk::<8>()?;
        Some(Self {
            l1_block: u64::from_be_bytes(*l1_block),
            message_count: u64::from_be_bytes(message_count.try_into().ok()?),
        })
    }
}

/// An anchor and what it is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Anchor {
    /// The L1 block.
    pub l1_block: L1BlockId,
    /// How many messages, the first ones.
    pub message_count: u64,
    /// The root of their tree.
    pub message_root: B256,
}

impl Anchor {
    /// The value in `parent_beacon_block_root`: `keccak256(l1BlockHash || messageRoot)`.
    pub fn value(&self) -> B256 {
        keccak256([self.l1_block.hash, self.message_root].concat())
    }

    /// The numbers without the hashes.
    pub const fn point(&self) -> AnchorPoint {
        AnchorPoint { l1_block: self.l1_block.number, message_count: self.message_count }
    }
}

/// Finds what the anchor `value` is made of, among L1 blocks and numbers of messages that it may be
/// made of. It hashes once for each pair: the caller bounds them, likely ones first.
pub fn find_anchor(
    value: B256,
    tree: &MessageTree,
    candidates: impl IntoIterator<Item = (L1BlockId, u64)>,
) -> Option<Anchor> {
    candidates.into_iter().find_map(|(l1_block, message_count)| {
        let message_root = tree.root_at(message_count).ok()?;
        Some(Anchor { l1_block, message_count, message_root }).filter(|a| a.value() == value)
    })
}
