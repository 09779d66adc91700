//! The transactions a step leaves on both chains.

use alloy_primitives::B256;
use alloy_rpc_types_eth::TransactionReceipt;
use bough_bridge::TxInfo;

/// Transactions in the order they were made, and the gas of those on L1.
#[derive(Debug, Default)]
pub(crate) struct Trail {
    pub(crate) l1: Vec<B256>,
    pub(crate) l2: Vec<B256>,
    pub(crate) l1_gas: u64,
}

impl Trail {
    /// A transaction on L1; one that is there already counts once.
    pub(crate) fn on_l1(&mut self, transaction: &TxInfo) {
        self.add_l1(transaction.hash, transaction.gas_used);
    }

    /// A transaction on L1, by its receipt.
    pub(crate) fn received_on_l1(&mut self, receipt: &TransactionReceipt) {
        self.add_l1(receipt.transaction_hash, receipt.gas_used);
    }

    /// A transaction on L2.
    pub(crate) fn on_l2(&mut self, hash: B256) {
        self.l2.push(hash);
    }

    fn add_l1(&mut self, hash: B256, gas: u64) {
        if !self.l1.contains(&hash) {
            self.l1.push(hash);
            self.l1_gas = self.l1_gas.saturating_add(gas);
        }
    }
}
