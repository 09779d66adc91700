//! `eth_subscribe`: news as they come, over WebSocket.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use alloy_primitives::B256;
use alloy_rpc_types_eth::{
    Filter,
    pubsub::{Params as Options, SubscriptionKind},
};
use serde::Serialize;
use thiserror::Error;
use tokio::{
    sync::{Mutex, Notify, OwnedSemaphorePermit, broadcast, mpsc, watch},
    task::{AbortHandle, JoinSet},
};
use tracing::{debug, warn};

use crate::{
    PerConnection,
    context::{Context, new_id},
    error::MethodError,
    eth_logs::{Watched, check_terms},
    head_cursor::HeadCursor,
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
    running: BTreeMap<String, Running>,
    tasks: JoinSet<()>,
    news: Arc<Mutex<mpsc::Sender<News>>>,
    lost: Arc<Notify>,
}

/// A subscription that runs.
#[derive(Debug)]
struct Running {
    task: AbortHandle,
    /// Its place among all subscriptions: free as soon as it is told to end.
    _place: OwnedSemaphorePermit,
}

/// A notification, and its share of the server's memory.
pub(crate) type News = (String, Share);

/// Why a subscriber hears no more. The connection is to be closed, so that its owner knows.
#[derive(Debug, Error)]
enum Lost {
    #[error("the chain cannot be read: {0}")]
    Chain(MethodError),
    #[error("a notification cannot be encoded: {0}")]
    Encode(serde_json::Error),
    #[error("there is no memory for its notifications")]
    NoMemory,
    #[error("the reader is too slow for its notifications")]
    TooSlow,
    #[error("the reader has left")]
    Left,
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
    /// How long a notification may wait: it may keep a block from being forgotten.
    patience: Duration,
    lost: Arc<Notify>,
}

impl Subscriptions {
    /// None yet, and where their notifications will arrive.
    pub(crate) fn new(context: Arc<Context>, limit: PerConnection) -> (Self, mpsc::Receiver<News>) {
        let (news, arriving) = mpsc::channel(NEWS_AHEAD);
        let news = Arc::new(Mutex::new(news));
        let (running, tasks, lost) = (BTreeMap::new(), JoinSet::new(), Arc::default());
        (Self { context, limit, running, tasks, news, lost }, arriving)
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
        let (patience, lost) = (self.context.limits.socket_time, Arc::clone(&self.lost));
        let sink = Sink { id: id.clone(), news, responses, patience, lost };
        let task = self.tasks.spawn(follow(Arc::clone(&self.context), topic, sink));
        let answer = format!("\"{id}\"");
        self.running.insert(id, Running { task, _place: place });
        Ok(answer)
    }

    /// Ends a subscription; whether there was one, as JSON.
    pub(crate) fn unsubscribe(&mut self, params: Option<&str>) -> Result<String, MethodError> {
        let id: String = Args::new(params)?.required()?;
        let ended = self.running.remove(&id);
        if let Some(Running { task, .. }) = &ended {
            task.abort();
        }
        Ok(ended.is_some().to_string())
    }

    /// Returns when one of them can tell no more.
    pub(crate) fn lost(&self) -> impl Future<Output = ()> + use<> {
        let lost = Arc::clone(&self.lost);
        async move { lost.notified().await }
    }

    fn forget_ended(&mut self) {
        while self.tasks.try_join_next().is_some() {}
        self.running.retain(|_, running| !running.task.is_finished());
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
        let ended = match topic {
            Topic::Heads => follow_head(&context, &sink, None, head, cursor).await,
            Topic::Logs(filter) => {
                follow_head(&context, &sink, Some(Watched::new(&filter)), head, cursor).await
            }
            Topic::Transactions { full } => follow_pool(&context, &sink, arrivals, full).await,
        };
        if let Err(why) = ended {
            debug!(%why, "a subscription ended");
            sink.lost.notify_one();
        }
    }
}

/// Sends the new headers, or the logs that are watched, of each block on the way to the head. A slow
/// reader keeps one block from being forgotten.
async fn follow_head(
    context: &Context,
    sink: &Sink,
    watched: Option<Watched>,
    mut head: watch::Receiver<()>,
    mut cursor: HeadCursor,
) -> Result<(), Lost> {
    while head.changed().await.is_ok() {
        while let Some(step) = cursor.step(&context.chain).map_err(Lost::Chain)? {
            match &watched {
                Some(watched) => {
                    for log in watched.find(&step) {
                        sink.send(&log).await?;
                    }
                }
                None if step.removed => {}
                None => sink.send(&types::header(&step.block)).await?,
            }
        }
    }
    Ok(())
}

/// Sends each transaction that the pool takes, until the subscriber leaves.
async fn follow_pool(
    context: &Context,
    sink: &Sink,
    mut arrivals: broadcast::Receiver<B256>,
    full: bool,
) -> Result<(), Lost> {
    loop {
        let hash = match arrivals.recv().await {
            Ok(hash) => hash,
            Err(broadcast::error::RecvError::Lagged(missed)) => {
                warn!(missed, "a subscriber of pending transactions is too slow");
                continue;
            }
            Err(broadcast::error::RecvError::Closed) => return Ok(()),
        };
        match full.then(|| context.pooled(hash)) {
            None => sink.send(&hash).await?,
            Some(Some(transaction)) => {
                sink.send(&types::pending_transaction(transaction)).await?;
            }
            // Mined or dropped in the meantime.
            Some(None) => {}
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
    /// Hands a notification to the connection.
    async fn send(&self, item: &impl Serialize) -> Result<(), Lost> {
        tokio::time::timeout(self.patience, self.queue(item)).await.unwrap_or(Err(Lost::TooSlow))
    }

    async fn queue(&self, item: &impl Serialize) -> Result<(), Lost> {
        let params = Told { subscription: &self.id, result: item };
        let notification = Notification { jsonrpc: "2.0", method: "eth_subscription", params };
        let news = self.news.lock().await;
        let text = serde_json::to_string(&notification).map_err(Lost::Encode)?;
        let mut share = self.responses.share();
        share.grow(text.len()).map_err(|_| Lost::NoMemory)?;
        news.send((text, share)).await.map_err(|_| Lost::Left)
    }
}
