//! JSON-RPC over HTTP that reads no more than it may.

use std::task::{Context, Poll};

use alloy_json_rpc::{RequestPacket, ResponsePacket};
use alloy_transport::{TransportError, TransportErrorKind, TransportFut};
use alloy_transport_http::reqwest::{Client, Response, Url};
use thiserror::Error;
use tower::Service;

use crate::printable;

/// An answer had more bytes than it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("more than {limit} bytes")]
pub struct TooLarge {
    /// The most, bytes.
    pub limit: usize,
}

/// An answer to a batch came, and there was none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("it is of another request")]
pub(crate) struct OtherRequest;

/// A transport for alloy's providers.
#[derive(Debug, Clone)]
pub struct BoundedHttp {
    client: Client,
    url: Url,
    max_bytes: usize,
}

impl BoundedHttp {
    /// One that sends to `url` and reads at most `max_bytes` of an answer; the client says how long
    /// that may take.
    pub const fn new(client: Client, url: Url, max_bytes: usize) -> Self {
        Self { client, url, max_bytes }
    }

    async fn send(self, request: RequestPacket) -> Result<ResponsePacket, TransportError> {
        let response = self
            .client
            .post(self.url)
            .headers(request.headers())
            .json(&request)
            .send()
            .await
            .map_err(TransportErrorKind::custom)?;
        let status = response.status();
        let body = read(response, self.max_bytes).await?;
        match serde_json::from_slice(&body) {
            Ok(ResponsePacket::Batch(_)) if matches!(request, RequestPacket::Single(_)) => {
                Err(TransportErrorKind::custom(OtherRequest))
            }
            Ok(packet) => Ok(packet),
            Err(_) if !status.is_success() => {
                let body = printable(&String::from_utf8_lossy(&body));
                Err(TransportErrorKind::http_error(status.as_u16(), body))
            }
            Err(why) => {
                Err(TransportError::deser_err(why, printable(&String::from_utf8_lossy(&body))))
            }
        }
    }
}

impl Service<RequestPacket> for BoundedHttp {
    type Response = ResponsePacket;
    type Error = TransportError;
    type Future = TransportFut<'static>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: RequestPacket) -> Self::Future {
        Box::pin(self.clone().send(request))
    }
}

/// The body, if it is not too large. What its header claims is believed only to refuse it.
async fn read(mut response: Response, limit: usize) -> Result<Vec<u8>, TransportError> {
    let too_large = || TransportErrorKind::custom(TooLarge { limit });
    let fits = |length: usize| length <= limit;
    let claimed = response.content_length().unwrap_or_default();
    if !usize::try_from(claimed).is_ok_and(fits) {
        return Err(too_large());
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(TransportErrorKind::custom)? {
        if !fits(body.len().saturating_add(chunk.len())) {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
