//! The official pairs and the generated inputs, run whole.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use bough_stateless::{run_stateless_guest, validate, StatelessInput};
use bough_stf::WorkLimits;
use alloy_primitives::hex;

#[test]
fn probe() {
    let dir = std::env::var("BOUGH_INPUTS").unwrap_or("../../../shared/inputs".into());
    let mut files: Vec<_> = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    for f in files {
        let bytes = std::fs::read(&f).unwrap();
        let input = StatelessInput::decode(&bytes).unwrap();
        let t = std::time::Instant::now();
        println!("{:?} {:?} {:?}", f.file_name().unwrap(), validate(&input, WorkLimits::NONE), t.elapsed());
        let gas = input.new_payload_request.execution_payload.gas_used;
        println!("   limited {:?}", validate(&input, WorkLimits{block_gas: Some(gas), system_gas: Some(3_000_000)}));
        println!("   limited {:?}", validate(&input, WorkLimits{block_gas: Some(gas-1), system_gas: Some(3_000_000)}));
    }
    let text = std::fs::read_to_string("../../../shared/vectors/v21.0.1-official-3.json").unwrap();
    let v: serde_json::Value = serde_json::from_str(&text).unwrap();
    println!("{:.300}", v.to_string());
    fn walk(v: &serde_json::Value) {
        if let Some(i) = v.get("statelessInputBytes").and_then(|i| i.as_str()) {
            let o = v["statelessOutputBytes"].as_str().unwrap();
            let i = hex::decode(i).unwrap();
            let r = hex::encode_prefixed(run_stateless_guest(&i).to_bytes());
            println!("{} {}\n  {:?}", r == o, i.len(), StatelessInput::decode(&i).map(|i| validate(&i, WorkLimits::NONE)));
            if r != o { println!("{r}\n{o}"); }
            return;
        }
        match v { serde_json::Value::Array(a) => a.iter().for_each(walk), serde_json::Value::Object(o) => o.values().for_each(walk), _ => {} }
    }
    walk(&v);
}
