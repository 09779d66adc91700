//! What a document holds, told from what stands in it.

use std::collections::BTreeMap;

use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;

use crate::{
    FileError,
    fixture::{BlockchainTest, Pair},
};

/// One thing to run.
#[derive(Debug)]
pub(crate) enum Case {
    Blockchain(Box<BlockchainTest>),
    Pair(Pair),
}

/// The cases of a document, each with its name within.
pub(crate) fn cases(text: &[u8]) -> Result<Vec<(String, Case)>, FileError> {
    if text.trim_ascii_start().first() == Some(&b'[') {
        return Ok(named(serde_json::from_slice(text)?));
    }
    let object: BTreeMap<String, &RawValue> = serde_json::from_slice(text)?;
    if object.contains_key("statelessInputBytes") {
        return Ok(named(vec![serde_json::from_slice(text)?]));
    }
    if let Some(cases) = object.get("cases") {
        return Ok(named(serde_json::from_str(cases.get())?));
    }
    let cases: Vec<_> = object
        .into_iter()
        .map(|(name, value)| Ok((name, case(value)?)))
        .collect::<Result<_, FileError>>()?;
    if cases.is_empty() { Err(FileError::UnknownFormat) } else { Ok(cases) }
}

fn case(value: &RawValue) -> Result<Case, FileError> {
    let parts: Parts = serde_json::from_str(value.get()).map_err(|_| FileError::UnknownFormat)?;
    if parts.blocks.is_some() && parts.genesis_block_header.is_some() {
        return Ok(Case::Blockchain(serde_json::from_str(value.get())?));
    }
    if parts.stateless_input_bytes.is_some() {
        return Ok(Case::Pair(serde_json::from_str(value.get())?));
    }
    Err(FileError::UnknownFormat)
}

/// What tells the formats apart.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parts {
    blocks: Option<IgnoredAny>,
    genesis_block_header: Option<IgnoredAny>,
    stateless_input_bytes: Option<IgnoredAny>,
}

/// Pairs of a list: by their own names, or by their places.
fn named(pairs: Vec<Pair>) -> Vec<(String, Case)> {
    let name = |(at, pair): (usize, Pair)| {
        (pair.name.clone().unwrap_or_else(|| at.to_string()), Case::Pair(pair))
    };
    pairs.into_iter().enumerate().map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAIR: &str = r#"{"statelessInputBytes":"0x","statelessOutputBytes":"0x00"}"#;

    fn names(text: &str) -> Vec<String> {
        cases(text.as_bytes()).unwrap().into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn pairs_in_each_shape() {
        assert_eq!(names(PAIR), ["0"]);
        assert_eq!(names(&format!("[{PAIR},{PAIR}]")), ["0", "1"]);
        assert_eq!(names(&format!(r#"{{"note":"n","cases":[{PAIR}]}}"#)), ["0"]);
        assert_eq!(names(&format!(r#"{{"one":{PAIR},"two":{PAIR}}}"#)), ["one", "two"]);
        let own = r#"{"name":"own","statelessInputBytes":"0x","statelessOutputBytes":"0x"}"#;
        assert_eq!(names(&format!("[{own}]")), ["own"]);
    }

    #[test]
    fn what_is_not_known_is_an_error() {
        for text in ["{}", r#"{"a":1}"#, r#"{"a":{"blocks":[]}}"#, r#"{"a":{"env":{}}}"#] {
            let error = cases(text.as_bytes()).unwrap_err();
            assert!(matches!(error, FileError::UnknownFormat), "{text}: {error}");
        }
        for text in ["", "{", "null", r#"{"cases":7}"#, r#"{"statelessInputBytes":"0x"}"#] {
            let error = cases(text.as_bytes()).unwrap_err();
            assert!(matches!(error, FileError::Json(_)), "{text}: {error}");
        }
    }
}
