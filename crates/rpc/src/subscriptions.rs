//! `eth_subscribe`: news as they come, over WebSocket.

use std::{collections::BTreeMap, sync::Arc};

use alloy_primitives::B256;
use alloy_rpc_types_eth::{
    Filter,
    pubsub::{Params as Options, SubscriptionKind},
};
use serde::Serialize;
use tokio::{
    sync::{Mutex, OwnedSemaphorePermit, broadcast, mpsc, watch},
    task::JoinSet,
};
use tracing::warn;

use crate::{
    PerConnection,
    context::{Context, new_id},
    error::MethodError,
    eth_logs::check_terms,
    filters::changed_logs,
    head_cursor::{HeadChange, HeadCursor},
    methods::Args,
    types,
    work::{Budget, Share},
};

pub(crate) const SUBSCRIBE: &str = "eth_subscribe";
pub(crate) const UNSUBSCRIBE: &str = "eth_unsubscribe";

/// Notifications of a connection that wait to be sent.
const NEWS_AHEAD: usize = 16;

/// The subscriptions of one connection. They end with it.
#[derive(Debug)]
pub(crate) struct Subscriptions {
    context: Arc<Context>,
    limit: PerConnection,
    running: BTreeMap<String, tokio::task::AbortHandle>,
    tasks: JoinSet<()>,
    news: Arc<Mutex<mpsc::Sender<News>>>,
}

/// What a connection's subscriptions have to tell.
#[derive(Debug)]
pub(crate) enum News {
    /// A notification, and its share of the server's memory.
    Notification(String, Share),
    /// There was no memory for one: the connection is to be closed, so that its owner knows.
    Lost,
}

/// What a subscriber wants to hear of.
enum Topic {
    Heads,
    Logs(Box<Filter>),
    Transactions { full: bool },
}

/// Where one subscription's notifications go.
struct Sink {
    id: String,
    /// Held while a notification is written: a connection has one in the making.
    news: Arc<Mutex<mpsc::Sender<News>>>,
    responses: Budget,
    /// Its place among all subscriptions.
    _place: OwnedSemaphorePermit,
}

impl Subscriptions {
    /// None yet, and where their notifications will arrive.
    pub(crate) fn new(context: Arc<Context>, limit: PerConnection) -> (Self, mpsc::Receiver<News>) {
        let (news, arriving) = mpsc::channel(NEWS_AHEAD);
        let news = Arc::new(Mutex::new(news));
        let (running, tasks) = (BTreeMap::new(), JoinSet::new());
        (Self { context, limit, running, tasks, news }, arriving)
    }

    /// Begins a subscription; its id as JSON.
    pub(crate) fn subscribe(&mut self, params: Option<&str>) -> Result<String, MethodError> {
        let topic = topic(params, self.context.limits.watched_terms)?;
        self.forget_ended();
        let PerConnection { each, all } = self.limit;
        if self.running.len() >= each {
            return Err(MethodError::TooManySubscriptions { limit: each });
        }
        let place = Arc::clone(&self.context.subscriptions).try_acquire_owned();
        let place = place.map_err(|_| MethodError::TooManySubscriptions { limit: all })?;
        let id = new_id();
        let (news, responses) = (Arc::clone(&self.news), self.context.responses.clone());
        let sink = Sink { id: id.clone(), news, responses, _place: place };
        let task = self.tasks.spawn(follow(Arc::clone(&self.context), topic, sink));
        let answer = format!("\"{id}\"");
        self.running.insert(id, task);
        Ok(answer)
    }

    /// Ends a subscription; whether there was one, as JSON.
    pub(crate) fn unsubscribe(&mut self, params: Option<&str>) -> Result<String, MethodError> {
        let id: String = Args::new(params)?.required()?;
        let task = self.running.remove(&id);
        if let Some(task) = &task {
            task.abort();
        }
        Ok(task.is_some().to_string())
    }

    fn forget_ended(&mut self) {
        while self.tasks.try_join_next().is_some() {}
        self.running.retain(|_, task| !task.is_finished());
    }
}

