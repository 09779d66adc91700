//! The whole life of a rollup on a fresh devnet, step by step.

mod refusals;
mod report;
mod steps;
mod story;
mod trail;
mod wallet;

use std::time::{Duration, Instant};

use bough_bridge::Status;
use bough_devnet::Devnet;
use eyre::ensure;

use crate::{advice, progress::Progress};

pub(crate) use report::{Report, Step};
use story::Story;
use trail::Trail;

/// How long anything may take to get from one chain to the other.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two looks at whether all is settled: L2 makes a block each second.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Tells the story on a devnet that has just begun.
pub(crate) async fn run(devnet: &Devnet, progress: Progress) -> eyre::Result<Report> {
    let mut story = Story::begin(devnet.info(), progress).await?;
    let mut steps = Vec::new();

    let step = Telling::new("deposit", "deposit ETH from L1 to L2", progress);
    let mut trail = Trail::default();
    let told = steps::deposit(&story, &mut trail).await;
    steps.push(step.end(trail, told));

    let step = Telling::new("deploy", "deploy a contract on L2", progress);
    let mut trail = Trail::default();
    let told = steps::deploy(&mut story, &mut trail).await;
    steps.push(step.end(trail, told));

    let step = Telling::new("message_to_l2", "call it from L1 by a message", progress);
    let mut trail = Trail::default();
    let told = steps::message_to_l2(&story, &mut trail).await;
    steps.push(step.end(trail, told));

    let step = Telling::new("message_to_l1", "call an L1 contract from L2 by a message", progress);
    let mut trail = Trail::default();
    let told = steps::message_to_l1(&story, &mut trail).await;
    steps.push(step.end(trail, told));

    let step = Telling::new("withdraw", "withdraw ETH, and claim it on L1 with a proof", progress);
    let mut trail = Trail::default();
    let told = steps::withdraw(&story, &mut trail).await;
    steps.push(step.end(trail, told));

    let what = "see a forged proof, a second claim and a tampered block refused";
    let step = Telling::new("refusals", what, progress);
    let mut trail = Trail::default();
    let told = refusals::refusals(&story, &mut trail).await;
    steps.push(step.end(trail, told));

    progress.say("waiting until L1 has executed the L2 head");
    let standing = head_settled(&story).await?;
    Ok(Report::new(steps, &standing))
}

/// A step being told.
struct Telling {
    name: &'static str,
    progress: Progress,
    begun: Instant,
}

impl Telling {
    fn new(name: &'static str, what: &str, progress: Progress) -> Self {
        progress.say(&format!("{name}: {what}"));
        Self { name, progress, begun: Instant::now() }
    }

    fn end(self, trail: Trail, told: eyre::Result<()>) -> Step {
        if let Err(why) = &told {
            self.progress.say(&format!("  failed: {}", crate::failure::chain(why.as_ref())));
        }
        Step::new(self.name, trail, self.begun.elapsed(), told.err())
    }
}

/// Where everything stands once L1 has executed the L2 head, which goes on meanwhile.
async fn head_settled(story: &Story) -> eyre::Result<Status> {
    let head = story.l2.head().await?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        let standing = story.bridge.status().await.map_err(advice::bridge)?;
        let executed = standing.executed;
        if executed.number >= head {
            let hash = story.l2.block(executed.number).await?.hash;
            ensure!(hash == executed.hash, "L1 has executed another L2 block {}", executed.number);
            return Ok(standing);
        }
        ensure!(Instant::now() < deadline, "L1 has not executed L2 block {head} in time");
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}
