//! What the chain tells those who listen.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    sync::Arc,
};

use alloy_primitives::B256;
use parking_lot::Mutex;
use tracing::error;

use crate::{DropReason, PooledTransaction, StoredBlock, panic::guarded};

/// Something that happened to a chain.
#[derive(Debug, Clone)]
pub enum ChainEvent {
    /// The head moved to a child of the previous head.
    NewHead {
        /// The new head.
        block: Arc<StoredBlock>,
    },
    /// The head moved to another branch, or back.
    Reorg {
        /// Blocks that left the canonical chain, newest first.
        removed: Vec<Arc<StoredBlock>>,
        /// Blocks that joined it, oldest first; empty when the head moved back.
        added: Vec<Arc<StoredBlock>>,
        /// The new head.
        head: Arc<StoredBlock>,
    },
    /// The safe or the finalized block changed.
    Tags {
        /// Hash of the safe block.
        safe: B256,
        /// Hash of the finalized block.
        finalized: B256,
    },
    /// A transaction entered the pool.
    Pooled {
        /// The transaction.
        transaction: Arc<PooledTransaction>,
    },
    /// A transaction left the pool without having been mined.
    Dropped {
        /// The transaction.
        transaction: Arc<PooledTransaction>,
        /// Why.
        reason: DropReason,
    },
}

/// Names a listener, to remove it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubscriptionId(u64);

/// Called for each event, after all locks are released: it may use the chain. Events come in the
/// order they happened; one thread delivers at a time. One that panics is logged and called again
/// for the next event.
pub type Listener = Box<dyn Fn(&ChainEvent) + Send + Sync>;

/// Listeners and the events not yet delivered to them.
///
/// Events are queued while the chain's locks are held, which fixes their order, and delivered
/// when they are not. Whoever finds the queue busy leaves its events to the thread at work: so a
/// listener may itself change the chain.
#[derive(Default)]
pub(crate) struct Events {
    queue: Mutex<Queue>,
    listeners: Mutex<BTreeMap<SubscriptionId, Arc<Listener>>>,
    next_id: Mutex<u64>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<ChainEvent>,
    delivering: bool,
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").finish_non_exhaustive()
    }
}

impl Events {
    pub(crate) fn subscribe(&self, listener: Listener) -> SubscriptionId {
        let mut next = self.next_id.lock();
        let id = SubscriptionId(*next);
        *next = next.saturating_add(1);
        self.listeners.lock().insert(id, Arc::new(listener));
        id
    }

    pub(crate) fn unsubscribe(&self, id: SubscriptionId) -> bool {
        self.listeners.lock().remove(&id).is_some()
    }

    /// Queues an event.
    pub(crate) fn push(&self, event: ChainEvent) {
        self.queue.lock().waiting.push_back(event);
    }

    /// Delivers what is queued. To be called without any lock held.
    pub(crate) fn deliver(&self) {
        if std::mem::replace(&mut self.queue.lock().delivering, true) {
            return;
        }
        while let Some(event) = self.take() {
            let listeners: Vec<_> = self.listeners.lock().values().cloned().collect();
            for listener in listeners {
                // A listener that panics keeps the event from no other.
                if guarded(|| listener(&event)).is_err() {
                    error!("a listener panicked");
                }
            }
        }
    }

    /// The next event; marks the delivery as over, under the same lock, when there is none.
    fn take(&self) -> Option<ChainEvent> {
        let mut queue = self.queue.lock();
        let event = queue.waiting.pop_front();
        queue.delivering = event.is_some();
        event
    }
}
