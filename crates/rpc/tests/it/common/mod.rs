//! A chain with one block of every type of transaction, and a server over it.

pub mod chain;
pub mod snapshot;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use alloy_primitives::{B256, U256};
use bough_chain::Chain;
use bough_rpc::{Limits, Methods, RpcConfig, RpcHandle, RpcHooks, RpcServer};
use bough_stf::Fork;
use bough_testing::http;
use serde_json::Value;

/// A server over the example chain.
pub struct Served {
    pub chain: Arc<Chain>,
    pub server: RpcHandle,
}

impl Served {
    pub async fn start() -> Self {
        Self::with(RpcConfig::development(), RpcHooks::default(), Methods::new()).await
    }

    /// With limits of its own.
    pub async fn limited(limits: Limits) -> Self {
        let config = RpcConfig { limits, ..RpcConfig::default() };
        Self::with(config, RpcHooks::default(), Methods::new()).await
    }

    pub async fn with(config: RpcConfig, hooks: RpcHooks, extra: Methods) -> Self {
        Self::at(Fork::Amsterdam, config, hooks, extra)
    }

    /// A server over the example chain at a fork.
    pub fn at(fork: Fork, config: RpcConfig, hooks: RpcHooks, extra: Methods) -> Self {
        let chain = chain::example(fork);
        let server = RpcServer::start(chain.clone(), config, hooks, extra).unwrap();
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

/// A number as a 32-byte word in JSON.
pub fn word(value: u64) -> String {
    B256::from(U256::from(value)).to_string()
}

/// A quantity, which must have no leading zeros.
pub fn number(value: &Value) -> u64 {
    let text = value.as_str().unwrap_or_else(|| panic!("no quantity: {value}"));
    let digits = text.strip_prefix("0x").unwrap();
    assert!(digits == "0" || !digits.starts_with('0'), "{text} has leading zeros");
    u64::from_str_radix(digits, 16).unwrap()
}

/// Waits until something holds, for a bounded time.
pub async fn until(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < deadline, "never: {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
