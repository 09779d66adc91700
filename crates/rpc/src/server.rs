//! The server: starting, stopping, and the threads it has for itself.

use std::{
    convert::Infallible,
    io::ErrorKind,
    net::{SocketAddr, TcpListener},
    sync::Arc,
};

use bough_chain::{Chain, SubscriptionId};
use tokio::{
    runtime::{Builder, Runtime},
    sync::{oneshot, watch},
};

use crate::{
    Counters, Limits, Methods, RpcConfig, RpcHooks, StartError,
    context::Context,
    debug,
    dispatch::Dispatcher,
    eth_blocks, eth_call, eth_fees, eth_logs, eth_state, eth_tx, filters,
    methods::MethodTable,
    net_web3,
    transport::{Service, serve},
    txpool,
    work::Budget,
};

/// Bytes of a body that do not count: connections bound how many there are.
const FREE_OF_BODY: usize = 64 << 10;
/// Threads for sockets and for methods that read a few values in memory.
const SOCKET_THREADS: usize = 2;

/// Niceness of this server's threads, from -20 to 19; others have 0.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// The JSON-RPC server of a chain.
#[derive(Debug, Clone, Copy)]
pub struct RpcServer;

impl RpcServer {
    /// Starts serving `chain`, on threads of its own: nothing that is asked takes one of the
    /// caller's, on which it may build blocks.
    ///
    /// A method of `extra` replaces the one of the same name here, so that a node can answer
    /// `eth_accounts` or forward `eth_sendRawTransaction` in its own way.
    ///
    /// # Errors
    /// [`StartError`] when the address cannot be listened on, or there are no threads to be had.
    pub fn start(
        chain: Arc<Chain>,
        config: RpcConfig,
        hooks: RpcHooks,
        extra: Methods,
    ) -> Result<RpcHandle, StartError> {
        let RpcConfig { host, port, api, origins, hosts, limits } = config;
        let address = SocketAddr::new(host, port);
        let listener = listen(address).map_err(|source| bind_error(address, source))?;
        let local_addr = listener.local_addr().map_err(|source| bind_error(address, source))?;
        let runtime = runtime(&limits).map_err(StartError::Threads)?;

        let (context, released) = Context::new(Arc::clone(&chain), limits.clone(), hooks);
        let context = Arc::new(context);
        let (stop, stopping) = watch::channel(false);
        let counters = Arc::new(Counters::default());
        let requests = Budget::new(limits.held_request_bytes, FREE_OF_BODY);
        let methods = methods(Arc::clone(&context)).with(extra);
        let responses = context.responses.clone();
        let dispatcher = Dispatcher::new(api, methods, limits, responses, Arc::clone(&counters));
        let subscription = chain.subscribe(Box::new(context.listener()));
        let service = Arc::new(Service { dispatcher, context, hosts, origins, requests, stopping });
        let (serving, over) = watch::channel(());
        runtime.spawn(async move {
            // Dropped when this ends, however it does.
            let _serving = serving;
            // Only here is there a runtime to hand the socket to.
            let listener = tokio::net::TcpListener::from_std(listener)?;
            serve(listener, service).await;
            Ok::<(), std::io::Error>(())
        });
        let runtime = Some(runtime);
        Ok(RpcHandle { local_addr, runtime, stop, over, chain, subscription, released, counters })
    }
}

/// A running server; it stops when this is dropped.
#[derive(Debug)]
pub struct RpcHandle {
    local_addr: SocketAddr,
    runtime: Option<Runtime>,
    stop: watch::Sender<bool>,
    /// Closed when no more connections are taken.
    over: watch::Receiver<()>,
    chain: Arc<Chain>,
    subscription: SubscriptionId,
    released: oneshot::Receiver<()>,
    counters: Arc<Counters>,
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

    /// Returns when it takes no more connections, which nothing but [`RpcHandle::stop`] should
    /// bring about.
    pub fn ended(&self) -> impl Future<Output = Result<(), Infallible>> + Send + 'static {
        let mut over = self.over.clone();
        async move {
            while over.changed().await.is_ok() {}
            Ok(())
        }
    }

    /// What it did and refused.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Closes every connection and the port, and waits until the calls under way have ended:
    /// nothing here uses the chain afterwards.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        let Ok(()) = self.ended().await;
        // Nothing is ever sent: the sender goes with the last user.
        let _ = (&mut self.released).await;
    }
}

impl Drop for RpcHandle {
    fn drop(&mut self) {
        self.chain.unsubscribe(self.subscription);
        self.stop.send_replace(true);
        if let Some(runtime) = self.runtime.take() {
            // Calls that still run end by themselves: their callers are gone.
            runtime.shutdown_background();
        }
    }
}

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

fn runtime(limits: &Limits) -> std::io::Result<Runtime> {
    let threads = limits.threads;
    let lanes = threads.reads.saturating_add(threads.calls).saturating_add(threads.traces);
    Builder::new_multi_thread()
        .thread_name("rpc")
        .on_thread_start(step_back)
        .worker_threads(SOCKET_THREADS)
        .max_blocking_threads(lanes)
        .enable_all()
        .build()
}

/// Lets other threads go first where there are too few cores: whoever builds blocks is not kept
/// waiting by whoever asks.
#[cfg(target_os = "linux")]
fn step_back() {
    // Of the calling thread alone (setpriority(2), NOTES). A system that forbids it goes on as it
    // was.
    let _ = rustix::process::setpriority_process(None, NICENESS);
}

/// Elsewhere the priority is that of the whole process, which stays.
#[cfg(not(target_os = "linux"))]
const fn step_back() {}

pub(crate) fn methods(context: Arc<Context>) -> Methods {
    let mut table = MethodTable::new(context);
    net_web3::register(&mut table);
    eth_blocks::register(&mut table);
    eth_state::register(&mut table);
    eth_tx::register(&mut table);
    eth_fees::register(&mut table);
    eth_call::register(&mut table);
    eth_logs::register(&mut table);
    filters::register(&mut table);
    txpool::register(&mut table);
    debug::register(&mut table);
    table.into_methods()
}

fn bind_error(address: SocketAddr, source: std::io::Error) -> StartError {
    match source.kind() {
        ErrorKind::AddrInUse => StartError::AddressInUse { address },
        _ => StartError::Bind { address, source },
    }
}
