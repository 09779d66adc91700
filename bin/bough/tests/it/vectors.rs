//! `bough vectors`.

use std::fs;

use crate::support::bough;

#[test]
fn runs_the_official_pairs() {
    let Some(path) = bough_testing::vectors("v21.0.1-official-3.json") else { return };
    let run = bough(&["vectors", path.to_str().unwrap()]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{}", run.stdout);
    assert!(run.stdout.ends_with("passed 3 failed 0 skipped 0\n"), "{}", run.stdout);
    let run = bough(&["vectors", path.to_str().unwrap(), "--json"]);
    let told: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((&told["passed"], &told["failed"]), (&3.into(), &0.into()));
}

#[test]
fn what_cannot_be_read_fails() {
    let folder = tempfile::tempdir().unwrap();
    let run = bough(&["vectors", folder.path().join("nothing").to_str().unwrap()]);
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains("failed 1"), "{}", run.stdout);
    let file = folder.path().join("broken.json");
    fs::write(&file, "{").unwrap();
    let run = bough(&["vectors", file.to_str().unwrap()]);
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains("broken.json"), "{}", run.stdout);
}
