//! A chain with one block of every type of transaction, and a server over it.

#![allow(dead_code, unreachable_pub, missing_docs)]

pub mod chain;
pub mod http;
pub mod snapshot;

use std::sync::Arc;

use bough_chain::Chain;
use bough_rpc::{RpcConfig, RpcHandle, RpcHooks, RpcServer};
use jsonrpsee::RpcModule;
use serde_json::Value;

/// A server over the example chain.
pub struct Served {
    pub chain: Arc<Chain>,
    pub server: RpcHandle,
}

impl Served {
    pub async fn start() -> Self {
        Self::with(RpcConfig::default(), RpcHooks::default(), RpcModule::new(())).await
    }

    pub async fn with(config: RpcConfig, hooks: RpcHooks, extra: RpcModule<()>) -> Self {
        let chain = chain::example();
        let server = RpcServer::start(chain.clone(), config, hooks, extra).await.unwrap();
        Self { chain, server }
    }

    /// The result of a call.
    pub async fn call(&self, method: &str, params: Value) -> Value {
        let answer = http::call(self.server.local_addr(), method, params).await;
        match answer.get("result") {
            Some(result) => result.clone(),
            None => panic!("{method}: {answer}"),
        }
    }

    /// The error of a call: code and message, and the whole object.
    pub async fn error(&self, method: &str, params: Value) -> (i64, String, Value) {
        let answer = http::call(self.server.local_addr(), method, params).await;
        let error = answer.get("error").unwrap_or_else(|| panic!("{method}: {answer}")).clone();
        let message = error["message"].as_str().unwrap().to_owned();
        (error["code"].as_i64().unwrap(), message, error)
    }
}
