//! `bough message`.

use std::process::ExitCode;

use alloy_primitives::{Address, Bytes, U256};
use bough_bridge::MessageParams;
use clap::{Args, ValueEnum};

use crate::{
    args,
    cli::Verbosity,
    cmd::send::{Sending, Waiting},
};

/// One of the two chains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum On {
    L1,
    L2,
}

/// Call an account on the other chain, with ether if need be
#[derive(Debug, Args)]
pub(crate) struct Message {
    /// The chain the call is made on
    #[arg(long, value_name = "CHAIN")]
    to: On,
    /// Who is called there
    #[arg(long, value_name = "ADDRESS", value_parser = args::address)]
    recipient: Address,
    /// Ether that goes with the call
    #[arg(long, value_name = "AMOUNT", default_value = "0", value_parser = args::amount)]
    value: U256,
    /// What the delivery pays; an estimate of what it costs without it
    #[arg(long, value_name = "AMOUNT", value_parser = args::amount)]
    fee: Option<U256>,
    /// Gas of the call; 100000 without it
    #[arg(long, value_name = "GAS")]
    gas_limit: Option<u64>,
    /// The last time it may be delivered, Unix seconds; a day from now without it
    #[arg(long, value_name = "TIMESTAMP")]
    deadline: Option<u64>,
    /// Calldata of the call
    #[arg(long, value_name = "HEX", default_value = "0x", value_parser = args::bytes)]
    data: Bytes,
    #[command(flatten)]
    waiting: Waiting,
    #[command(flatten)]
    sending: Sending,
}

impl Message {
    /// Sends, waits where there is something to wait for, reports.
    pub(crate) async fn run(self, verbosity: Verbosity) -> eyre::Result<ExitCode> {
        let bridge = self.sending.connect().await?;
        let params = MessageParams {
            recipient: self.recipient,
            value: self.value,
            data: self.data,
            fee: self.fee,
            gas_limit: self.gas_limit,
            deadline: self.deadline,
            refund_to: None,
        };
        match self.to {
            On::L1 => self.sending.to_l1(&bridge, params).await,
            On::L2 => self.sending.to_l2(&bridge, params, self.waiting.patience(), verbosity).await,
        }
    }
}
