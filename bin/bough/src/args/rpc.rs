//! How JSON-RPC is served: geth's flags, where geth has them.

use std::time::Duration;

use bough_rpc::{Api, Hosts, Limits, Origins, RpcConfig};
use clap::Args;

use super::block_time;

/// What differs from the defaults of a command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "JSON-RPC")]
pub(crate) struct RpcArgs {
    /// Namespaces that are served over HTTP and WebSocket, separated by commas: eth, net, web3,
    /// txpool, debug, bough (L2), evm and anvil (a development L1); * is all, which `dev` and `l1`
    /// serve; `node` serves eth,net,web3,txpool,bough
    #[arg(long = "http.api", alias = "ws.api", value_name = "NAMES")]
    api: Option<Api>,
    /// Origins of the web pages that may ask, like http://localhost:3000, separated by commas; * is
    /// any, nothing is none. Without it pages of this machine may ask `dev` and `l1`, none `node`
    #[arg(long = "http.corsdomain", alias = "ws.origins", value_name = "ORIGINS")]
    origins: Option<Origins>,
    /// Host names by which requests may call this server, separated by commas; * is any. Without it
    /// localhost; IP addresses may always
    #[arg(long = "http.vhosts", value_name = "NAMES")]
    hosts: Option<Hosts>,
    /// Most gas of an eth_call and its kin, estimates too; 0 is no limit
    #[arg(long = "rpc.gascap", value_name = "GAS", default_value_t = Limits::default().call_gas)]
    gas: u64,
    /// Longest time of an eth_call and its kin
    #[arg(
        long = "rpc.evmtimeout",
        value_name = "SECONDS",
        default_value = "5",
        value_parser = block_time
    )]
    time: Duration,
    /// Most blocks that one eth_getLogs may search; 0 is no limit
    #[arg(
        long = "rpc.rangelimit",
        value_name = "BLOCKS",
        default_value_t = Limits::default().log_blocks
    )]
    range: u64,
    /// Most calls in a batch; 0 is no limit
    #[arg(
        long = "rpc.batch-request-limit",
        value_name = "CALLS",
        default_value_t = Limits::default().batch_calls
    )]
    batch: usize,
    /// Largest answer to a batch; 0 is no limit
    #[arg(
        long = "rpc.batch-response-max-size",
        value_name = "BYTES",
        default_value_t = Limits::default().batch_response_bytes
    )]
    batch_bytes: usize,
}

impl RpcArgs {
    /// A configuration, with what was asked for in place of its own.
    pub(crate) fn apply(&self, base: RpcConfig) -> RpcConfig {
        RpcConfig {
            api: self.api.clone().unwrap_or(base.api),
            origins: self.origins.clone().unwrap_or(base.origins),
            hosts: self.hosts.clone().unwrap_or(base.hosts),
            limits: Limits {
                call_gas: unless_zero(self.gas, u64::MAX),
                log_blocks: unless_zero(self.range, u64::MAX),
                call_time: self.time,
                batch_calls: unless_zero(self.batch, usize::MAX),
                batch_response_bytes: unless_zero(self.batch_bytes, usize::MAX),
                ..base.limits
            },
            ..base
        }
    }
}

/// As geth reads a limit of 0.
fn unless_zero<N: Default + PartialEq>(limit: N, none: N) -> N {
    if limit == N::default() { none } else { limit }
}
