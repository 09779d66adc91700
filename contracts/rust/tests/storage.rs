//! The slots named in the crate are those that the compiler chose.
#![allow(missing_docs, clippy::indexing_slicing)]

use alloy_primitives::U256;
use bough_contracts::l2_messenger;
use eyre::{OptionExt, Result, ensure};
use serde_json::Value;

/// The variables of an artifact: label, slot, offset in the slot, type.
fn layout(artifact: &str) -> Result<Vec<(String, U256, u64, String)>> {
    let artifact: Value = serde_json::from_str(artifact)?;
    let text = |v: &Value| v.as_str().map(str::to_owned).ok_or_eyre("not a string");
    artifact["storageLayout"]["storage"]
        .as_array()
        .ok_or_eyre("no storage")?
        .iter()
        .map(|v| {
            let offset = v["offset"].as_u64().ok_or_eyre("no offset")?;
            Ok((text(&v["label"])?, text(&v["slot"])?.parse()?, offset, text(&v["type"])?))
        })
        .collect()
}

fn check(artifact: &str, expected: &[(&str, U256, u64, &str)]) -> Result<()> {
    let got = layout(artifact)?;
    let got: Vec<_> = got.iter().map(|(l, s, o, t)| (l.as_str(), *s, *o, t.as_str())).collect();
    ensure!(got == expected, "got {got:?}");
    Ok(())
}

#[test]
fn l2_messenger_slots() -> Result<()> {
    check(
        include_str!("../../artifacts/L2Messenger.json"),
        &[
            ("_claimed", l2_messenger::CLAIMED_SLOT, 0, "t_struct(BitMap)_storage"),
            ("_messageCount", l2_messenger::MESSAGE_COUNT_SLOT, 0, "t_uint64"),
            ("l1ChainId", l2_messenger::L1_CHAIN_ID_SLOT, 0, "t_uint256"),
            ("rollup", l2_messenger::ROLLUP_SLOT, 0, "t_address"),
            ("sent", l2_messenger::SENT_SLOT, 0, "t_mapping(t_bytes32,t_bool)"),
        ],
    )
}

#[test]
fn native_rollup_slots() -> Result<()> {
    let slot = U256::from::<u64>;
    check(
        include_str!("../../artifacts/NativeRollup.json"),
        &[
            ("_nameFallback", slot(0), 0, "t_string_storage"),
            ("_versionFallback", slot(1), 0, "t_string_storage"),
            ("_claimed", slot(2), 0, "t_struct(BitMap)_storage"),
            ("_messageCount", slot(3), 0, "t_uint64"),
            ("lastAdvance", slot(3), 8, "t_uint64"),
            ("_head", slot(4), 0, "t_struct(Head)_storage"),
            ("_states", slot(6), 0, "t_mapping(t_uint256,t_struct(State)_storage)"),
            ("_messages", slot(7), 0, "t_struct(Tree)_storage"),
        ],
    )
}

#[test]
fn code_that_genesis_places_has_no_holes() {
    use bough_contracts::L2Messenger;
    // An immutable would be zeros in the deployed code, filled in by a constructor that never runs.
    assert!(!L2Messenger::DEPLOYED_BYTECODE.is_empty());
    assert!(L2Messenger::BYTECODE.ends_with(&L2Messenger::DEPLOYED_BYTECODE));
}
