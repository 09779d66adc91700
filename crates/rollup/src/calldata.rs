//! Finding the inputs of `advance` in a transaction's calldata, which anybody may have written.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{B256, Bytes, keccak256};
use alloy_sol_types::SolCall;
use bough_contracts::NativeRollup::advanceCall;

use crate::{AnchorPoint, BlockInput};

const WORD: usize = 32;
/// Bytes that are hashed at most while looking: what overlaps is hashed again each time.
const HASH_BUDGET: usize = 64 << 20;

/// The blocks whose inputs have these hashes, in this order: from the call to `advance` that the
/// calldata is, or from calls that stand anywhere in it, as when a contract or a smart account was
/// told to make them.
///
/// The hashes are those of the `Advanced` events of the transaction. `None` when an input is not
/// there, or not before 64 MiB of bytes that look like one. Hashes vouch for the inputs, not for
/// the numbers beside them: whoever uses [`BlockInput::anchor`] checks the anchor that it makes.
pub fn inputs_by_hash(calldata: &[u8], hashes: &[B256]) -> Option<Vec<BlockInput>> {
    let wanted: BTreeSet<_> = hashes.iter().copied().collect();
    let mut found = BTreeMap::new();
    let mut budget = HASH_BUDGET;
    for (anchor, input) in calls(calldata).flat_map(blocks) {
        if found.len() == wanted.len() {
            break;
        }
        budget = budget.checked_sub(input.len() + WORD)?;
        let hash = keccak256(input);
        if wanted.contains(&hash) {
            found
                .entry(hash)
                .or_insert_with(|| BlockInput { anchor, input: Bytes::copy_from_slice(input) });
        }
    }
    hashes.iter().map(|hash| found.get(hash).cloned()).collect()
}

/// What follows the selector, wherever it stands.
fn calls(calldata: &[u8]) -> impl Iterator<Item = &[u8]> {
    (0..calldata.len())
        .filter_map(|at| calldata.get(at..)?.strip_prefix(&advanceCall::SELECTOR[..]))
}

/// The blocks in the arguments of a call, up to the first that is not one. Nothing is copied, so
/// that arguments that point to the same bytes many times cost no memory.
fn blocks(arguments: &[u8]) -> impl Iterator<Item = (AnchorPoint, &[u8])> {
    let array = offset(arguments, 0).unwrap_or(usize::MAX);
    let count = offset(arguments, array).unwrap_or(0);
    (0..count).map_while(move |index| block(arguments, array.checked_add(WORD)?, index))
}

/// The block at `index` of the array whose elements begin at `base`.
fn block(arguments: &[u8], base: usize, index: usize) -> Option<(AnchorPoint, &[u8])> {
    let tuple =
        base.checked_add(offset(arguments, base.checked_add(index.checked_mul(WORD)?)?)?)?;
    let anchor = AnchorPoint {
        l1_block: number(arguments, tuple)?,
        message_count: number(arguments, tuple.checked_add(WORD)?)?,
    };
    let bytes = tuple.checked_add(offset(arguments, tuple.checked_add(2 * WORD)?)?)?;
    let start = bytes.checked_add(WORD)?;
    let input = arguments.get(start..start.checked_add(offset(arguments, bytes)?)?)?;
    Some((anchor, input))
}

/// A word that is an offset or a length.
fn offset(data: &[u8], at: usize) -> Option<usize> {
    usize::try_from(number(data, at)?).ok()
}

/// A word that is a u64.
fn number(data: &[u8], at: usize) -> Option<u64> {
    let word = data.get(at..at.checked_add(WORD)?)?;
    let (high, low) = word.split_last_chunk::<8>()?;
    high.iter().all(|byte| *byte == 0).then(|| u64::from_be_bytes(*low))
}
