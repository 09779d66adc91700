//! What an error of the transport says about the node.

use std::error::Error;

use alloy_transport::{RpcError, TransportError, TransportErrorKind};

use crate::{TooLarge, http::OtherRequest};

/// Most characters of a node's words that are repeated.
const MAX_WORDS: usize = 240;

/// What an error says about the node, in one line of bounded length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Complaint {
    /// It does not answer, or whatever stands before it does.
    Silent(String),
    /// It answers that it will not.
    Refuses(String),
    /// It answers with something that cannot be read.
    Malformed(String),
}

impl Complaint {
    /// What an error says.
    pub fn of(error: &TransportError) -> Self {
        match error {
            RpcError::ErrorResp(response) => Self::Refuses(printable(&response.message)),
            RpcError::NullResp => Self::Malformed("it is null".to_owned()),
            RpcError::DeserError { err, .. } => Self::Malformed(printable(&err.to_string())),
            RpcError::Transport(TransportErrorKind::MissingBatchResponse(_)) => {
                Self::Malformed(OtherRequest.to_string())
            }
            RpcError::Transport(TransportErrorKind::Custom(why)) => {
                if why.is::<TooLarge>() || why.is::<OtherRequest>() {
                    Self::Malformed(why.to_string())
                } else {
                    Self::Silent(innermost(why.as_ref()))
                }
            }
            error => Self::Silent(innermost(error)),
        }
    }
}

/// The reason behind all reasons, which is the one that helps.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    printable(&innermost.to_string())
}

/// A node's words, fit to be shown: one line, no control characters, and not too many.
pub fn printable(text: &str) -> String {
    let words = text.split_whitespace().flat_map(|word| [" ", word]).skip(1);
    let mut clean = words.flat_map(str::chars).filter(|character| !character.is_control());
    let mut shown: String = clean.clone().take(MAX_WORDS).collect();
    if clean.nth(MAX_WORDS).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_one_short_line() {
        assert_eq!(printable(" a\n\tb \u{1b}[31mc "), "a b [31mc");
        assert_eq!(printable(&"x".repeat(MAX_WORDS)), "x".repeat(MAX_WORDS));
        let long = printable(&"é ".repeat(MAX_WORDS));
        assert_eq!(long.chars().count(), MAX_WORDS + 1);
        assert!(long.ends_with('…'));
    }
}
