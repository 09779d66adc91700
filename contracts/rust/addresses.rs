//! Addresses that are the same on every chain of this kind.

use alloy_primitives::{Address, address};

/// The L2 messenger, in L2's genesis.
pub const L2_MESSENGER: Address = address!("0xB006000000000000000000000000000000000001");

/// The EXECUTE precompile on L1 (EIP-8079).
pub const EXECUTE: Address = address!("0x0000000000000000000000000000000000000101");
