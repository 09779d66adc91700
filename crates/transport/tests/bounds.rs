//! Answers that are too long, never end, or are none.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::time::Duration;

use alloy_provider::{Provider, RootProvider};
use bough_transport::{Complaint, ConnectError, Limits, connect};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

const MAX_BYTES: usize = 1000;
const LONG: Duration = Duration::from_secs(60);

/// What a fake node does with a request.
#[derive(Clone)]
enum Reply {
    /// Sends this and closes the connection.
    Text(String),
    /// Sends this again and again until the other side closes.
    Endless(&'static str, &'static str),
    /// Sends this and then nothing.
    Stalls(&'static str),
}

async fn node(reply: Reply) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, reply.clone()));
        }
    });
    url
}

async fn answer(mut stream: TcpStream, reply: Reply) {
    let mut request = [0; 4096];
    let _ = stream.read(&mut request).await;
    match reply {
        Reply::Text(text) => {
            let _ = stream.write_all(text.as_bytes()).await;
        }
        Reply::Endless(head, part) => {
            let _ = stream.write_all(head.as_bytes()).await;
            while stream.write_all(part.as_bytes()).await.is_ok() {}
        }
        Reply::Stalls(head) => {
            let _ = stream.write_all(head.as_bytes()).await;
            // Until the other side gives up.
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
    }
}

async fn provider(reply: Reply, timeout: Duration) -> RootProvider {
    connect(&node(reply).await, Limits { timeout, max_bytes: MAX_BYTES }).unwrap()
}

async fn complaint(reply: Reply) -> Complaint {
    let error = provider(reply, LONG).await.get_block_number().await.unwrap_err();
    Complaint::of(&error)
}

fn http(status: &str, body: &str) -> Reply {
    let length = body.len();
    Reply::Text(format!(
        "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    ))
}

fn block_number(spaces: usize) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":0,"result":"0x10"{}}}"#, " ".repeat(spaces))
}

#[tokio::test]
async fn as_many_bytes_as_allowed_and_not_one_more() {
    let most = MAX_BYTES - block_number(0).len();
    let exact = provider(http("200 OK", &block_number(most)), LONG).await;
    assert_eq!(exact.get_block_number().await.unwrap(), 16);

    let too_large = Complaint::Malformed(format!("more than {MAX_BYTES} bytes"));
    assert_eq!(complaint(http("200 OK", &block_number(most + 1))).await, too_large);
    // Refused by what the header claims: nothing else comes.
    let claims = "HTTP/1.1 200 OK\r\ncontent-length: 1099511627776\r\n\r\n";
    assert_eq!(complaint(Reply::Stalls(claims)).await, too_large);
    // Without a length, by what has come.
    let head = "HTTP/1.1 200 OK\r\n\r\n";
    assert_eq!(complaint(Reply::Endless(head, "    ")).await, too_large);
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    assert_eq!(complaint(Reply::Endless(head, "4\r\n    \r\n")).await, too_large);
}

#[tokio::test]
async fn an_answer_that_does_not_end_is_given_up() {
    let timeout = Duration::from_millis(50);
    let heads = ["", "HTTP/1.1 200 OK\r\ncontent-length: 40\r\n\r\n{\"jsonrpc\""];
    for head in heads {
        let provider = provider(Reply::Stalls(head), timeout).await;
        let error = provider.get_block_number().await.unwrap_err();
        assert!(matches!(Complaint::of(&error), Complaint::Silent(_)), "{error}");
    }
}

#[tokio::test]
async fn what_is_no_answer() {
    let malformed = |complaint: &Complaint| matches!(complaint, Complaint::Malformed(_));
    let deep = format!("{}{}", "[".repeat(400), "]".repeat(400));
    let not_a_number = r#"{"jsonrpc":"2.0","id":0,"result":{"a":1}}"#;
    let null = r#"{"jsonrpc":"2.0","id":0,"result":null}"#;
    for body in ["", "hello", "{", "[]", "{}", &deep, not_a_number, null] {
        let complaint = complaint(http("200 OK", body)).await;
        assert!(malformed(&complaint), "{body}: {complaint:?}");
    }
    let refused = r#"{"jsonrpc":"2.0","id":0,"error":{"code":-32000,"message":"not\u001b now"}}"#;
    for status in ["200 OK", "429 Too Many Requests"] {
        let complaint = complaint(http(status, refused)).await;
        assert_eq!(complaint, Complaint::Refuses("not now".to_owned()));
    }
    let Complaint::Silent(words) = complaint(http("502 Bad Gateway", &"x".repeat(900))).await
    else {
        panic!("an error of HTTP is no answer of the node");
    };
    assert!(words.contains("502") && words.len() < 400, "{words}");
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = node(http("200 OK", &block_number(0))).await;
    let redirect = format!(
        "HTTP/1.1 307 Temporary Redirect\r\nlocation: {elsewhere}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    );
    let Complaint::Silent(words) = complaint(Reply::Text(redirect)).await else {
        panic!("a redirect is no answer");
    };
    assert!(words.contains("307"), "{words}");
}

#[test]
fn what_is_no_url() {
    let limits = Limits { timeout: LONG, max_bytes: MAX_BYTES };
    for url in ["", "here", "127.0.0.1:8545", "ftp://127.0.0.1", "ws://127.0.0.1:8545"] {
        assert_eq!(connect(url, limits).unwrap_err(), ConnectError::Url, "{url}");
    }
}
