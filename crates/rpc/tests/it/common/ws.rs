//! WebSocket by hand, to see exactly what a server answers.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{
        Error, Message,
        client::IntoClientRequest,
        http::{HeaderValue, header},
    },
};

use super::Served;

pub struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    pub async fn connect(served: &Served) -> Self {
        Self::open(served, None, None).await.unwrap()
    }

    /// As a page of an origin does, or by another name of the server.
    pub async fn open(
        served: &Served,
        origin: Option<&str>,
        host: Option<&str>,
    ) -> Result<Self, Error> {
        let mut request = served.server.ws_url().into_client_request()?;
        let headers = request.headers_mut();
        for (name, value) in [(header::ORIGIN, origin), (header::HOST, host)] {
            if let Some(value) = value {
                headers.insert(name, HeaderValue::from_str(value).unwrap());
            }
        }
        Ok(Self(connect_async(request).await?.0))
    }

    pub async fn send(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    /// The next message, `None` once the connection has ended.
    pub async fn next(&mut self) -> Option<Value> {
        match self.0.next().await?.ok()? {
            Message::Text(text) => Some(serde_json::from_str(&text).unwrap()),
            _ => None,
        }
    }

    pub async fn call(&mut self, method: &str, params: Value) -> Value {
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        self.send(&request.to_string()).await;
        self.next().await.expect("an answer")
    }
}
