//! One type for the messages of both contracts, of which `sol!` makes one each.

use alloy_primitives::{Address, Bytes, U256};

use crate::{L2Messenger, NativeRollup};

/// A call, with ETH, from an account on one chain to an account on the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its number among those of its direction, from 0.
    pub nonce: u64,
    /// Who called `sendMessage` on the sending chain.
    pub sender: Address,
    /// Who is called on the executing chain.
    pub recipient: Address,
    /// Wei for the recipient.
    pub value: U256,
    /// Wei for whoever delivers the message.
    pub fee: U256,
    /// Gas of the recipient's call.
    pub gas_limit: u64,
    /// The last Unix timestamp (seconds) of the executing chain at which it may be delivered.
    pub deadline: u64,
    /// Whom a refund pays on the sending chain.
    pub refund_to: Address,
    /// Calldata of the recipient's call.
    pub data: Bytes,
}

macro_rules! convert {
    ($contract:ident) => {
        impl From<$contract::Message> for Message {
            fn from(m: $contract::Message) -> Self {
                Self {
                    nonce: m.nonce,
                    sender: m.sender,
                    recipient: m.recipient,
                    value: m.value,
                    fee: m.fee,
                    gas_limit: m.gasLimit,
                    deadline: m.deadline,
                    refund_to: m.refundTo,
                    data: m.data,
                }
            }
        }

        impl From<Message> for $contract::Message {
            fn from(m: Message) -> Self {
                Self {
                    nonce: m.nonce,
                    sender: m.sender,
                    recipient: m.recipient,
                    value: m.value,
                    fee: m.fee,
                    gasLimit: m.gas_limit,
                    deadline: m.deadline,
                    refundTo: m.refund_to,
                    data: m.data,
                }
            }
        }
    };
}

convert!(NativeRollup);
convert!(L2Messenger);
