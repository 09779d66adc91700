//! Memory: at most so many times the input, whatever it is. A binary of its own, because its
//! allocator counts.
#![allow(clippy::unwrap_used, clippy::cast_precision_loss)]

use bough_adversary::{Group, cases, least_gas};
use bough_execute::Prices;
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// Bytes held at once for each byte of input, at most, where nothing is executed.
const TIMES_INPUT: usize = 32;
/// Bytes held at once for each unit of gas charged beyond that for the input's bytes, at most: what
/// execution holds is paid for in gas.
const PER_GAS: usize = 4;
/// Bytes that any call may hold besides.
const BASE: usize = 4_000_000;

#[test]
fn memory_is_bounded_by_the_input_and_the_gas() {
    let mut worst: Vec<(f64, String)> = Vec::new();
    for case in cases().into_iter().filter(|case| case.group == Group::Added) {
        let prepared = case.prepare().unwrap_or_else(|why| panic!("{}: {why:?}", case.name));
        let Some(input) = prepared.input else { continue };
        let gas = input.gas.unwrap_or_else(|| least_gas(&input));
        let execute = input.execute();
        ALLOCATOR.reset_peak_usage();
        let before = ALLOCATOR.current_usage();
        let answer = execute.run(&input.bytes, gas, input.l1);
        let peak = ALLOCATOR.peak_usage().saturating_sub(before);
        let charged = answer.map_or(gas, |executed| executed.gas_charged);
        let fork = input.schedule.fork_at(input.l1.number, input.l1.timestamp);
        let worked = charged.saturating_sub(Prices::at(fork).for_bytes(input.bytes.len()));
        let allowed =
            BASE + TIMES_INPUT * input.bytes.len() + PER_GAS * usize::try_from(worked).unwrap();
        assert!(
            peak <= allowed,
            "{}: {peak} bytes held for {} of input and {charged} gas",
            case.name,
            input.bytes.len()
        );
        worst.push((peak as f64 / input.bytes.len().max(1) as f64, case.name.clone()));
        if case.name == "shared_children_accounts_64" {
            println!("{peak} bytes held: {}", case.name);
            assert!(peak <= 4_000_000, "{peak} bytes for shared children of depth 64");
        }
    }
    worst.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (times, name) in worst.iter().take(5) {
        println!("{times:.1} bytes held for each of input: {name}");
    }
}
