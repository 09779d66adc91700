//! The commands of the bridge, against a running `bough dev`.

use serde_json::{Value, json};

use crate::support::{Run, Running, bough, rpc};

const RECIPIENT: &str = "0x00000000000000000000000000000000000b0001";
const ETHER: &str = "1000000000000000000";

/// A running devnet, and the commands against it.
struct Net {
    _dev: Running,
    banner: Value,
}

impl Net {
    fn start() -> Self {
        let (dev, banner) =
            Running::ready(&["dev", "--l1-port", "0", "--l2-port", "0", "--json", "--quiet"]);
        Self { _dev: dev, banner }
    }

    fn url(&self, chain: &str) -> &str {
        self.banner[format!("{chain}_url")].as_str().unwrap()
    }

    fn run(&self, args: &[&str]) -> Run {
        bough(&[args, &["--l1-url", self.url("l1"), "--l2-url", self.url("l2")]].concat())
    }

    fn json(&self, args: &[&str]) -> Value {
        let run = self.run(&[args, &["--json", "--quiet"]].concat());
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{args:?}: {run:?}");
        run.json()
    }

    fn balance(&self, chain: &str, of: &str) -> Value {
        rpc(self.url(chain), "eth_getBalance", json!([of, "latest"]))
    }
}

#[test]
fn works_both_ways() {
    let net = Net::start();

    let deposit = net.json(&["deposit", "1ether", "--to", RECIPIENT]);
    assert_eq!((&deposit["direction"], &deposit["value_wei"]), (&json!("l1_to_l2"), &json!(ETHER)));
    assert!(deposit["delivered"]["block"].as_u64().unwrap() > 0);
    assert_eq!(net.balance("l2", RECIPIENT), "0xde0b6b3a7640000");

    let key = net.banner["accounts"][5]["key"].as_str().unwrap();
    let message = net.json(&[
        "message",
        "--to",
        "l2",
        "--recipient",
        RECIPIENT,
        "--value",
        "5gwei",
        "--fee",
        "0.01ether",
        "--gas-limit",
        "50000",
        "--data",
        "0x1234",
        "--key",
        key,
    ]);
    assert_eq!(
        message["sender"],
        net.banner["accounts"][5]["address"].as_str().unwrap().to_lowercase()
    );
    assert_eq!((&message["data"], &message["gas_limit"]), (&json!("0x1234"), &json!(50000)));
    assert_eq!(message["fee_wei"], "10000000000000000");
    assert!(message["delivered"]["gas_used"].as_u64().unwrap() > 50_000);

    let withdrawal = net.json(&["withdraw", "1ether", "--to", RECIPIENT]);
    assert_eq!(withdrawal["direction"], "l2_to_l1");
    assert_eq!(withdrawal["delivered"], Value::Null);
    let status = net.json(&["status"]);
    assert_eq!(status["waiting_for_l1"].as_array().unwrap().len(), 1, "{status}");
    assert_eq!(status["waiting_for_l1"][0]["value_wei"], ETHER);
    assert!(!status["waiting_for_l1"][0]["why"].as_str().unwrap().is_empty());

    let nonce = withdrawal["nonce"].to_string();
    let claim = net.json(&["claim", &nonce]);
    assert_eq!(claim["message_hash"], withdrawal["message_hash"]);
    assert_eq!(net.balance("l1", RECIPIENT), "0xde0b6b3a7640000");
    net.run(&["claim", &nonce, "--quiet"]).assert_fails(1, &["was delivered on L1 already"]);

    let sent = net.json(&["message", "--to", "l1", "--recipient", RECIPIENT, "--value", "1"]);
    let by_transaction = net.json(&["claim", sent["sent"]["hash"].as_str().unwrap()]);
    assert_eq!(by_transaction["nonce"], sent["nonce"]);

    says_where_it_stands(&net);
    waits_in_vain(&net);
    refuses_what_does_not_fit(&net);
}

fn says_where_it_stands(net: &Net) {
    let status = net.json(&["status"]);
    assert_eq!(status["rollup"], net.banner["rollup"].as_str().unwrap().to_lowercase());
    assert_eq!((&status["waiting_for_l1"], &status["waiting_for_l2"]), (&json!([]), &json!([])));
    let number = |head: &str| status[head]["number"].as_u64().unwrap();
    assert!(
        number("finalized") <= number("safe") && number("safe") <= number("unsafe"),
        "{status}"
    );
    let wei = |key: &str| status[key].as_str().unwrap().parse::<u128>().unwrap();
    assert!(wei("l2_circulating_wei") <= wei("escrow_wei"), "{status}");
    assert!(status["lag_blocks"].is_u64() && status["lag_seconds"].is_u64());

    let shown = net.run(&["status"]);
    assert_eq!((shown.code, shown.stderr.as_str()), (0, ""), "{shown:?}");
    for part in ["L2 unsafe", "L2 safe", "L2 finalized", "lag", "escrow", "L2 circulating"] {
        assert!(shown.stdout.contains(part), "no {part:?} in {}", shown.stdout);
    }
}

/// A message whose fee pays nobody is sent, and told of; what waits for it says why it waits.
fn waits_in_vain(net: &Net) {
    let run = net.run(&[
        "deposit",
        "7",
        "--to",
        RECIPIENT,
        "--fee",
        "0",
        "--json",
        "-q",
        "--timeout",
        "1",
    ]);
    run.assert_complains(1, &["was sent", "did not happen within 1 s", "bough status"]);
    let nonce = run.json()["nonce"].clone();
    assert_eq!(run.json()["delivered"], Value::Null);
    let status = net.json(&["status"]);
    assert_eq!(status["waiting_for_l2"][0]["nonce"], nonce, "{status}");
    let claim = net.json(&["claim", &nonce.to_string(), "--on", "l2"]);
    assert_eq!((&claim["nonce"], &claim["direction"]), (&nonce, &json!("l1_to_l2")));
    assert_eq!(net.json(&["status"])["waiting_for_l2"], json!([]));

    let sent = net.json(&["deposit", "1", "--no-wait"]);
    assert_eq!(sent["delivered"], Value::Null);
}

fn refuses_what_does_not_fit(net: &Net) {
    let l1 = net.url("l1").to_owned();
    let wrong = "0x00000000000000000000000000000000000000aa";
    for command in [&["status"][..], &["deposit", "1"], &["withdraw", "1"], &["claim", "0"]] {
        let run = net.run(&[command, &["--rollup", wrong, "-q"]].concat());
        run.assert_fails(1, &["is not a rollup's contract", "check the address"]);
    }
    bough(&["status", "--l1-url", &l1, "--l2-url", &l1])
        .assert_fails(1, &["is no rollup's chain", "--l2-url"]);
    let l2 = net.url("l2");
    bough(&["status", "--l1-url", l2, "--l2-url", l2]).assert_fails(1, &["check"]);
    bough(&["status", "--l1-url", l2, "--l2-url", &l1]).assert_fails(1, &["--l2-url"]);
    net.run(&["claim", "99", "-q"]).assert_fails(1, &["no message 99"]);
    let nobody = "0x0000000000000000000000000000000000000000000000000000000000000001";
    net.run(&["deposit", "1ether", "--key", nobody]).assert_fails(1, &["L1"]);
    net.run(&["deposit", "1000000ether"]).assert_fails(1, &["L1"]);
    // One that is no chain for tests has no test key.
    bough(&["deposit", "1", "--l1-url", l2, "--l2-url", l2])
        .assert_fails(1, &["BOUGH_KEY", "--key-file"]);
}
