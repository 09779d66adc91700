//! Fixtures made here, in every shape and of every outcome.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
    sync::{Arc, Mutex},
};

use alloy_consensus::{BlockBody, Header};
use alloy_primitives::{Address, B256, Bytes, U256, hex, keccak256};
use bough_conformance::{CaseError, Counters, FileError, ImportError, Options, Report, run};
use bough_mpt::{MptError, Node, NodeSource};
use bough_stf::{
    Block, BlockError, BlockExecutor, ChainSpec, Environment, ExtraPrecompiles, ForkSchedule,
    PreState, State, StateError, StateSource, WorkLimits, bytecode, genesis_header,
    revm::state::AccountInfo, seal_header, system_contracts,
};
use serde_json::{Value, json};

/// A source of nothing below, and of what a genesis wrote.
struct Memory(Arc<std::collections::BTreeMap<B256, Bytes>>);

impl NodeSource for Memory {
    fn node(&self, hash: B256) -> Result<Arc<Node>, MptError> {
        self.0.node(hash)
    }
}

impl StateSource for Memory {
    fn code(&self, hash: B256) -> Result<Bytes, StateError> {
        self.0.get(&hash).cloned().ok_or(StateError::MissingCode(hash))
    }

    fn block_hash(&self, number: u64) -> Result<B256, StateError> {
        Err(StateError::MissingAncestor(number))
    }
}

const RICH: Address = Address::repeat_byte(0xaa);

/// A test of a network with two blocks: one that is refused for its state root, one that is fine.
fn blockchain_test(network: &str) -> Value {
    let forks = ForkSchedule::of_network(network).unwrap();
    let spec = ChainSpec::new(1, forks);
    let mut accounts = serde_json::Map::new();
    let mut state = State::empty();
    let rich = AccountInfo { balance: U256::from(1_000), ..AccountInfo::default() };
    state.overwrite(RICH, rich, [(U256::from(1), U256::from(2))]);
    accounts.insert(
        RICH.to_string(),
        json!({"nonce": "0x00", "balance": "0x03e8", "code": "0x", "storage": {"0x01": "0x02"}}),
    );
    for (address, code) in system_contracts(&spec.forks) {
        let info = AccountInfo {
            nonce: 1,
            code_hash: keccak256(&code),
            code: Some(bytecode(code.clone())),
            ..AccountInfo::default()
        };
        state.overwrite(address, info, []);
        accounts.insert(
            address.to_string(),
            json!({"nonce": "0x01", "balance": "0x00", "code": code, "storage": {}}),
        );
    }
    let written = state.update().unwrap();
    let genesis = genesis_header(
        &spec,
        Header {
            state_root: written.root,
            difficulty: if network == "Frontier" { U256::from(131_072) } else { U256::ZERO },
            gas_limit: 30_000_000,
            ..Header::default()
        },
    );
    let parent = genesis.hash_slow();
    let env = Environment::after(&spec, &genesis, parent, 1_000);
    let fork = spec.forks.fork_at(1, 1_000);
    let memory = Memory(Arc::new(written.nodes.into_iter().chain(written.codes).collect()));
    let pre = Arc::new(PreState::new(memory, genesis.state_root));
    let (state, none) = (Arc::clone(&pre), ExtraPrecompiles::none());
    let executor = BlockExecutor::new(&spec, state, env.clone(), none, WorkLimits::NONE);
    let output = executor.run(&[], &[]).unwrap();
    let root = pre.update(&output.changes, None).unwrap().root;
    let header = seal_header(fork, &env, &[], &[], &output, root);
    let withdrawals = header.withdrawals_root.map(|_| Default::default());
    let body = BlockBody { transactions: Vec::new(), ommers: Vec::new(), withdrawals };
    let fine = Block { header, body };
    let mut refused = fine.clone();
    refused.header.state_root = B256::ZERO;
    json!({
        "network": network,
        "pre": accounts,
        "genesisBlockHeader": header_json(&genesis),
        "blocks": [
            {"rlp": rlp(&refused), "expectException": "BlockException.INVALID_STATE_ROOT"},
            {"rlp": rlp(&fine)},
        ],
        "lastblockhash": fine.header.hash_slow(),
        "postStateHash": fine.header.state_root,
    })
}

fn rlp(block: &Block) -> String {
    hex::encode_prefixed(alloy_rlp::encode(block))
}

