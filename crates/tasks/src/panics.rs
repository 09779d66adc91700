//! Panics as one line each.

use std::{
    any::Any,
    backtrace::{Backtrace, BacktraceStatus},
    panic::{self, PanicHookInfo},
};

use tracing::error;

use crate::current::CURRENT;

/// From here on a panic of a task is kept as the reason of its end, and any other is logged in one
/// line. Nothing is written to stderr directly. `RUST_BACKTRACE` adds the backtrace to the log.
pub fn keep_panics() {
    panic::set_hook(Box::new(keep));
}

fn keep(info: &PanicHookInfo<'_>) {
    let what = match info.location() {
        Some(place) => format!("{} at {place}", message(info.payload())),
        None => message(info.payload()),
    };
    let backtrace = Backtrace::capture();
    if backtrace.status() == BacktraceStatus::Captured {
        error!(%backtrace, "panic");
    }
    let kept = CURRENT.try_with(|current| {
        *current.panic.lock() = Some(what.clone());
    });
    if kept.is_err() {
        error!(panic = %what, "outside of any task");
    }
}

/// A panic's message, in one line.
pub(crate) fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let words: Vec<&str> = text.unwrap_or("without a message").split_whitespace().collect();
    words.join(" ")
}
