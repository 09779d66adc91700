//! Panics on request, to show what a panic does.

/// Panics if this runs in the task that the environment variable `BOUGH_FAULT` names: `NAME`, or
/// `NAME:FILE` once that file exists. Does nothing in a build without debug assertions.
#[cfg(debug_assertions)]
pub fn fault_point() {
    use std::{env, path::Path};

    use crate::current::CURRENT;

    let Ok(fault) = env::var("BOUGH_FAULT") else { return };
    let (task, file) = match fault.split_once(':') {
        Some((task, file)) => (task, Some(file)),
        None => (fault.as_str(), None),
    };
    let is_here = CURRENT.try_with(|current| current.name == task).unwrap_or(false);
    if is_here && file.is_none_or(|file| Path::new(file).exists()) {
        panic!("BOUGH_FAULT asked for it");
    }
}

/// Does nothing: this is a build without debug assertions.
#[cfg(not(debug_assertions))]
pub const fn fault_point() {}
