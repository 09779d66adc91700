//! Results, on stdout.

use std::io::{self, Write};

use serde::Serialize;

/// Writes a value as one line of JSON.
pub(crate) fn json<T: Serialize>(value: &T) -> eyre::Result<()> {
    let mut line = serde_json::to_string(value)?;
    line.push('\n');
    text(&line)
}

/// Writes text as it is, at once: a script may be waiting for it.
pub(crate) fn text(text: &str) -> eyre::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        // Whoever read the result has seen enough of it.
        Err(why) if why.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

/// Names and values in two columns.
pub(crate) fn pairs<N: AsRef<str>, V: AsRef<str>>(rows: &[(N, V)]) -> String {
    let width = rows.iter().map(|(name, _)| name.as_ref().chars().count()).max().unwrap_or(0);
    rows.iter()
        .map(|(name, value)| format!("{:width$}  {}\n", name.as_ref(), value.as_ref()))
        .collect()
}
