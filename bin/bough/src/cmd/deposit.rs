//! `bough deposit`.

use std::process::ExitCode;

use alloy_primitives::{Address, U256};
use bough_bridge::MessageParams;
use clap::Args;

use crate::{
    advice, args,
    cli::Verbosity,
    cmd::send::{Sending, Waiting},
};

/// Send ether from L1 to L2, and wait until it has arrived
#[derive(Debug, Args)]
pub(crate) struct Deposit {
    /// How much: 1.5ether, 10gwei, or wei
    #[arg(value_parser = args::amount)]
    amount: U256,
    /// Who gets it on L2; the sender without it
    #[arg(long, value_name = "ADDRESS", value_parser = args::address)]
    to: Option<Address>,
    /// What the delivery pays, on top of the amount; an estimate of what it costs without it
    #[arg(long, value_name = "AMOUNT", value_parser = args::amount)]
    fee: Option<U256>,
    #[command(flatten)]
    waiting: Waiting,
    #[command(flatten)]
    sending: Sending,
}

impl Deposit {
    /// Sends, waits, reports.
    pub(crate) async fn run(self, verbosity: Verbosity) -> eyre::Result<ExitCode> {
        let bridge = self.sending.connect().await?;
        let recipient = self.to.map_or_else(|| bridge.address(), Ok).map_err(advice::bridge)?;
        let params =
            MessageParams { fee: self.fee, ..MessageParams::transfer(recipient, self.amount) };
        self.sending.to_l2(&bridge, params, self.waiting.patience(), verbosity).await
    }
}
