//! What the commands of the bridge print.

use alloy_primitives::{Address, B256, Bytes, U256, utils::format_ether};
use bough_bridge::{Delivered, Sent, TxInfo};
use bough_rollup::Direction;
use serde::{Serialize, Serializer};

use crate::output;

/// A transaction in a block.
#[derive(Debug, Serialize)]
pub(crate) struct TxReport {
    hash: B256,
    block: u64,
    gas_used: u64,
}

impl From<TxInfo> for TxReport {
    fn from(info: TxInfo) -> Self {
        Self { hash: info.hash, block: info.block_number, gas_used: info.gas_used }
    }
}

/// A message that was sent, and its delivery if that was waited for.
#[derive(Debug, Serialize)]
pub(crate) struct SentReport {
    direction: &'static str,
    nonce: u64,
    message_hash: B256,
    sender: Address,
    recipient: Address,
    #[serde(serialize_with = "decimal")]
    value_wei: U256,
    #[serde(serialize_with = "decimal")]
    fee_wei: U256,
    gas_limit: u64,
    deadline: u64,
    data: Bytes,
    sent: TxReport,
    delivered: Option<TxReport>,
}

impl SentReport {
    pub(crate) fn new(sent: Sent, delivered: Option<Delivered>) -> Self {
        let message = sent.message;
        Self {
            direction: direction(sent.direction),
            nonce: sent.nonce,
            message_hash: sent.hash,
            sender: message.sender,
            recipient: message.recipient,
            value_wei: message.value,
            fee_wei: message.fee,
            gas_limit: message.gas_limit,
            deadline: message.deadline,
            data: message.data,
            sent: sent.transaction.into(),
            delivered: delivered.map(|delivered| delivered.transaction.into()),
        }
    }

    /// Prints it, as JSON or for people.
    pub(crate) fn print(&self, json: bool) -> eyre::Result<()> {
        if json {
            return output::json(self);
        }
        let (from, to) = if self.direction == "l1_to_l2" { ("L1", "L2") } else { ("L2", "L1") };
        let mut rows = vec![
            ("message", format!("{} from {from} to {to}", self.nonce)),
            ("hash", self.message_hash.to_string()),
            ("recipient", self.recipient.to_string()),
            ("value", ether(self.value_wei)),
            ("fee", ether(self.fee_wei)),
            ("sent", on_chain(from, &self.sent)),
        ];
        let delivered = match &self.delivered {
            Some(delivered) => on_chain(to, delivered),
            None if to == "L1" => format!("not yet: `bough claim {}` does", self.nonce),
            None => "not yet".to_owned(),
        };
        rows.push(("delivered", delivered));
        output::text(&output::pairs(&rows))
    }
}

/// A message that was delivered.
#[derive(Debug, Serialize)]
pub(crate) struct DeliveredReport {
    direction: &'static str,
    nonce: u64,
    message_hash: B256,
    claimer: Address,
    delivered: TxReport,
}

impl From<Delivered> for DeliveredReport {
    fn from(delivered: Delivered) -> Self {
        Self {
            direction: direction(delivered.direction),
            nonce: delivered.nonce,
            message_hash: delivered.hash,
            claimer: delivered.claimer,
            delivered: delivered.transaction.into(),
        }
    }
}

impl DeliveredReport {
    /// Prints it, as JSON or for people.
    pub(crate) fn print(&self, json: bool) -> eyre::Result<()> {
        if json {
            return output::json(self);
        }
        let (from, to) = if self.direction == "l1_to_l2" { ("L1", "L2") } else { ("L2", "L1") };
        output::text(&output::pairs(&[
            ("message", format!("{} from {from} to {to}", self.nonce)),
            ("hash", self.message_hash.to_string()),
            ("claimer", self.claimer.to_string()),
            ("delivered", on_chain(to, &self.delivered)),
        ]))
    }
}

/// How a direction is called in JSON.
pub(crate) const fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::L1ToL2 => "l1_to_l2",
        Direction::L2ToL1 => "l2_to_l1",
    }
}

/// Wei as a decimal string: JSON's numbers are too small.
pub(crate) fn decimal<S: Serializer>(wei: &U256, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(wei)
}

/// An amount for people.
pub(crate) fn ether(wei: U256) -> String {
    let text = format_ether(wei);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text} ETH")
}

fn on_chain(chain: &str, transaction: &TxReport) -> String {
    let TxReport { hash, block, gas_used } = transaction;
    format!("{hash} in {chain} block {block}, {gas_used} gas")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ether_has_no_zeros_at_its_end() {
        assert_eq!(ether(U256::ZERO), "0 ETH");
        assert_eq!(ether(U256::from(1_500_000_000_000_000_000u64)), "1.5 ETH");
        assert_eq!(ether(U256::from(10u128.pow(20))), "100 ETH");
        assert_eq!(ether(U256::from(1)), "0.000000000000000001 ETH");
    }
}
