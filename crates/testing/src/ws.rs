//! WebSocket by hand, to see exactly what a server answers.

use std::{io, net::SocketAddr};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
pub use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{
        Message,
        client::IntoClientRequest,
        http::{HeaderValue, header},
    },
};

/// A connection whose client has sent the head of a message of a megabyte, and so many bytes of it.
///
/// # Errors
/// When it is refused. That it ends while the message is sent is none.
pub async fn begun_message(to: SocketAddr, bytes: usize) -> io::Result<TcpStream> {
    const LENGTH: u64 = 1 << 20;
    let mut stream = TcpStream::connect(to).await?;
    let head = format!(
        "GET / HTTP/1.1\r\nhost: {to}\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await?;
    if &answer != b"HTTP/1.1 101" {
        return Err(io::ErrorKind::ConnectionRefused.into());
    }
    // A text, masked with nothing.
    let frame = [&[0x81, 0xff][..], &LENGTH.to_be_bytes(), &[0; 4]].concat();
    stream.write_all(&frame).await?;
    let _ = stream.write_all(&vec![b'1'; bytes]).await;
    Ok(stream)
}

/// A connection.
#[derive(Debug)]
pub struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// Connects to a `ws://` URL.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn connect(url: &str) -> Self {
        Self::open(url, None, None).await.unwrap()
    }

    /// Connects as a page of an origin does, or by another name of the server.
    ///
    /// # Errors
    /// When it is refused.
    pub async fn open(url: &str, origin: Option<&str>, host: Option<&str>) -> Result<Self, Error> {
        let mut request = url.into_client_request()?;
        let headers = request.headers_mut();
        for (name, value) in [(header::ORIGIN, origin), (header::HOST, host)] {
            if let Some(value) = value {
                headers.insert(name, HeaderValue::from_str(value).unwrap());
            }
        }
        Ok(Self(connect_async(request).await?.0))
    }

    /// Sends a message.
    ///
    /// # Panics
    /// When the connection has ended.
    pub async fn send(&mut self, text: &str) {
        self.try_send(text).await.unwrap();
    }

    /// Sends a message.
    ///
    /// # Errors
    /// When the connection has ended.
    pub async fn try_send(&mut self, text: &str) -> Result<(), Error> {
        self.0.send(Message::text(text)).await
    }

    /// The next message, `None` once the connection has ended.
    ///
    /// # Panics
    /// When it is no JSON.
    pub async fn next(&mut self) -> Option<Value> {
        match self.0.next().await?.ok()? {
            Message::Text(text) => Some(serde_json::from_str(&text).unwrap()),
            _ => None,
        }
    }

    /// Calls a method and gives the next message.
    ///
    /// # Panics
    /// When the connection ends instead.
    pub async fn call(&mut self, method: &str, params: Value) -> Value {
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        self.send(&request.to_string()).await;
        self.next().await.expect("an answer")
    }
}
