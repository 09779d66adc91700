//! What is valid is accepted, with the official bytes.

use bough_execute::{L1Block, Places, Prices, Refused};
use bough_stateless::{Invalid, StatelessInput, run_stateless_guest, validate};
use bough_stf::{BlockError, Fork, WorkLimits};

use crate::support::{LATE, PLENTY, execute, inputs, official};

#[test]
fn accepts_every_input() {
    for (name, input) in inputs() {
        let executed =
            execute().run(&input, PLENTY, LATE).unwrap_or_else(|why| panic!("{name}: {why}"));
        assert_eq!(executed.result, run_stateless_guest(&input), "{name}");
        assert!(executed.result.successful_validation, "{name}");
        let decoded = StatelessInput::decode(&input).unwrap();
        assert_eq!(decoded.encode().unwrap(), input, "{name}");
    }
}

#[test]
fn gives_the_official_bytes() {
    for pair in official() {
        assert_eq!(run_stateless_guest(&pair.input).to_bytes().as_slice(), pair.output);
        let executed = execute().run(&pair.input, PLENTY, LATE);
        assert_eq!(executed.is_ok(), pair.is_valid());
        if let Ok(executed) = executed {
            assert_eq!(executed.result.to_bytes().as_slice(), pair.output);
        }
    }
}

#[test]
fn charges_bytes_claim_and_system_calls() {
    let per_byte = Prices::at(Fork::Amsterdam);
    for (name, input) in inputs() {
        let decoded = StatelessInput::decode(&input).unwrap();
        let validated = validate(&decoded, WorkLimits::NONE).unwrap();
        let executed = execute().run(&input, PLENTY, LATE).unwrap();
        let expected =
            per_byte.for_bytes(input.len()) + validated.gas_used + validated.system_gas_used;
        assert_eq!(executed.gas_charged, expected, "{name}");
        assert!(execute().run(&input, expected, LATE).is_ok(), "{name}: exact gas");
        assert_eq!(
            execute().run(&input, expected - 1, LATE),
            Err(Refused::Invalid(Invalid::Block(BlockError::SystemGasExceeded {
                budget: validated.system_gas_used - 1
            }))),
            "{name}: one gas short"
        );
    }
}

/// Stopping at the claim changes no verdict, only when it falls.
#[test]
fn stopping_changes_no_verdict() {
    for (name, input) in inputs() {
        let decoded = StatelessInput::decode(&input).unwrap();
        let claim = Places::read(&input).unwrap().gas_used;
        for block_gas in [claim, claim - 1, claim / 2, claim + 1, 0] {
            let limits = WorkLimits { block_gas: Some(block_gas), ..WorkLimits::NONE };
            assert_eq!(
                validate(&decoded, limits).is_ok(),
                block_gas >= claim,
                "{name} {block_gas}"
            );
        }
    }
}

#[test]
fn accepts_at_its_own_time() {
    for (name, input) in inputs() {
        let timestamp = Places::read(&input).unwrap().timestamp;
        let l1 = L1Block { number: 1, timestamp };
        assert!(execute().run(&input, PLENTY, l1).is_ok(), "{name}");
    }
}
