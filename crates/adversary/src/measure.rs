//! Time and charge of cases. Time is that of the thread on its core.

use std::{hint::black_box, time::Duration};

use bough_execute::{Executed, Places, Prices, Refused};
use cpu_time::ThreadTime;

use crate::{Case, ForgeError, Input, Prepared, Row};

/// Gas enough for any case.
const PLENTY: u64 = 1 << 40;
/// Shortest time that is measured as one; shorter runs are repeated.
const SHORTEST: Duration = Duration::from_millis(1);
/// Most repetitions of one run.
const MOST_REPEATS: u32 = 10_000;

/// Measures a case; the fastest of `iters` runs counts.
pub fn measure(case: &Case, iters: u32) -> Row {
    let mut row = Row { name: case.name.clone(), group: Some(case.group), ..Row::default() };
    if let Err(why) = case.prepare().and_then(|prepared| fill(&mut row, &prepared, iters)) {
        row.answer = format!("cannot be forged: {why:?}");
    }
    row
}

fn fill(row: &mut Row, prepared: &Prepared, iters: u32) -> Result<(), ForgeError> {
    if let Some(input) = &prepared.input {
        measure_call(row, input, iters);
    }
    if let Some(work) = &prepared.on_l1 {
        let mut gas = 0;
        let mut times = Vec::new();
        for _ in 0..iters.max(1) {
            let (used, time) = work.forge.on_l1(&work.calls, &work.extra)?;
            gas = used;
            times.push(time);
        }
        let time = fastest(times);
        row.l1 = Some((gas, time));
        if prepared.input.is_none() {
            (row.gas, row.time) = (gas, time);
            row.answer = "an L1 transaction that calls it in a loop".into();
        }
    }
    Ok(())
}

fn measure_call(row: &mut Row, input: &Input, iters: u32) {
    let execute = input.execute();
    let gas = input.gas.unwrap_or_else(|| least_gas(input));
    let once = || execute.run(black_box(&input.bytes), gas, input.l1);
    let start = ThreadTime::now();
    let answer = once();
    let first = start.elapsed();
    let repeats = SHORTEST.as_nanos().checked_div(first.as_nanos().max(1)).unwrap_or(1);
    let repeats = u32::try_from(repeats).unwrap_or(MOST_REPEATS).clamp(1, MOST_REPEATS);
    let times = (0..iters.max(1)).map(|_| {
        let start = ThreadTime::now();
        for _ in 0..repeats {
            let _ = black_box(once());
        }
        start.elapsed() / repeats
    });
    row.time = fastest(times);
    row.bytes = input.bytes.len();
    let fork = input.schedule.fork_at(input.l1.number, input.l1.timestamp);
    row.bytes_gas = Prices::at(fork).for_bytes(row.bytes);
    row.gas = answer.as_ref().map_or(gas, |executed| executed.gas_charged);
    row.answer = describe(&answer);
}

/// The least gas that gets the answer that any amount of gas gets.
pub fn least_gas(input: &Input) -> u64 {
    let execute = input.execute();
    let run = |gas| execute.run(&input.bytes, gas, input.l1);
    let answer = run(PLENTY);
    if let Ok(executed) = &answer {
        return executed.gas_charged;
    }
    let fork = input.schedule.fork_at(input.l1.number, input.l1.timestamp);
    let bytes = Prices::at(fork).for_bytes(input.bytes.len());
    if run(bytes) == answer {
        return bytes;
    }
    let claim = Places::read(&input.bytes).map_or(0, |places| places.gas_used);
    let mut low = bytes.saturating_add(claim);
    if run(low) == answer {
        return low;
    }
    let mut step = 1u64 << 10;
    while run(low.saturating_add(step)) != answer && step < PLENTY {
        low = low.saturating_add(step);
        step = step.saturating_mul(2);
    }
    let mut high = low.saturating_add(step);
    while low.saturating_add(1) < high {
        let middle = low.midpoint(high);
        if run(middle) == answer { high = middle } else { low = middle }
    }
    high
}

fn describe(answer: &Result<Executed, Refused>) -> String {
    match answer {
        Ok(_) => "valid".into(),
        Err(why) => why.to_string().chars().take(70).collect(),
    }
}

/// The least: whatever else the machine does can only add to it.
fn fastest(times: impl IntoIterator<Item = Duration>) -> Duration {
    times.into_iter().min().unwrap_or_default()
}
