//! `bough demo`.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::bough;

const STEPS: [&str; 6] =
    ["deposit", "deploy", "message_to_l2", "message_to_l1", "withdraw", "refusals"];

#[test]
fn every_step_holds() {
    let run = bough(&["demo", "--json"]);
    assert_eq!(run.code, 0, "{run:?}");
    let report = run.json();
    let keys: BTreeSet<&str> = report.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = ["ok", "steps", "settled_blocks", "escrow_wei", "l2_circulating_wei"];
    assert_eq!(keys, BTreeSet::from(expected));
    assert_eq!(report["ok"], true);
    assert!(report["settled_blocks"].as_u64().unwrap() > 5);

    let wei = |key: &str| report[key].as_str().unwrap().parse::<u128>().unwrap();
    assert!(wei("l2_circulating_wei") <= wei("escrow_wei"));
    assert!(wei("l2_circulating_wei") > 10_000 * 10u128.pow(18));

    let steps = report["steps"].as_array().unwrap();
    let names: Vec<&str> = steps.iter().map(|step| step["name"].as_str().unwrap()).collect();
    assert_eq!(names, STEPS);
    for step in steps {
        assert_eq!(step["ok"], true, "{step}");
        assert_eq!(step.as_object().unwrap().len(), 6, "{step}");
        assert!(step["l1_gas"].as_u64().unwrap() > 100_000, "{step}");
        assert!(step["seconds"].as_f64().unwrap() > 0.0, "{step}");
        for chain in ["l1_tx", "l2_tx"] {
            let hashes = step[chain].as_array().unwrap();
            assert!(!hashes.is_empty(), "{step}");
            assert!(hashes.iter().all(|hash| hash.as_str().unwrap().len() == 66), "{step}");
        }
    }
    let refusals: &Vec<Value> = steps[5]["l1_tx"].as_array().unwrap();
    assert!(refusals.len() >= 8, "three forgeries, a second claim, two calls of EXECUTE");
    assert!(run.stderr.contains("call to EXECUTE"), "{}", run.stderr);
}

#[test]
fn ends_with_ok() {
    let run = bough(&["demo", "--quiet"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run:?}");
    assert_eq!(run.stdout.lines().last(), Some("ok"), "{run:?}");
    for step in STEPS {
        assert!(run.stdout.lines().any(|line| line.starts_with(step)), "no {step} in {run:?}");
    }
}
