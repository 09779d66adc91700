//! `bough claim`.

use std::{process::ExitCode, time::Duration};

use bough_bridge::{Bridge, Delivered, MessageRef};
use bough_rollup::Direction;
use clap::Args;

use crate::{
    advice, args,
    cli::Verbosity,
    cmd::{bridge::DeliveredReport, message::On, send::Sending},
    progress::Progress,
};

/// Deliver a message, with its proof, and earn its fee
#[derive(Debug, Args)]
pub(crate) struct Claim {
    /// The message: its nonce, or the hash of the transaction that sent it
    #[arg(value_parser = args::message)]
    message: MessageRef,
    /// The chain it is delivered on
    #[arg(long, value_name = "CHAIN", default_value = "l1")]
    on: On,
    /// How long to wait until it can be proved
    #[arg(long, value_name = "SECONDS", default_value = "120", value_parser = args::seconds)]
    timeout: Duration,
    #[command(flatten)]
    sending: Sending,
}

impl Claim {
    /// Waits until there is a proof, delivers, reports.
    pub(crate) async fn run(self, verbosity: Verbosity) -> eyre::Result<ExitCode> {
        let bridge = self.sending.connect().await?;
        let progress = Progress::new(verbosity);
        let delivered = match self.on {
            On::L1 => self.on_l1(&bridge, progress).await,
            On::L2 => self.on_l2(&bridge, progress).await,
        };
        let delivered = delivered.map_err(advice::bridge)?;
        DeliveredReport::from(delivered).print(self.sending.json)?;
        Ok(ExitCode::SUCCESS)
    }

    async fn on_l1(
        &self,
        bridge: &Bridge,
        progress: Progress,
    ) -> Result<Delivered, bough_bridge::BridgeError> {
        let sent = bridge.message(Direction::L2ToL1, self.message).await?;
        progress.say(&format!(
            "waiting until L1 has executed L2 block {}",
            sent.transaction.block_number
        ));
        bridge.wait_provable(sent.nonce, self.timeout).await?;
        let proof = bridge.prove(sent.nonce).await?;
        bridge.claim(&proof).await
    }

    async fn on_l2(
        &self,
        bridge: &Bridge,
        progress: Progress,
    ) -> Result<Delivered, bough_bridge::BridgeError> {
        let sent = bridge.message(Direction::L1ToL2, self.message).await?;
        progress.say("waiting until an L2 block knows the message");
        bridge.wait_deliverable(sent.nonce, self.timeout).await?;
        bridge.deliver(sent.nonce).await
    }
}
