//! A transaction as the pool holds it.

use alloy_consensus::{Transaction as _, transaction::Recovered};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, B256, U256};
use bough_stf::Transaction;

/// A transaction that passed the pool's checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PooledTransaction {
    /// The transaction and its sender.
    pub transaction: Recovered<Transaction>,
    /// Bytes of its EIP-2718 encoding.
    pub size: usize,
    /// The most it can cost its sender: gas, blob gas and value, in wei.
    pub cost: U256,
    /// Place in the order of arrival.
    pub sequence: u64,
    /// The pool's minimum tip (wei per gas) when it arrived, which keeps holding for it.
    pub(crate) min_tip: u128,
}

impl PooledTransaction {
    /// Prepares a transaction for the pool.
    pub(crate) fn new(transaction: Recovered<Transaction>, sequence: u64, min_tip: u128) -> Self {
        let size = transaction.encode_2718_len();
        let cost = max_cost(&transaction);
        Self { transaction, size, cost, sequence, min_tip }
    }

    /// Its hash.
    pub fn hash(&self) -> B256 {
        *self.transaction.inner().hash()
    }

    /// Who signed it.
    pub const fn sender(&self) -> Address {
        self.transaction.signer()
    }

    /// Its nonce.
    pub fn nonce(&self) -> u64 {
        self.transaction.nonce()
    }

    /// What a block's builder gets, wei per gas; `None` when the fee cap is below the base fee.
    pub fn tip(&self, base_fee: u64) -> Option<u128> {
        self.transaction.effective_tip_per_gas(base_fee)
    }

    /// Blob fee cap, wei per blob gas, of a transaction with blobs.
    pub fn blob_fee_cap(&self) -> Option<u128> {
        self.transaction.max_fee_per_blob_gas()
    }

    /// The tip by which to order when it need not be includable: zero below the base fee.
    pub(crate) fn tip_or_zero(&self, base_fee: u64) -> u128 {
        self.tip(base_fee).unwrap_or_default()
    }
}

/// Tip cap: for transactions without one, the gas price.
pub(crate) fn tip_cap(transaction: &Transaction) -> u128 {
    transaction.max_priority_fee_per_gas().unwrap_or_else(|| transaction.max_fee_per_gas())
}

/// The most a transaction can cost its sender, in wei; saturates.
pub(crate) fn max_cost(transaction: &Transaction) -> U256 {
    let gas = U256::from(transaction.gas_limit())
        .saturating_mul(U256::from(transaction.max_fee_per_gas()));
    let blob_gas = U256::from(transaction.blob_gas_used().unwrap_or_default())
        .saturating_mul(U256::from(transaction.max_fee_per_blob_gas().unwrap_or_default()));
    gas.saturating_add(blob_gas).saturating_add(transaction.value())
}
