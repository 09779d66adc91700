//! The server: HTTP and WebSocket on one port.

use std::{
    io::ErrorKind,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use bough_chain::{Chain, SubscriptionId};
use jsonrpsee::{
    Methods, RpcModule,
    server::{Server, ServerConfig, ServerHandle},
};
use tokio::sync::oneshot;
use tower::ServiceBuilder;
use tower_http::cors::CorsLayer;

use crate::{
    RpcHooks, StartError,
    context::{Context, HexIds},
    debug, eth_blocks, eth_call, eth_fees, eth_logs, eth_state, eth_tx, filters,
    methods::MethodTable,
    net_web3, subscriptions, txpool,
};

/// How to serve, and how much.
#[derive(Debug, Clone)]
pub struct RpcConfig {
    /// Address to listen on.
    pub host: IpAddr,
    /// Port to listen on; 0 takes a free one.
    pub port: u16,
    /// Largest request, in bytes. Settlement transactions are megabytes, twice that in hex.
    pub max_request_bytes: u32,
    /// Largest answer, in bytes. Traces of whole blocks are large.
    pub max_response_bytes: u32,
    /// Most connections at a time.
    pub max_connections: u32,
    /// Most blocks one `eth_getLogs` may search.
    pub max_log_blocks: u64,
    /// Most logs in one answer.
    pub max_logs: usize,
    /// How long a filter lives that nobody asks.
    pub filter_timeout: Duration,
    /// Most gas of an `eth_call` and its kin.
    pub call_gas_cap: u64,
}

impl Default for RpcConfig {
    fn default() -> Self {
        Self {
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            max_request_bytes: 16 << 20,
            max_response_bytes: 256 << 20,
            max_connections: 1024,
            max_log_blocks: 10_000,
            max_logs: 100_000,
            filter_timeout: Duration::from_secs(300),
            call_gas_cap: 100_000_000,
        }
    }
}

/// The JSON-RPC server of a chain.
#[derive(Debug, Clone, Copy)]
pub struct RpcServer;

impl RpcServer {
    /// Starts serving `chain`, on the current tokio runtime.
    ///
    /// A method of `extra` replaces the one of the same name here, so that a node can answer
    /// `eth_accounts` or forward `eth_sendRawTransaction` in its own way.
    ///
    /// # Errors
    /// [`StartError`] when the address cannot be listened on.
    pub async fn start(
        chain: Arc<Chain>,
        config: RpcConfig,
        hooks: RpcHooks,
        extra: RpcModule<()>,
    ) -> Result<RpcHandle, StartError> {
        let address = SocketAddr::new(config.host, config.port);
        let cors = ServiceBuilder::new().layer(CorsLayer::permissive());
        let server = Server::builder()
            .set_config(server_config(&config))
            .set_http_middleware(cors)
            .build(address)
            .await
            .map_err(|source| bind_error(address, source))?;
        let local_addr = server.local_addr().map_err(|source| bind_error(address, source))?;

        let (context, released) = Context::new(chain.clone(), config, hooks);
        let context = Arc::new(context);
        let subscription = chain.subscribe(Box::new(context.listener()));
        let server = server.start(methods(context, extra));
        Ok(RpcHandle { local_addr, server, chain, subscription, released })
    }
}

/// A running server; it stops when this is dropped.
#[derive(Debug)]
pub struct RpcHandle {
    local_addr: SocketAddr,
    server: ServerHandle,
    chain: Arc<Chain>,
    subscription: SubscriptionId,
    released: oneshot::Receiver<()>,
}

impl RpcHandle {
    /// The address it listens on, with the real port.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// `http://` URL of the server.
    pub fn http_url(&self) -> String {
        format!("http://{}", self.local_addr)
    }

    /// `ws://` URL of the server.
    pub fn ws_url(&self) -> String {
        format!("ws://{}", self.local_addr)
    }

    /// Closes every connection and waits until the calls under way have ended: nothing here uses
    /// the chain afterwards.
    pub async fn stop(mut self) {
        // An error says that it has stopped already.
        let _ = self.server.stop();
        self.server.clone().stopped().await;
        // Nothing is ever sent: the sender goes with the last user.
        let _ = (&mut self.released).await;
    }
}

impl Drop for RpcHandle {
    fn drop(&mut self) {
        self.chain.unsubscribe(self.subscription);
        let _ = self.server.stop();
    }
}

fn server_config(config: &RpcConfig) -> ServerConfig {
    ServerConfig::builder()
        .max_request_body_size(config.max_request_bytes)
        .max_response_body_size(config.max_response_bytes)
        .max_connections(config.max_connections)
        .set_id_provider(HexIds)
        .build()
}

fn methods(context: Arc<Context>, extra: RpcModule<()>) -> Methods {
    let mut table = MethodTable::new(context);
    net_web3::register(&mut table);
    eth_blocks::register(&mut table);
    eth_state::register(&mut table);
    eth_tx::register(&mut table);
    eth_fees::register(&mut table);
    eth_call::register(&mut table);
    eth_logs::register(&mut table);
    filters::register(&mut table);
    subscriptions::register(&mut table);
    txpool::register(&mut table);
    debug::register(&mut table);

    let mut module = table.into_module();
    for name in extra.method_names() {
        module.remove_method(name);
    }
    module.merge(extra).expect("invariant: no name is left twice");
    module.into()
}

fn bind_error(address: SocketAddr, source: std::io::Error) -> StartError {
    match source.kind() {
        ErrorKind::AddrInUse => StartError::AddressInUse { address },
        _ => StartError::Bind { address, source },
    }
}
