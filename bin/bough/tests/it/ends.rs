//! A part that ends, ends all: one line on stderr, an exit code of its own, nothing left behind.

use std::{fs, net::TcpStream, path::Path, process::Stdio};

use serde_json::{Value, json};

use crate::support::{Running, bough, command, rpc, run};

/// Exit code of a node or L1 of which a part ended.
const PART_ENDED: i32 = 3;
const DEV: [&str; 6] = ["dev", "--l1-port", "0", "--l2-port", "0", "--json"];

/// Starts a command whose part panics once `file` is there; gives its banner too.
fn faulty(args: &[&str], part: &str, file: &Path) -> (Running, Value) {
    let mut command = command(args);
    command.env("BOUGH_FAULT", format!("{part}:{}", file.display())).stderr(Stdio::piped());
    let mut running = Running::of(command);
    let banner = serde_json::from_str(&running.line()).unwrap();
    (running, banner)
}

/// That `running` ends by a panic of `part`, that its last line says so, and that the lines before
/// it are `before`.
fn assert_ends(running: Running, part: &str, before: &[&str]) {
    let (status, stderr) = running.end();
    assert_eq!(status.code(), Some(PART_ENDED), "{stderr}");
    let said = format!(
        "error: the {part} ended: it panicked: BOUGH_FAULT asked for it at crates/tasks/src/fault.rs:"
    );
    let lines: Vec<&str> = stderr.lines().collect();
    let (last, first) = lines.split_last().unwrap();
    assert!(last.starts_with(&said), "{stderr}");
    assert_eq!(first, before, "{stderr}");
}

fn assert_silent(url: &Value) {
    let address = url.as_str().unwrap().strip_prefix("http://").unwrap();
    assert!(TcpStream::connect(address).is_err(), "{address} still listens");
}

/// `bough dev` with a data directory, until `part` panics, and again.
fn dev_ends_with(part: &str) {
    let folder = tempfile::tempdir().unwrap();
    let datadir = folder.path().join("data");
    let args = [&DEV[..], &["--datadir", datadir.to_str().unwrap()]].concat();
    let file = folder.path().join("now");
    let (dev, banner) = faulty(&args, part, &file);
    fs::write(&file, "").unwrap();
    assert_ends(dev, part, &["starting L1 and L2"]);
    assert_silent(&banner["l1_url"]);
    assert_silent(&banner["l2_url"]);

    let (again, goes_on) = Running::ready(&args);
    assert_eq!(banner["rollup"], goes_on["rollup"]);
    let balance = json!([banner["accounts"][0]["address"], "latest"]);
    let balance = rpc(goes_on["l2_url"].as_str().unwrap(), "eth_getBalance", balance);
    assert_eq!(balance, "0x3635c9adc5dea00000", "what was there is there");
    assert!(again.stop("-TERM").0.success());
}

#[test]
fn the_builder() {
    dev_ends_with("builder");
}

#[test]
fn the_claimer() {
    dev_ends_with("claimer");
}

#[test]
fn the_settler() {
    dev_ends_with("settler");
}

#[test]
fn the_watcher() {
    dev_ends_with("watcher");
}

#[test]
fn the_miner() {
    dev_ends_with("miner");
}

#[test]
fn the_miner_of_an_l1_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("now");
    let (l1, banner) = faulty(&["l1", "--port", "0", "--json"], "miner", &file);
    fs::write(&file, "").unwrap();
    assert_ends(l1, "miner", &[]);
    assert_silent(&banner["l1_url"]);
}

#[test]
fn a_part_of_a_node_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (rollup_file, file) = (path("rollup.json"), folder.path().join("now"));
    let (l1, banner) = Running::ready(&["l1", "--port", "0", "--json"]);
    let l1_url = banner["l1_url"].as_str().unwrap();
    let deployed = bough(&["deploy", "--l1-url", l1_url, "--out", &rollup_file]);
    assert_eq!(deployed.code, 0, "{deployed:?}");
    let node = ["node", "--sequencer", "--rollup-file", &rollup_file, "--l1-url", l1_url];
    let node = [&node[..], &["--port", "0", "--json"]].concat();
    let (node, banner) = faulty(&node, "watcher", &file);
    fs::write(&file, "").unwrap();
    assert_ends(node, "watcher", &[]);
    assert_silent(&banner["l2_url"]);
    assert!(l1.stop("-INT").0.success());
}

#[test]
fn before_all_is_ready() {
    for part in ["builder", "claimer", "settler", "watcher", "miner"] {
        for start in [&["dev", "-q", "--l1-port", "0", "--l2-port", "0"][..], &["demo", "-q"]] {
            let mut command = command(start);
            command.env("BOUGH_FAULT", part);
            run(command).assert_fails(PART_ENDED, &[&format!("the {part} ended: it panicked: ")]);
        }
    }
}

#[test]
fn the_exit_code_is_in_the_help() {
    let help = bough(&["--help"]).stdout;
    assert!(
        help.contains(&format!("  {PART_ENDED}  a part of a running node or L1 ended")),
        "{help}"
    );
}
