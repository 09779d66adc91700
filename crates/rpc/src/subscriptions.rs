//! `eth_subscribe`: news as they come, over WebSocket.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use alloy_primitives::B256;
use alloy_rpc_types_eth::{
    Filter, Header as RpcHeader, Log,
    pubsub::{Params as Options, SubscriptionKind},
};
use bough_chain::Chain;
use serde::Serialize;
use thiserror::Error;
use tokio::{
    sync::{Mutex, Notify, OwnedSemaphorePermit, broadcast, mpsc, watch},
    task::{AbortHandle, JoinSet},
};
use tracing::{debug, warn};

use crate::{
    Limits, PerConnection,
    context::{Context, new_id},
    error::MethodError,
    eth_logs::{Watched, check_terms},
    head_cursor::{HeadCursor, Step},
    methods::Args,
    types,
    work::{Budget, Share},
};

pub(crate) const SUBSCRIBE: &str = "eth_subscribe";
pub(crate) const UNSUBSCRIBE: &str = "eth_unsubscribe";

/// Most bytes of the parameters: those of a filter as wide as it may be, twice. A thread of the sockets
/// reads them.
const PARAMS: usize = 64 << 10;
/// Notifications of a connection that wait to be sent.
const NEWS_AHEAD: usize = 16;
/// Pause where there is no memory for a notification.
const PAUSE: Duration = Duration::from_millis(50);
/// Logs that are found for a subscriber before it has taken them.
const LOGS_AHEAD: usize = 64;

/// The subscriptions of one connection. They end with it.
#[derive(Debug)]
pub(crate) struct Subscriptions {
    context: Arc<Context>,
    limit: PerConnection,
    running: BTreeMap<String, Running>,
    tasks: JoinSet<()>,
    news: Arc<Mutex<mpsc::Sender<News>>>,
    lost: Arc<Notify>,
    cut: Arc<Notify>,
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
    #[error("the search for what it watches crashed, or the server stops")]
    Crashed,
    #[error("a notification cannot be encoded: {0}")]
    Encode(serde_json::Error),
    #[error("the reader, or the memory, is too slow for its notifications")]
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
    /// How long it may wait where others need the memory.
    crowded_time: Duration,
    lost: Arc<Notify>,
    cut: Arc<Notify>,
}

impl Subscriptions {
    /// None yet, and where their notifications will arrive.
    /// `cut` wakes whoever sends one that others need the memory of.
    pub(crate) fn new(
        context: Arc<Context>,
        limit: PerConnection,
        cut: Arc<Notify>,
    ) -> (Self, mpsc::Receiver<News>) {
        let (news, arriving) = mpsc::channel(NEWS_AHEAD);
        let news = Arc::new(Mutex::new(news));
        let (running, tasks, lost) = (BTreeMap::new(), JoinSet::new(), Arc::default());
        (Self { context, limit, running, tasks, news, lost, cut }, arriving)
    }

