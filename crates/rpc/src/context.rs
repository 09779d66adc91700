//! What every method works on.

use std::sync::Arc;

use alloy_primitives::B256;
use bough_chain::{Chain, ChainEvent};
use tokio::sync::{Semaphore, broadcast, oneshot, watch};

use crate::{Limits, RpcHooks, filters::Filters, work::Budget};

/// Pool announcements a slow subscriber may fall behind before it loses some.
const PENDING_BACKLOG: usize = 4096;
/// Bytes of an answer or notification that do not count: connections bound how many there are.
const FREE: usize = 64 << 10;

/// The chain, its surroundings and the server's own state.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) chain: Arc<Chain>,
    pub(crate) limits: Limits,
    pub(crate) hooks: RpcHooks,
    pub(crate) filters: Arc<Filters>,
    pub(crate) news: News,
    /// Memory for answers and notifications.
    pub(crate) responses: Budget,
    /// Places for subscriptions, of all connections.
    pub(crate) subscriptions: Arc<Semaphore>,
    /// Held by the thread that searches blocks for subscribers: there is one, which is no socket's.
    pub(crate) searching: Arc<Semaphore>,
    /// Dropped with the last call and subscription that uses this.
    _in_use: oneshot::Sender<()>,
}

/// Wakes subscriptions.
#[derive(Debug, Clone)]
pub(crate) struct News {
    head: watch::Sender<()>,
    pending: broadcast::Sender<B256>,
}

impl News {
    fn new() -> Self {
        Self { head: watch::Sender::new(()), pending: broadcast::Sender::new(PENDING_BACKLOG) }
    }

    /// Changes whenever the head does; it carries nothing, the chain does.
    pub(crate) fn head(&self) -> watch::Receiver<()> {
        self.head.subscribe()
    }

    /// Hashes of transactions as the pool takes them.
    pub(crate) fn pending(&self) -> broadcast::Receiver<B256> {
        self.pending.subscribe()
    }
}

impl Context {
    /// The context, and a receiver that fails once nothing uses the context any more.
    pub(crate) fn new(
        chain: Arc<Chain>,
        limits: Limits,
        hooks: RpcHooks,
    ) -> (Self, oneshot::Receiver<()>) {
        let filters = Arc::new(Filters::new(&limits));
        let subscriptions = Arc::new(Semaphore::new(limits.subscriptions.all));
        let responses = Budget::new(limits.held_response_bytes, FREE);
        let (in_use, released) = oneshot::channel();
        let news = News::new();
        let context = Self {
            chain,
            limits,
            hooks,
            filters,
            news,
            responses,
            subscriptions,
            searching: Arc::new(Semaphore::new(1)),
            _in_use: in_use,
        };
        (context, released)
    }

    /// What to call on each event of the chain. It keeps neither the chain nor the context alive.
    pub(crate) fn listener(&self) -> impl Fn(&ChainEvent) + Send + Sync + 'static {
        let news = self.news.clone();
        let filters = Arc::downgrade(&self.filters);
        move |event| match event {
            ChainEvent::Pooled { transaction } => {
                let hash = transaction.hash();
                if let Some(filters) = filters.upgrade() {
                    filters.transaction_arrived(hash);
                }
                // Nobody subscribed is not an error.
                let _ = news.pending.send(hash);
            }
            ChainEvent::NewHead { .. } | ChainEvent::Reorg { .. } => {
                news.head.send_replace(());
            }
            ChainEvent::Tags { .. } | ChainEvent::Dropped { .. } => {}
        }
    }
}

/// A new id of a subscription or filter: random, as a hexadecimal quantity, which clients expect.
pub(crate) fn new_id() -> String {
    format!("{:#x}", rand::random::<u128>())
}
