//! Help texts, as committed. `BOUGH_WRITE_SNAPSHOTS=1 cargo test -p bough help` writes them anew.

use std::{env, fs, path::Path};

use crate::support::bough;

const COMMANDS: &[&str] = &[
    "demo", "dev", "l1", "deploy", "node", "deposit", "message", "withdraw", "claim", "status",
    "execute", "vectors", "bench",
];

#[test]
fn help_is_as_committed() {
    check("bough", &["--help"]);
    for command in COMMANDS {
        check(command, &[command, "--help"]);
    }
    check("bench-execute", &["bench", "execute", "--help"]);
}

#[test]
fn every_command_is_checked() {
    let help = bough(&["--help"]).stdout;
    let (_, listed) = help.split_once("Commands:\n").unwrap();
    let listed: Vec<&str> = listed
        .lines()
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect();
    assert_eq!(listed, COMMANDS);
}

#[test]
fn version_is_the_crates() {
    let run = bough(&["--version"]);
    assert_eq!(run.stdout, concat!("bough ", env!("CARGO_PKG_VERSION"), "\n"));
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    for command in COMMANDS {
        let run = bough(&[command, "--version"]);
        assert_eq!(run.stdout, format!("bough-{command} {}\n", env!("CARGO_PKG_VERSION")));
    }
}

#[test]
fn no_command_is_one_line() {
    bough(&[]).assert_fails(2, &["bough --help"]);
    bough(&["grow"]).assert_fails(2, &["grow", "--help"]);
    bough(&["execute"]).assert_fails(2, &["<FILE>", "--help"]);
    bough(&["execute", "--iters", "0", "file"]).assert_fails(2, &["--iters", "--help"]);
}

fn check(name: &str, args: &[&str]) {
    let run = bough(args);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{args:?}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/it/help/{name}.txt"));
    if env::var_os("BOUGH_WRITE_SNAPSHOTS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &run.stdout).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(run.stdout, committed, "{} is out of date: BOUGH_WRITE_SNAPSHOTS=1", path.display());
}
