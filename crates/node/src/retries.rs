//! What a part does about an error: wait and try again, or stop.

use std::time::Duration;

use tracing::{debug, warn};

use crate::{NodeError, error::Remedy};

/// The errors of a part since its last success.
///
/// An error that passes by itself is waited for as long as it takes. What L1 answers wrongly is
/// asked for again a few times, because a node behind a load balancer may be on its way to the
/// truth; then it is the part's end. The log has one line for the begin of each trouble, and one for
/// its end.
#[derive(Debug)]
pub(crate) struct Retries {
    /// What does not happen, for the log.
    what: &'static str,
    first_wait: Duration,
    longest_wait: Duration,
    /// Wrong answers in a row before giving up.
    limit: u32,
    wait: Duration,
    wrong: u32,
    trouble: Option<Remedy>,
}

impl Retries {
    pub(crate) const fn new(
        what: &'static str,
        first_wait: Duration,
        longest_wait: Duration,
        limit: u32,
    ) -> Self {
        let (wait, wrong, trouble) = (first_wait, 0, None);
        Self { what, first_wait, longest_wait, limit, wait, wrong, trouble }
    }

    /// It has worked.
    pub(crate) fn succeeded(&mut self) {
        if self.trouble.take().is_some() {
            warn!("{} goes on", self.what);
        }
        self.wrong = 0;
        self.wait = self.first_wait;
    }

    /// It has not: how long to wait before the next try.
    ///
    /// # Errors
    /// The error itself, when there shall be none.
    pub(crate) fn failed(&mut self, why: NodeError) -> Result<Duration, NodeError> {
        let remedy = why.remedy();
        match remedy {
            Remedy::Stop => return Err(why),
            Remedy::RetryFew if self.wrong >= self.limit => return Err(why),
            Remedy::RetryFew => self.wrong = self.wrong.saturating_add(1),
            Remedy::Retry => {}
        }
        if self.trouble.replace(remedy) == Some(remedy) {
            debug!(%why, "{} still waits", self.what);
        } else {
            warn!(%why, "{} waits, and tries again", self.what);
        }
        let wait = self.wait;
        self.wait = wait.saturating_mul(2).min(self.longest_wait);
        Ok(wait)
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::B256;
    use bough_chain::ChainError;

    use super::*;
    use crate::{Flaw, L1Error};

    const MS: Duration = Duration::from_millis(1);

    fn retries() -> Retries {
        Retries::new("it", MS, 4 * MS, 2)
    }

    fn silent() -> NodeError {
        L1Error::Transport { url: String::new(), why: String::new() }.into()
    }

    fn wrong() -> NodeError {
        let flaw = Box::new(Flaw::Output("head()"));
        L1Error::Malformed { url: String::new(), flaw }.into()
    }

    #[test]
    fn silence_is_waited_for_without_end() {
        let mut retries = retries();
        let waits = [1, 2, 4, 4, 4, 4, 4, 4].map(|wait| wait * MS);
        assert_eq!(waits.map(|_| retries.failed(silent()).unwrap()), waits);
        retries.succeeded();
        assert_eq!(retries.failed(silent()).unwrap(), MS);
    }

    #[test]
    fn wrong_answers_are_asked_for_again_a_few_times() {
        let mut retries = retries();
        for _ in 0..2 {
            retries.failed(wrong()).unwrap();
        }
        // Silence in between is no success.
        retries.failed(silent()).unwrap();
        assert!(matches!(retries.failed(wrong()), Err(NodeError::L1(L1Error::Malformed { .. }))));
        retries.succeeded();
        retries.failed(wrong()).unwrap();
    }

    #[test]
    fn what_cannot_pass_ends_at_once() {
        let lost =
            NodeError::Chain(ChainError::State(bough_stf::StateError::MissingCode(B256::ZERO)));
        assert!(matches!(retries().failed(lost), Err(NodeError::Chain(_))));
        let stale = ChainError::StaleBuild { parent: B256::ZERO, head: B256::ZERO };
        assert_eq!(retries().failed(stale.into()).unwrap(), MS);
    }
}
