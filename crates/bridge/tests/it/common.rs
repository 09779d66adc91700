//! A node that gives the same answers always.

use std::{collections::BTreeMap, sync::Arc};

use alloy_primitives::hex;
use alloy_sol_types::SolCall;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// Answers by method, and those of `eth_call` by the first eight hex digits of its input.
#[derive(Debug, Default)]
pub struct FakeNode {
    answers: BTreeMap<String, Value>,
}

impl FakeNode {
    pub fn new(chain_id: u64) -> Self {
        Self::default().answer("eth_chainId", json!(format!("{chain_id:#x}")))
    }

    pub fn answer(mut self, method: &str, answer: Value) -> Self {
        self.answers.insert(method.to_owned(), answer);
        self
    }

    pub fn view<C: SolCall>(self, answer: &C::Return) -> Self {
        let answer = hex::encode_prefixed(C::abi_encode_returns(answer));
        self.answer(&hex::encode(C::SELECTOR), json!(answer))
    }

    /// Serves until the test's runtime ends, and gives the URL.
    pub async fn serve(self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let node = Arc::new(self);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(handle(node.clone(), stream));
            }
        });
        url
    }

    fn respond(&self, request: &Value) -> Value {
        let method = request["method"].as_str().unwrap_or_default();
        let key = match method {
            "eth_call" => {
                request["params"][0]["input"].as_str().unwrap_or_default()[2..10].to_owned()
            }
            other => other.to_owned(),
        };
        let mut response = json!({"jsonrpc": "2.0", "id": request["id"]});
        match self.answers.get(&key) {
            Some(answer) => response["result"] = answer.clone(),
            None => {
                response["error"] =
                    json!({"code": 3, "message": "execution reverted", "data": "0x"});
            }
        }
        response
    }
}

async fn handle(node: Arc<FakeNode>, mut stream: TcpStream) {
    let mut received = Vec::new();
    loop {
        let mut buffer = [0; 4096];
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(count) => received.extend_from_slice(&buffer[..count]),
        }
        let Some(body) = body(&received) else { continue };
        let response = node.respond(&serde_json::from_slice(body).unwrap()).to_string();
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length:";
        let response = format!("{head} {}\r\n\r\n{response}", response.len());
        if stream.write_all(response.as_bytes()).await.is_err() {
            return;
        }
        received.clear();
    }
}

/// The body of a request, once it is all there.
fn body(request: &[u8]) -> Option<&[u8]> {
    let head = request.windows(4).position(|end| end == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&request[..head]).to_lowercase();
    let length = text.split("content-length:").nth(1)?.split("\r\n").next()?;
    request.get(head..head + length.trim().parse::<usize>().ok()?)
}
