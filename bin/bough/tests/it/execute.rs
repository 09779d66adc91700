//! `bough execute`.

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Run, bough};

/// The timestamp's place in an input, and the gas used's before it.
const TIMESTAMP: usize = 490;

fn write(folder: &TempDir, name: &str, bytes: &[u8]) -> String {
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

fn hex(text: &Value) -> Vec<u8> {
    let text = text.as_str().unwrap().strip_prefix("0x").unwrap();
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

/// The official cases: input bytes, output as hex.
fn official() -> Vec<(Vec<u8>, String)> {
    let Some(path) = bough_testing::vectors("v21.0.1-official-3.json") else { return Vec::new() };
    let file: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let cases = file["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 3);
    cases
        .iter()
        .map(|case| {
            let output = case["statelessOutputBytes"].as_str().unwrap().to_owned();
            (hex(&case["statelessInputBytes"]), output)
        })
        .collect()
}

fn one_valid() -> Option<Vec<u8>> {
    official().into_iter().find(|(_, output)| is_valid(output)).map(|(input, _)| input)
}

fn is_valid(output: &str) -> bool {
    &output[2 + 64..2 + 66] == "01"
}

fn execute(path: &str, flags: &[&str]) -> Run {
    bough(&[&["execute", path][..], flags].concat())
}

#[test]
fn accepts_every_input() {
    for path in bough_testing::inputs() {
        let run = execute(path.to_str().unwrap(), &["--json"]);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run:?}");
        let report = run.json();
        assert_eq!(report["valid"], true);
        assert_eq!(report["reason"], Value::Null);
        assert_eq!(report["bytes"], fs::metadata(&path).unwrap().len());
        assert!(report["gas_charged"].as_u64().unwrap() > report["gas_used"].as_u64().unwrap());
        let output = hex(&report["output"]);
        assert_eq!((output.len(), output[32]), (43, 1));
        assert_eq!(
            u16::from_le_bytes([output[41], output[42]]),
            report["schema_id"].as_u64().unwrap() as u16
        );
        assert!(report["ms"].as_f64().unwrap() > 0.0);
    }
}

#[test]
fn gives_the_official_output() {
    let folder = tempfile::tempdir().unwrap();
    let mut verdicts = Vec::new();
    for (index, (input, output)) in official().iter().enumerate() {
        let run = execute(&write(&folder, &index.to_string(), input), &["--json", "--iters", "3"]);
        let report = run.json();
        assert_eq!(report["output"], output.as_str());
        assert_eq!(report["valid"], is_valid(output));
        assert_eq!(run.code, i32::from(!is_valid(output)), "{run:?}");
        assert_eq!(report["reason"].is_null(), is_valid(output));
        assert_eq!(report["gas_charged"].is_null(), !is_valid(output));
        assert_eq!(report["schema_id"], 0x1501);
        assert_eq!(run.stderr, "");
        verdicts.push(run.code);
    }
    assert_eq!(verdicts.iter().sum::<i32>(), i32::from(!verdicts.is_empty()));
}

#[test]
fn has_the_keys_it_promises() {
    let Some(input) = one_valid() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = write(&folder, "input", &input);
    let printed = execute(&path, &["--json"]).stdout;
    let keys = ["valid", "reason", "schema_id", "bytes", "gas_charged", "gas_used", "output", "ms"];
    let places: Vec<usize> =
        keys.iter().map(|key| printed.find(&format!("\"{key}\":")).unwrap()).collect();
    assert!(places.is_sorted(), "{printed}");
    assert_eq!(execute(&path, &["--json"]).json().as_object().unwrap().len(), keys.len());
}

#[test]
fn prints_a_table() {
    let Some(input) = one_valid() else { return };
    let folder = tempfile::tempdir().unwrap();
    let run = execute(&write(&folder, "input", &input), &["--iters", "2"]);
    assert_eq!(run.code, 0);
    for part in
        ["verdict      valid", "schema       0x1501 (amsterdam)", "gas charged  ", "(median of 2)"]
    {
        assert!(run.stdout.contains(part), "no {part:?} in {}", run.stdout);
    }
}

#[test]
fn refuses_flips() {
    let Some(input) = one_valid() else { return };
    let folder = tempfile::tempdir().unwrap();
    // The first offset of the SSZ, the state root, the timestamp.
    for at in [2, 62 + 60, TIMESTAMP] {
        let mut flipped = input.clone();
        flipped[at] ^= 1;
        let run = execute(&write(&folder, "flipped", &flipped), &["--json"]);
        assert_eq!((run.code, run.stderr.as_str()), (1, ""), "byte {at}: {run:?}");
        assert_eq!(run.json()["valid"], false);
    }
}

#[test]
fn follows_a_schedule() {
    let Some(input) = one_valid() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = write(&folder, "input", &input);
    let timestamp = u64::from_le_bytes(input[TIMESTAMP..TIMESTAMP + 8].try_into().unwrap());
    let verdict = |forks: Value, l1_time: u64| {
        let schedule = write(&folder, "schedule", json!({"forks": forks}).to_string().as_bytes());
        let l1_time = l1_time.to_string();
        execute(&path, &["--json", "--schedule", &schedule, "--l1-time", &l1_time])
    };
    assert_eq!(verdict(json!({"amsterdam": timestamp, "osaka": 0}), timestamp).code, 0);
    let early = verdict(json!({"osaka": 0, "amsterdam": timestamp + 1}), timestamp + 1);
    assert_eq!(early.code, 1);
    assert!(early.json()["reason"].as_str().unwrap().contains("Osaka"), "{early:?}");
    let future = verdict(json!({"amsterdam": 0}), timestamp - 1);
    assert_eq!(future.code, 1);
    assert!(future.json()["reason"].as_str().unwrap().contains("after the L1 block"), "{future:?}");
}

#[test]
fn refuses_schedules_that_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(&folder, "input", b"input");
    for (schedule, part) in [
        ("", "no JSON object"),
        ("[]", "no JSON object"),
        ("{}", "no object \"forks\""),
        (r#"{"forks":{"osaka":0},"chain":1}"#, "unknown field \"chain\""),
        (r#"{"forks":{"oslo":0}}"#, "\"oslo\": unknown fork, use one of frontier"),
        (r#"{"forks":{"osaka":-1}}"#, "no timestamp"),
        (r#"{"forks":{"osaka":5}}"#, "no fork is active from genesis"),
        (r#"{"forks":{}}"#, "no fork is active from genesis"),
        (r#"{"forks":{"osaka":9,"amsterdam":0}}"#, "Amsterdam begins before Osaka"),
    ] {
        let file = write(&folder, "schedule", schedule.as_bytes());
        let run = execute(&path, &["--json", "--schedule", &file]);
        run.assert_fails(2, &[part, "give a file like"]);
    }
    execute(&path, &["--schedule", "/no/such/file"])
        .assert_fails(2, &["/no/such/file", "give a file"]);
}

#[test]
fn tells_what_is_no_input() {
    let folder = tempfile::tempdir().unwrap();
    for bytes in [&b"x"[..], b"# A file of another kind\n", &[0x15, 0x01], &[0xff; 4000]] {
        let path = write(&folder, "other", bytes);
        let run = execute(&path, &["--json"]);
        run.assert_complains(2, &["is no input", "give the bytes"]);
        let report = run.json();
        assert_eq!(report["valid"], false);
        assert_eq!(hex(&report["output"]), [0; 43]);
        execute(&path, &[]).assert_complains(2, &["is no input"]);
    }
}

#[test]
fn tells_what_it_cannot_read() {
    let folder = tempfile::tempdir().unwrap();
    execute("/no/such/file", &["--json"])
        .assert_fails(2, &["cannot read /no/such/file", "give a file"]);
    let directory = folder.path().to_str().unwrap();
    execute(directory, &["--json"]).assert_fails(2, &["cannot read", "directory", "give a file"]);
    execute(&write(&folder, "empty", b""), &[]).assert_fails(2, &["is empty", "give a file"]);
}
