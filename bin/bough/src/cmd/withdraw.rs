//! `bough withdraw`.

use std::process::ExitCode;

use alloy_primitives::{Address, U256};
use bough_bridge::MessageParams;
use clap::Args;

use crate::{advice, args, cmd::send::Sending};

/// Send ether from L2 to L1; `bough claim` gets it there
#[derive(Debug, Args)]
pub(crate) struct Withdraw {
    /// How much: 1.5ether, 10gwei, or wei
    #[arg(value_parser = args::amount)]
    amount: U256,
    /// Who gets it on L1; the sender without it
    #[arg(long, value_name = "ADDRESS", value_parser = args::address)]
    to: Option<Address>,
    /// What the claim pays, on top of the amount; an estimate of what it costs without it
    #[arg(long, value_name = "AMOUNT", value_parser = args::amount)]
    fee: Option<U256>,
    #[command(flatten)]
    sending: Sending,
}

impl Withdraw {
    /// Sends and reports.
    pub(crate) async fn run(self) -> eyre::Result<ExitCode> {
        let bridge = self.sending.connect().await?;
        let recipient = self.to.map_or_else(|| bridge.address(), Ok).map_err(advice::bridge)?;
        let params =
            MessageParams { fee: self.fee, ..MessageParams::transfer(recipient, self.amount) };
        self.sending.to_l1(&bridge, params).await
    }
}
