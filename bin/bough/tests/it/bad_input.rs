//! Bad input: one line that says what and what to do, exit code not 0, nothing half-written.

use std::fs;

use crate::support::{bough, busy_port, command, nowhere, run};

const KEY: &str = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

#[test]
fn busy_ports() {
    let (_listener, port) = busy_port();
    let in_use = format!("127.0.0.1:{port} is already in use");
    bough(&["l1", "--port", &port]).assert_fails(1, &[&in_use, "choose another port"]);
    for (flag, other) in [("--l1-port", "--l2-port"), ("--l2-port", "--l1-port")] {
        bough(&["dev", "--quiet", flag, &port, other, "0"])
            .assert_fails(1, &[&in_use, "choose another port"]);
    }
}

#[test]
fn bad_keys() {
    for key in ["", "secret", "0x00", &KEY[..64], &"0".repeat(64), &"f".repeat(64)] {
        let bad = bough(&["deposit", "1", "--key", key]);
        bad.assert_fails(2, &["--key is no private key", "give 64 hex digits"]);
        let mut by_variable = command(&["withdraw", "1"]);
        by_variable.env("BOUGH_KEY", key);
        run(by_variable).assert_fails(2, &["BOUGH_KEY is no private key", "give 64 hex digits"]);
        assert!(key.is_empty() || !bad.stderr.contains(&format!("{key} ")), "{bad:?}");
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    fs::write(&file, "my secret").unwrap();
    let file = file.to_str().unwrap();
    let bad = bough(&["deploy", "--key-file", file]);
    bad.assert_fails(2, &["key file", "is no private key", "give 64 hex digits"]);
    assert!(!bad.stderr.contains("secret"), "{bad:?}");
    bough(&["claim", "0", "--key-file", "/no/such/file"])
        .assert_fails(2, &["cannot read key file /no/such/file", "--key-file"]);
    bough(&["claim", "0", "--key-file", file, "--key", KEY]).assert_fails(2, &["--key-file"]);
}

#[test]
fn unreachable_nodes() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (url, out) = (nowhere(), path("rollup.json"));
    let told = ["L1 at ", "does not answer", "start it", "--l1-url"];
    for command in [&["status"][..], &["deposit", "1"], &["withdraw", "1"], &["claim", "0"]] {
        bough(&[command, &["--l1-url", &url]].concat()).assert_fails(1, &told);
    }
    bough(&["deploy", "--l1-url", &url, "--out", &out]).assert_fails(1, &told);
    bough(&["deploy", "--l1-url", &url, "--out", &out, "--key", KEY])
        .assert_fails(1, &["does not answer", "--l1-url"]);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is written");
    bough(&["status", "--l1-url", "here"])
        .assert_fails(1, &["\"here\" is no URL", "give --l1-url"]);
}

#[test]
fn bad_rollup_files() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rollup.json");
    let path = file.to_str().unwrap();
    let node = ["node", "--sequencer", "--key", KEY, "--rollup-file", path];
    bough(&node).assert_fails(2, &["cannot read rollup file", "bough deploy"]);
    fs::write(&file, "{}").unwrap();
    bough(&node).assert_fails(2, &["is no rollup file", "bough deploy"]);
    bough(&["node"]).assert_fails(2, &["--sequencer", "--help"]);
    let unwritable = ["deploy", "--key", KEY, "--out", "/no/such/folder/rollup.json"];
    bough(&unwritable).assert_fails(1, &["cannot write", "give another --out"]);
    bough(&["deploy", "--key", KEY, "--out", path]).assert_fails(1, &["exists already", "--out"]);
}

#[test]
fn bad_values() {
    let address = "0x00000000000000000000000000000000000000aa";
    for amount in ["1.5", "one", "1btc", "0x10", "1e18"] {
        bough(&["deposit", amount]).assert_fails(2, &[amount, "1.5ether, 10gwei"]);
        bough(&["withdraw", "1", "--fee", amount]).assert_fails(2, &[amount, "1.5ether, 10gwei"]);
    }
    let message = |flag: &str, value: &str| {
        bough(&["message", "--to", "l2", "--recipient", address, flag, value])
    };
    message("--data", "0x123").assert_fails(2, &["0x123", "even number of hex digits"]);
    message("--value", "-1").assert_fails(2, &["-1"]);
    message("--deadline", "tomorrow").assert_fails(2, &["tomorrow"]);
    bough(&["message", "--to", "l3", "--recipient", address]).assert_fails(2, &["l3", "l1, l2"]);
    bough(&["message", "--to", "l1", "--recipient", "0x12"])
        .assert_fails(2, &["0x12", "40 hex digits"]);
    bough(&["claim", "first"]).assert_fails(2, &["first", "nonce"]);
    bough(&["status", "--rollup", "0xzz"]).assert_fails(2, &["0xzz", "40 hex digits"]);
    for command in ["dev", "demo", "deploy", "l1"] {
        bough(&[command, "--hardfork", "oslo"])
            .assert_fails(2, &["oslo", "use one of", "amsterdam"]);
    }
    for id in ["mine", "0", "4503599627370477"] {
        bough(&["deploy", "--l2-chain-id", id]).assert_fails(2, &[id, "--l2-chain-id"]);
    }
    // A file that does not end.
    bough(&["execute", "/dev/zero"]).assert_fails(2, &["/dev/zero", "more than 268435456 bytes"]);
    bough(&["node", "--sequencer", "--rollup-file", "/dev/zero"])
        .assert_fails(2, &["more than 1048576 bytes"]);
    bough(&["dev", "--l2-block-time", "0"]).assert_fails(2, &["give seconds above 0"]);
}
