//! Inputs and official pairs.

use std::fs;

use alloy_primitives::hex;
use bough_execute::{Execute, L1Block};
use bough_stf::{Fork, ForkSchedule};
use serde_json::Value;

/// Gas enough for any input.
pub const PLENTY: u64 = 1 << 40;

/// EXECUTE on a chain that is at Amsterdam from the start.
pub fn execute() -> Execute {
    Execute::new(ForkSchedule::always(Fork::Amsterdam))
}

/// A block of that chain, later than any payload.
pub const LATE: L1Block = L1Block { number: 1, timestamp: u64::MAX };

/// Name and bytes of each generated input.
pub fn inputs() -> Vec<(String, Vec<u8>)> {
    bough_testing::inputs()
        .into_iter()
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read(&path).unwrap())
        })
        .collect()
}

/// An official pair: what goes in and what comes out.
pub struct Pair {
    pub input: Vec<u8>,
    pub output: Vec<u8>,
}

impl Pair {
    pub fn is_valid(&self) -> bool {
        self.output[32] == 1
    }
}

/// The official pairs.
pub fn official() -> Vec<Pair> {
    let Some(path) = bough_testing::vectors("v21.0.1-official-3.json") else {
        return Vec::new();
    };
    let file: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let bytes = |case: &Value, field: &str| hex::decode(case[field].as_str().unwrap()).unwrap();
    let cases = file["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 3);
    cases
        .iter()
        .map(|case| Pair {
            input: bytes(case, "statelessInputBytes"),
            output: bytes(case, "statelessOutputBytes"),
        })
        .collect()
}
