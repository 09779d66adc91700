//! Disagreements that the README settles, each with the exact condition under which it is one.

use std::fmt;

use bough_stateless::StatelessInput;

use crate::verdict::Verdict;

/// A settled disagreement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rule {
    /// ethrex's EXECUTE refuses blocks with execution requests, ours takes them.
    RequestsOnL2,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RequestsOnL2 => "requests-on-l2",
        })
    }
}

/// The rule that an input's disagreement falls under.
pub(crate) fn rule(bytes: &[u8], ours: &Verdict, theirs: &Verdict) -> Option<Rule> {
    let _ = (bytes, ours, theirs);
    None
}

/// Whether the input's payload comes with execution requests.
pub(crate) fn has_requests(bytes: &[u8]) -> bool {
    StatelessInput::decode(bytes)
        .is_ok_and(|input| !input.new_payload_request.execution_requests.is_empty())
}
