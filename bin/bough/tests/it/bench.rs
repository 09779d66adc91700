//! `bough bench`. What it measures is for docs/gas.md, and asserted nowhere.

use serde_json::Value;

use crate::support::bough;

#[test]
fn rows_of_hostile_inputs() {
    let run = bough(&[
        "bench",
        "execute",
        "--adversarial",
        "--filter",
        "shared_children_accounts_64",
        "--iters",
        "1",
        "--json",
    ]);
    assert!(run.code < 2, "{}", run.stderr);
    let table: Value = serde_json::from_str(&run.stdout).unwrap();
    let [row] = table["rows"].as_array().unwrap().as_slice() else { panic!("{table}") };
    assert_eq!(row["name"], "shared_children_accounts_64");
    assert_eq!(row["answer"], "valid");
    let gas = row["gas_charged"].as_u64().unwrap();
    assert_eq!(gas, 16 * row["bytes"].as_u64().unwrap());
    assert!(row["ms"].as_f64().unwrap() > 0.0);
}

#[test]
fn a_table_of_files() {
    let Some(path) = bough_testing::inputs().into_iter().next() else { return };
    let run = bough(&["bench", "execute", "--iters", "1", path.to_str().unwrap()]);
    assert!(run.code < 2, "{}", run.stderr);
    let name = path.file_name().unwrap().to_str().unwrap();
    assert!(run.stdout.lines().any(|line| line.starts_with(&format!("| {name} |"))));
}

#[test]
fn bad_input_is_one_line() {
    bough(&["bench", "execute"]).assert_fails(2, &["<FILES>", "--help"]);
    bough(&["bench", "execute", "--adversarial", "--filter", "no such"])
        .assert_fails(2, &["no such", "--filter"]);
    bough(&["bench", "execute", "/no/such/file"])
        .assert_fails(2, &["/no/such/file", "give a file"]);
}