fn header_json(header: &Header) -> Value {
    let number = |value: Option<u64>| value.map(|value| format!("{value:#x}"));
    json!({
        "hash": header.hash_slow(),
        "parentHash": header.parent_hash,
        "uncleHash": header.ommers_hash,
        "coinbase": header.beneficiary,
        "stateRoot": header.state_root,
        "transactionsTrie": header.transactions_root,
        "receiptTrie": header.receipts_root,
        "bloom": header.logs_bloom,
        "difficulty": header.difficulty,
        "number": number(Some(header.number)),
        "gasLimit": number(Some(header.gas_limit)),
        "gasUsed": number(Some(header.gas_used)),
        "timestamp": number(Some(header.timestamp)),
        "extraData": header.extra_data,
        "mixHash": header.mix_hash,
        "nonce": header.nonce,
        "baseFeePerGas": number(header.base_fee_per_gas),
        "withdrawalsRoot": header.withdrawals_root,
        "blobGasUsed": number(header.blob_gas_used),
        "excessBlobGas": number(header.excess_blob_gas),
        "parentBeaconBlockRoot": header.parent_beacon_block_root,
        "requestsHash": header.requests_hash,
        "blockAccessListHash": header.block_access_list_hash,
        "slotNumber": number(header.slot_number),
    })
}

fn run_all(path: &Path) -> Report {
    run(path, Options::default(), &|_| {})
}

/// What becomes of one document.
fn run_text(text: &str) -> Report {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fixture.json");
    fs::write(&path, text).unwrap();
    run_all(&path)
}

fn run_test(test: &Value) -> Report {
    run_text(&json!({"a test": test}).to_string())
}

/// The one failure.
fn failure(report: &Report) -> &CaseError {
    assert_eq!((report.passed, report.failures.len()), (0, 1), "{report:?}");
    &report.failures[0].reason
}

#[test]
fn blocks_are_imported_refused_and_checked_again() {
    for (network, has_schema) in [
        ("Frontier", false),
        ("Paris", false),
        ("Prague", false),
        ("Osaka", true),
        ("BPO2", true),
        ("Amsterdam", true),
    ] {
        let report = run_test(&blockchain_test(network));
        assert!(report.is_success() && report.passed == 1, "{network}: {report:?}");
        let checked = u64::from(has_schema);
        let expected = Counters {
            documents: 1,
            imported: 1,
            refused: 1,
            rechecked_valid: checked,
            rechecked_invalid: checked,
            ..Counters::default()
        };
        assert_eq!(report.counters, expected, "{network}");
    }
}

#[test]
fn what_a_payload_cannot_express_is_counted() {
    let mut test = blockchain_test("Osaka");
    let refused = test["blocks"][1]["rlp"].as_str().unwrap().to_owned();
    // A block without its last byte, the empty list of withdrawals, and with its length mended.
    let mut bytes = hex::decode(&refused).unwrap();
    assert_eq!((bytes[0], bytes.pop()), (0xf9, Some(0xc0)));
    let length = u16::from_be_bytes([bytes[1], bytes[2]]) - 1;
    bytes[1..3].copy_from_slice(&length.to_be_bytes());
    test["blocks"][0]["rlp"] = hex::encode_prefixed(bytes).into();
    let report = run_test(&test);
    assert!(report.is_success(), "{report:?}");
    assert_eq!((report.counters.no_payload, report.counters.rechecked_invalid), (1, 0));
}

#[test]
fn each_difference_is_a_failure() {
    let test = blockchain_test("Osaka");
    let with = |path: &str, value: Value| {
        let mut test = test.clone();
        *test.pointer_mut(path).unwrap() = value;
        run_test(&test)
    };

    let report = with("/blocks/0/expectException", Value::Null);
    let CaseError::Refused { index: 0, error: ImportError::Block(BlockError::Root { field, .. }) } =
        failure(&report)
    else {
        panic!("{report:?}");
    };
    assert_eq!(*field, "state_root");

    let report = with("/blocks/0/rlp", test["blocks"][1]["rlp"].clone());
    assert!(matches!(failure(&report), CaseError::Imported { index: 0, .. }), "{report:?}");

    let report = with("/blocks/1/rlp", json!("0xc0"));
    let error = failure(&report);
    assert!(
        matches!(error, CaseError::Refused { index: 1, error: ImportError::Rlp(_) }),
        "{error}"
    );

    let report = with("/lastblockhash", json!(B256::ZERO));
    assert!(matches!(failure(&report), CaseError::LastBlock { .. }), "{report:?}");

    let report = with("/postStateHash", json!(B256::ZERO));
    assert!(matches!(failure(&report), CaseError::PostStateRoot { .. }), "{report:?}");

    let report = with("/genesisBlockHeader/gasUsed", json!("0x01"));
    assert!(matches!(failure(&report), CaseError::GenesisHash { .. }), "{report:?}");

    let report = with("/pre", json!({}));
    assert!(matches!(failure(&report), CaseError::PreState { .. }), "{report:?}");

    let report = with("/pre", json!({"0x00": {}}));
    let error = failure(&report);
    assert!(matches!(error, CaseError::File(FileError::Json(_))), "{error}");

    let mut post = test.clone();
    post["postState"] = post["pre"].clone();
    let report = run_test(&post);
    // The system contracts have written to their storage.
    assert!(matches!(failure(&report), CaseError::PostStateRoot { .. }), "{report:?}");
    post["postState"][RICH.to_string()]["storage"]["0x01"] = json!("0x03");
    let report = run_test(&post);
    assert!(matches!(failure(&report), CaseError::PostState { .. }), "{report:?}");
}

