//! What a WebSocket has sent of a message that is not over: it counts before it is a message.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use parking_lot::Mutex;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::Instant,
};

use crate::work::Share;

/// The message that a connection is sending; none as long as it speaks HTTP.
#[derive(Debug, Clone, Default)]
pub(crate) struct Inbound(Arc<Mutex<Option<Message>>>);

#[derive(Debug)]
struct Message {
    bytes: usize,
    /// When its first bytes came.
    since: Option<Instant>,
    share: Share,
    /// Whether there is no memory for it.
    unpaid: bool,
}

impl Inbound {
    /// From now on messages come; `share` is for what is there of one.
    pub(crate) fn begin(&self, share: Share) {
        *self.0.lock() = Some(Message { bytes: 0, since: None, share, unpaid: false });
    }

    /// A message is over.
    pub(crate) fn next(&self) {
        if let Some(message) = &mut *self.0.lock() {
            message.bytes = 0;
            message.since = None;
            message.share.shrink(0);
        }
    }

    /// Nothing is read: the message under way begins to take its time when there is room again.
    pub(crate) fn wait(&self) {
        if let Some(message) = &mut *self.0.lock() {
            message.since = message.since.map(|_| Instant::now());
        }
    }

    /// Whether a message is under way for so long.
    pub(crate) fn takes(&self, time: Duration) -> bool {
        let since = self.0.lock().as_ref().and_then(|message| message.since);
        since.is_some_and(|since| since.elapsed() >= time)
    }

    /// Whether there was no memory for what was sent.
    pub(crate) fn is_unpaid(&self) -> bool {
        self.0.lock().as_ref().is_some_and(|message| message.unpaid)
    }

    fn count(&self, bytes: usize) -> io::Result<()> {
        let Some(message) = &mut *self.0.lock() else { return Ok(()) };
        message.bytes = message.bytes.saturating_add(bytes);
        message.since = message.since.or_else(|| Some(Instant::now()));
        message.share.grow(message.bytes).map_err(|_| {
            message.unpaid = true;
            io::ErrorKind::OutOfMemory.into()
        })
    }
}

/// A socket that counts what is read of it.
#[derive(Debug)]
pub(crate) struct Counted {
    pub(crate) stream: TcpStream,
    pub(crate) inbound: Inbound,
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        let bytes = buffer.filled().len().saturating_sub(before);
        Poll::Ready(if bytes == 0 { Ok(()) } else { self.inbound.count(bytes) })
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
