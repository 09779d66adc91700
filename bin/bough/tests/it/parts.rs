//! The parts of `bough dev`, each alone: `bough l1`, `bough deploy`, `bough node`.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Running, bough, rpc};

#[test]
fn make_a_rollup_together() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (rollup_file, key_file) = (path("rollup.json"), path("key"));
    let (l1, banner) = Running::ready(&["l1", "--port", "0", "--json"]);
    let l1_url = banner["l1_url"].as_str().unwrap();
    let sequencer = banner["accounts"][7]["address"].as_str().unwrap();
    fs::write(&key_file, format!("{}\n", banner["accounts"][7]["key"].as_str().unwrap())).unwrap();

    let deploy =
        ["deploy", "--l1-url", l1_url, "--out", &rollup_file, "--sequencer", sequencer, "--json"];
    let deployed = bough(&deploy);
    assert_eq!((deployed.code, deployed.stderr.as_str()), (0, ""), "{deployed:?}");
    let rollup = deployed.json()["rollup"].clone();
    let l2_chain_id = deployed.json()["l2_chain_id"].as_u64().unwrap();
    assert!((1 << 32..1 << 53).contains(&l2_chain_id), "one of its own: {l2_chain_id}");
    let file: Value = serde_json::from_slice(&fs::read(&rollup_file).unwrap()).unwrap();
    assert_eq!((&file["rollup"], &file["fork"]), (&rollup, &json!("amsterdam")));
    assert_eq!(file["l2ChainId"], l2_chain_id);
    assert!(rpc(l1_url, "eth_getCode", json!([rollup, "latest"])).as_str().unwrap().len() > 2);
    bough(&deploy).assert_fails(1, &["exists already", "--out"]);

    let node = ["node", "--sequencer", "--rollup-file", &rollup_file, "--l1-url", l1_url];
    let node = [&node[..], &["--port", "0", "--json"]].concat();
    bough(&node).assert_fails(1, &["the rollup's sequencer is", "give that account's key"]);
    let node = [&node[..], &["--key-file", &key_file]].concat();
    let (node, banner) = Running::ready(&node);
    assert_eq!(banner["rollup"], rollup);
    let l2_url = banner["l2_url"].as_str().unwrap();
    assert_eq!(rpc(l2_url, "eth_chainId", json!([])), format!("{l2_chain_id:#x}"));

    let deposit = ["deposit", "3gwei", "--json", "--l1-url", l1_url, "--l2-url", l2_url, "-q"];
    let deposit = bough(&deposit);
    assert_eq!(deposit.code, 0, "{deposit:?}");
    assert!(deposit.json()["delivered"].is_object());

    assert!(node.stop("-INT").0.success());
    assert!(l1.stop("-INT").0.success());
    let left: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "nothing but the two files: {left:?}");
}
