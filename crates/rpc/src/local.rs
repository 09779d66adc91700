//! JSON-RPC without a socket.

use std::sync::Arc;

use bough_chain::Chain;

use crate::{
    Counters, Methods, RpcConfig, RpcHooks,
    context::Context,
    dispatch::{Dispatcher, Form},
    server::methods,
};

/// Answers this process alone: with threads for calls that nobody else takes. There are no
/// subscriptions, and its filters hear of no transactions.
#[derive(Debug, Clone)]
pub struct LocalRpc(Arc<Dispatcher>);

impl LocalRpc {
    /// The methods of [`crate::RpcServer::start`], within the limits of `config`, whose addresses do
    /// not count.
    pub fn new(chain: Arc<Chain>, config: RpcConfig, hooks: RpcHooks, extra: Methods) -> Self {
        let RpcConfig { api, limits, .. } = config;
        let (context, _) = Context::new(chain, limits.clone(), hooks);
        let responses = context.responses.clone();
        let methods = methods(Arc::new(context)).with(extra);
        let counters = Arc::new(Counters::default());
        Self(Arc::new(Dispatcher::new(api, methods, limits, responses, counters)))
    }

    /// The bytes of the answer to a body; `None` where nobody waits for one. To be called within a
    /// runtime that has threads for blocking work.
    pub async fn answer(&self, body: Vec<u8>) -> Option<Vec<u8>> {
        let reply = self.0.answer(0, &body.into(), Form::Message).await?;
        Some(reply.bytes)
    }
}
