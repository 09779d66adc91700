//! Each check by its exact variant.

use alloy_primitives::{Address, Bytes, U256};
use bough_execute::{Execute, L1Block, Places, Prices, Refused};
use bough_stateless::{DecodeError, Invalid, PayloadError, Schema, StatelessInput, WitnessError};
use bough_stf::{BlockError, Fork, ForkSchedule, StateError};

use crate::support::{LATE, PLENTY, execute, official};

/// A valid official input that has a transaction.
fn valid() -> Option<StatelessInput> {
    let pair = official().into_iter().find(|pair| pair.is_valid())?;
    Some(StatelessInput::decode(&pair.input).unwrap())
}

fn run(input: &StatelessInput) -> Result<(), Refused> {
    execute().run(&input.encode().unwrap(), PLENTY, LATE).map(drop)
}

fn refused(change: impl FnOnce(&mut StatelessInput)) -> Option<Refused> {
    let mut input = valid()?;
    change(&mut input);
    Some(run(&input).unwrap_err())
}

#[test]
fn bytes_that_are_not_paid() {
    let needed = Prices::at(Fork::Amsterdam).for_bytes(3);
    let left = needed - 1;
    let answer = execute().run(&[0; 3], left, LATE);
    assert_eq!(answer, Err(Refused::BytesNotPaid { needed, left }));
}

#[test]
fn too_short() {
    for got in [0, 1, 2, 100, 497] {
        let answer = execute().run(&vec![0; got], PLENTY, LATE);
        assert!(matches!(answer, Err(Refused::TooShort { got: said, .. }) if said == got));
    }
}

#[test]
fn unknown_schema() {
    let answer = execute().run(&[0xff; 1000], PLENTY, LATE);
    assert_eq!(answer, Err(Refused::Undecodable(DecodeError::UnknownSchema(0xffff))));
}

#[test]
fn a_payload_of_the_future() {
    let Some(input) = valid() else { return };
    let got = input.new_payload_request.execution_payload.timestamp;
    let l1 = L1Block { number: 1, timestamp: got - 1 };
    let answer = execute().run(&input.encode().unwrap(), PLENTY, l1);
    assert_eq!(answer, Err(Refused::Future { got, l1: got - 1 }));
}

#[test]
fn a_fork_l1_does_not_have_then() {
    let Some(input) = valid() else { return };
    let timestamp = input.new_payload_request.execution_payload.timestamp;
    let bytes = input.encode().unwrap();
    let forks = [(Fork::Osaka, 0), (Fork::Amsterdam, timestamp + 1)];
    let later = Execute::new(ForkSchedule::by_time(&forks).unwrap());
    assert_eq!(
        later.run(&bytes, PLENTY, LATE),
        Err(Refused::Fork { got: Fork::Amsterdam, expected: Fork::Osaka, timestamp })
    );
    let forks = [(Fork::Osaka, 0), (Fork::Amsterdam, timestamp)];
    let now = Execute::new(ForkSchedule::by_time(&forks).unwrap());
    assert!(now.run(&bytes, PLENTY, LATE).is_ok());
}

#[test]
fn a_claim_that_is_not_paid() {
    let Some(input) = valid() else { return };
    let bytes = input.encode().unwrap();
    let needed = Places::read(&bytes).unwrap().gas_used;
    let paid = Prices::at(Fork::Amsterdam).for_bytes(bytes.len()) + needed - 1;
    let answer = execute().run(&bytes, paid, LATE);
    assert_eq!(answer, Err(Refused::ClaimNotPaid { needed, left: needed - 1 }));
}

#[test]
fn ssz_that_is_not_canonical() {
    let Some(input) = valid() else { return };
    let bytes = input.encode().unwrap();
    // The offsets of the request, the payload and the access list, each moved by one.
    for offset in [2, 18, 62 + 528] {
        let mut shifted = bytes.clone();
        shifted[offset] += 1;
        let answer = execute().run(&shifted, PLENTY, LATE);
        assert!(matches!(answer, Err(Refused::Undecodable(_))), "{offset}: {answer:?}");
    }
}

#[test]
fn what_no_l2_may_have() {
    let payload = |change: fn(&mut bough_stateless::ExecutionPayload)| {
        refused(|input| change(&mut input.new_payload_request.execution_payload))
    };
    let withdrawals = payload(|payload| payload.withdrawals.push(Default::default()));
    let used = payload(|payload| payload.blob_gas_used = 131_072);
    let excess = payload(|payload| payload.excess_blob_gas = 1);
    let blobs = payload(|payload| payload.transactions.push(Bytes::from_static(&[3, 0xc0])));
    let Some(count) = valid() else { return };
    let count = count.new_payload_request.execution_payload.transactions.len();
    assert_eq!(withdrawals, Some(Refused::Withdrawals(1)));
    assert_eq!(used, Some(Refused::BlobGas { used: 131_072, excess: 0 }));
    assert_eq!(excess, Some(Refused::BlobGas { used: 0, excess: 1 }));
    assert_eq!(blobs, Some(Refused::BlobTransaction(count)));
}

#[test]
fn a_witness_without_what_is_needed() {
    let no_parent = refused(|input| input.witness.headers.clear());
    let no_codes = refused(|input| input.witness.codes.clear());
    let no_nodes = refused(|input| input.witness.state.clear());
    let malformed = refused(|input| input.witness.headers.push(Bytes::from_static(&[0xc0])));
    if valid().is_none() {
        return;
    }
    let invalid = |why: Option<Refused>| match why {
        Some(Refused::Invalid(invalid)) => invalid,
        other => panic!("{other:?}"),
    };
    assert_eq!(invalid(no_parent), Invalid::Witness(WitnessError::NoParent));
    assert!(matches!(invalid(malformed), Invalid::Witness(WitnessError::MalformedHeader(_))));
    assert!(matches!(
        invalid(no_codes),
        Invalid::Block(BlockError::State(StateError::MissingCode(_)))
    ));
    assert!(matches!(
        invalid(no_nodes),
        Invalid::Block(BlockError::State(StateError::Trie(bough_stf::MptError::Missing(_))))
    ));
}

#[test]
fn a_payload_that_is_no_block() {
    let payload = |change: fn(&mut bough_stateless::ExecutionPayload)| match refused(|input| {
        change(&mut input.new_payload_request.execution_payload)
    }) {
        Some(Refused::Invalid(Invalid::Payload(why))) => Some(why),
        None => None,
        other => panic!("{other:?}"),
    };
    let empty = payload(|payload| payload.transactions.push(Bytes::new()));
    let fee = payload(|payload| payload.base_fee_per_gas = U256::from(u64::MAX) + U256::from(1));
    let hash = payload(|payload| payload.fee_recipient = Address::repeat_byte(7));
    let Some(count) = valid() else { return };
    let count = count.new_payload_request.execution_payload.transactions.len();
    assert_eq!(empty, Some(PayloadError::EmptyTransaction(count)));
    assert_eq!(fee, Some(PayloadError::BaseFee));
    assert!(matches!(hash, Some(PayloadError::BlockHash { .. })));
}

#[test]
fn the_osaka_schema_has_other_containers() {
    let changed = refused(|input| input.schema = Schema::of(Fork::Osaka).unwrap());
    if valid().is_none() {
        return;
    }
    assert!(matches!(changed, Some(Refused::Fork { got: Fork::Osaka, .. })), "{changed:?}");
}
