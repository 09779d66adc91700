//! Inputs that once ended whoever was given them.

use std::fs;

use bough_execute::Refused;
use bough_stateless::{Invalid, run_stateless_guest};
use bough_stf::BlockError;

use crate::{
    evm::call,
    support::{LATE, PLENTY, execute},
};

/// The file whose name begins like this, and whether there are any.
fn hostile(name: &str) -> Option<Vec<u8>> {
    let files = bough_testing::hostile_inputs();
    let path = files.iter().find(|path| path.file_stem().is_some_and(|stem| stem == name));
    assert!(path.is_some() || files.is_empty(), "no {name} among {files:?}");
    path.map(|path| fs::read(path).unwrap())
}

/// A code that begins like a delegation and is none. Its block was built as if it did nothing when
/// called: it halts.
#[test]
fn a_code_that_begins_with_0xef0100() {
    let Some(input) = hostile("code_0xef0100") else { return };
    let refused = execute().run(&input, PLENTY, LATE).unwrap_err();
    // It claims what a call that stops at once costs.
    let expected = Invalid::Block(BlockError::ClaimExceeded { claimed: 15_000 });
    assert_eq!(refused, Refused::Invalid(expected));
    assert!(!run_stateless_guest(&input).successful_validation);
    assert!(call(input).is_halt());
}

#[test]
fn its_twin_is_valid() {
    let Some(input) = hostile("code_0x00_valid") else { return };
    let executed = execute().run(&input, PLENTY, LATE).unwrap();
    assert_eq!(executed.result, run_stateless_guest(&input));
    let result = call(input);
    assert_eq!(result.output().unwrap().as_ref(), executed.result.to_bytes());
}
