//! How to serve, to whom, and how much.

use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv4Addr},
    str::FromStr,
    time::Duration,
};

use thiserror::Error;

/// How to serve, to whom, and how much.
#[derive(Debug, Clone)]
pub struct RpcConfig {
    /// Address to listen on.
    pub host: IpAddr,
    /// Port to listen on; 0 takes a free one.
    pub port: u16,
    /// The namespaces that are served.
    pub api: Api,
    /// The web pages that may ask.
    pub origins: Origins,
    /// The names by which a request may call this server.
    pub hosts: Hosts,
    /// How much.
    pub limits: Limits,
}

impl Default for RpcConfig {
    fn default() -> Self {
        Self {
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            api: Api::default(),
            origins: Origins::None,
            hosts: Hosts::default(),
            limits: Limits::default(),
        }
    }
}

impl RpcConfig {
    /// What a development chain serves: every namespace, to pages from this machine too.
    #[must_use]
    pub fn development() -> Self {
        Self { api: Api::All, origins: Origins::Local, ..Self::default() }
    }
}

/// The namespaces that are served: what stands before the underscore of a method's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Api {
    /// All there are.
    All,
    /// These.
    Only(BTreeSet<String>),
}

impl Default for Api {
    /// `eth`, `net`, `web3`, `txpool`, and the node's own `bough`.
    fn default() -> Self {
        Self::Only(["eth", "net", "web3", "txpool", "bough"].map(str::to_owned).into())
    }
}

impl Api {
    /// Whether a method is served.
    pub(crate) fn has(&self, method: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(namespaces) => {
                method.split_once('_').is_some_and(|(namespace, _)| namespaces.contains(namespace))
            }
        }
    }
}

/// A list that names what there cannot be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ListError {
    /// No namespace.
    #[error("there is no namespace {got:?}; there are {}, and * for all", NAMESPACES.join(", "))]
    Namespace {
        /// What was given.
        got: String,
    },
    /// No origin of a page.
    #[error("{got:?} is no origin: write it like http://localhost:3000")]
    Origin {
        /// What was given.
        got: String,
    },
    /// No host name.
    #[error(
        "{got:?} is no host name: write it without scheme, port and path, like node.example.org"
    )]
    Host {
        /// What was given.
        got: String,
    },
}

/// All namespaces that this server, a node and a development chain have.
const NAMESPACES: [&str; 8] = ["eth", "net", "web3", "txpool", "debug", "bough", "evm", "anvil"];

impl FromStr for Api {
    type Err = ListError;

    /// Names separated by commas; `*` is all.
    fn from_str(text: &str) -> Result<Self, ListError> {
        let Some(names) = names(text) else { return Ok(Self::All) };
        match names.iter().find(|name| !NAMESPACES.contains(&name.as_str())) {
            Some(got) => Err(ListError::Namespace { got: got.clone() }),
            None => Ok(Self::Only(names)),
        }
    }
}

/// The origins of the web pages that may ask (CORS, and the `Origin` of a WebSocket). Requests that
/// name no origin do not come from a page and are served in any case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Origins {
    /// No page.
    #[default]
    None,
    /// Pages served from this machine: `localhost`, 127.0.0.0/8 and `[::1]`, on any port.
    Local,
    /// Every page.
    Any,
    /// Pages from these origins, like `https://example.org`.
    Only(BTreeSet<String>),
}

impl FromStr for Origins {
    type Err = ListError;

    /// Origins separated by commas; `*` is any, nothing is none.
    fn from_str(text: &str) -> Result<Self, ListError> {
        let Some(names) = names(text) else { return Ok(Self::Any) };
        if names.is_empty() {
            return Ok(Self::None);
        }
        // As a browser sends it: scheme and authority, and nothing behind.
        let is_origin = |name: &&String| {
            let authority = name.split_once("://").map(|(_, authority)| authority);
            authority.is_some_and(|authority| !authority.is_empty() && !authority.contains('/'))
        };
        match names.iter().find(|name| !is_origin(name)) {
            Some(got) => Err(ListError::Origin { got: got.clone() }),
            None => Ok(Self::Only(names)),
        }
    }
}

/// The host names by which a request may call this server. An IP address is always right: a page
/// that has its own name resolve to this machine (DNS rebinding) comes with that name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hosts {
    /// Every name.
    Any,
    /// These.
    Only(BTreeSet<String>),
}

impl Default for Hosts {
    /// `localhost`.
    fn default() -> Self {
        Self::Only(["localhost".to_owned()].into())
    }
}

impl FromStr for Hosts {
    type Err = ListError;

    /// Names separated by commas; `*` is any.
    fn from_str(text: &str) -> Result<Self, ListError> {
        let Some(names) = names(text) else { return Ok(Self::Any) };
        match names.iter().find(|name| name.contains([':', '/'])) {
            Some(got) => Err(ListError::Host { got: got.clone() }),
            None => Ok(Self::Only(names)),
        }
    }
}

/// The names of a list, in lower case; `None` when `*` is among them.
fn names(text: &str) -> Option<BTreeSet<String>> {
    let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
    let names: BTreeSet<String> = names.map(str::to_ascii_lowercase).collect();
    (!names.contains("*")).then_some(names)
}

