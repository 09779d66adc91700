//! Waiting until something has happened.

use std::time::Duration;

use bough_rollup::Direction;
use tokio::time::{Instant, sleep};

use crate::{Bridge, BridgeError, Delivered, endpoint::POLL_INTERVAL};

impl Bridge {
    /// Waits until a message was delivered, by whomever.
    ///
    /// # Errors
    /// [`BridgeError::Timeout`], and those of the node.
    pub async fn wait_delivered(
        &self,
        direction: Direction,
        nonce: u64,
        timeout: Duration,
    ) -> Result<Delivered, BridgeError> {
        poll("the delivery", timeout, async || {
            if !self.is_delivered(direction, nonce).await? {
                return Ok(None);
            }
            self.delivery(direction, nonce).await
        })
        .await
    }

    /// Waits until an L2 block knows a message from L1, so that it can be delivered.
    ///
    /// # Errors
    /// [`BridgeError::Timeout`], those of [`Self::prove_delivery`] that waiting does not help, and
    /// those of the nodes.
    pub async fn wait_deliverable(&self, nonce: u64, timeout: Duration) -> Result<(), BridgeError> {
        poll("an L2 block that knows the message", timeout, async || {
            match self.prove_delivery(nonce).await {
                Ok(_) => Ok(Some(())),
                Err(BridgeError::NotAnchored { .. } | BridgeError::AnchorNotFound(_)) => Ok(None),
                Err(error) => Err(error),
            }
        })
        .await
    }

    /// Waits until L1 has executed the block of a message from L2, so that it can be proved.
    ///
    /// # Errors
    /// [`BridgeError::Timeout`], [`BridgeError::UnknownMessage`], and those of the nodes.
    pub async fn wait_provable(&self, nonce: u64, timeout: Duration) -> Result<(), BridgeError> {
        let sent = self.message(Direction::L2ToL1, nonce).await?;
        self.wait_executed(sent.transaction.block_number, timeout).await
    }

    /// Waits until L1 has executed an L2 block.
    ///
    /// # Errors
    /// [`BridgeError::Timeout`], and those of the node.
    pub async fn wait_executed(&self, l2_block: u64, timeout: Duration) -> Result<(), BridgeError> {
        poll("the block's execution on L1", timeout, async || {
            Ok((self.executed().await?.number >= l2_block).then_some(()))
        })
        .await
    }
}

/// Looks again and again until there is something, or an error, or the time is over.
async fn poll<T>(
    what: &'static str,
    timeout: Duration,
    mut look: impl AsyncFnMut() -> Result<Option<T>, BridgeError>,
) -> Result<T, BridgeError> {
    let deadline = Instant::now() + timeout;
    loop {
        if let Some(found) = look().await? {
            return Ok(found);
        }
        if Instant::now() >= deadline {
            return Err(BridgeError::Timeout { what, seconds: timeout.as_secs() });
        }
        sleep(POLL_INTERVAL).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "current_thread")]
    async fn polls_until_found_or_late() {
        let mut looks = 0;
        let found = poll("it", Duration::from_secs(60), async || {
            looks += 1;
            Ok((looks == 2).then_some(looks))
        });
        assert_eq!(found.await.ok(), Some(2));

        let late = poll::<()>("it", Duration::ZERO, async || Ok(None)).await;
        assert!(matches!(late, Err(BridgeError::Timeout { what: "it", seconds: 0 })));

        let wrong = poll::<()>("it", Duration::from_secs(60), async || Err(BridgeError::NoKey));
        assert!(matches!(wrong.await, Err(BridgeError::NoKey)));
    }
}
