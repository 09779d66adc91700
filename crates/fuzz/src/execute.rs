//! EXECUTE as a whole.

use bough_execute::{Execute, L1Block, Places, Prices, Refused};
use bough_stateless::{Invalid, PayloadError, Schema, StatelessInput, run_stateless_guest};
use bough_stf::{BlockError, Fork, ForkSchedule, StateError, WorkLimits};

use crate::{Rebuilt, rebuild};

/// Gas for what is behind the bytes: the claim, up to this, and the system calls.
const MOST_GAS: u64 = 20_000_000;
/// Where the block hash stands in an input, bytes: behind the schema id, the fixed parts of the
/// input and of the request, and the fields of the payload before it.
const BLOCK_HASH: usize = 2 + 16 + 44 + 472;
/// The state root and the receipts root.
const STATE_ROOT: usize = 2 + 16 + 44 + 52;
const RECEIPTS_ROOT: usize = 2 + 16 + 44 + 84;
/// The gas used.
const GAS_USED: usize = 2 + 16 + 44 + 420;
/// How often an input is repaired: the hash, a field that differs and the hash again, and so on.
const REPAIRS: usize = 8;

/// Answers the bytes, and agrees with the guest: what EXECUTE takes the guest takes with the same
/// answer, and what EXECUTE refuses for being invalid the guest refuses. Where a hash or root is
/// all that is wrong it is put right, so that bytes come further than that.
///
/// # Panics
/// When that does not hold.
pub fn execute(bytes: &[u8]) {
    let mut bytes = bytes.to_vec();
    for _ in 0..REPAIRS {
        let answer = run(&bytes);
        compare(&bytes, &answer);
        match answer {
            Err(why) if repair(&mut bytes, &why) => {}
            Err(Refused::Invalid(Invalid::Block(_))) => return run_rebuilt(&bytes),
            _ => return,
        }
    }
}

/// The block that a builder makes of the same transactions is valid.
fn run_rebuilt(bytes: &[u8]) {
    let Ok(input) = StatelessInput::decode(bytes) else { return };
    let limits = WorkLimits {
        block_gas: Some(MOST_GAS / 2),
        system_gas: Some(MOST_GAS / 2),
        ..WorkLimits::NONE
    };
    let Some(Rebuilt { input: Some(made), .. }) = rebuild(&input, limits) else { return };
    let bytes = made.encode().expect("what was made has a form");
    let answer = run(&bytes);
    compare(&bytes, &answer);
    match answer {
        Ok(_)
        | Err(
            Refused::BlobGas { .. }
            | Refused::Invalid(Invalid::Block(BlockError::State(StateError::WritesTooMuch {
                ..
            }))),
        ) => {}
        Err(why) => unreachable!("a block that was built is refused: {why}"),
    }
}

type Answer = Result<bough_execute::Executed, Refused>;

fn run(bytes: &[u8]) -> Answer {
    let schema = Places::read(bytes).ok().and_then(|places| Schema::from_id(places.schema_id).ok());
    let fork = schema.map_or(newest(), |schema| schema.fork());
    let execute = Execute::new(ForkSchedule::always(fork));
    let l1 = L1Block { number: 1, timestamp: u64::MAX };
    let gas = Prices::at(fork).for_bytes(bytes.len()).saturating_add(MOST_GAS);
    let answer = execute.run(bytes, gas, l1);
    if let Ok(executed) = &answer {
        assert!(executed.gas_charged <= gas, "more gas charged than there was");
        let again = execute.run(bytes, executed.gas_charged, l1);
        assert_eq!(again.as_ref(), Ok(executed), "exact gas");
        let short = execute.run(bytes, executed.gas_charged.saturating_sub(1), l1);
        assert!(short.is_err(), "one gas short");
    }
    answer
}

fn newest() -> Fork {
    Fork::ALL.into_iter().next_back().expect("there are forks")
}

fn compare(bytes: &[u8], answer: &Answer) {
    match answer {
        Ok(executed) => assert_eq!(executed.result, run_stateless_guest(bytes), "answers differ"),
        // What no L2 may have the guest takes or refuses; it must answer.
        Err(Refused::Withdrawals(_) | Refused::BlobGas { .. } | Refused::BlobTransaction(_)) => {
            let _ = run_stateless_guest(bytes);
        }
        // Refused for what only EXECUTE asks: the guest may take it, and may take its time.
        Err(
            Refused::BytesNotPaid { .. }
            | Refused::TooShort { .. }
            | Refused::Future { .. }
            | Refused::Fork { .. }
            | Refused::ClaimNotPaid { .. }
            | Refused::Invalid(Invalid::Block(
                BlockError::SystemGasExceeded { .. }
                | BlockError::State(StateError::WritesTooMuch { .. }),
            )),
        ) => {}
        Err(why) => {
            let guest = run_stateless_guest(bytes);
            assert!(!guest.successful_validation, "the guest takes what is refused: {why}");
        }
    }
}

/// Puts right what the refusal says is wrong, where that is a field of fixed place.
fn repair(bytes: &mut [u8], why: &Refused) -> bool {
    let Refused::Invalid(why) = why else { return false };
    match why {
        Invalid::Payload(PayloadError::BlockHash { expected, .. }) => {
            put(bytes, BLOCK_HASH, expected.as_slice())
        }
        Invalid::Block(BlockError::GasUsed { expected, .. }) => {
            put(bytes, GAS_USED, &expected.to_le_bytes())
        }
        Invalid::Block(BlockError::Root { field: "state_root", expected: Some(root), .. }) => {
            put(bytes, STATE_ROOT, root.as_slice())
        }
        Invalid::Block(BlockError::Root {
            field: "receipts_root", expected: Some(root), ..
        }) => put(bytes, RECEIPTS_ROOT, root.as_slice()),
        _ => false,
    }
}

fn put(bytes: &mut [u8], at: usize, value: &[u8]) -> bool {
    match bytes.get_mut(at..at + value.len()) {
        Some(place) => {
            place.copy_from_slice(value);
            true
        }
        None => false,
    }
}