fn topic(params: Option<&str>, most_terms: usize) -> Result<Topic, MethodError> {
    let mut args = Args::new(params)?;
    let kind: SubscriptionKind = args.required()?;
    let options: Option<Options> = args.optional()?;
    match (kind, options) {
        (SubscriptionKind::NewHeads, _) => Ok(Topic::Heads),
        (SubscriptionKind::Logs, Some(Options::Logs(filter))) => {
            check_terms(&filter, most_terms)?;
            Ok(Topic::Logs(filter))
        }
        (SubscriptionKind::Logs, None | Some(Options::None)) => Ok(Topic::Logs(Box::default())),
        (SubscriptionKind::NewPendingTransactions, options) => {
            Ok(Topic::Transactions { full: matches!(options, Some(Options::Bool(true))) })
        }
        _ => Err(MethodError::Subscription { kind }),
    }
}

/// Follows a topic from now on, until the subscriber leaves. What there is to hear is taken before
/// the first pause, so that nothing is lost.
fn follow(
    context: Arc<Context>,
    topic: Topic,
    sink: Sink,
) -> impl Future<Output = ()> + Send + 'static {
    let (head, arrivals) = (context.news.head(), context.news.pending());
    let cursor = HeadCursor::new(&context.chain);
    async move {
        match topic {
            Topic::Heads => {
                follow_head(&context, &sink, head, cursor, |change| {
                    change.added.iter().map(|block| types::header(block)).collect()
                })
                .await;
            }
            Topic::Logs(filter) => {
                follow_head(&context, &sink, head, cursor, |change| changed_logs(change, &filter))
                    .await;
            }
            Topic::Transactions { full } => follow_pool(&context, &sink, arrivals, full).await,
        }
    }
}

/// Sends what `pick` finds in each change of the head, until the subscriber leaves.
async fn follow_head<T: Serialize>(
    context: &Context,
    sink: &Sink,
    mut head: watch::Receiver<()>,
    mut cursor: HeadCursor,
    pick: impl Fn(&HeadChange) -> Vec<T>,
) {
    while head.changed().await.is_ok() {
        let change = match cursor.advance(&context.chain) {
            Ok(change) => change,
            Err(error) => {
                warn!(%error, "subscription ended");
                return;
            }
        };
        let items = pick(&change);
        // A slow reader keeps what it is told, and no blocks.
        drop(change);
        for item in items {
            if !sink.send(&item).await {
                return;
            }
        }
    }
}

/// Sends each transaction that the pool takes, until the subscriber leaves.
async fn follow_pool(
    context: &Context,
    sink: &Sink,
    mut arrivals: broadcast::Receiver<B256>,
    full: bool,
) {
    loop {
        let hash = match arrivals.recv().await {
            Ok(hash) => hash,
            Err(broadcast::error::RecvError::Lagged(missed)) => {
                warn!(missed, "a subscriber of pending transactions is too slow");
                continue;
            }
            Err(broadcast::error::RecvError::Closed) => return,
        };
        let sent = if full {
            match context.pooled(hash) {
                Some(transaction) => sink.send(&types::pending_transaction(transaction)).await,
                // Mined or dropped in the meantime.
                None => true,
            }
        } else {
            sink.send(&hash).await
        };
        if !sent {
            return;
        }
    }
}

/// A notification.
#[derive(Serialize)]
struct Notification<'a, T> {
    jsonrpc: &'static str,
    method: &'static str,
    params: Told<'a, T>,
}

#[derive(Serialize)]
struct Told<'a, T> {
    subscription: &'a str,
    result: &'a T,
}

impl Sink {
    /// Whether the subscriber is still there.
    async fn send(&self, item: &impl Serialize) -> bool {
        let params = Told { subscription: &self.id, result: item };
        let notification = Notification { jsonrpc: "2.0", method: "eth_subscription", params };
        let news = self.news.lock().await;
        let text = match serde_json::to_string(&notification) {
            Ok(text) => text,
            Err(error) => {
                warn!(%error, "cannot encode a notification");
                return false;
            }
        };
        let mut share = self.responses.share();
        match share.grow(text.len()) {
            Ok(()) => news.send(News::Notification(text, share)).await.is_ok(),
            Err(_) => {
                let _ = news.send(News::Lost).await;
                false
            }
        }
    }
}
