//! HTTP by hand, to see exactly what a server answers.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// An HTTP answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its status; 0 where the connection ended before it came.
    pub status: u16,
    /// Its head, as it came.
    pub headers: String,
    /// Its body.
    pub body: String,
}

impl Answer {
    /// Takes a whole answer apart; one that was cut has status 0 or less of a body.
    pub fn read(answer: &str) -> Self {
        let (headers, body) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
        let status = headers.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        let chunked = headers.to_ascii_lowercase().contains("transfer-encoding: chunked");
        let body = if chunked { unchunked(body) } else { body.to_owned() };
        Answer { status, headers: headers.to_owned(), body }
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is not.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }

    /// The value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }
}

/// Calls one method and gives the whole JSON-RPC answer.
///
/// # Panics
/// When the answer is no JSON.
pub async fn call(address: SocketAddr, method: &str, params: Value) -> Value {
    let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    post(address, &request.to_string()).await.json()
}

/// POSTs a body that says that it is JSON.
///
/// # Panics
/// When the server takes no connection.
pub async fn post(address: SocketAddr, body: &str) -> Answer {
    request(address, "POST", "content-type: application/json\r\n", body).await
}

/// A request with head lines that each end with `\r\n`.
///
/// # Panics
/// When the server takes no connection.
pub async fn request(address: SocketAddr, verb: &str, headers: &str, body: &str) -> Answer {
    request_as(address, &address.to_string(), verb, headers, body).await
}

/// A request that calls the server by some name.
///
/// # Panics
/// When the server takes no connection.
pub async fn request_as(
    address: SocketAddr,
    host: &str,
    verb: &str,
    headers: &str,
    body: &str,
) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "{verb} / HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // A server that refuses a body may close before it has read it.
    let _ = stream.write_all(body.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    Answer::read(&String::from_utf8(answer).unwrap())
}

fn unchunked(mut body: &str) -> String {
    let mut whole = String::new();
    while let Some((length, rest)) = body.split_once("\r\n") {
        let length = usize::from_str_radix(length, 16).unwrap().min(rest.len());
        whole.push_str(&rest[..length]);
        body = rest[length..].trim_start_matches("\r\n");
    }
    whole
}
