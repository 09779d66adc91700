//! What came back, counted.

use std::{collections::BTreeMap, fmt};

use bough_testing::http::Answer;
use serde_json::Value;

/// What came back.
#[derive(Debug, Default)]
pub struct Tally {
    results: u64,
    errors: BTreeMap<i64, u64>,
    /// Connections that ended without an answer: the client left, or was not let in.
    silent: u64,
    /// What was no JSON-RPC, one of it.
    strange: Option<String>,
}

impl Tally {
    pub fn silent() -> Self {
        Self { silent: 1, ..Self::default() }
    }

    pub fn answer(answer: &Answer) -> Self {
        if answer.status == 0 {
            return Self::silent();
        }
        if answer.status == 204 {
            return Self { results: 1, ..Self::default() };
        }
        match serde_json::from_str(&answer.body) {
            Ok(json) => Self::json(&json),
            Err(_) => Self { strange: Some(format!("{answer:?}")), ..Self::default() },
        }
    }

    pub fn json(answer: &Value) -> Self {
        if let Some(batch) = answer.as_array() {
            return batch.iter().map(Self::json).fold(Self::default(), Self::and);
        }
        let mut tally = Self::default();
        match (&answer["error"]["code"], &answer["error"]["message"]) {
            (Value::Number(code), Value::String(_)) => {
                tally.errors.insert(code.as_i64().unwrap(), 1);
            }
            _ if answer.get("result").is_some() || answer["method"] == "eth_subscription" => {
                tally.results = 1;
            }
            _ => tally.strange = Some(answer.to_string()),
        }
        tally
    }

    pub fn and(mut self, other: Self) -> Self {
        self.results += other.results;
        self.silent += other.silent;
        for (code, count) in other.errors {
            *self.errors.entry(code).or_default() += count;
        }
        self.strange = self.strange.or(other.strange);
        self
    }

    pub fn has(&self, code: i64) -> bool {
        self.errors.contains_key(&code)
    }

    /// Whether all that was answered was JSON-RPC.
    pub fn only_json_rpc(&self) -> bool {
        self.strange.is_none()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} results, {} silent, errors {:?}", self.results, self.silent, self.errors)?;
        match &self.strange {
            Some(strange) => write!(f, ", and {strange:.200}"),
            None => Ok(()),
        }
    }
}