/// How much one caller, and all together, may ask for. Whoever exceeds a limit gets a JSON-RPC
/// error that names it.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Most connections at a time.
    pub connections: usize,
    /// Largest body of an HTTP request, bytes. Settlement transactions are megabytes, twice that
    /// in hex.
    pub request_bytes: usize,
    /// Largest message over WebSocket, bytes.
    pub message_bytes: usize,
    /// Most bytes of requests held at a time, in all. The first 64 KiB of a body do not count, nor the
    /// first KiB of a message over WebSocket.
    pub held_request_bytes: usize,
    /// Most bytes of parameters for methods that take neither code nor transactions.
    pub params_bytes: usize,
    /// Most bytes of parameters for methods that execute.
    pub call_params_bytes: usize,
    /// Most accounts and slots that the overrides of a call may name.
    pub overrides: usize,
    /// Largest answer, bytes. A trace over HTTP is streamed, and may be larger.
    pub response_bytes: usize,
    /// Largest answer that a thread for reads gives, bytes: a larger one is begun again by a thread for
    /// calls, so that it keeps nobody from reading.
    pub read_response_bytes: usize,
    /// Most bytes of answers held at a time, in all. The first 64 KiB of each do not count.
    pub held_response_bytes: usize,
    /// Largest trace over HTTP, bytes.
    pub trace_bytes: usize,
    /// Most calls in a batch.
    pub batch_calls: usize,
    /// Largest answer to a batch, bytes.
    pub batch_response_bytes: usize,
    /// Most calls at a time of one WebSocket connection.
    pub calls_per_connection: usize,
    /// Most messages of one WebSocket connection that wait for that; more are not read yet.
    pub messages_waiting: usize,
    /// Most reads, calls and traces that run at a time.
    pub threads: Threads,
    /// Most calls that wait for each kind of thread.
    pub waiting: usize,
    /// How long a call waits for a thread.
    pub patience: Duration,
    /// Most gas of an `eth_call` and its kin.
    pub call_gas: u64,
    /// How long a read, a call or an estimate may run.
    pub call_time: Duration,
    /// How long a trace may run.
    pub trace_time: Duration,
    /// Most bytes that a tracer may keep before it answers.
    pub trace_memory: usize,
    /// How long a caller may take to send a body, and to take an answer besides a second for each
    /// megabyte.
    pub socket_time: Duration,
    /// How long, where others wait for room, a connection may be kept without a request, and an answer
    /// may be on its way. Longer than the pauses of who asks regularly, such as a node that follows
    /// this chain, and less than others wait.
    pub crowded_time: Duration,
    /// Most blocks one `eth_getLogs` may search.
    pub log_blocks: u64,
    /// Most logs in one answer.
    pub logs: usize,
    /// Most addresses, and most topics for each position, of `eth_getLogs`.
    pub filter_terms: usize,
    /// The same of a filter or subscription, which each block is compared with.
    pub watched_terms: usize,
    /// Most filters of one connection, and of all.
    pub filters: PerConnection,
    /// How long a filter lives that nobody asks.
    pub filter_time: Duration,
    /// Most subscriptions of one connection, and of all.
    pub subscriptions: PerConnection,
}

/// How many threads each kind of work has. None of them is a block builder's.
#[derive(Debug, Clone, Copy)]
pub struct Threads {
    /// For methods that read the store or send a transaction.
    pub reads: usize,
    /// For methods that execute.
    pub calls: usize,
    /// For traces.
    pub traces: usize,
    /// Not threads, but calls that wait for something else, such as a block.
    pub waits: usize,
}

/// A limit for one connection, and for all together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PerConnection {
    /// Of one connection.
    pub each: usize,
    /// Of all.
    pub all: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 512,
            request_bytes: 16 << 20,
            message_bytes: 1 << 20,
            held_request_bytes: 64 << 20,
            params_bytes: 512 << 10,
            call_params_bytes: 6 << 20,
            overrides: 10_000,
            response_bytes: 64 << 20,
            read_response_bytes: 1 << 20,
            held_response_bytes: 128 << 20,
            trace_bytes: 1 << 30,
            batch_calls: 1_000,
            batch_response_bytes: 25 << 20,
            calls_per_connection: 4,
            messages_waiting: 256,
            threads: Threads { reads: 4, calls: 2, traces: 1, waits: 16 },
            // What all connections together can have: who is there gets a turn.
            waiting: 2_048,
            patience: Duration::from_secs(10),
            call_gas: 50_000_000,
            call_time: Duration::from_secs(5),
            trace_time: Duration::from_secs(30),
            trace_memory: 64 << 20,
            socket_time: Duration::from_secs(30),
            crowded_time: Duration::from_secs(8),
            log_blocks: 100_000,
            logs: 100_000,
            filter_terms: 1_000,
            watched_terms: 100,
            filters: PerConnection { each: 100, all: 1_000 },
            filter_time: Duration::from_secs(300),
            subscriptions: PerConnection { each: 1_000, all: 10_000 },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_as_geth_reads_them() {
        let parse = |text: &str| -> Api { text.parse().unwrap() };
        assert!(parse("eth, debug").has("debug_traceCall"));
        assert!(!parse("eth,net").has("debug_traceCall"));
        assert!(!parse("").has("eth_chainId"));
        assert!(parse("*").has("debug_traceCall"));
        assert!(!parse("eth").has("eth"));
        assert_eq!("".parse(), Ok(Origins::None));
        assert_eq!("*".parse(), Ok(Origins::Any));
        assert_eq!("*".parse(), Ok(Hosts::Any));
        assert_eq!("localhost".parse(), Ok(Hosts::default()));
        for typo in ["eht", "eth,nte"] {
            assert!(matches!(typo.parse::<Api>(), Err(ListError::Namespace { .. })), "{typo}");
        }
        for typo in ["localhost:3000", "http://", "https://example.org/page"] {
            assert!(matches!(typo.parse::<Origins>(), Err(ListError::Origin { .. })), "{typo}");
        }
        for typo in ["http://node", "node:8545", "node/"] {
            assert!(matches!(typo.parse::<Hosts>(), Err(ListError::Host { .. })), "{typo}");
        }
    }
}
