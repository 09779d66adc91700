//! `bough dev`.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Running, busy_port, rpc, wait_for};

const DEV: [&str; 6] = ["dev", "--l1-port", "0", "--l2-port", "0", "--json"];

#[test]
fn shows_both_chains_once_they_are_ready() {
    let started = Instant::now();
    let (dev, banner) = Running::ready(&DEV);
    // Ready is more than answering, which must take less than 3 s in a release build.
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());

    assert_eq!((&banner["l1_chain_id"], &banner["l2_chain_id"]), (&json!(31337), &json!(8079)));
    assert_eq!(banner["hardfork"], "amsterdam");
    assert_eq!(banner["mnemonic"], "test test test test test test test test test test test junk");
    assert_eq!(banner["accounts"].as_array().unwrap().len(), 10);
    let (l1, l2) = (banner["l1_url"].as_str().unwrap(), banner["l2_url"].as_str().unwrap());
    assert_eq!(rpc(l1, "eth_chainId", json!([])), "0x7a69");
    assert_eq!(rpc(l2, "eth_chainId", json!([])), "0x1f8f");
    for (url, contract) in [(l1, &banner["rollup"]), (l2, &banner["l2_messenger"])] {
        assert!(rpc(url, "eth_getCode", json!([contract, "latest"])).as_str().unwrap().len() > 2);
    }
    for account in banner["accounts"].as_array().unwrap() {
        let balance = rpc(l2, "eth_getBalance", json!([account["address"], "latest"]));
        assert_eq!(balance, "0x3635c9adc5dea00000", "1000 ETH have arrived");
    }

    let (status, rest) = dev.stop("-INT");
    assert!(status.success(), "{status}");
    assert_eq!(rest, "");
}

#[test]
fn goes_on_where_it_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let datadir = folder.path().to_str().unwrap();
    let args = [&DEV[..], &["--datadir", datadir]].concat();
    let head = |banner: &Value| {
        let url = banner["l2_url"].as_str().unwrap();
        let block = rpc(url, "eth_getBlockByNumber", json!(["0x1", false]));
        block["hash"].as_str().unwrap().to_owned()
    };
    let (first, banner) = Running::ready(&args);
    let (rollup, hash) = (banner["rollup"].clone(), head(&banner));
    assert!(first.stop("-TERM").0.success());
    let (second, banner) = Running::ready(&args);
    assert_eq!((&banner["rollup"], head(&banner)), (&rollup, hash));
    assert!(second.stop("-TERM").0.success());
}

#[test]
fn quiet_has_no_banner_and_stops_before_it_is_ready() {
    let ((l1, l1_port), (l2, l2_port)) = (busy_port(), busy_port());
    drop((l1, l2));
    let dev = Running::start(&["dev", "-q", "--l1-port", &l1_port, "--l2-port", &l2_port]);
    wait_for(&format!("127.0.0.1:{l1_port}"));
    let (status, rest) = dev.stop("-INT");
    assert!(status.success(), "{status}");
    assert_eq!(rest, "");
}
