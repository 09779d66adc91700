//! Many signatures.

use alloy_primitives::{Address, address};

use super::newest;
use crate::{Call, Case, Forge, ForgeError, Input, Prepared};

const RECIPIENT: Address = address!("00000000000000000000000000000000000ec191");
/// Gas of a call without data to an account that is there or not.
const CALL_GAS: u64 = 21_000;
/// Least gas of a transaction (TX_BASE of EIP-2780).
const LEAST_GAS: u64 = 12_000;
const COUNT: u64 = 1_000;
/// Gas for the authorizations of a transaction, state gas included.
const AUTHORIZATION_GAS: u64 = 1 << 30;

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::added("signatures_many_senders", || {
            let calls = (0..COUNT).map(|from| Call { from, ..Call::new(RECIPIENT, CALL_GAS) });
            Prepared::both(Forge::new(newest(), COUNT, Vec::new()), calls.collect())
        }),
        Case::added("signatures_one_sender", || {
            let calls = (0..COUNT).map(|nonce| Call { nonce, ..Call::new(RECIPIENT, CALL_GAS) });
            Prepared::both(Forge::new(newest(), 1, Vec::new()), calls.collect())
        }),
        Case::added("signatures_then_refused", then_refused),
        Case::added("signatures_over_the_claim", || {
            let mut forged = many()?;
            forged.header.gas_used = LEAST_GAS * (COUNT - 1);
            Ok(Prepared::call(Input::new(&forged)?))
        }),
        Case::added("authorizations_new", || authorizations(COUNT / 2, false)),
        Case::added("authorizations_claims_little", || authorizations(COUNT / 2, true)),
    ]
}

/// A block of many transactions, of which the first has a nonce too high: all signatures are
/// recovered, and nothing is executed.
fn then_refused() -> Result<Prepared, ForgeError> {
    let mut forged = many()?;
    forged.transactions.rotate_left(1);
    forged.header.transactions_root =
        alloy_consensus::proofs::calculate_transaction_root(&forged.transactions);
    forged.header.gas_used = LEAST_GAS * COUNT;
    Ok(Prepared::call(Input::new(&forged)?))
}

fn many() -> Result<crate::Forged, ForgeError> {
    let calls: Vec<_> =
        (0..COUNT).map(|nonce| Call { nonce, ..Call::new(RECIPIENT, CALL_GAS) }).collect();
    Forge::new(newest(), 1, Vec::new()).block(&calls)
}

/// A transaction with many authorizations by accounts that are not there yet.
fn authorizations(count: u64, claims_little: bool) -> Result<Prepared, ForgeError> {
    let calls = vec![Call {
        authorizations: (1..=count).collect(),
        ..Call::new(RECIPIENT, AUTHORIZATION_GAS)
    }];
    let forge = Forge::new(newest(), 1, Vec::new());
    if claims_little {
        let forged = forge.block(&calls)?.claiming(CALL_GAS);
        return Ok(Prepared::call(Input::new(&forged)?));
    }
    Prepared::both(forge, calls)
}