    /// Begins a subscription; its id as JSON.
    pub(crate) fn subscribe(&mut self, params: Option<&str>) -> Result<String, MethodError> {
        let got = params.map_or(0, str::len);
        if got > PARAMS {
            return Err(MethodError::ParamsTooLarge { got, limit: PARAMS });
        }
        let topic = topic(params, self.context.limits.watched_terms)?;
        self.forget_ended();
        let PerConnection { each, all } = self.limit;
        if self.running.len() >= each {
            return Err(MethodError::TooManySubscriptions { limit: each });
        }
        let place = Arc::clone(&self.context.subscriptions).try_acquire_owned();
        let place = place.map_err(|_| MethodError::TooManySubscriptions { limit: all })?;
        let id = new_id();
        let (news, responses) = (Arc::clone(&self.news), self.context.responses.with_free(0));
        let Limits { socket_time: patience, crowded_time, .. } = self.context.limits;
        let (lost, cut) = (Arc::clone(&self.lost), Arc::clone(&self.cut));
        let sink = Sink { id: id.clone(), news, responses, patience, crowded_time, lost, cut };
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
    let follower = move |watched| Follower { watched, cursor, within: None };
    async move {
        let ended = match topic {
            Topic::Heads => follow_head(&context, &sink, follower(None), head).await,
            Topic::Logs(filter) => {
                let watched = Some(Watched::new(&filter));
                follow_head(&context, &sink, follower(watched), head).await
            }
            Topic::Transactions { full } => follow_pool(&context, &sink, arrivals, full).await,
        };
        if let Err(why) = ended {
            debug!(%why, "a subscription ended");
            sink.lost.notify_one();
        }
    }
}

/// A subscriber of heads, or of logs, on its way to the head.
struct Follower {
    /// The logs that are watched.
    watched: Option<Watched>,
    cursor: HeadCursor,
    /// The block whose logs are not all told yet, and the place of the next.
    within: Option<(Step, usize)>,
}

/// What a follower tells.
#[derive(Serialize)]
#[serde(untagged)]
enum Item {
    Header(Box<RpcHeader>),
    Log(Box<Log>),
}

impl Follower {
    /// What comes next, a few items at a time; `None` at the head.
    fn look(&mut self, chain: &Chain) -> Result<Option<Vec<Item>>, MethodError> {
        let (step, from) = match self.within.take() {
            Some(within) => within,
            None => match self.cursor.step(chain)? {
                Some(step) => (step, 0),
                None => return Ok(None),
            },
        };
        let Some(watched) = &self.watched else {
            let header = (!step.removed).then(|| Item::Header(types::header(&step.block).into()));
            return Ok(Some(header.into_iter().collect()));
        };
        let logs: Vec<Log> = watched.find(&step, from).take(LOGS_AHEAD).collect();
        if let Some(Log { log_index: Some(last), .. }) = logs.get(LOGS_AHEAD.saturating_sub(1)) {
            let next = usize::try_from(last.saturating_add(1)).unwrap_or(usize::MAX);
            self.within = Some((step, next));
        }
        Ok(Some(logs.into_iter().map(|log| Item::Log(log.into())).collect()))
    }

    /// [`Self::look`], by the thread for it.
    async fn next(mut self, context: &Arc<Context>) -> Result<(Self, Option<Vec<Item>>), Lost> {
        let turn = Arc::clone(&context.searching).acquire_owned().await;
        let searcher = Arc::clone(context);
        let looked = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let found = self.look(&searcher.chain);
            (self, found)
        });
        let (follower, found) = looked.await.map_err(|_| Lost::Crashed)?;
        Ok((follower, found.map_err(Lost::Chain)?))
    }
}

/// Sends the new headers, or the logs that are watched, of each block on the way to the head. A slow
/// reader keeps one block from being forgotten.
async fn follow_head(
    context: &Arc<Context>,
    sink: &Sink,
    mut follower: Follower,
    mut head: watch::Receiver<()>,
) -> Result<(), Lost> {
    while head.changed().await.is_ok() {
        loop {
            let found;
            (follower, found) = follower.next(context).await?;
            let Some(items) = found else { break };
            for item in items {
                sink.send(&item).await?;
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

    /// Memory for a notification, as soon as there is: others' that wait too long are cut off.
    async fn share(&self, bytes: usize) -> Share {
        let mut share = self.responses.share();
        while share.grow(bytes).is_err() {
            if !self.responses.make_room(self.crowded_time).await {
                tokio::time::sleep(PAUSE).await;
            }
        }
        share.being_taken(&self.cut);
        share
    }

    async fn queue(&self, item: &impl Serialize) -> Result<(), Lost> {
        let params = Told { subscription: &self.id, result: item };
        let notification = Notification { jsonrpc: "2.0", method: "eth_subscription", params };
        let news = self.news.lock().await;
        let text = serde_json::to_string(&notification).map_err(Lost::Encode)?;
        let share = self.share(text.len()).await;
        news.send((text, share)).await.map_err(|_| Lost::Left)
    }
}
