//! Hashes of messages, equal to those that the contracts compute.

use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_sol_types::SolValue;
use bough_contracts::{Message, l2_messenger::SENT_SLOT};

/// Which way a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Sent by the rollup's contract, proved by the message tree.
    L1ToL2,
    /// Sent by the L2 messenger, proved by a state root.
    L2ToL1,
}

impl Direction {
    /// The tag in the message's hash (`Messages.sol`).
    pub fn tag(self) -> B256 {
        match self {
            Self::L1ToL2 => keccak256("Bough.Message.L1ToL2"),
            Self::L2ToL1 => keccak256("Bough.Message.L2ToL1"),
        }
    }
}

/// The two chains and the contract that a message belongs to: its hash commits to all three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MessageDomain {
    /// L1's chain id.
    pub l1_chain_id: u64,
    /// The rollup's contract on L1.
    pub rollup: Address,
    /// L2's chain id.
    pub l2_chain_id: u64,
}

impl MessageDomain {
    /// The hash of a message: `keccak256(abi.encode(tag, l1ChainId, rollup, l2ChainId, nonce, sender,
    /// recipient, value, fee, gasLimit, deadline, refundTo, keccak256(data)))`.
    pub fn hash(&self, direction: Direction, message: &Message) -> B256 {
        let words = (
            direction.tag(),
            U256::from(self.l1_chain_id),
            self.rollup,
            U256::from(self.l2_chain_id),
            message.nonce,
            message.sender,
            message.recipient,
            message.value,
            message.fee,
            message.gas_limit,
            message.deadline,
            message.refund_to,
            keccak256(&message.data),
        );
        keccak256(words.abi_encode())
    }
}

/// The slot of the L2 messenger that is 1 once the message with this hash was sent there:
/// `keccak256(hash || SENT_SLOT)`.
pub fn sent_slot(hash: B256) -> B256 {
    keccak256([hash, SENT_SLOT.into()].concat())
}
