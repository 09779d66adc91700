//! Answers on their way into a socket, and how long they may take.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::body::Bytes;
use http_body::{Body, Frame, SizeHint};
use parking_lot::Mutex;
use tokio::{sync::Notify, time::Instant};

use crate::{
    dispatch::{Reply, Streamed},
    work::Share,
};

/// Bytes that a reader must take in a second, besides the time that each answer has.
const SLOWEST: usize = 1 << 20;
/// What is handed on at a time, bytes: an answer counts as held until the last of them.
const PIECE: usize = 64 << 10;

/// By when a connection's answer must have been taken, and since when it has nothing to do.
#[derive(Debug, Clone, Default)]
pub(crate) struct Clock(Arc<State>);

#[derive(Debug, Default)]
struct State {
    due: Mutex<Option<Instant>>,
    idle_since: Mutex<Option<Instant>>,
    changed: Notify,
    /// Others need the memory of the answer under way.
    cut: Arc<Notify>,
}

impl Clock {
    /// Resolves when an answer is overdue.
    pub(crate) async fn overdue(&self) {
        tokio::select! {
            () = self.0.cut.notified() => {}
            () = self.past_due() => {}
        }
    }

    async fn past_due(&self) {
        loop {
            let changed = self.0.changed.notified();
            let due = *self.0.due.lock();
            match due {
                None => changed.await,
                Some(due) => tokio::select! {
                    () = changed => {}
                    () = tokio::time::sleep_until(due) => return,
                },
            }
        }
    }

    /// A request is under way: nothing is due.
    pub(crate) fn stop(&self) {
        *self.0.idle_since.lock() = None;
        self.set(None);
    }

    /// The request is answered: there is nothing to do until the next.
    pub(crate) fn rest(&self) {
        *self.0.idle_since.lock() = Some(Instant::now());
    }

    /// Whether the last answer has been given for so long.
    pub(crate) fn idle_for(&self, time: Duration) -> bool {
        self.0.idle_since.lock().is_some_and(|since| since.elapsed() >= time)
    }

    fn start(&self, time: Duration) {
        self.set(Some(Instant::now() + time));
    }

    fn set(&self, due: Option<Instant>) {
        *self.0.due.lock() = due;
        self.0.changed.notify_one();
    }
}

/// How long an answer of so many bytes may take to be read.
pub(crate) fn time_to_take(bytes: usize, grace: Duration) -> Duration {
    let seconds = u64::try_from(bytes / SLOWEST).unwrap_or(u64::MAX);
    grace.saturating_add(Duration::from_secs(seconds))
}

/// The body of an answer.
#[derive(Debug)]
pub(crate) struct Answer {
    held: Option<Bytes>,
    stream: Option<Streamed>,
    /// Given back once the answer is taken.
    _share: Option<Share>,
    clock: Clock,
    grace: Duration,
}

impl Answer {
    /// The body of a reply, whose reader has `grace` to take it. What is streamed ends by itself.
    pub(crate) fn new(reply: Reply, clock: Clock, grace: Duration) -> Self {
        let Reply { stream, bytes, mut share } = reply;
        if let Some(share) = &mut share {
            share.being_taken(&clock.0.cut);
        }
        if stream.is_none() {
            clock.start(time_to_take(bytes.len(), grace));
        }
        let held = (!bytes.is_empty()).then(|| bytes.into());
        Self { held, stream, _share: share, clock, grace }
    }
}

impl Drop for Answer {
    /// The last piece may still be on its way.
    fn drop(&mut self) {
        self.clock.rest();
        self.clock.start(self.grace);
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = tokio::task::JoinError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Some(mut held) = self.held.take() {
            let piece = held.split_to(held.len().min(PIECE));
            self.held = (!held.is_empty()).then_some(held);
            return Poll::Ready(Some(Ok(Frame::data(piece))));
        }
        let Some(stream) = &mut self.stream else { return Poll::Ready(None) };
        if let Some(first) = stream.first.take() {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        if let Some(chunk) = ready!(stream.chunks.poll_recv(context)) {
            return Poll::Ready(Some(Ok(Frame::data(chunk))));
        }
        let end = ready!(Pin::new(&mut stream.end).poll(context));
        self.stream = None;
        // What was sent in part ends well, with its error in the answer.
        let rest = end.map(|written| written.map(|written| written.bytes).unwrap_or_default());
        Poll::Ready(Some(rest.map(|bytes| Frame::data(bytes.into()))))
    }

    fn size_hint(&self) -> SizeHint {
        match (&self.held, &self.stream) {
            (_, Some(_)) => SizeHint::default(),
            (held, None) => {
                let length = held.as_ref().map_or(0, Bytes::len);
                SizeHint::with_exact(u64::try_from(length).unwrap_or(u64::MAX))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.held.is_none() && self.stream.is_none()
    }
}
