//! What the messengers logged.

use alloy_eips::BlockId;
use alloy_primitives::{B256, U256};
use alloy_rpc_types_eth::{Filter, Log, TransactionReceipt};
use alloy_sol_types::SolEvent;
use bough_contracts::{
    Message,
    NativeRollup::{MessageClaimed, MessageSent, isClaimedCall},
};
use bough_rollup::Direction;

use crate::{Bridge, BridgeError, Chain, Delivered, MessageRef, Sent, TxInfo};

/// A message as a log of the sending chain tells it.
#[derive(Debug, Clone)]
pub(crate) struct LoggedMessage {
    pub(crate) hash: B256,
    pub(crate) message: Message,
    /// The block of the sending chain.
    pub(crate) block_number: u64,
    pub(crate) block_hash: B256,
    pub(crate) transaction_hash: B256,
}

// The events and views of the two messengers are the same: `IMessenger.sol`.
impl Bridge {
    /// A message that was sent.
    ///
    /// # Errors
    /// [`BridgeError::UnknownMessage`] and [`BridgeError::NoMessageIn`], and those of the node.
    pub async fn message(
        &self,
        direction: Direction,
        message: impl Into<MessageRef>,
    ) -> Result<Sent, BridgeError> {
        let endpoint = self.sending(direction);
        let chain = endpoint.chain;
        let (hash, nonce) = match message.into() {
            MessageRef::Transaction(hash) => (hash, None),
            MessageRef::Nonce(nonce) => {
                let filter = self.filter(chain, MessageSent::SIGNATURE_HASH).topic1(topic(nonce));
                let logs = endpoint.logs(&filter, 0, endpoint.latest().await?.number).await?;
                let hash = logs.first().and_then(|log| log.transaction_hash);
                (hash.ok_or(BridgeError::UnknownMessage { chain, nonce })?, Some(nonce))
            }
        };
        let receipt = self.receipt(chain, hash).await?;
        self.sent_in(direction, &receipt, nonce)
    }

    /// Whether a message was delivered, as of the latest block.
    ///
    /// # Errors
    /// Those of the node.
    pub async fn is_delivered(
        &self,
        direction: Direction,
        nonce: u64,
    ) -> Result<bool, BridgeError> {
        let endpoint = self.executing(direction);
        let to = self.messenger(endpoint.chain);
        let call = isClaimedCall { nonce };
        endpoint.view("deliveries", to, call, BlockId::latest()).await
    }

    /// The delivery of a message, if there was one.
    ///
    /// # Errors
    /// Those of the node.
    pub async fn delivery(
        &self,
        direction: Direction,
        nonce: u64,
    ) -> Result<Option<Delivered>, BridgeError> {
        let endpoint = self.executing(direction);
        let filter =
            self.filter(endpoint.chain, MessageClaimed::SIGNATURE_HASH).topic1(topic(nonce));
        let logs = endpoint.logs(&filter, 0, endpoint.latest().await?.number).await?;
        let Some(hash) = logs.first().and_then(|log| log.transaction_hash) else {
            return Ok(None);
        };
        let receipt = self.receipt(endpoint.chain, hash).await?;
        self.delivered_in(direction, &receipt, nonce).map(Some)
    }

    /// The message sent by a transaction: number `nonce`, or the first.
    pub(crate) fn sent_in(
        &self,
        direction: Direction,
        receipt: &TransactionReceipt,
        nonce: Option<u64>,
    ) -> Result<Sent, BridgeError> {
        let chain = Chain::sending(direction);
        let hash = receipt.transaction_hash;
        let event = self
            .decoded::<MessageSent>(chain, receipt)
            .find(|event| nonce.is_none_or(|nonce| event.nonce == nonce))
            .ok_or(BridgeError::NoMessageIn { chain, hash })?;
        let (hash, message) = self.check_sent(direction, event)?;
        let transaction = tx_info(chain, receipt)?;
        Ok(Sent { direction, nonce: message.nonce, hash, message, transaction })
    }

