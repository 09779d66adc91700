//! Both sides on one input, and whether they agree.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
};

use bough_execute::Refused;

use crate::{
    explain::{self, Rule},
    ours, theirs,
    verdict::Verdict,
};

/// Both sides on one input.
#[derive(Debug)]
pub(crate) struct Judged {
    pub(crate) ours: Verdict,
    pub(crate) theirs: Verdict,
    pub(crate) outcome: Outcome,
}

/// Whether they agree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The same 43 bytes, the block executed by both or by none, and EXECUTE answers alike.
    Agree,
    /// They differ as the rule says.
    Explained(Rule),
    /// They differ.
    Unexplained(String),
}

/// Runs both and compares.
pub(crate) fn judge(bytes: &[u8]) -> Judged {
    let (ours, theirs) = verdicts(bytes);
    let outcome = if ours.agrees(&theirs) {
        compare_execute(bytes, &ours)
    } else {
        match explain::rule(bytes, &ours, &theirs) {
            Some(rule) => Outcome::Explained(rule),
            None if ours.answer == theirs.answer => {
                Outcome::Unexplained("one executed the block".to_owned())
            }
            None => Outcome::Unexplained("the 43 bytes differ".to_owned()),
        }
    };
    Judged { ours, theirs, outcome }
}

/// What both say of the 43 bytes.
pub(crate) fn verdicts(bytes: &[u8]) -> (Verdict, Verdict) {
    (caught(|| ours::stateless(bytes)), caught(|| theirs::stateless(bytes)))
}

/// EXECUTE of both on an input whose 43 bytes are the same on both sides.
fn compare_execute(bytes: &[u8], verdict: &Verdict) -> Outcome {
    let Some(answer) = verdict.answer else {
        return Outcome::Unexplained("no answer".to_owned());
    };
    let ours = match catch_unwind(AssertUnwindSafe(|| ours::execute(bytes))) {
        Ok(ours) => ours,
        Err(panic) => return Outcome::Unexplained(format!("EXECUTE: {}", message(&*panic))),
    };
    let theirs = theirs::execute(bytes, &answer);
    let for_l1_only = matches!(
        ours,
        Err(Refused::Withdrawals(_) | Refused::BlobGas { .. } | Refused::BlobTransaction(_))
    );
    if ours.is_ok() != verdict.succeeded() && !for_l1_only {
        return Outcome::Unexplained(format!("EXECUTE of ours differs from stateless: {ours:?}"));
    }
    match (ours, theirs) {
        (Ok(ours), Some(theirs)) if ours == theirs && ours == answer => Outcome::Agree,
        (Err(_), None) => Outcome::Agree,
        (Ok(ours), None) if ours == answer && explain::has_requests(bytes) => {
            Outcome::Explained(Rule::RequestsOnL2)
        }
        (ours, theirs) => Outcome::Unexplained(format!("EXECUTE: {ours:?}, theirs {theirs:?}")),
    }
}

fn caught(run: impl FnOnce() -> Verdict) -> Verdict {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(verdict) => verdict,
        Err(panic) => Verdict::panicked(message(&*panic)),
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied());
    format!("panic: {}", text.unwrap_or("no message"))
}
