//! What every method works on.

use std::sync::Arc;

use alloy_primitives::B256;
use bough_chain::{Chain, ChainEvent};
use jsonrpsee::{core::traits::IdProvider, server::RandomIntegerIdProvider, types::SubscriptionId};
use tokio::sync::{broadcast, oneshot, watch};

use crate::{RpcConfig, RpcHooks, filters::Filters};

/// Pool announcements a slow subscriber may fall behind before it loses some.
const PENDING_BACKLOG: usize = 4096;

/// The chain, its surroundings and the server's own state.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) chain: Arc<Chain>,
    pub(crate) config: RpcConfig,
    pub(crate) hooks: RpcHooks,
    pub(crate) filters: Arc<Filters>,
    pub(crate) news: News,
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
        config: RpcConfig,
        hooks: RpcHooks,
    ) -> (Self, oneshot::Receiver<()>) {
        let filters = Arc::new(Filters::new(config.filter_timeout));
        let (in_use, released) = oneshot::channel();
        let context = Self { chain, config, hooks, filters, news: News::new(), _in_use: in_use };
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

/// Ids of subscriptions and filters: random, as hexadecimal quantities, which clients expect.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HexIds;

impl HexIds {
    pub(crate) fn next(self) -> String {
        match RandomIntegerIdProvider.next_id() {
            SubscriptionId::Num(number) => format!("{number:#x}"),
            SubscriptionId::Str(text) => text.into_owned(),
        }
    }
}

impl IdProvider for HexIds {
    fn next_id(&self) -> SubscriptionId<'static> {
        SubscriptionId::Str(self.next().into())
    }
}
