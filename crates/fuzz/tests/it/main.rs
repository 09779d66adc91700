//! Every target's body over its corpus, the seeds, the vectors, and mutations of them. One after
//! the other, because what each holds is counted.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_possible_truncation)]

mod planted;

use std::{
    env, fs,
    panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook},
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, Once, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use bough_fuzz::{Mutator, TARGETS, TIMES_INPUT, Target, seeds};
use peak_alloc::PeakAlloc;
use serde_json::Value;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Panics so far, those that somebody caught too.
static PANICS: AtomicUsize = AtomicUsize::new(0);
static COUNT_PANICS: Once = Once::new();

const SEED: u64 = 0x0101_8079;
/// Inputs above this are run as they are and not mutated: a mutation of a large block runs long and
/// reaches nothing that one of a small block does not.
const LARGEST_MUTATED: usize = 1 << 16;

#[test]
fn ssz() {
    fuzz(TARGETS[0], 10_000);
}

#[test]
fn witness() {
    fuzz(TARGETS[1], 8_000);
}

#[test]
fn trie() {
    fuzz(TARGETS[2], 1_500);
}

#[test]
fn execute() {
    fuzz(TARGETS[3], 2_500);
}

#[test]
fn contract_ssz() {
    fuzz(TARGETS[4], 10_000);
}

fn turn() -> MutexGuard<'static, ()> {
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a body over its corpus, and over so many mutations of it, or as many times that as
/// `BOUGH_FUZZ_TIMES` says.
fn fuzz(target: Target, executions: u64) {
    COUNT_PANICS.call_once(count_panics);
    let _turn = turn();
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
    let count = setting("BOUGH_FUZZ_TIMES").unwrap_or(1) * executions;
    let seed = setting("BOUGH_FUZZ_SEED").unwrap_or(SEED);
    let mut mutator = Mutator::new(seed);
    for at in 0..count {
        let bytes = mutator.mutate(&corpus);
        most = most.max(run(target, &bytes, || format!("mutation {at} of seed {seed}")));
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
    let panics = PANICS.load(Ordering::Relaxed);
    let unwound = catch_unwind(AssertUnwindSafe(|| body(bytes))).is_err();
    let panicked = unwound || PANICS.load(Ordering::Relaxed) > panics;
    let held = ALLOCATOR.peak_usage().saturating_sub(before);
    if panicked || held > memory + TIMES_INPUT * bytes.len() {
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("crash-{name}"));
        fs::write(&kept, bytes).unwrap();
        let why = if panicked { "panics".into() } else { format!("holds {held} bytes") };
        panic!("{name}: {} {why}; it is kept at {}", what(), kept.display());
    }
    held
}

/// A panic in a precompile ends that call and nothing else, so it is counted where it begins.
fn count_panics() {
    let print = take_hook();
    set_hook(Box::new(move |panic| {
        PANICS.fetch_add(1, Ordering::Relaxed);
        print(panic);
    }));
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
