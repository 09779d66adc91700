//! The messages to L2, as L1's logs tell them.

use alloy_eips::BlockId;
use bough_contracts::NativeRollup::messageRootCall;
use bough_rollup::{Direction, L1BlockId, MessageTree, SentMessage};

use crate::{Bridge, BridgeError, Chain, events::LoggedMessage};

/// All messages up to an L1 block. Kept from call to call, and read anew when L1 has reorganised.
#[derive(Debug, Default, Clone)]
pub(crate) struct L1Messages {
    pub(crate) tree: MessageTree,
    pub(crate) sent: Vec<SentMessage>,
    /// The first L1 block not read yet.
    next_block: u64,
}

impl L1Messages {
    pub(crate) fn get(&self, nonce: u64) -> Option<&SentMessage> {
        self.sent.get(usize::try_from(nonce).ok()?)
    }

    /// How many had been sent as of an L1 block.
    pub(crate) fn count_at(&self, l1_block: u64) -> u64 {
        self.sent.partition_point(|sent| sent.l1_block.number <= l1_block) as u64
    }

    /// Whether they fit behind those there are.
    fn extend(&mut self, logged: Vec<LoggedMessage>) -> bool {
        logged.into_iter().all(|logged| {
            let is_next = logged.message.nonce == self.tree.len();
            let fits = is_next && self.tree.append(logged.hash).is_ok();
            self.sent.push(SentMessage {
                hash: logged.hash,
                message: logged.message,
                l1_block: L1BlockId { number: logged.block_number, hash: logged.block_hash },
                transaction_hash: logged.transaction_hash,
            });
            fits
        })
    }
}

impl Bridge {
    /// All messages to L2 as of L1's latest block.
    pub(crate) async fn l1_messages(&self) -> Result<L1Messages, BridgeError> {
        let mut kept = self.messages.lock().await;
        let grown = self.read_on(kept.clone()).await?;
        let messages = match grown {
            Some(messages) => messages,
            // What was kept is of another branch.
            None => self
                .read_on(L1Messages::default())
                .await?
                .ok_or(BridgeError::Answer { chain: Chain::L1, what: "messages" })?,
        };
        kept.clone_from(&messages);
        Ok(messages)
    }

    /// Reads on to the latest block; `None` when the contract has another root than these messages.
    async fn read_on(&self, mut messages: L1Messages) -> Result<Option<L1Messages>, BridgeError> {
        let latest = self.l1.latest().await?.number;
        if latest >= messages.next_block {
            let logged = self.all_sent(Direction::L1ToL2, messages.next_block, latest).await?;
            if !messages.extend(logged) {
                return Ok(None);
            }
            messages.next_block = latest.saturating_add(1);
        }
        let (what, at) = ("the message root", BlockId::number(latest));
        let root = self.l1.view(what, self.domain.rollup, messageRootCall {}, at).await?;
        Ok((root == messages.tree.root()).then_some(messages))
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::{Address, B256, Bytes, U256};
    use bough_contracts::Message;

    use super::*;

    fn logged(nonce: u64, block_number: u64) -> LoggedMessage {
        LoggedMessage {
            hash: B256::with_last_byte(1),
            message: Message {
                nonce,
                sender: Address::ZERO,
                recipient: Address::ZERO,
                value: U256::ZERO,
                fee: U256::ZERO,
                gas_limit: 0,
                deadline: 0,
                refund_to: Address::ZERO,
                data: Bytes::new(),
            },
            block_number,
            block_hash: B256::ZERO,
            transaction_hash: B256::ZERO,
        }
    }

    #[test]
    fn counts_as_of_each_block() {
        let mut messages = L1Messages::default();
        assert!(messages.extend(vec![logged(0, 5), logged(1, 5)]));
        assert!(messages.extend(vec![logged(2, 7)]));
        assert_eq!([4, 5, 6, 7, 8].map(|block| messages.count_at(block)), [0, 2, 2, 3, 3]);
        assert_eq!(messages.tree.len(), 3);
        assert_eq!(messages.get(2).map(|sent| sent.l1_block.number), Some(7));
        assert!(messages.get(3).is_none());
    }

    #[test]
    fn a_gap_does_not_fit() {
        let mut messages = L1Messages::default();
        assert!(!messages.extend(vec![logged(1, 5)]));
    }
}
