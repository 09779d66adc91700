//! `bough status`.

use std::process::ExitCode;

use alloy_primitives::{Address, B256, U256};
use bough_bridge::{BlockHead, Reason, Status as Standing, Waiting};
use clap::Args;
use serde::Serialize;

use crate::{
    advice,
    args::Ends,
    cmd::bridge::{decimal, ether},
    output,
};

/// Show where both chains stand, which messages wait and why, escrow and supply
#[derive(Debug, Args)]
pub(crate) struct Status {
    #[command(flatten)]
    ends: Ends,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Report {
    rollup: Address,
    l1: HeadReport,
    #[serde(rename = "unsafe")]
    unsafe_head: HeadReport,
    safe: Option<HeadReport>,
    finalized: Option<HeadReport>,
    executed: HeadReport,
    lag_blocks: u64,
    lag_seconds: u64,
    waiting_for_l2: Vec<MessageReport>,
    waiting_for_l1: Vec<MessageReport>,
    #[serde(serialize_with = "decimal")]
    escrow_wei: U256,
    #[serde(serialize_with = "decimal")]
    l2_circulating_wei: U256,
}

#[derive(Debug, Serialize)]
struct HeadReport {
    number: u64,
    hash: B256,
    timestamp: u64,
}

#[derive(Debug, Serialize)]
struct MessageReport {
    nonce: u64,
    message_hash: B256,
    sender: Address,
    recipient: Address,
    #[serde(serialize_with = "decimal")]
    value_wei: U256,
    deadline: u64,
    why: String,
}

impl Status {
    /// Asks both nodes, reports.
    pub(crate) async fn run(self) -> eyre::Result<ExitCode> {
        let bridge = self.ends.connect().await?;
        let standing = bridge.status().await.map_err(advice::bridge)?;
        let report = Report::new(bridge.domain().rollup, standing);
        if self.json {
            output::json(&report)?;
        } else {
            output::text(&report.to_text())?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Report {
    fn new(rollup: Address, standing: Standing) -> Self {
        Self {
            rollup,
            l1: standing.l1.into(),
            unsafe_head: standing.l2.unsafe_head.into(),
            safe: standing.l2.safe.map(Into::into),
            finalized: standing.l2.finalized.map(Into::into),
            executed: standing.executed.into(),
            lag_blocks: standing.lag.blocks,
            lag_seconds: standing.lag.seconds,
            waiting_for_l2: standing.to_l2.into_iter().map(Into::into).collect(),
            waiting_for_l1: standing.to_l1.into_iter().map(Into::into).collect(),
            escrow_wei: standing.escrow,
            l2_circulating_wei: standing.circulating,
        }
    }

    fn to_text(&self) -> String {
        let known = |head: &Option<HeadReport>| {
            head.as_ref().map_or_else(|| "not known".to_owned(), HeadReport::to_text)
        };
        let mut text = output::pairs(&[
            ("rollup", self.rollup.to_string()),
            ("L1 head", self.l1.to_text()),
            ("L2 unsafe", self.unsafe_head.to_text()),
            ("L2 safe", known(&self.safe)),
            ("L2 finalized", known(&self.finalized)),
            ("executed by L1", self.executed.to_text()),
            ("lag", format!("{} blocks, {} s", self.lag_blocks, self.lag_seconds)),
            ("waiting for L2", self.waiting_for_l2.len().to_string()),
            ("waiting for L1", self.waiting_for_l1.len().to_string()),
            ("escrow", ether(self.escrow_wei)),
            ("L2 circulating", ether(self.l2_circulating_wei)),
        ]);
        for (chain, messages) in [("L2", &self.waiting_for_l2), ("L1", &self.waiting_for_l1)] {
            for message in messages {
                text.push_str(&format!(
                    "message {} to {chain}, {} for {}: {}\n",
                    message.nonce,
                    ether(message.value_wei),
                    message.recipient,
                    message.why
                ));
            }
        }
        text
    }
}

impl HeadReport {
    fn to_text(&self) -> String {
        format!("{} {}", self.number, self.hash)
    }
}

impl From<BlockHead> for HeadReport {
    fn from(head: BlockHead) -> Self {
        Self { number: head.number, hash: head.hash, timestamp: head.timestamp }
    }
}

impl From<Waiting> for MessageReport {
    fn from(waiting: Waiting) -> Self {
        Self {
            nonce: waiting.message.nonce,
            message_hash: waiting.hash,
            sender: waiting.message.sender,
            recipient: waiting.message.recipient,
            value_wei: waiting.message.value,
            deadline: waiting.message.deadline,
            why: why(&waiting.reason),
        }
    }
}

fn why(reason: &Reason) -> String {
    match reason {
        Reason::NotAnchored => "no L2 block knows it yet".to_owned(),
        Reason::NotExecuted { l2_block } => format!("L1 has not executed L2 block {l2_block} yet"),
        Reason::DeadlinePassed => "its deadline has passed".to_owned(),
        Reason::Refused(refusal) => refusal.to_string(),
        Reason::Ready => "it can be delivered, nobody has done it yet".to_owned(),
    }
}
