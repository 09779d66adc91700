//! `eth_subscribe`: news as they come, over WebSocket.

use std::sync::Arc;

use alloy_primitives::B256;
use alloy_rpc_types_eth::{
    Filter,
    pubsub::{Params as Options, SubscriptionKind},
};
use jsonrpsee::{PendingSubscriptionSink, SubscriptionSink, types::Params};
use serde::Serialize;
use tokio::sync::{broadcast, watch};
use tracing::warn;

use crate::{
    context::Context,
    error::MethodError,
    filters::changed_logs,
    head_cursor::{HeadChange, HeadCursor},
    methods::{Args, MethodTable},
    types,
};

pub(crate) fn register(table: &mut MethodTable) {
    table
        .module()
        .register_subscription(
            "eth_subscribe",
            "eth_subscription",
            "eth_unsubscribe",
            |params, pending, context, _| subscribe(params, pending, context),
        )
        .expect("invariant: each method is registered once");
}

/// What a subscriber wants to hear of.
enum Topic {
    Heads,
    Logs(Box<Filter>),
    Transactions { full: bool },
}

async fn subscribe(
    params: Params<'static>,
    pending: PendingSubscriptionSink,
    context: Arc<Context>,
) {
    let topic = match topic(&params) {
        Ok(topic) => topic,
        Err(error) => return pending.reject(error).await,
    };
    // What to hear starts before the answer, so that nothing is lost between the two.
    let (head, arrivals) = (context.news.head(), context.news.pending());
    let cursor = HeadCursor::new(&context.chain);
    let Ok(sink) = pending.accept().await else { return };
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

fn topic(params: &Params<'_>) -> Result<Topic, MethodError> {
    let mut args = Args::new(params)?;
    let kind: SubscriptionKind = args.required()?;
    let options: Option<Options> = args.optional()?;
    match (kind, options) {
        (SubscriptionKind::NewHeads, _) => Ok(Topic::Heads),
        (SubscriptionKind::Logs, Some(Options::Logs(filter))) => Ok(Topic::Logs(filter)),
        (SubscriptionKind::Logs, None | Some(Options::None)) => Ok(Topic::Logs(Box::default())),
        (SubscriptionKind::NewPendingTransactions, options) => {
            Ok(Topic::Transactions { full: matches!(options, Some(Options::Bool(true))) })
        }
        _ => Err(MethodError::Subscription { kind }),
    }
}

/// Sends what `pick` finds in each change of the head, until the subscriber leaves.
async fn follow_head<T: Serialize>(
    context: &Context,
    sink: &SubscriptionSink,
    mut head: watch::Receiver<()>,
    mut cursor: HeadCursor,
    pick: impl Fn(&HeadChange) -> Vec<T>,
) {
    loop {
        tokio::select! {
            () = sink.closed() => return,
            changed = head.changed() => if changed.is_err() { return },
        }
        let chain = context.chain.clone();
        let walked = tokio::task::spawn_blocking(move || {
            let change = cursor.advance(&chain);
            (cursor, change)
        });
        let change = match walked.await {
            Ok((walked, Ok(change))) => {
                cursor = walked;
                change
            }
            Ok((_, Err(error))) => {
                warn!(%error, "subscription ended");
                return;
            }
            Err(error) => {
                warn!(%error, "subscription ended");
                return;
            }
        };
        for item in pick(&change) {
            if !send(sink, &item).await {
                return;
            }
        }
    }
}

/// Sends each transaction that the pool takes, until the subscriber leaves.
async fn follow_pool(
    context: &Context,
    sink: &SubscriptionSink,
    mut arrivals: broadcast::Receiver<B256>,
    full: bool,
) {
    loop {
        let hash = tokio::select! {
            () = sink.closed() => return,
            arrived = arrivals.recv() => match arrived {
                Ok(hash) => hash,
                Err(broadcast::error::RecvError::Lagged(missed)) => {
                    warn!(missed, "a subscriber of pending transactions is too slow");
                    continue;
                }
                Err(broadcast::error::RecvError::Closed) => return,
            },
        };
        let sent = if full {
            match context.pooled(hash) {
                Some(transaction) => send(sink, &types::pending_transaction(transaction)).await,
                // Mined or dropped in the meantime.
                None => true,
            }
        } else {
            send(sink, &hash).await
        };
        if !sent {
            return;
        }
    }
}

/// Whether the subscriber is still there.
async fn send(sink: &SubscriptionSink, item: &impl Serialize) -> bool {
    match serde_json::value::to_raw_value(item) {
        Ok(message) => sink.send(message).await.is_ok(),
        Err(error) => {
            warn!(%error, "cannot encode a notification");
            false
        }
    }
}
