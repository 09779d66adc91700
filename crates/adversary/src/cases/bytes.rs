//! What is refused before anything is executed.

use std::sync::Arc;

use alloy_primitives::{Address, Bytes, address};
use bough_execute::{EXECUTE_ADDRESS, Execute, Prices};
use bough_stf::{ExtraPrecompiles, Fork, ForkSchedule};

use super::{empty_block, forks, newest, noise};
use crate::{
    Account, Call, Case, Forge, ForgeError, Forged, Input, Prepared, TIMESTAMP, Work,
    code::{Code, op},
};

/// A contract that calls EXECUTE in a loop.
const LOOPER: Address = address!("0000000000000000000000000000000000c0ffee");
/// Gas of an L1 transaction that does.
const LOOP_GAS: u64 = 10_000_000;
/// Lengths of garbage, bytes: around the places that are read first, and up to what a call with all
/// of an L1 transaction's gas can pay for.
const LENGTHS: [usize; 8] = [0, 1, 2, 497, 498, 5_000, 100_000, 1_000_000];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for length in LENGTHS {
        cases.push(Case::added(format!("garbage_{length}"), move || {
            Ok(Prepared::call(Input::of_bytes(noise(length), always())))
        }));
        cases.push(Case::added(format!("zeros_with_schema_{length}"), move || {
            Ok(Prepared::call(Input::of_bytes(with_schema(vec![0; length])?, always())))
        }));
    }
    for (name, length) in [("small", 32), ("20k", 20_600), ("900k", 900_000)] {
        cases.push(Case::added(format!("loop_gas_0_{name}"), move || looping(length, false)));
        cases.push(Case::added(format!("loop_bytes_paid_{name}"), move || looping(length, true)));
    }
    for count in [1_000, 10_000, 200_000] {
        cases.push(Case::added(format!("empty_transactions_{count}"), move || {
            transactions(count, Bytes::new())
        }));
        cases.push(Case::added(format!("one_byte_transactions_{count}"), move || {
            transactions(count, Bytes::from_static(&[0x02]))
        }));
    }
    cases.push(Case::added("transactions_unlike_the_block_hash", || {
        let mut input = empty_block()?.input();
        let transactions = &mut input.new_payload_request.execution_payload.transactions;
        *transactions = vec![Bytes::from_static(&[0x02]); 100_000];
        encoded(&input)
    }));
    cases.push(Case::added("oversized_last_header", || {
        let mut bytes = padded()?.bytes()?;
        // The last entry of the last list is what stands at the end: the rest is decoded by then.
        bytes.extend([0; 1024]);
        Ok(Prepared::call(Input::of_bytes(bytes, always())))
    }));
    cases.push(Case::added("after_l1s_clock", || {
        let mut input = Input::new(&padded()?)?;
        input.l1.timestamp = TIMESTAMP - 1;
        Ok(Prepared::call(input))
    }));
    cases.push(Case::added("past_a_fork", || {
        let mut input = Input::new(&padded()?)?;
        let before = forks().rev().nth(1).unwrap_or(newest());
        input.schedule = schedule(&[(before, 0), (newest(), TIMESTAMP + 1)]);
        Ok(Prepared::call(input))
    }));
    cases
}

fn always() -> ForkSchedule {
    ForkSchedule::always(newest())
}

fn schedule(forks: &[(Fork, u64)]) -> ForkSchedule {
    ForkSchedule::by_time(forks).unwrap_or_else(|_| always())
}

/// A valid block with a megabyte of witness.
fn padded() -> Result<Forged, ForgeError> {
    let mut forged = empty_block()?;
    forged.witness.state.extend(vec![Bytes::from(vec![0; 1024]); 900]);
    Ok(forged)
}

/// The bytes behind a schema id that is known.
fn with_schema(mut bytes: Vec<u8>) -> Result<Vec<u8>, ForgeError> {
    let id = empty_block()?.bytes()?;
    bytes.iter_mut().zip(id.iter().take(2)).for_each(|(to, from)| *to = *from);
    Ok(bytes)
}

fn transactions(count: usize, raw: Bytes) -> Result<Prepared, ForgeError> {
    let mut input = empty_block()?.input();
    input.new_payload_request.execution_payload.transactions = vec![raw; count];
    encoded(&input)
}

fn encoded(input: &bough_stateless::StatelessInput) -> Result<Prepared, ForgeError> {
    let bytes = input.encode().map_err(ForgeError::Input)?;
    Ok(Prepared::call(Input::of_bytes(bytes, always())))
}

/// An L1 transaction that calls EXECUTE with zeros, with no gas or with the price of the bytes.
fn looping(length: u64, pays: bool) -> Result<Prepared, ForgeError> {
    let bytes = usize::try_from(length).unwrap_or(usize::MAX);
    let gas = if pays { Prices::at(newest()).for_bytes(bytes) } else { 0 };
    let target = EXECUTE_ADDRESS.into_word().into();
    let body = Code::new().push(0).push(0).push(length).push(0).push(0).push_word(target);
    let body = body.push(gas).ops(&[op::CALL, op::POP]);
    let code = Code::new().until(100_000, &body).build();
    let forge = Forge::new(newest(), 1, vec![Account::contract(LOOPER, code)]);
    let execute = Arc::new(Execute::new(always()));
    let extra = ExtraPrecompiles::none().with(EXECUTE_ADDRESS, execute);
    let calls = vec![Call::new(LOOPER, LOOP_GAS)];
    Ok(Prepared { input: None, on_l1: Some(Work { forge, calls, extra }) })
}
