//! L2's chain id.

use alloy_primitives::{Address, U256, keccak256};
use thiserror::Error;

/// Most that an L2's chain id may be: wallets take no larger one (MetaMask's `MAX_SAFE_CHAIN_ID`),
/// because JavaScript's numbers, up to 2^53 - 1, must hold what EIP-155 makes of it, twice the id and
/// 36.
pub const MAX_CHAIN_ID: u64 = 4_503_599_627_370_476;
/// Least that a derived one is: above the ids that people choose.
const MIN_DERIVED: u64 = 1 << 32;
/// What the hash that an id is derived from begins with.
const DOMAIN: &[u8] = b"bough L2 chain id";

/// A number that cannot be an L2's chain id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ChainIdError {
    /// Zero is none (EIP-155).
    #[error("L2's chain id cannot be 0")]
    Zero,
    /// Transactions of L1 would be transactions of L2.
    #[error("L2's chain id cannot be {0}: it is L1's")]
    OfL1(u64),
    /// Wallets could not read it.
    #[error("L2's chain id cannot be {got}: at most {MAX_CHAIN_ID} is possible")]
    TooLarge {
        /// What was given.
        got: u64,
    },
}

/// The chain id of a rollup whose deployer chooses none, from what makes the contract's address: the
/// first 8 bytes, as a big-endian number, of
/// `keccak256("bough L2 chain id" || L1's chain id || deployer || nonce)`, the numbers in 8 bytes each,
/// reduced to between 2^32 and [`MAX_CHAIN_ID`]. So the rollups of one deployer, and of one L1, differ, and
/// a transaction of one is none of another's.
pub fn derived_chain_id(l1_chain_id: u64, deployer: Address, nonce: u64) -> u64 {
    let made_from =
        [DOMAIN, &l1_chain_id.to_be_bytes(), deployer.as_slice(), &nonce.to_be_bytes()].concat();
    let hash = U256::from_be_bytes(keccak256(made_from).0);
    let first_bytes: u64 = (hash >> 192usize).to();
    MIN_DERIVED + first_bytes % (MAX_CHAIN_ID + 1 - MIN_DERIVED)
}

/// That a number can be the chain id of an L2 on this L1.
///
/// # Errors
/// [`ChainIdError`].
pub const fn check_chain_id(l2_chain_id: u64, l1_chain_id: u64) -> Result<(), ChainIdError> {
    if l2_chain_id == 0 {
        return Err(ChainIdError::Zero);
    }
    if l2_chain_id == l1_chain_id {
        return Err(ChainIdError::OfL1(l1_chain_id));
    }
    if l2_chain_id > MAX_CHAIN_ID {
        return Err(ChainIdError::TooLarge { got: l2_chain_id });
    }
    Ok(())
}
