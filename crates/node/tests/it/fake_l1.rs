//! An L1 that passes on what a real one answers, or something else.

use std::sync::Arc;

use alloy_transport_http::reqwest::Client;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// What it sends in place of an answer.
pub enum Reply {
    /// This result.
    Result(Value),
    /// This error.
    Error(&'static str),
    /// This body.
    Body(String),
    /// A status of HTTP, and no body.
    Status(&'static str),
    /// More than anybody takes.
    Endless,
    /// Nothing, with the connection left open.
    Nothing,
    /// Nothing, with the connection closed.
    Close,
}

/// Gives another reply for a method, its parameters and its right result, which is null where the real
/// L1 refuses; `None` leaves it as it is.
type Change = Box<dyn FnMut(&str, &Value, Value) -> Option<Reply> + Send>;

/// An L1 between a node and a real L1.
pub struct FakeL1 {
    pub url: String,
    shared: Arc<Shared>,
}

struct Shared {
    upstream: String,
    client: Client,
    change: Mutex<Option<Change>>,
    changed: watch::Sender<u32>,
}

impl FakeL1 {
    /// Passes on what the L1 at `upstream` answers, until the test's runtime ends.
    pub async fn before(upstream: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            upstream,
            client: Client::new(),
            change: Mutex::default(),
            changed: watch::channel(0).0,
        });
        let serving = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(Arc::clone(&serving), stream));
            }
        });
        Self { url, shared }
    }

    /// Changes answers from now on.
    pub fn change(
        &self,
        change: impl FnMut(&str, &Value, Value) -> Option<Reply> + Send + 'static,
    ) {
        *self.shared.change.lock() = Some(Box::new(change));
    }

    /// Changes nothing any more.
    pub fn heal(&self) {
        *self.shared.change.lock() = None;
    }

    /// How many answers were changed.
    pub fn changed(&self) -> u32 {
        *self.shared.changed.borrow()
    }

    /// Waits until so many answers were changed.
    pub async fn until_changed(&self, answers: u32) {
        let mut changed = self.shared.changed.subscribe();
        changed.wait_for(|changed| *changed >= answers).await.unwrap();
    }
}

impl Shared {
    async fn reply(&self, request: &Value) -> Reply {
        let answer = self.client.post(&self.upstream).json(request).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        let result = answer.get("result").cloned().unwrap_or_default();
        let method = request["method"].as_str().unwrap();
        let mut change = self.change.lock();
        let changed =
            change.as_mut().and_then(|change| change(method, &request["params"], result.clone()));
        match changed {
            Some(reply) => {
                self.changed.send_modify(|changed| *changed += 1);
                reply
            }
            None => Reply::Body(answer.to_string()),
        }
    }
}

async fn serve(shared: Arc<Shared>, mut stream: TcpStream) {
    let mut received = Vec::new();
    loop {
        let mut buffer = [0; 65536];
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(count) => received.extend_from_slice(&buffer[..count]),
        }
        let Some(body) = body(&received) else { continue };
        let request: Value = serde_json::from_slice(body).unwrap();
        received.clear();
        let id = &request["id"];
        let body = match shared.reply(&request).await {
            Reply::Result(result) => {
                json!({"jsonrpc": "2.0", "id": id, "result": result}).to_string()
            }
            Reply::Error(message) => {
                let error = json!({"code": -32000, "message": message});
                json!({"jsonrpc": "2.0", "id": id, "error": error}).to_string()
            }
            Reply::Body(body) => body,
            Reply::Status(status) => {
                let head = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
                stream.write_all(head.as_bytes()).await.unwrap();
                continue;
            }
            Reply::Endless => {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
                while stream.write_all(&[b' '; 65536]).await.is_ok() {}
                return;
            }
            Reply::Nothing => {
                // Until the other side gives up.
                let _ = stream.read_to_end(&mut Vec::new()).await;
                return;
            }
            Reply::Close => return,
        };
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length:";
        let response = format!("{head} {}\r\n\r\n{body}", body.len());
        if stream.write_all(response.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// The body of a request, once it is all there.
fn body(request: &[u8]) -> Option<&[u8]> {
    let head = request.windows(4).position(|end| end == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&request[..head]).to_lowercase();
    let length = text.split("content-length:").nth(1)?.split("\r\n").next()?;
    request.get(head..head + length.trim().parse::<usize>().ok()?)
}
