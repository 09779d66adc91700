//! `bough l1`.

use serde_json::{Value, json};

use crate::support::{Running, bough, busy_port, rpc, wait_for};

#[test]
fn runs_until_it_is_told_to_stop() {
    for signal in ["-INT", "-TERM"] {
        let (l1, banner) = Running::ready(&["l1", "--port", "0", "--block-time", "0", "--json"]);
        assert_eq!(banner["l1_chain_id"], 31337);
        assert_eq!(banner["accounts"].as_array().unwrap().len(), 10);
        let url = banner["l1_url"].as_str().unwrap();
        assert_eq!(rpc(url, "eth_chainId", json!([])), "0x7a69");
        let address = &banner["accounts"][9]["address"];
        let balance = rpc(url, "eth_getBalance", json!([address, "latest"]));
        assert_eq!(balance, "0x21e19e0c9bab2400000");
        let (status, rest) = l1.stop(signal);
        assert!(status.success(), "{status}");
        assert_eq!(rest, "");
    }
}

#[test]
fn keeps_its_chain() {
    let folder = tempfile::tempdir().unwrap();
    let datadir = folder.path().to_str().unwrap();
    let args = ["l1", "--port", "0", "--block-time", "0", "--json", "--datadir", datadir];
    let head = |chain: &mut Running| {
        let banner: Value = serde_json::from_str(&chain.line()).unwrap();
        let url = banner["l1_url"].as_str().unwrap().to_owned();
        (rpc(&url, "eth_blockNumber", json!([])), url)
    };
    let mut first = Running::start(&args);
    let (number, url) = head(&mut first);
    assert_eq!(number, "0x0");
    rpc(&url, "anvil_mine", json!([3]));
    bough(&args).assert_fails(1, &["is in use by another process", "--datadir"]);
    assert!(first.stop("-INT").0.success());
    let mut second = Running::start(&args);
    assert_eq!(head(&mut second).0, "0x3");
}

#[test]
fn quiet_has_no_banner() {
    let (listener, port) = busy_port();
    drop(listener);
    let l1 = Running::start(&["l1", "--quiet", "--port", &port]);
    wait_for(&format!("127.0.0.1:{port}"));
    let (status, rest) = l1.stop("-INT");
    assert!(status.success());
    assert_eq!(rest, "");
}

#[test]
fn refuses_a_busy_port() {
    let (_listener, port) = busy_port();
    let run = bough(&["l1", "--port", &port]);
    run.assert_fails(1, &[&format!("127.0.0.1:{port} is already in use"), "choose another port"]);
}

#[test]
fn refuses_what_it_cannot_be() {
    bough(&["l1", "--hardfork", "oslo"])
        .assert_fails(2, &["'oslo'", "use one of osaka, bpo1, bpo2, amsterdam"]);
    bough(&["l1", "--hardfork", "paris"]).assert_fails(2, &["'paris'", "use one of osaka"]);
    bough(&["l1", "--block-time", "soon"]).assert_fails(2, &["'soon'", "give seconds"]);
    bough(&["l1", "--port", "70000"]).assert_fails(2, &["70000", "--help"]);
    bough(&["l1", "--host", "here"]).assert_fails(2, &["'here'", "--help"]);
}
