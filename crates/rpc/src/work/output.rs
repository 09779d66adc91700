//! Where an answer is written: held in memory within limits, or streamed to the socket.

use std::{
    fmt,
    io::{self, Write},
    time::Duration,
};

use axum::body::Bytes;
use serde::Serialize;
use tokio::{runtime::Handle, sync::mpsc};

use super::{Guard, budget::Share};
use crate::error::MethodError;

/// Bytes that are written before they are sent on.
const CHUNK: usize = 64 << 10;
/// How long a reader may take for one chunk: a thread waits for it.
const STALL: Duration = Duration::from_secs(5);

/// An answer in the making.
#[derive(Debug)]
pub(crate) struct Output {
    buffer: Vec<u8>,
    /// Bytes that have left the buffer.
    sent: usize,
    /// Most bytes of the answer.
    limit: usize,
    to: To,
    /// What closes the objects and lists that are open.
    open: Vec<char>,
    /// Whether the innermost of them is still empty.
    empty: bool,
    failure: Option<MethodError>,
}

enum To {
    /// Kept whole.
    Held(Share),
    /// Sent on as it comes.
    Stream { chunks: mpsc::Sender<Bytes>, runtime: Handle, guard: Guard },
}

impl fmt::Debug for To {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Held(_) => "Held",
            Self::Stream { .. } => "Stream",
        })
    }
}

/// A finished answer: whole, or what is left after the chunks that were sent.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) bytes: Vec<u8>,
    /// What it has of the server's memory, while it is held.
    pub(crate) share: Option<Share>,
}

impl Output {
    /// An answer that is kept whole.
    pub(crate) const fn held(share: Share, limit: usize) -> Self {
        Self::new(To::Held(share), limit)
    }

    /// An answer that is sent in chunks once it is larger than one. To be written by a thread that
    /// may block.
    pub(crate) const fn stream(
        chunks: mpsc::Sender<Bytes>,
        runtime: Handle,
        guard: Guard,
        limit: usize,
    ) -> Self {
        Self::new(To::Stream { chunks, runtime, guard }, limit)
    }

    const fn new(to: To, limit: usize) -> Self {
        Self {
            buffer: Vec::new(),
            sent: 0,
            limit,
            to,
            open: Vec::new(),
            empty: true,
            failure: None,
        }
    }

    /// Bytes so far.
    pub(crate) const fn len(&self) -> usize {
        self.sent.saturating_add(self.buffer.len())
    }

    /// Writes a value whole, or `null` where it cannot be.
    ///
    /// # Errors
    /// When the answer gets too large, there is no memory for it, or it cannot be encoded.
    pub(crate) fn value(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), MethodError> {
        let before = self.buffer.len();
        let written = self.encode(value);
        if written.is_err() {
            self.buffer.truncate(before);
            self.put("null");
        }
        written
    }

    /// Writes the next item of a list whole, or nothing. Between items, what was written is sent on
    /// where the answer is streamed.
    ///
    /// # Errors
    /// As [`Output::value`], and when nobody takes what is sent.
    pub(crate) fn item(&mut self, item: &impl Serialize) -> Result<(), MethodError> {
        let before = self.buffer.len();
        self.separate();
        let written = self.encode(item);
        if written.is_err() {
            self.buffer.truncate(before);
            return written;
        }
        self.pass_on()
    }

    /// Begins an object.
    pub(crate) fn object(&mut self) {
        self.begin("{", '}');
    }

    /// Begins a list.
    pub(crate) fn list(&mut self) {
        self.begin("[", ']');
    }

    /// Writes the name of the next member of an object. Names are plain: nothing is escaped.
    pub(crate) fn name(&mut self, name: &str) {
        self.separate();
        self.put("\"");
        self.put(name);
        self.put("\":");
    }

    /// Separates the next object of a list from the one before.
    pub(crate) fn separate(&mut self) {
        if !std::mem::take(&mut self.empty) {
            self.put(",");
        }
    }

    /// Ends the innermost object or list.
    pub(crate) fn end(&mut self) {
        self.empty = false;
        if let Some(closer) = self.open.pop() {
            self.buffer.extend_from_slice(closer.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }

    /// Writes JSON as it is, within no limit.
    pub(crate) fn put(&mut self, json: &str) {
        self.buffer.extend_from_slice(json.as_bytes());
    }

    /// Ends all that is open. Whether the reader has seen any of it: what it has not is forgotten.
    pub(crate) fn abandon(&mut self) -> bool {
        let seen = self.sent > 0;
        if seen {
            while !self.open.is_empty() {
                self.end();
            }
        } else {
            self.buffer.clear();
            self.open.clear();
        }
        seen
    }

    pub(crate) fn finish(self) -> Written {
        let Self { mut buffer, to, .. } = self;
        let share = match to {
            To::Held(mut share) => {
                buffer.shrink_to_fit();
                share.shrink(buffer.len());
                Some(share)
            }
            To::Stream { .. } => None,
        };
        Written { bytes: buffer, share }
    }

    fn begin(&mut self, opener: &str, closer: char) {
        self.put(opener);
        self.open.push(closer);
        self.empty = true;
    }

    fn encode(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), MethodError> {
        let written = serde_json::to_writer(&mut *self, value);
        match (self.failure.take(), written) {
            (Some(failure), _) => Err(failure),
            (None, Err(_)) => Err(MethodError::Encode),
            (None, Ok(())) => Ok(()),
        }
    }

    /// Sends a full buffer on, where the answer is streamed.
    fn pass_on(&mut self) -> Result<(), MethodError> {
        if self.buffer.len() < CHUNK {
            return Ok(());
        }
        let To::Stream { chunks, runtime, guard } = &self.to else { return Ok(()) };
        guard.check()?;
        let chunk = Bytes::from(std::mem::take(&mut self.buffer));
        let bytes = chunk.len();
        let sent =
            runtime.block_on(tokio::time::timeout(guard.left().min(STALL), chunks.send(chunk)));
        match sent {
            Ok(Ok(())) => {
                self.sent = self.sent.saturating_add(bytes);
                Ok(())
            }
            _ => Err(MethodError::CallerGone),
        }
    }

    /// Makes room for more bytes.
    fn reserve(&mut self, more: usize) -> Result<(), MethodError> {
        let limit = self.limit;
        let bytes = self.buffer.len().saturating_add(more);
        if self.sent.saturating_add(bytes) > limit {
            return Err(MethodError::ResponseTooLarge { limit });
        }
        if let To::Held(share) = &mut self.to {
            let room = share.make_room_in(&mut self.buffer, more, limit);
            room.map_err(|_| MethodError::ResponsesFull)?;
        }
        Ok(())
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.reserve(bytes.len()) {
            Ok(()) => {
                self.buffer.extend_from_slice(bytes);
                Ok(bytes.len())
            }
            Err(failure) => {
                self.failure = Some(failure);
                Err(io::ErrorKind::Other.into())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
