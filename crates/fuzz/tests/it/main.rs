//! Every target's body over its corpus, the seeds, the vectors, and mutations of them. One after
//! the other, because what each holds is counted.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_possible_truncation)]

use std::{
    env, fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use bough_fuzz::{Mutator, TARGETS, TIMES_INPUT, Target, seeds};
use peak_alloc::PeakAlloc;
use serde_json::Value;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

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

fn fuzz(target: Target) {
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let name = target.name;
    let mut corpus = committed(name);
    corpus.extend(seeds());
    corpus.extend(vectors());
    let mut most = 0;
    for (at, bytes) in corpus.iter().enumerate() {
        most = most.max(run(target, bytes, || format!("corpus entry {at}")));
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
        most = most.max(run(target, &bytes, || format!("mutation {count} of seed {seed}")));
        count += 1;
    }
    println!(
        "{name}: {} of the corpus, {count} mutations of seed {seed}, {most} bytes held",
        corpus.len()
    );
}

/// Runs a body, and gives the bytes it held; what makes it panic or hold too much is kept.
fn run(target: Target, bytes: &[u8], what: impl FnOnce() -> String) -> usize {
    let Target { name, body, memory } = target;
    ALLOCATOR.reset_peak_usage();
    let before = ALLOCATOR.current_usage();
    let panicked = catch_unwind(AssertUnwindSafe(|| body(bytes))).is_err();
    let held = ALLOCATOR.peak_usage().saturating_sub(before);
    if panicked || held > memory + TIMES_INPUT * bytes.len() {
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("crash-{name}"));
        fs::write(&kept, bytes).unwrap();
        let why = if panicked { "panics".into() } else { format!("holds {held} bytes") };
        panic!("{name}: {} {why}; it is kept at {}", what(), kept.display());
    }
    held
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
