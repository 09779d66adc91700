//! Lengths of time.

use std::time::Duration;

/// Longest length of time that makes sense between blocks, seconds: a day.
const MOST: f64 = 86_400.0;

/// Seconds, with a fraction if need be.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    text.parse()
        .ok()
        .filter(|seconds| (0.0..=MOST).contains(seconds))
        .map(Duration::from_secs_f64)
        .ok_or_else(|| format!("give seconds from 0 to {MOST}, like 2 or 0.5"))
}

/// Seconds between blocks, which cannot be none.
pub(crate) fn block_time(text: &str) -> Result<Duration, String> {
    seconds(text)
        .ok()
        .filter(|time| !time.is_zero())
        .ok_or_else(|| format!("give seconds above 0 and up to {MOST}, like 2 or 0.5"))
}
