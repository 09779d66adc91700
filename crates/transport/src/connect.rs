//! Connecting.

use std::{fmt, time::Duration};

use alloy_network::Ethereum;
use alloy_provider::RootProvider;
use alloy_rpc_client::RpcClient;
use alloy_transport::{TransportFut, utils::guess_local_url};
use alloy_transport_http::reqwest::{Client, Url, redirect};
use thiserror::Error;

use crate::{BoundedHttp, Here};

/// Where JSON-RPC is answered.
#[derive(Debug, Clone)]
pub enum Endpoint {
    /// Over HTTP, by somebody else: at this URL.
    Url(String),
    /// In this process, whose answers need no bounds.
    Here(Here),
}

impl From<&str> for Endpoint {
    fn from(url: &str) -> Self {
        Self::Url(url.to_owned())
    }
}

impl From<String> for Endpoint {
    fn from(url: String) -> Self {
        Self::Url(url)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(url) => f.write_str(url),
            Self::Here(_) => f.write_str("this process"),
        }
    }
}

impl Endpoint {
    /// A provider whose answers are bounded. It asks nothing yet.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub fn connect(&self, limits: Limits) -> Result<RootProvider<Ethereum>, ConnectError> {
        match self {
            Self::Url(url) => connect(url, limits),
            Self::Here(here) => {
                let here = here.clone();
                let ask = move |request| -> TransportFut<'static> {
                    Box::pin(here.clone().send(request))
                };
                Ok(RootProvider::new(RpcClient::new(tower::service_fn(ask), true)))
            }
        }
    }
}

/// How long and how large an answer may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Time from a request to the last byte of its answer.
    pub timeout: Duration,
    /// Most bytes of an answer.
    pub max_bytes: usize,
}

/// There can be no connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ConnectError {
    /// What was given is no URL of HTTP.
    #[error("not a URL of HTTP")]
    Url,
    /// The system's TLS cannot be used.
    #[error("no HTTP client can be made here")]
    Client,
}

/// A provider whose answers are bounded. It asks nothing yet.
///
/// # Errors
/// [`ConnectError`].
pub fn connect(url: &str, limits: Limits) -> Result<RootProvider<Ethereum>, ConnectError> {
    let parsed: Url = url.parse().map_err(|_| ConnectError::Url)?;
    if !matches!(parsed.scheme(), "http" | "https") {
        return Err(ConnectError::Url);
    }
    let client = Client::builder()
        .timeout(limits.timeout)
        .redirect(redirect::Policy::none())
        .build()
        .map_err(|_| ConnectError::Client)?;
    let transport = BoundedHttp::new(client, parsed, limits.max_bytes);
    Ok(RootProvider::new(RpcClient::new(transport, guess_local_url(url))))
}
