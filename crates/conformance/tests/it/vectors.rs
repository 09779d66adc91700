//! The vectors: the small sets whole, the large ones by sample. `bough vectors` runs them all.

use bough_conformance::{Options, Report, Sample, run};

/// A large set is sampled by this; another seed is another sample.
const SEED: u64 = 3;

fn check(name: &str, one_in: u64) -> Option<Report> {
    let path = bough_testing::vectors(name)?;
    let options = Options { sample: Some(Sample { seed: SEED, one_in }) };
    let report = run(&path, options, &|_| {});
    for failure in &report.failures {
        println!("{}: {}", failure.name, failure.reason);
    }
    println!("{name}: {} passed, {:?}", report.passed, report.counters);
    assert!(report.is_success(), "{} of {name} failed", report.failures.len());
    assert!(report.skips.is_empty(), "{:?}", report.skips);
    Some(report)
}

#[test]
fn official_amsterdam() {
    if let Some(report) = check("v21.0.1-official-3.json", 1) {
        assert_eq!(report.passed, 3);
    }
}

#[test]
fn mutations_of_amsterdam() {
    if let Some(report) = check("v21.0.1-derived-mutations.json", 1) {
        assert_eq!(report.passed, 73);
    }
}

#[test]
fn stateless_osaka() {
    if let Some(report) = check("osaka-derived-stateless.jsonl.zst", 8) {
        assert!(report.passed > 600);
    }
}

#[test]
fn blockchain_tests_for_osaka() {
    if let Some(report) = check("eest-osaka.tar.zst", 8) {
        assert!(report.passed > 600 && report.counters.rechecked_invalid > 0);
    }
}

#[test]
fn blockchain_tests_of_all_forks() {
    if let Some(report) = check("eest-v5.4.0.tar.zst", 4) {
        assert!(report.passed > 600 && report.counters.refused > 0);
    }
}
