//! Answers kept as files, to notice when one changes.

use std::{env, fs, path::Path};

use serde_json::Value;

/// Compares an answer with `tests/snapshots/<name>.json`; with `UPDATE_SNAPSHOTS=1` writes it.
pub fn assert_snapshot(name: &str, got: &Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/snapshots/{name}.json"));
    if env::var_os("UPDATE_SNAPSHOTS").is_some() {
        let text = serde_json::to_string_pretty(got).unwrap();
        fs::write(&path, text + "\n").unwrap();
        return;
    }
    let text = fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}; run with UPDATE_SNAPSHOTS=1", path.display()));
    let expected: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(got, &expected, "{name} changed; UPDATE_SNAPSHOTS=1 accepts it");
}