    pub(crate) fn delivered_in(
        &self,
        direction: Direction,
        receipt: &TransactionReceipt,
        nonce: u64,
    ) -> Result<Delivered, BridgeError> {
        let chain = Chain::executing(direction);
        let event = self
            .decoded::<MessageClaimed>(chain, receipt)
            .find(|event| event.nonce == nonce)
            .ok_or(BridgeError::Answer { chain, what: "a delivery" })?;
        Ok(Delivered {
            direction,
            nonce,
            hash: event.hash,
            claimer: event.claimer,
            transaction: tx_info(chain, receipt)?,
        })
    }

    /// All messages sent from block `from` to block `to` of the sending chain, in order.
    pub(crate) async fn all_sent(
        &self,
        direction: Direction,
        from: u64,
        to: u64,
    ) -> Result<Vec<LoggedMessage>, BridgeError> {
        let endpoint = self.sending(direction);
        let filter = self.filter(endpoint.chain, MessageSent::SIGNATURE_HASH);
        let logs = endpoint.logs(&filter, from, to).await?;
        logs.iter().map(|log| self.logged(direction, log)).collect()
    }

    /// Nonces of all messages delivered so far.
    pub(crate) async fn all_delivered(
        &self,
        direction: Direction,
    ) -> Result<Vec<u64>, BridgeError> {
        let endpoint = self.executing(direction);
        let filter = self.filter(endpoint.chain, MessageClaimed::SIGNATURE_HASH);
        let logs = endpoint.logs(&filter, 0, endpoint.latest().await?.number).await?;
        let answer = BridgeError::Answer { chain: endpoint.chain, what: "deliveries" };
        let events = logs.iter().map(|log| MessageClaimed::decode_log(&log.inner));
        let nonces: Result<_, _> = events.map(|event| event.map(|event| event.nonce)).collect();
        nonces.map_err(|_| answer)
    }

    fn logged(&self, direction: Direction, log: &Log) -> Result<LoggedMessage, BridgeError> {
        let chain = Chain::sending(direction);
        let answer = || BridgeError::Answer { chain, what: "messages" };
        let event = MessageSent::decode_log(&log.inner).map_err(|_| answer())?;
        let (hash, message) = self.check_sent(direction, event.data)?;
        Ok(LoggedMessage {
            hash,
            message,
            block_number: log.block_number.ok_or_else(answer)?,
            block_hash: log.block_hash.ok_or_else(answer)?,
            transaction_hash: log.transaction_hash.ok_or_else(answer)?,
        })
    }

    fn check_sent(
        &self,
        direction: Direction,
        event: MessageSent,
    ) -> Result<(B256, Message), BridgeError> {
        let message = Message::from(event.message);
        let hash = self.domain.hash(direction, &message);
        if (event.nonce, event.hash) != (message.nonce, hash) {
            return Err(BridgeError::Answer { chain: Chain::sending(direction), what: "messages" });
        }
        Ok((hash, message))
    }

    async fn receipt(&self, chain: Chain, hash: B256) -> Result<TransactionReceipt, BridgeError> {
        let receipt = self.endpoint(chain).receipt(hash).await?;
        receipt.ok_or(BridgeError::NoMessageIn { chain, hash })
    }

    fn decoded<'a, E: SolEvent>(
        &self,
        chain: Chain,
        receipt: &'a TransactionReceipt,
    ) -> impl Iterator<Item = E> + use<'a, E> {
        let messenger = self.messenger(chain);
        let logs = receipt.inner.logs().iter().filter(move |log| log.inner.address == messenger);
        logs.filter_map(|log| E::decode_log(&log.inner).ok()).map(|log| log.data)
    }

    fn filter(&self, chain: Chain, event: B256) -> Filter {
        Filter::new().address(self.messenger(chain)).event_signature(event)
    }
}

fn topic(nonce: u64) -> B256 {
    U256::from(nonce).into()
}

fn tx_info(chain: Chain, receipt: &TransactionReceipt) -> Result<TxInfo, BridgeError> {
    Ok(TxInfo {
        hash: receipt.transaction_hash,
        block_number: receipt
            .block_number
            .ok_or(BridgeError::Answer { chain, what: "a receipt" })?,
        gas_used: receipt.gas_used,
    })
}