#[test]
fn what_has_no_rules_here_is_skipped() {
    let test = blockchain_test("Osaka");
    let mut unknown = test.clone();
    unknown["network"] = json!("Bogota");
    let mut blobs = test;
    let schedule = json!({"target": "0x01", "max": "0x02", "baseFeeUpdateFraction": "0x03"});
    blobs["config"] = json!({"chainid": "0x01", "blobSchedule": {"Osaka": schedule}});
    let report = run_text(&json!({"network": unknown, "blobs": blobs}).to_string());
    assert!(report.is_success(), "{report:?}");
    let reasons: Vec<String> = report.skips.iter().map(|skip| skip.reason.to_string()).collect();
    let blobs = "blob schedule of Osaka is not the protocol's";
    assert_eq!(reasons, [blobs, "network Bogota is not known"]);
}

/// A pair that is right, and one that is not.
const RIGHT: &str = concat!(
    r#"{"statelessInputBytes":"0x15","statelessOutputBytes":"0x"#,
    "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000\"}"
);
const WRONG: &str = r#"{"statelessInputBytes":"0x15","statelessOutputBytes":"0x01"}"#;

#[test]
fn pairs_are_compared_to_the_byte() {
    let report = run_text(&format!("[{RIGHT},{WRONG}]"));
    assert_eq!((report.passed, report.failures.len()), (1, 1), "{report:?}");
    assert!(matches!(report.failures[0].reason, CaseError::Pair(_)));
    let name = &report.failures[0].name;
    assert!(name.ends_with("fixture.json::1"), "{name}");
}

#[test]
fn every_container_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let zst = |name: &str, bytes: &[u8]| {
        // As the archives are made: a window larger than decoders take by themselves.
        let mut encoder = zstd::Encoder::new(File::create(at(name)).unwrap(), 1).unwrap();
        encoder.window_log(27).unwrap();
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap();
    };
    let mut tar = tar::Builder::new(Vec::new());
    for (name, text) in [
        ("in/one.json", RIGHT),
        ("in/two.jsonl", "\n"),
        ("in/.meta/index.json", "no JSON"),
        ("in/notes.txt", "no fixture"),
    ] {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, text.as_bytes()).unwrap();
    }
    let tar = tar.into_inner().unwrap();
    let lines = format!("{RIGHT}\n\n{RIGHT}\n");
    fs::create_dir(at("below")).unwrap();
    fs::write(at("below/plain.json"), RIGHT).unwrap();
    fs::write(at("lines.jsonl"), &lines).unwrap();
    fs::write(at(".hidden.json"), "no JSON").unwrap();
    fs::write(at("archive.tar"), &tar).unwrap();
    zst("plain.json.zst", RIGHT.as_bytes());
    zst("lines.jsonl.zst", lines.as_bytes());
    zst("archive.tar.zst", &tar);

    let last = Mutex::default();
    let report = run(folder.path(), Options::default(), &|progress| {
        *last.lock().unwrap() = progress;
    });
    assert_eq!(report.passed, 2 + 2 * 2 + 2, "{report:?}");
    let names: Vec<&str> =
        report.failures.iter().map(|failure| failure.name.rsplit('/').next().unwrap()).collect();
    assert_eq!(names, ["notes.txt", "notes.txt"], "what cannot be read is a failure");
    let last = last.into_inner().unwrap();
    assert_eq!((last.bytes_read, last.passed, last.failed), (last.bytes_total, 8, 2));
}

#[test]
fn what_cannot_be_read_is_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    let reason = |path: &Path| {
        let mut report = run_all(path);
        assert_eq!((report.passed, report.failures.len()), (0, 1), "{report:?}");
        report.failures.remove(0).reason
    };
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let reason = reason(&path);
        fs::remove_file(path).unwrap();
        reason
    };
    use CaseError::File;
    assert!(matches!(reason(folder.path()), File(FileError::Nothing(_))));
    assert!(matches!(reason(&folder.path().join("none.json")), File(FileError::Io(_))));
    assert!(matches!(file("a.txt", b"{}"), File(FileError::UnknownEnding)));
    assert!(matches!(file("a.json", b"{"), File(FileError::Json(_))));
    assert!(matches!(file("a.json", b"{\"a\":{}}"), File(FileError::UnknownFormat)));
    assert!(matches!(file("a.jsonl", b"{}\n"), File(FileError::UnknownFormat)));
    assert!(matches!(file("a.json.zst", b"not zstd"), File(FileError::Io(_))));
    assert!(matches!(file("a.tar", &[7; 512]), File(FileError::Io(_))));
}
