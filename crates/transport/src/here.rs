//! JSON-RPC to a server of this process: no socket, and so nobody else at it.

use std::{fmt, pin::Pin, sync::Arc};

use alloy_json_rpc::{RequestPacket, ResponsePacket};
use alloy_transport::{TransportError, TransportErrorKind};
use thiserror::Error;

use crate::printable;

type Answer = Pin<Box<dyn Future<Output = Option<Vec<u8>>> + Send>>;

/// A server of this process: it is given the bytes of a request, and gives those of its answer.
#[derive(Clone)]
pub struct Here(Arc<dyn Fn(Vec<u8>) -> Answer + Send + Sync>);

impl Here {
    /// What `answer` answers; nothing where nobody waits for one.
    pub fn new<F>(answer: impl Fn(Vec<u8>) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Option<Vec<u8>>> + Send + 'static,
    {
        Self(Arc::new(move |request| Box::pin(answer(request))))
    }

    /// Asks, as a transport for alloy's providers does.
    pub(crate) async fn send(
        self,
        request: RequestPacket,
    ) -> Result<ResponsePacket, TransportError> {
        let bytes = serde_json::to_vec(&request).map_err(TransportError::ser_err)?;
        let answer = (self.0)(bytes).await;
        let answer = answer.ok_or_else(|| TransportErrorKind::custom(NoAnswer))?;
        serde_json::from_slice(&answer).map_err(|why| {
            TransportError::deser_err(why, printable(&String::from_utf8_lossy(&answer)))
        })
    }
}

/// The server has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("no answer")]
struct NoAnswer;

impl fmt::Debug for Here {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Here")
    }
}
