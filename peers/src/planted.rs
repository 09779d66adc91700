//! Blocks of the fuzz targets' own, with values planted at which the rules branch.

use std::sync::LazyLock;

use bough_fuzz::{planted, rebuild, seeds};
use bough_stateless::StatelessInput;
use bough_stf::{Fork, WorkLimits};

use crate::dice::Dice;

/// Longest input, bytes.
const LONGEST: usize = 1 << 18;
/// Gas of a block that is made again, and of its system calls.
const GAS: u64 = 10_000_000;

/// Small blocks of the fork that both sides know.
static SEEDS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let newest = Fork::ALL.into_iter().next_back();
    let of_newest = |bytes: &Vec<u8>| {
        StatelessInput::decode(bytes).is_ok_and(|input| Some(input.schema.fork()) == newest)
    };
    seeds().into_iter().filter(of_newest).collect()
});

/// A block with planted values: mostly made again, so that it is valid as far as it can be.
pub(crate) fn case(dice: &mut Dice) -> (Vec<u8>, &'static str) {
    let seed = SEEDS.get(dice.below(SEEDS.len())).cloned().unwrap_or_default();
    let planted = (0..8).find_map(|_| planted(&seed, LONGEST, dice.next_u64()));
    let bytes = planted.unwrap_or(seed);
    if !dice.one_in(4)
        && let Some(made) = made_again(&bytes)
    {
        return (made, "planted values, made again");
    }
    (bytes, "planted values")
}

fn made_again(bytes: &[u8]) -> Option<Vec<u8>> {
    let limits = WorkLimits { block_gas: Some(GAS), system_gas: Some(GAS), ..WorkLimits::NONE };
    let input = StatelessInput::decode(bytes).ok()?;
    rebuild(&input, limits)?.input?.encode().ok()
}
