//! A WebSocket connection: calls, as many at a time as it may make, and subscriptions.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use axum::{
    body::Bytes,
    extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, close_code},
};
use tokio::{sync::Notify, task::JoinSet};
use tracing::debug;

use super::{Connection, Service, stream::time_to_take};
use crate::{
    dispatch::{Form, Reply},
    envelope::{Call, error_answer},
    error::MethodError,
    subscriptions::{self, Subscriptions},
    work::Share,
};

/// Bytes of a message that do not count: connections, and what waits in them, bound how many there
/// are.
const FREE_OF_MESSAGE: usize = 1 << 10;

/// How often it is looked whether a message takes too long.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Serves a connection until it ends, the server stops, or its reader is too slow. All that runs
/// for it ends with it.
pub(crate) async fn serve(service: Arc<Service>, connection: Connection, socket: WebSocket) {
    let mut stopping = service.stopping.clone();
    let session = Session { service, connection, socket, cut: Arc::default() };
    tokio::select! {
        ended = session.run() => if let Err(End(why)) = ended {
            debug!(why, "a WebSocket ended");
        },
        _ = stopping.wait_for(|stopping| *stopping) => {}
    }
}

struct Session {
    service: Arc<Service>,
    connection: Connection,
    socket: WebSocket,
    /// Others need the memory of the answer under way.
    cut: Arc<Notify>,
}

/// The connection is over.
struct End(&'static str);

impl Session {
    async fn run(mut self) -> Result<(), End> {
        let service = Arc::clone(&self.service);
        let (dispatcher, limits) = (&service.dispatcher, &service.dispatcher.limits);
        let most = limits.calls_per_connection;
        // Tasks of their own: they go on while this one waits for a slow reader, so that none keeps a
        // thread from others.
        let mut calls: JoinSet<Option<Reply>> = JoinSet::new();
        let (mut waiting, most_waiting) = (VecDeque::new(), limits.messages_waiting);
        let requests = self.service.requests.with_free(FREE_OF_MESSAGE);
        self.connection.inbound.begin(self.service.requests.share());
        let mut looks = tokio::time::interval(LOOK_EVERY);
        let (mut subscriptions, mut news) = Subscriptions::new(
            Arc::clone(&self.service.context),
            limits.subscriptions,
            Arc::clone(&self.cut),
        );
        loop {
            while calls.len() < most
                && let Some((bytes, share)) = waiting.pop_front()
            {
                let (service, number) = (Arc::clone(&self.service), self.connection.number);
                let cut = Arc::clone(&self.cut);
                calls.spawn(async move {
                    let _share: Share = share;
                    let mut reply = service.dispatcher.answer(number, &bytes, Form::Message).await;
                    if let Some(Reply { share: Some(share), .. }) = &mut reply {
                        share.being_taken(&cut);
                    }
                    reply
                });
            }
            tokio::select! {
                // As long as there is room, to see at once that the reader has left. A client that sends
                // more is read again when there is.
                message = self.socket.recv(), if waiting.len() < most_waiting => {
                    let Some(bytes) = self.read(message).await? else { return Ok(()) };
                    self.connection.inbound.next();
                    if bytes.is_empty() {
                        continue;
                    }
                    if let Some(answer) = subscribe(&mut subscriptions, &bytes) {
                        self.send(answer).await?;
                        continue;
                    }
                    let mut share = requests.share();
                    if share.grow(bytes.len()).is_err() {
                        let refused = dispatcher.refuse_body(&bytes, MethodError::RequestsFull);
                        self.reply(refused).await?;
                    } else {
                        waiting.push_back((bytes, share));
                    }
                }
                Some(reply) = calls.join_next() => {
                    // A call that panics is answered by the dispatcher; what ends here does so
                    // because the server does.
                    if let Ok(Some(reply)) = reply {
                        self.reply(reply).await?;
                    }
                }
                Some((text, _share)) = news.recv() => self.send(text).await?,
                _ = looks.tick() => {
                    if waiting.len() >= most_waiting {
                        self.connection.inbound.wait();
                    } else if self.connection.inbound.takes(limits.socket_time) {
                        return Err(End("a message took too long"));
                    }
                }
                () = subscriptions.lost() => return Err(End("a subscription can tell no more")),
            }
        }
    }

    /// The bytes of a message, none of one that asks nothing, or `None` when there is no more.
    async fn read(
        &mut self,
        message: Option<Result<Message, axum::Error>>,
    ) -> Result<Option<Bytes>, End> {
        match message {
            Some(Ok(Message::Text(text))) => Ok(Some(text.into())),
            Some(Ok(Message::Binary(bytes))) => Ok(Some(bytes)),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(Some(Bytes::new())),
            Some(Ok(Message::Close(_))) | None => Ok(None),
            Some(Err(_)) => {
                // Too large, or no WebSocket, or no memory: nothing can be read after it.
                let limit = self.service.dispatcher.limits.message_bytes;
                let (error, code, reason) = if self.connection.inbound.is_unpaid() {
                    (MethodError::RequestsFull, close_code::AGAIN, "no memory for the message")
                } else {
                    let error = MethodError::RequestTooLarge { limit };
                    (error, close_code::SIZE, "message too large or malformed")
                };
                self.send(error_answer(None, error)).await?;
                let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
                self.put(Message::Close(Some(frame)), 0).await?;
                Err(End(reason))
            }
        }
    }

    async fn reply(&mut self, reply: Reply) -> Result<(), End> {
        let Reply { bytes, share, .. } = reply;
        let text = String::from_utf8(bytes).map_err(|_| End("an answer was no text"))?;
        self.send(text).await?;
        drop(share);
        Ok(())
    }

    async fn send(&mut self, text: String) -> Result<(), End> {
        let length = text.len();
        self.put(Message::Text(text.into()), length).await
    }

    async fn put(&mut self, message: Message, length: usize) -> Result<(), End> {
        let time = time_to_take(length, self.grace());
        let sent = tokio::select! {
            sent = tokio::time::timeout(time, self.socket.send(message)) => sent,
            () = self.cut.notified() => return Err(End("others need the memory of its answer")),
        };
        match sent {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End("the reader has left")),
            Err(_) => Err(End("the reader was too slow")),
        }
    }

    fn grace(&self) -> Duration {
        self.service.dispatcher.limits.socket_time
    }
}

/// The answer to a call that begins or ends a subscription; `None` for any other.
fn subscribe(subscriptions: &mut Subscriptions, bytes: &[u8]) -> Option<String> {
    let call = Call::read(bytes).ok()?;
    let answer = match call.method.as_str() {
        subscriptions::SUBSCRIBE => subscriptions.subscribe(call.params),
        subscriptions::UNSUBSCRIBE => subscriptions.unsubscribe(call.params),
        _ => return None,
    };
    let id = call.id.unwrap_or("null");
    Some(match answer {
        Ok(result) => format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#),
        Err(error) => error_answer(Some(id), error),
    })
}
