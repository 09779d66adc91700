//! Every target's body over its corpus, the seeds, the vectors, and mutations of them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_possible_truncation)]

use std::{
    env, fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use bough_fuzz::{Mutator, TARGETS, Target, seeds};
use serde_json::Value;

/// Seconds of mutation for each target.
const SECONDS: u64 = 2;
const SEED: u64 = 0x0101_8079;
/// Inputs above this are run as they are and not mutated: a mutation of a large block runs long and
/// reaches nothing that one of a small block does not.
const LARGEST_MUTATED: usize = 1 << 16;

#[test]
fn ssz() {
    fuzz(TARGETS[0]);
}

#[test]
fn witness() {
    fuzz(TARGETS[1]);
}

#[test]
fn trie() {
    fuzz(TARGETS[2]);
}

#[test]
fn execute() {
    fuzz(TARGETS[3]);
}

#[test]
fn contract_ssz() {
    fuzz(TARGETS[4]);
}

fn fuzz((name, body): Target) {
    let mut corpus = committed(name);
    corpus.extend(seeds());
    corpus.extend(vectors());
    for (at, bytes) in corpus.iter().enumerate() {
        run(name, body, bytes, &format!("corpus entry {at}"));
    }
    corpus.retain(|bytes| bytes.len() <= LARGEST_MUTATED);
    let setting = |name: &str| env::var(name).ok().and_then(|value| value.parse().ok());
    let seconds = Duration::from_secs(setting("BOUGH_FUZZ_SECONDS").unwrap_or(SECONDS));
    let seed = setting("BOUGH_FUZZ_SEED").unwrap_or(SEED);
    let mut mutator = Mutator::new(seed);
    let start = Instant::now();
    let mut count = 0u64;
    while start.elapsed() < seconds {
        let bytes = mutator.mutate(&corpus);
        run(name, body, &bytes, &format!("mutation {count} of seed {seed}"));
        count += 1;
    }
    println!("{name}: {} of the corpus, {count} mutations of seed {seed}", corpus.len());
}

/// Runs a body; what makes it panic is kept.
fn run(name: &str, body: fn(&[u8]), bytes: &[u8], what: &str) {
    if catch_unwind(AssertUnwindSafe(|| body(bytes))).is_err() {
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("crash-{name}"));
        fs::write(&kept, bytes).unwrap();
        panic!("{name}: {what} panics; it is kept at {}", kept.display());
    }
}

/// The corpus that is kept with the code.
fn committed(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(name);
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// Inputs of the vectors, where there are any.
fn vectors() -> Vec<Vec<u8>> {
    let files = bough_testing::inputs().into_iter().map(|path| fs::read(path).unwrap());
    let mut inputs: Vec<Vec<u8>> = files.collect();
    for name in ["v21.0.1-official-3.json", "v21.0.1-derived-mutations.json"] {
        let Some(path) = bough_testing::vectors(name) else { continue };
        let file: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        let cases = file["cases"].as_array().expect("a list of cases");
        inputs.extend(cases.iter().map(|case| {
            let text = case["statelessInputBytes"].as_str().expect("hex");
            alloy_primitives::hex::decode(text).unwrap()
        }));
    }
    inputs
}
