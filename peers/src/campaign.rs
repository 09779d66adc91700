//! A campaign: the shared inputs, then cases by number.

use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use crate::{
    block::{self, Generated, Reached},
    dice::Dice,
    explain::Rule,
    judge::{Judged, Outcome, judge},
    mutate, planted,
};

/// Stack of a worker: witnesses and calls may go deep on either side.
const STACK: usize = 1 << 30;
/// Cases between two lines of progress.
const PROGRESS: u64 = 100;

/// What to run.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    /// Numbers of the cases: first, and behind the last.
    pub(crate) cases: (u64, u64),
    pub(crate) jobs: usize,
    /// Whether to tell of every case.
    pub(crate) verbose: bool,
    /// Where to leave inputs that are not explained.
    pub(crate) dump: Option<PathBuf>,
}

/// How it went.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) cases: u64,
    pub(crate) agree: u64,
    /// Of those that agree, how many are valid.
    pub(crate) valid: u64,
    pub(crate) explained: BTreeMap<Rule, u64>,
    pub(crate) unexplained: u64,
    pub(crate) reached: Reached,
}

/// Judges the shared inputs and all cases.
pub(crate) fn run(plan: &Plan) -> Tally {
    let shared = shared();
    let tally = Mutex::new(Tally::default());
    let next = AtomicU64::new(plan.cases.0);
    thread::scope(|scope| {
        for _ in 0..plan.jobs.max(1) {
            let worker = || work(plan, &shared, &next, &tally);
            thread::Builder::new()
                .stack_size(STACK)
                .spawn_scoped(scope, worker)
                .expect("invariant: the system gives a thread");
        }
    });
    tally.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner())
}

fn shared() -> Vec<(String, Vec<u8>)> {
    bough_testing::inputs()
        .into_iter()
        .filter_map(|path| {
            let name = path.file_name()?.to_string_lossy().into_owned();
            Some((name, fs::read(&path).ok()?))
        })
        .collect()
}

fn work(plan: &Plan, shared: &[(String, Vec<u8>)], next: &AtomicU64, tally: &Mutex<Tally>) {
    loop {
        let case = next.fetch_add(1, Ordering::Relaxed);
        if case >= plan.cases.1 {
            return;
        }
        let mut reached = Reached::default();
        let (bytes, label) = input(plan.seed, case, shared, &mut reached);
        let judged = judge(&bytes);
        let mut tally = tally.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        tally.reached.add(reached);
        count(plan, case, &label, &bytes, &judged, &mut tally);
        if tally.cases.is_multiple_of(PROGRESS) {
            progress(&tally);
        }
    }
}

/// The input of a case: first each shared one as it is, then blocks of which most are changed.
fn input(
    seed: u64,
    case: u64,
    shared: &[(String, Vec<u8>)],
    reached: &mut Reached,
) -> (Vec<u8>, String) {
    let at = usize::try_from(case).unwrap_or(usize::MAX);
    if let Some((name, bytes)) = shared.get(at) {
        return (bytes.clone(), name.clone());
    }
    let mut dice = Dice::new(seed, case);
    if dice.one_in(20) && !shared.is_empty() {
        let at = dice.below(shared.len());
        let (name, bytes) = shared.get(at).cloned().unwrap_or_default();
        let (bytes, change) = mutate::mutate(&mut dice, &bytes);
        return (bytes, format!("{name}, {change}"));
    }
    if dice.one_in(5) {
        let (bytes, label) = planted::case(&mut dice);
        return (bytes, label.into());
    }
    let Generated { input, left_out, label } = generated(&mut dice, reached);
    let bytes = input.encode().expect("invariant: what was built can be encoded");
    match dice.below(12) {
        0..=3 => (bytes, label),
        4 | 5 if !left_out.is_empty() => {
            let bytes = mutate::include(&mut dice, input, &left_out);
            (bytes, format!("{label}, transaction that may not be included"))
        }
        _ => {
            let (bytes, change) = mutate::mutate(&mut dice, &bytes);
            (bytes, format!("{label}, {change}"))
        }
    }
}

fn generated(dice: &mut Dice, reached: &mut Reached) -> Generated {
    loop {
        if let Ok(generated) = block::generate(dice, reached) {
            return generated;
        }
    }
}

fn count(plan: &Plan, case: u64, label: &str, bytes: &[u8], judged: &Judged, tally: &mut Tally) {
    let Judged { ours, theirs, outcome } = judged;
    tally.cases += 1;
    match outcome {
        Outcome::Agree => {
            tally.agree += 1;
            tally.valid += u64::from(ours.succeeded());
        }
        Outcome::Explained(rule) => *tally.explained.entry(*rule).or_default() += 1,
        Outcome::Unexplained(_) => tally.unexplained += 1,
    }
    if plan.verbose || matches!(outcome, Outcome::Unexplained(_)) {
        let words = |verdict: &crate::verdict::Verdict| match verdict.succeeded() {
            true => "valid".to_owned(),
            false => verdict.reason.clone(),
        };
        eprintln!(
            "case {case} ({label}): {outcome:?}\n  ours: {}\n  theirs: {}",
            words(ours),
            words(theirs)
        );
    }
    if let (Some(folder), Outcome::Unexplained(_)) = (&plan.dump, outcome) {
        let path = folder.join(format!("{}-{case}.ssz", plan.seed));
        if let Err(error) = fs::create_dir_all(folder).and_then(|()| fs::write(&path, bytes)) {
            eprintln!("{}: {error}", path.display());
        }
    }
}

fn progress(tally: &Tally) {
    let Tally { cases, agree, valid, unexplained, .. } = tally;
    eprintln!("{cases} cases, {agree} agree ({valid} valid), {unexplained} unexplained");
}
