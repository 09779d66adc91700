//! Sending a message, and waiting for its delivery where somebody delivers it.

use std::{process::ExitCode, time::Duration};

use bough_bridge::{Bridge, BridgeError, MessageParams, Sent};
use bough_rollup::Direction;
use clap::Args;

use crate::{
    advice, args, args::Ends, args::KeyArgs, cli::Verbosity, cmd::bridge::SentReport,
    progress::Progress,
};

/// What every command that sends has.
#[derive(Debug, Args)]
pub(crate) struct Sending {
    #[command(flatten)]
    pub(crate) ends: Ends,
    #[command(flatten)]
    pub(crate) key: KeyArgs,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// How long to wait for a delivery on L2.
#[derive(Debug, Args)]
pub(crate) struct Waiting {
    /// Do not wait until it is delivered on L2
    #[arg(long)]
    no_wait: bool,
    /// How long to wait for the delivery
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = args::seconds)]
    timeout: Duration,
}

impl Waiting {
    /// How long, or not at all.
    pub(crate) fn patience(&self) -> Option<Duration> {
        (!self.no_wait).then_some(self.timeout)
    }
}

impl Sending {
    /// Connects with the key.
    pub(crate) async fn connect(&self) -> eyre::Result<Bridge> {
        self.ends.connect_with(&self.key).await
    }

    /// Sends to L2, waits for the delivery if asked to, and prints both.
    pub(crate) async fn to_l2(
        &self,
        bridge: &Bridge,
        params: MessageParams,
        patience: Option<Duration>,
        verbosity: Verbosity,
    ) -> eyre::Result<ExitCode> {
        let sent = bridge.message_to_l2(params).await.map_err(advice::bridge)?;
        let Some(patience) = patience else { return self.print(sent) };
        Progress::new(verbosity)
            .say(&format!("message {} sent, waiting until it is delivered on L2", sent.nonce));
        match bridge.wait_delivered(Direction::L1ToL2, sent.nonce, patience).await {
            Ok(delivered) => {
                SentReport::new(sent, Some(delivered)).print(self.json)?;
                Ok(ExitCode::SUCCESS)
            }
            // What was sent is sent: tell which message it is.
            Err(why @ BridgeError::Timeout { .. }) => {
                let nonce = sent.nonce;
                SentReport::new(sent, None).print(self.json)?;
                Err(advice::bridge(why).wrap_err(format!("message {nonce} was sent")))
            }
            Err(why) => Err(advice::bridge(why)),
        }
    }

    /// Sends to L1 and prints what was sent.
    pub(crate) async fn to_l1(
        &self,
        bridge: &Bridge,
        params: MessageParams,
    ) -> eyre::Result<ExitCode> {
        let sent = bridge.message_to_l1(params).await.map_err(advice::bridge)?;
        self.print(sent)
    }

    fn print(&self, sent: Sent) -> eyre::Result<ExitCode> {
        SentReport::new(sent, None).print(self.json)?;
        Ok(ExitCode::SUCCESS)
    }
}
