//! Sockets: HTTP and WebSocket on one port.

mod accept;
mod http;
mod inbound;
mod origin;
mod stream;
mod websocket;

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, watch};

pub(crate) use accept::serve;

use crate::{
    config::{Hosts, Origins},
    context::Context,
    dispatch::Dispatcher,
    work::Budget,
};

/// What every connection needs.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) dispatcher: Dispatcher,
    pub(crate) context: Arc<Context>,
    pub(crate) hosts: Hosts,
    pub(crate) origins: Origins,
    /// Memory for bodies.
    pub(crate) requests: Budget,
    /// Becomes true when the server stops.
    pub(crate) stopping: watch::Receiver<bool>,
}

/// A connection.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    pub(crate) number: u64,
    /// Its place among the connections, had as long as anybody holds it.
    _place: Arc<OwnedSemaphorePermit>,
    /// Until when the answer under way must have been taken.
    pub(crate) clock: stream::Clock,
    /// What it has sent of a message.
    pub(crate) inbound: inbound::Inbound,
}
