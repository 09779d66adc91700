//! What a side says about an input.

/// The 43 bytes of a `StatelessValidationResult`.
pub(crate) type Answer = [u8; 43];

/// Where an answer says whether the validation succeeded.
const SUCCESS: usize = 32;

/// How far a side came with an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The block was not run to its end.
    Stopped,
    /// Nor was it, because of a node of the witness that is none.
    BadNode,
    /// Nor was it, because of a node of the witness whose path ends in the wrong place.
    BadPath,
    /// The block was run to its end, and refused, if at all, for what came out.
    Executed,
}

/// One side's word on one input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// The 43 bytes; `None` when the side panicked.
    pub(crate) answer: Option<Answer>,
    /// Why it was refused or what the panic said; empty when it was accepted.
    pub(crate) reason: String,
    pub(crate) stage: Stage,
}

impl Verdict {
    pub(crate) const fn accepted(answer: Answer) -> Self {
        Self { answer: Some(answer), reason: String::new(), stage: Stage::Executed }
    }

    pub(crate) const fn refused(answer: Answer, reason: String, stage: Stage) -> Self {
        Self { answer: Some(answer), reason, stage }
    }

    pub(crate) const fn panicked(reason: String) -> Self {
        Self { answer: None, reason, stage: Stage::Stopped }
    }

    /// Whether the validation succeeded.
    pub(crate) fn succeeded(&self) -> bool {
        self.answer.and_then(|answer| answer.get(SUCCESS).copied()) == Some(1)
    }

    /// Whether the block was run to its end.
    pub(crate) fn executed(&self) -> bool {
        self.stage == Stage::Executed
    }

    /// Whether both say the same, and both ran the block to its end or neither did.
    pub(crate) fn agrees(&self, other: &Self) -> bool {
        self.answer.is_some() && self.answer == other.answer && self.executed() == other.executed()
    }
}
