//! What a side says about an input.

/// The 43 bytes of a `StatelessValidationResult`.
pub(crate) type Answer = [u8; 43];

/// Where an answer says whether the validation succeeded.
const SUCCESS: usize = 32;

/// One side's word on one input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// The 43 bytes; `None` when the side panicked.
    pub(crate) answer: Option<Answer>,
    /// Why it was refused or what the panic said; empty when it was accepted.
    pub(crate) reason: String,
}

impl Verdict {
    pub(crate) const fn accepted(answer: Answer) -> Self {
        Self { answer: Some(answer), reason: String::new() }
    }

    pub(crate) const fn refused(answer: Answer, reason: String) -> Self {
        Self { answer: Some(answer), reason }
    }

    pub(crate) const fn panicked(reason: String) -> Self {
        Self { answer: None, reason }
    }

    /// Whether the validation succeeded.
    pub(crate) fn succeeded(&self) -> bool {
        self.answer.and_then(|answer| answer.get(SUCCESS).copied()) == Some(1)
    }
}
