//! What L2's genesis gives the messenger at [`crate::addresses::L2_MESSENGER`], and where it keeps what L1 proves.
//!
//! Genesis writes its code ([`crate::L2Messenger::DEPLOYED_BYTECODE`]), its balance and the slots
//! [`L1_CHAIN_ID_SLOT`] and [`ROLLUP_SLOT`]. The slots are those of the artifact's storage layout, by a test.

use alloy_primitives::U256;

/// The slot of the bitmap of delivered messages, a mapping from `nonce / 256` to 256 bits.
pub const CLAIMED_SLOT: U256 = U256::from_limbs([0, 0, 0, 0]);

/// The slot of the number of messages sent, a u64.
pub const MESSAGE_COUNT_SLOT: U256 = U256::from_limbs([1, 0, 0, 0]);

/// The slot of L1's chain id, a word.
pub const L1_CHAIN_ID_SLOT: U256 = U256::from_limbs([2, 0, 0, 0]);

/// The slot of the rollup's address on L1, a word with the address in its low 20 bytes.
pub const ROLLUP_SLOT: U256 = U256::from_limbs([3, 0, 0, 0]);

/// The slot of the mapping `sent`, from a message's hash to 1.
pub const SENT_SLOT: U256 = U256::from_limbs([4, 0, 0, 0]);

/// Wei that exist on L2 from the start: `2^128 - 1`.
pub const PREMINT: U256 = U256::from_limbs([u64::MAX, u64::MAX, 0, 0]);
