//! One flipped bit anywhere that counts is refused.

use std::{ops::Range, thread};

use alloy_primitives::Bytes;
use bough_stateless::{StatelessInput, witness_read};
use bough_testing::Seeded;

use crate::support::{LATE, PLENTY, execute, inputs, official};

const FLIPS: usize = 256;
const CHAIN_ID: Range<usize> = 10..18;
const REQUEST_START: usize = 18;

#[test]
fn refuses_seeded_flips() {
    let pairs = official().into_iter().filter(|pair| pair.is_valid()).enumerate();
    let pairs = pairs.map(|(index, pair)| (format!("official {index}"), pair.input));
    let files: Vec<_> = inputs().into_iter().chain(pairs).collect();
    let half = files.len().div_ceil(2).max(1);
    thread::scope(|scope| {
        for part in files.chunks(half) {
            scope.spawn(move || part.iter().for_each(|(name, input)| flip_seeded(name, input)));
        }
    });
}

fn flip_seeded(name: &str, input: &[u8]) {
    let places = places_that_count(input);
    let total: usize = places.iter().map(Range::len).sum();
    let mut seeded = Seeded::new(0x0101);
    for _ in 0..FLIPS {
        let at = nth_place(&places, seeded.below(total));
        refuses_flip(name, input, at, seeded.below(8));
    }
}

#[test]
fn refuses_a_flip_in_every_byte_of_the_official_requests() {
    for (index, pair) in official().into_iter().filter(|pair| pair.is_valid()).enumerate() {
        let mut seeded = Seeded::new(0x8079);
        for at in request_range(&pair.input) {
            refuses_flip(&format!("official {index}"), &pair.input, at, seeded.below(8));
        }
    }
}

fn refuses_flip(name: &str, input: &[u8], at: usize, bit: usize) {
    let mut flipped = input.to_vec();
    flipped[at] ^= 1 << bit;
    let answer = execute().run(&flipped, PLENTY, LATE);
    assert!(answer.is_err(), "{name}: bit {bit} of byte {at} was accepted");
}

/// The request, the chain id where a transaction is bound to it, and the witness entries that a
/// run reads.
fn places_that_count(input: &[u8]) -> Vec<Range<usize>> {
    let decoded = StatelessInput::decode(input).unwrap();
    let read = witness_read(&decoded).unwrap();
    let payload = &decoded.new_payload_request.execution_payload;
    let mut places = vec![request_range(input)];
    if !payload.transactions.is_empty() {
        places.push(CHAIN_ID);
    }
    let parent = decoded.witness.headers.last().cloned();
    let entries = read.state().into_iter().chain(read.codes()).chain(parent);
    places.extend(entries.filter(|entry| !entry.is_empty()).map(|entry| find(input, &entry)));
    places
}

fn request_range(input: &[u8]) -> Range<usize> {
    let witness = u32::from_le_bytes(input[6..10].try_into().unwrap()) as usize;
    REQUEST_START..2 + witness
}

fn find(input: &[u8], entry: &Bytes) -> Range<usize> {
    let witness = request_range(input).end;
    let at =
        witness + input[witness..].windows(entry.len()).position(|window| window == entry).unwrap();
    at..at + entry.len()
}

fn nth_place(places: &[Range<usize>], mut nth: usize) -> usize {
    for place in places {
        if nth < place.len() {
            return place.start + nth;
        }
        nth -= place.len();
    }
    unreachable!("nth is below the sum of the lengths")
}
