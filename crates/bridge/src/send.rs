//! Sending messages, both ways.

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolCall;
use bough_contracts::NativeRollup::sendMessageCall;
use bough_rollup::Direction;

use crate::{Bridge, BridgeError, MessageParams, Sent};

/// Gas of a recipient's call: under EIP-8037 one new storage slot takes 97,920.
const DEFAULT_GAS_LIMIT: u64 = 500_000;
/// Seconds from L1's latest block to the deadline, by default.
const DEFAULT_LIFETIME: u64 = 24 * 60 * 60;

impl Bridge {
    /// Sends `amount` wei from L1 to `recipient` on L2, and `fee` wei for its delivery; without one,
    /// what that is estimated to cost.
    ///
    /// # Errors
    /// [`BridgeError::NoKey`], [`BridgeError::Refused`], and those of the nodes.
    pub async fn deposit(
        &self,
        amount: U256,
        recipient: Address,
        fee: Option<U256>,
    ) -> Result<Sent, BridgeError> {
        self.message_to_l2(MessageParams { fee, ..MessageParams::transfer(recipient, amount) })
            .await
    }

    /// Sends `amount` wei from L2 to `recipient` on L1. To get them there, [`Self::prove`] and
    /// [`Self::claim`], or let a claimer earn the fee.
    ///
    /// # Errors
    /// As [`Self::deposit`].
    pub async fn withdraw(&self, amount: U256, recipient: Address) -> Result<Sent, BridgeError> {
        self.message_to_l1(MessageParams::transfer(recipient, amount)).await
    }

    /// Sends a message from L1 to L2.
    ///
    /// # Errors
    /// As [`Self::deposit`].
    pub async fn message_to_l2(&self, params: MessageParams) -> Result<Sent, BridgeError> {
        self.send_message(Direction::L1ToL2, params).await
    }

    /// Sends a message from L2 to L1.
    ///
    /// # Errors
    /// As [`Self::deposit`].
    pub async fn message_to_l1(&self, params: MessageParams) -> Result<Sent, BridgeError> {
        self.send_message(Direction::L2ToL1, params).await
    }

    async fn send_message(
        &self,
        direction: Direction,
        params: MessageParams,
    ) -> Result<Sent, BridgeError> {
        let sender = self.address()?;
        let gas_limit = params.gas_limit.unwrap_or(DEFAULT_GAS_LIMIT);
        let fee = match params.fee {
            Some(fee) => fee,
            None => self.estimate_fee(direction, &params, gas_limit).await?,
        };
        let deadline = match params.deadline {
            Some(deadline) => deadline,
            None => self.l1.latest().await?.timestamp.saturating_add(DEFAULT_LIFETIME),
        };
        let (call, value) = send_call(sender, params, fee, gas_limit, deadline);
        let endpoint = self.sending(direction);
        let to = self.messenger(endpoint.chain);
        let receipt =
            endpoint.send("send the message", to, value, call.abi_encode().into()).await?;
        self.sent_in(direction, &receipt, None)
    }
}

/// The call that sends a message, and the wei that go with it.
fn send_call(
    sender: Address,
    params: MessageParams,
    fee: U256,
    gas_limit: u64,
    deadline: u64,
) -> (sendMessageCall, U256) {
    let value = params.value.saturating_add(fee);
    let call = sendMessageCall {
        recipient: params.recipient,
        fee,
        gasLimit: gas_limit,
        deadline,
        refundTo: params.refund_to.unwrap_or(sender),
        data: params.data,
    };
    (call, value)
}

#[cfg(test)]
mod tests {
    use alloy_primitives::Bytes;
    use bough_contracts::L2Messenger;

    use super::*;

    #[test]
    fn the_fee_is_sent_along_and_the_sender_refunded() {
        let [me, to, other] = [1, 2, 3].map(Address::repeat_byte);
        let params = MessageParams::transfer(to, U256::from(7));
        let (call, value) = send_call(me, params.clone(), U256::from(3), 5, 9);
        assert_eq!(value, U256::from(10));
        assert_eq!((call.recipient, call.fee, call.refundTo), (to, U256::from(3), me));
        assert_eq!((call.gasLimit, call.deadline, &call.data), (5, 9, &Bytes::new()));

        let params = MessageParams { refund_to: Some(other), ..params };
        assert_eq!(send_call(me, params, U256::ZERO, 5, 9).0.refundTo, other);
    }

    #[test]
    fn both_messengers_take_the_same_call() {
        assert_eq!(sendMessageCall::SELECTOR, L2Messenger::sendMessageCall::SELECTOR);
    }
}
