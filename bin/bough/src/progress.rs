//! What happens meanwhile, on stderr.

use crate::cli::Verbosity;

/// Tells, unless it shall be quiet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Progress {
    quiet: bool,
}

impl Progress {
    pub(crate) const fn new(verbosity: Verbosity) -> Self {
        Self { quiet: verbosity.quiet }
    }

    /// A line on stderr.
    pub(crate) fn say(self, line: &str) {
        if !self.quiet {
            eprintln!("{line}");
        }
    }
}
