//! JSON-RPC 2.0 as it comes and goes: requests, batches, answers.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{IgnoredAny, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::error::MethodError;

/// Most bytes of a request's id, which is sent back.
const LONGEST_ID: usize = 256;

/// A request, as far as it can be read before its method is known.
#[derive(Debug, Deserialize)]
pub(crate) struct Request<'a> {
    #[serde(borrow, default)]
    jsonrpc: Option<&'a RawValue>,
    /// Absent in a notification, which is not answered.
    #[serde(borrow, default, deserialize_with = "present")]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    method: Option<&'a RawValue>,
    #[serde(borrow, default)]
    params: Option<&'a RawValue>,
}

/// A request whose envelope is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call<'a> {
    pub(crate) id: Option<&'a str>,
    pub(crate) method: String,
    pub(crate) params: Option<&'a str>,
}

/// The error object of an answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RpcError {
    /// The JSON-RPC error code.
    pub code: i32,
    /// What went wrong.
    pub message: String,
    /// More, where the kind of error has more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<serde_json::Value>,
}

/// What is no request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Malformed {
    /// It is not JSON.
    Parse,
    /// It is JSON, and no request.
    Request,
}

impl From<Malformed> for MethodError {
    fn from(malformed: Malformed) -> Self {
        match malformed {
            Malformed::Parse => Self::Parse,
            Malformed::Request => Self::InvalidRequest,
        }
    }
}

/// What a body holds.
#[derive(Debug)]
pub(crate) enum Body<'a> {
    One(&'a [u8]),
    Batch(Vec<&'a RawValue>),
    /// A batch of more calls than there may be, and the first that has an id.
    TooLarge(Option<&'a str>),
}

impl<'a> Body<'a> {
    /// Tells a single request from a batch.
    ///
    /// # Errors
    /// [`MethodError::Parse`], or what is wrong with a batch as a whole.
    pub(crate) fn read(bytes: &'a [u8], most: usize) -> Result<Self, MethodError> {
        if bytes.trim_ascii_start().first() != Some(&b'[') {
            return Ok(Self::One(bytes));
        }
        let Bounded { items, more } = bounded_list(bytes, most)?;
        if more {
            let ids = items.iter().filter_map(|item| Call::read(item.get().as_bytes()).ok()?.id);
            return Ok(Self::TooLarge(ids.into_iter().next()));
        }
        if items.is_empty() { Err(MethodError::EmptyBatch) } else { Ok(Self::Batch(items)) }
    }
}

impl<'a> Call<'a> {
    /// Reads one request.
    ///
    /// # Errors
    /// The id, where there is one, and what is wrong.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, (Option<&'a str>, Malformed)> {
        let request: Request<'a> = serde_json::from_slice(bytes).map_err(|error| {
            (None, if error.is_data() { Malformed::Request } else { Malformed::Parse })
        })?;
        let id = request.id.map(RawValue::get);
        if id.is_some_and(|id| !is_id(id)) {
            return Err((None, Malformed::Request));
        }
        let string = |value: Option<&RawValue>| -> Option<String> {
            serde_json::from_str(value?.get()).ok()
        };
        let version = string(request.jsonrpc).is_some_and(|version| version == "2.0");
        match string(request.method).filter(|_| version) {
            Some(method) => Ok(Self { id, method, params: request.params.map(RawValue::get) }),
            None => Err((id, Malformed::Request)),
        }
    }
}

/// Whether this may be an id: a string, a number or null, short, and such that every reader of JSON
/// reads it when it comes back.
fn is_id(id: &str) -> bool {
    use serde_json::Value;
    let read = |id| serde_json::from_str(id).unwrap_or(Value::Bool(false));
    id.len() <= LONGEST_ID && matches!(read(id), Value::String(_) | Value::Number(_) | Value::Null)
}

/// What stands before the result of an answer.
pub(crate) fn result_prefix(id: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"result":"#)
}

/// A whole answer that is an error.
pub(crate) fn error_answer(id: Option<&str>, error: MethodError) -> String {
    let id = id.unwrap_or("null");
    format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{}}}"#, error_object(error))
}

/// The error as JSON.
pub(crate) fn error_object(error: MethodError) -> String {
    let error = RpcError::from(error);
    serde_json::to_string(&error).expect("invariant: an error object is JSON")
}

fn present<'de, D: Deserializer<'de>>(from: D) -> Result<Option<&'de RawValue>, D::Error> {
    Deserialize::deserialize(from).map(Some)
}

/// The first items of a list, undecoded.
#[derive(Debug)]
pub(crate) struct Bounded<'a> {
    pub(crate) items: Vec<&'a RawValue>,
    /// Whether there are more.
    pub(crate) more: bool,
}

