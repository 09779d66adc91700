//! What the story came to.

use std::time::Duration;

use alloy_primitives::{B256, U256};
use bough_bridge::Status;
use serde::Serialize;

use crate::{
    cmd::bridge::{decimal, ether},
    demo::trail::Trail,
    failure::chain,
};

/// Characters of a transaction's hash in the table.
const SHORT_HASH: usize = 10;

/// All of it, as `--json` prints it.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    ok: bool,
    steps: Vec<Step>,
    settled_blocks: u64,
    #[serde(serialize_with = "decimal")]
    escrow_wei: U256,
    #[serde(serialize_with = "decimal")]
    l2_circulating_wei: U256,
}

/// A step, as `--json` prints it.
#[derive(Debug, Serialize)]
pub(crate) struct Step {
    name: &'static str,
    ok: bool,
    l1_tx: Vec<B256>,
    l2_tx: Vec<B256>,
    l1_gas: u64,
    seconds: f64,
    #[serde(skip)]
    why: Option<String>,
}

impl Step {
    pub(crate) fn new(
        name: &'static str,
        trail: Trail,
        took: Duration,
        failed: Option<eyre::Report>,
    ) -> Self {
        Self {
            name,
            ok: failed.is_none(),
            l1_tx: trail.l1,
            l2_tx: trail.l2,
            l1_gas: trail.l1_gas,
            seconds: (took.as_secs_f64() * 1e3).round() / 1e3,
            why: failed.map(|why| chain(why.as_ref())),
        }
    }
}

impl Report {
    /// It went well when every step held and, now that L1 has executed the L2 head, all ETH on L2 is
    /// backed.
    pub(crate) fn new(steps: Vec<Step>, standing: &Status) -> Self {
        let backed = standing.circulating <= standing.escrow;
        Self {
            ok: steps.iter().all(|step| step.ok) && backed,
            steps,
            settled_blocks: standing.executed.number,
            escrow_wei: standing.escrow,
            l2_circulating_wei: standing.circulating,
        }
    }

    /// Whether it went well.
    pub(crate) const fn ok(&self) -> bool {
        self.ok
    }

    /// What did not go well.
    pub(crate) fn why_not(&self) -> String {
        match self.steps.iter().find(|step| !step.ok) {
            Some(step) => format!("{}: {}", step.name, step.why.as_deref().unwrap_or("failed")),
            None => "its end: more ETH circulates on L2 than is in escrow".to_owned(),
        }
    }

    /// The table, what there is in the end, and whether it went well.
    pub(crate) fn to_text(&self) -> String {
        let mut text =
            line(["step", "", "seconds", "L1 gas", "L1 transactions", "L2 transactions"]);
        for step in &self.steps {
            let held = if step.ok { "ok" } else { "failed" };
            let (seconds, gas) = (format!("{:.2}", step.seconds), step.l1_gas.to_string());
            let mut first = [step.name, held, seconds.as_str(), gas.as_str()];
            let (mut l1, mut l2) = (step.l1_tx.iter(), step.l2_tx.iter());
            loop {
                let (on_l1, on_l2) = (l1.next(), l2.next());
                let [name, held, seconds, gas] = first;
                if name.is_empty() && on_l1.is_none() && on_l2.is_none() {
                    break;
                }
                text.push_str(&line([name, held, seconds, gas, &short(on_l1), &short(on_l2)]));
                first = [""; 4];
            }
        }
        text.push_str(&format!(
            "\nL1 executed {} L2 blocks; escrow {}, circulating on L2 {}\n{}\n",
            self.settled_blocks,
            ether(self.escrow_wei),
            ether(self.l2_circulating_wei),
            if self.ok { "ok" } else { "failed" }
        ));
        text
    }
}

fn line([step, held, seconds, gas, l1, l2]: [&str; 6]) -> String {
    let row = format!("{step:<14} {held:<6} {seconds:>7} {gas:>10}  {l1:<15}  {l2}");
    format!("{}\n", row.trim_end())
}

fn short(hash: Option<&B256>) -> String {
    let hash = hash.map(ToString::to_string).unwrap_or_default();
    hash.get(..SHORT_HASH).map(|start| format!("{start}…")).unwrap_or_default()
}
