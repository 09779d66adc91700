//! What the mutator finds, by executions: a panic that once ended every chain, put back here.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bough_fuzz::{Mutator, rebuild, seeds};
use bough_stateless::StatelessInput;
use bough_stf::{Fork, WorkLimits, revm::bytecode::Bytecode};

const SEED: u64 = 0x0101_8079;
/// Most executions until it is found, and how many there are.
const MOST: usize = 100;
const EXECUTIONS: usize = 2_000;
const GAS: u64 = 10_000_000;
const LIMITS: WorkLimits =
    WorkLimits { block_gas: Some(GAS), system_gas: Some(GAS), keccak_blocks: None };

/// Codes that the execution of an input's transactions reads.
fn codes_read(bytes: &[u8]) -> Vec<alloy_primitives::Bytes> {
    let Ok(input) = StatelessInput::decode(bytes) else { return Vec::new() };
    rebuild(&input, LIMITS).map(|rebuilt| rebuilt.codes).unwrap_or_default()
}

/// Whether what was done with each code that is read, until any bytes were code, panics.
#[expect(clippy::disallowed_methods, reason = "the fault that is to be found")]
fn panics(code: &alloy_primitives::Bytes) -> bool {
    let code = code.clone();
    catch_unwind(AssertUnwindSafe(|| Bytecode::new_raw(code))).is_err()
}

/// The same without the panic.
#[expect(clippy::disallowed_methods, reason = "the fault that is to be found")]
fn fails(code: &alloy_primitives::Bytes) -> bool {
    Bytecode::new_raw_checked(code.clone()).is_err()
}

/// Codes that begin like a delegation and are none are read within a hundred executions, and in many.
#[test]
fn finds_a_code_that_is_no_delegation() {
    let _turn = super::turn();
    let corpus = seeds();
    let fail = |bytes: &Vec<u8>| codes_read(bytes).iter().any(fails);
    assert!(!corpus.iter().any(fail), "it is among the seeds");
    let mut mutator = Mutator::new(SEED);
    let mutations: Vec<Vec<u8>> = (0..EXECUTIONS).map(|_| mutator.mutate(&corpus)).collect();
    let first = mutations.iter().position(|bytes| codes_read(bytes).iter().any(panics));
    let all = mutations.iter().filter(|bytes| fail(bytes)).count();
    println!("found first at execution {first:?} from 0, {all} of {EXECUTIONS}");
    assert!(first.is_some_and(|first| first < MOST), "first at {first:?}");
    assert!(all > EXECUTIONS / 200, "{all} of {EXECUTIONS}");
}

/// Most of what is planted is executed to the end of a block, and such blocks are valid.
#[test]
fn what_is_planted_is_reached() {
    let _turn = super::turn();
    let corpus = seeds();
    let mut mutator = Mutator::new(SEED);
    let mut made = 0;
    for _ in 0..EXECUTIONS {
        let Ok(input) = StatelessInput::decode(&mutator.mutate(&corpus)) else { continue };
        let Some(rebuilt) = rebuild(&input, LIMITS) else { continue };
        made += usize::from(rebuilt.input.is_some());
    }
    println!("{made} blocks of {EXECUTIONS} mutations");
    assert!(made > EXECUTIONS / 4, "{made} of {EXECUTIONS}");
}

/// The seeds are of every fork that has a schema.
#[test]
fn seeds_are_of_every_fork() {
    let forks = Fork::ALL.into_iter().filter(|fork| bough_stateless::Schema::of(*fork).is_some());
    let seeds = seeds();
    for fork in forks {
        let of_fork =
            |bytes: &&Vec<u8>| StatelessInput::decode(bytes).unwrap().schema.fork() == fork;
        assert!(seeds.iter().any(|seed| of_fork(&seed)), "{fork:?}");
    }
}