/// The items of a list, undecoded, no more than `most`: a list is cheap to send, and each item costs
/// more than it did there.
pub(crate) fn bounded_list(bytes: &[u8], most: usize) -> Result<Bounded<'_>, MethodError> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let list = json.deserialize_seq(BoundedList { most }).map_err(|error| {
        if error.is_data() { MethodError::ParamsNotArray } else { MethodError::Parse }
    })?;
    json.end().map_err(|_| MethodError::Parse)?;
    Ok(list)
}

struct BoundedList {
    most: usize,
}

impl<'de> Visitor<'de> for BoundedList {
    type Value = Bounded<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while items.len() < self.most {
            match list.next_element::<&RawValue>()? {
                Some(item) => items.push(item),
                None => return Ok(Bounded { items, more: false }),
            }
        }
        // The rest is read to its end, so that what is malformed is called so.
        let mut more = false;
        while list.next_element::<IgnoredAny>()?.is_some() {
            more = true;
        }
        Ok(Bounded { items, more })
    }
}

impl RpcError {
    /// An error without data.
    pub fn new(code: i32, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), data: None }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn refused(text: &str) -> (Option<&str>, i32) {
        let (id, error) = Call::read(text.as_bytes()).unwrap_err();
        (id, MethodError::from(error).code())
    }

    #[test]
    fn reads_requests_and_notifications() {
        let call =
            Call::read(br#"{"jsonrpc":"2.0","id":"a\"","method":"m","params":[1]}"#).unwrap();
        assert_eq!(
            (call.id, call.method.as_str(), call.params),
            (Some(r#""a\"""#), "m", Some("[1]"))
        );
        let note = Call::read(br#"{"jsonrpc":"2.0","method":"m"}"#).unwrap();
        assert_eq!((note.id, note.params), (None, None));
        let null = Call::read(br#"{"jsonrpc":"2.0","id":null,"method":"m"}"#).unwrap();
        assert_eq!(null.id, Some("null"));
    }

    #[test]
    fn refuses_what_is_no_request() {
        assert_eq!(refused("{"), (None, -32700));
        assert_eq!(refused(""), (None, -32700));
        assert_eq!(refused("7"), (None, -32600));
        assert_eq!(refused("{}x"), (None, -32700));
        assert_eq!(refused(r#"{"id":1}"#), (Some("1"), -32600));
        assert_eq!(refused(r#"{"jsonrpc":"2.0","id":[1],"method":"m"}"#), (None, -32600));
        assert_eq!(refused(r#"{"jsonrpc":"2.0","id":1,"id":1,"method":"m"}"#), (None, -32600));
        assert_eq!(refused(r#"{"jsonrpc":"1.0","id":1,"method":"m"}"#), (Some("1"), -32600));
        assert_eq!(refused(r#"{"jsonrpc":"2.0","id":"\ud800","method":"m"}"#), (None, -32600));
        assert_eq!(refused(r#"{"jsonrpc":"2.0","id":1e400,"method":"m"}"#), (None, -32600));
        assert_eq!(refused(r#"{"jsonrpc":"2.0","id":true,"method":"m"}"#), (None, -32600));
        let long = format!(r#"{{"jsonrpc":"2.0","id":"{}","method":"m"}}"#, "a".repeat(300));
        assert_eq!(refused(&long), (None, -32600));
        let deep = format!(r#"{{"jsonrpc":"2.0","id":1,"method":{}"#, "[".repeat(1 << 20));
        assert_eq!(refused(&deep), (None, -32700));
    }

    #[test]
    fn batches_are_bounded() {
        let read = |text: &'static str| Body::read(text.as_bytes(), 2);
        assert!(matches!(read(" [1, 2]"), Ok(Body::Batch(items)) if items.len() == 2));
        assert!(matches!(read("[1,2,3]"), Ok(Body::TooLarge(None))));
        let calls = r#"[{"jsonrpc":"2.0","method":"m"},{"jsonrpc":"2.0","id":7,"method":"m"},3]"#;
        assert!(matches!(read(calls), Ok(Body::TooLarge(Some("7")))));
        assert!(matches!(read("[]"), Err(MethodError::EmptyBatch)));
        assert!(matches!(read("[1,"), Err(MethodError::Parse)));
        assert!(matches!(read("[1,2,3,"), Err(MethodError::Parse)));
        assert!(matches!(read("[1]x"), Err(MethodError::Parse)));
        assert!(matches!(read("{}"), Ok(Body::One(_))));
    }
}
