//! A real server over a real chain in memory, asked over HTTP and WebSocket.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod access;
mod blocks;
mod calls;
mod client;
mod common;
mod debug;
mod fees;
mod filters;
mod limits;
mod logs;
mod node;
mod server;
mod snapshots;
mod state;
mod transactions;
mod websocket;
