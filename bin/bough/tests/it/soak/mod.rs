//! All that can be sent, sent to both chains of a running devnet: they go on, in bounded memory, and
//! whatever is answered is JSON-RPC.
//!
//! Small by default, to be run with the other tests: it counts. With `BOUGH_SOAK=full` (`make soak`)
//! it is large, and measures the rate of blocks too. `BOUGH_SOAK_ATTACKS=logs,malformed` runs those
//! whose names have one of these parts.

mod attacks;
mod malformed;
mod tally;

use std::{
    env, fs,
    time::{Duration, Instant},
};

use bough_testing::ws::Socket;
use serde_json::{Value, json};

use self::{
    attacks::{ATTACKS, Attack},
    tally::Tally,
};
use crate::support::Running;

/// Most memory of the process, bytes.
const MOST_MEMORY: u64 = 1_500_000_000;
/// The part of their rate that blocks must keep.
const RATE_KEPT: f64 = 0.9;
/// The longest wait for a block.
const PATIENCE: Duration = Duration::from_secs(60);

/// How much is sent.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Connections, calls or requests of an attack are multiples of this part of its full size.
    percent: usize,
    /// How long a full attack lasts, where it is measured.
    measured: Option<Duration>,
}

impl Size {
    fn chosen() -> Self {
        if env::var("BOUGH_SOAK").is_ok_and(|size| size == "full") {
            Self { percent: 100, measured: Some(Duration::from_secs(30)) }
        } else {
            Self { percent: 5, measured: None }
        }
    }

    /// A part of a full count, at least one.
    pub fn of(self, full: usize) -> usize {
        (full * self.percent / 100).max(1)
    }
}

/// A chain under attack.
pub struct Chain {
    pub name: &'static str,
    pub address: std::net::SocketAddr,
    pub ws_url: String,
    /// A connection of somebody who was there before, who must be served on.
    honest: Socket,
}

impl Chain {
    async fn connect(name: &'static str, url: &Value) -> Self {
        let address = url.as_str().unwrap().strip_prefix("http://").unwrap();
        let ws_url = format!("ws://{address}");
        let honest = Socket::connect(&ws_url).await;
        Self { name, address: address.parse().unwrap(), ws_url, honest }
    }

    async fn height(&mut self) -> u64 {
        let answer = self.honest.call("eth_blockNumber", json!([])).await;
        let text = answer["result"].as_str().unwrap_or_else(|| panic!("{}: {answer}", self.name));
        u64::from_str_radix(text.strip_prefix("0x").unwrap(), 16).unwrap()
    }

    /// Waits for two more blocks.
    async fn goes_on(&mut self) {
        let (from, deadline) = (self.height().await, Instant::now() + PATIENCE);
        while self.height().await < from + 2 {
            assert!(Instant::now() < deadline, "{} makes no blocks", self.name);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

#[test]
fn whatever_is_sent_the_chains_go_on() {
    let size = Size::chosen();
    let (devnet, banner) = Running::ready(&["dev", "--json", "--l1-port", "0", "--l2-port", "0"]);
    let process = devnet.id();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let mut chains = [
            Chain::connect("L1", &banner["l1_url"]).await,
            Chain::connect("L2", &banner["l2_url"]).await,
        ];
        let usual = match size.measured {
            Some(time) => {
                Some(rates(&mut chains, async { tokio::time::sleep(time).await }).await.0)
            }
            None => None,
        };
        let parts = env::var("BOUGH_SOAK_ATTACKS").unwrap_or_default();
        let chosen = |attack: &Attack| parts.split(',').any(|part| attack.name.contains(part));
        for attack in ATTACKS.into_iter().filter(chosen) {
            run(attack, size, &mut chains, usual, process).await;
        }
    });
    let (status, _) = devnet.stop("-INT");
    assert!(status.success(), "{status}");
}

/// Runs one attack on both chains at a time and checks what came of it.
async fn run(
    attack: Attack,
    size: Size,
    chains: &mut [Chain; 2],
    usual: Option<[f64; 2]>,
    process: u32,
) {
    forget_most_memory(process);
    let targets = [
        (chains[0].address, chains[0].ws_url.clone()),
        (chains[1].address, chains[1].ws_url.clone()),
    ];
    let attacked = async {
        let [first, second] = targets;
        let (first, second) = tokio::join!(
            attacks::repeat(attack, size, first.0, first.1),
            attacks::repeat(attack, size, second.0, second.1)
        );
        first.and(second)
    };
    let (rates, tally) = rates(chains, attacked).await;
    let memory = most_memory(process);
    println!(
        "{:<28} {tally}; {} MB at most; blocks a second {rates:.2?}",
        attack.name,
        memory >> 20
    );
    assert!(tally.only_json_rpc(), "{}: {tally}", attack.name);
    for code in attack.refusals {
        assert!(tally.has(*code), "{}: nothing was refused with {code}: {tally}", attack.name);
    }
    assert!(memory < MOST_MEMORY, "{}: {memory} bytes", attack.name);
    for (chain, (rate, usual)) in chains.iter().zip(rates.iter().zip(usual.iter().flatten())) {
        assert!(
            rate >= &(usual * RATE_KEPT),
            "{}: {} made {rate} blocks a second, usually {usual}",
            attack.name,
            chain.name
        );
    }
    for chain in chains {
        chain.goes_on().await;
    }
}

/// The blocks a second of both chains while something is done, and what came of it.
async fn rates<T>(chains: &mut [Chain; 2], work: impl Future<Output = T>) -> ([f64; 2], T) {
    let (started, before) = (Instant::now(), [chains[0].height().await, chains[1].height().await]);
    let outcome = work.await;
    let after = [chains[0].height().await, chains[1].height().await];
    let seconds = started.elapsed().as_secs_f64();
    let rate = |chain: usize| (after[chain] - before[chain]) as f64 / seconds;
    ([rate(0), rate(1)], outcome)
}

/// The most memory that a process has held since [`forget_most_memory`], bytes.
fn most_memory(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    kilobytes << 10
}

fn forget_most_memory(process: u32) {
    // proc(5): 5 resets the peak resident set size.
    fs::write(format!("/proc/{process}/clear_refs"), "5").unwrap();
}
