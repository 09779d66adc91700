//! What a transaction should offer, and what others paid.

use alloy_consensus::{Transaction as _, TxReceipt};
use alloy_eips::{BlockNumberOrTag, eip1559::BaseFeeParams};
use alloy_primitives::{U64, U256};
use alloy_rpc_types_eth::FeeHistory;
use bough_chain::{BlockRef, StoredBlock};

use crate::{
    context::Context,
    error::MethodError,
    methods::{Args, MethodTable},
    work::Guard,
};

/// Tip suggested where nothing else is known: 1 gwei, in wei per gas.
const DEFAULT_PRIORITY_FEE: u128 = 1_000_000_000;
/// Most blocks in one fee history (geth's limit).
const MAX_HISTORY: u64 = 1024;
/// Most percentiles in one fee history (geth's limit).
const MAX_PERCENTILES: usize = 100;

pub(crate) fn register(table: &mut MethodTable) {
    table.quick("eth_gasPrice", gas_price);
    table.quick("eth_maxPriorityFeePerGas", |context, _| Ok(U256::from(context.priority_fee())));
    table.quick("eth_baseFee", |context, _| Ok(U256::from(next_base_fee(&context.chain.head()))));
    table.quick("eth_blobBaseFee", blob_base_fee);
    table.executing("eth_feeHistory", fee_history);
}

/// What a legacy transaction should offer: the next block's base fee and the suggested tip.
fn gas_price(context: &Context, _: &mut Args<'_>) -> Result<U256, MethodError> {
    let base_fee = U256::from(next_base_fee(&context.chain.head()));
    Ok(base_fee.saturating_add(U256::from(context.priority_fee())))
}

fn blob_base_fee(context: &Context, _: &mut Args<'_>) -> Result<U256, MethodError> {
    Ok(U256::from(context.blob_fees(&context.chain.head()).now))
}

fn fee_history(
    context: &Context,
    args: &mut Args<'_>,
    guard: &Guard,
) -> Result<FeeHistory, MethodError> {
    let count: U64 = args.required()?;
    let newest: BlockNumberOrTag = args.required()?;
    let percentiles: Vec<f64> = args.optional()?.unwrap_or_default();
    check_percentiles(&percentiles)?;

    let newest = context.block_by_number(newest)?.ok_or(MethodError::BlockRangeBeyondHead)?;
    let last = newest.header.number;
    let count = count.saturating_to::<u64>().min(MAX_HISTORY).min(last.saturating_add(1));
    if count == 0 {
        return Ok(FeeHistory::default());
    }
    let oldest_block = last.saturating_add(1).saturating_sub(count);
    let mut history = FeeHistory {
        oldest_block,
        reward: (!percentiles.is_empty()).then(Vec::new),
        ..FeeHistory::default()
    };
    for number in oldest_block..=last {
        guard.check()?;
        let block =
            context.chain.block(BlockRef::Number(number))?.ok_or(MethodError::HeaderNotFound)?;
        context.record(&mut history, &block, &percentiles);
        if number == last {
            history.base_fee_per_gas.push(next_base_fee(&block).into());
            history.base_fee_per_blob_gas.push(context.blob_fees(&block).next);
        }
    }
    Ok(history)
}

fn check_percentiles(percentiles: &[f64]) -> Result<(), MethodError> {
    let in_range = percentiles.iter().all(|percentile| (0.0..=100.0).contains(percentile));
    if percentiles.len() > MAX_PERCENTILES || !in_range || !percentiles.is_sorted() {
        return Err(MethodError::RewardPercentiles);
    }
    Ok(())
}

/// Price of a unit of blob gas, in wei, in a block and in the next one. Zero before blobs.
struct BlobFees {
    now: u128,
    next: u128,
    max_blob_gas: u64,
}

impl Context {
    /// The tip to suggest, in wei per gas.
    fn priority_fee(&self) -> u128 {
        match &self.hooks.priority_fee {
            Some(priority_fee) => priority_fee(),
            None => DEFAULT_PRIORITY_FEE.max(self.chain.pool().min_tip()),
        }
    }

    fn blob_fees(&self, block: &StoredBlock) -> BlobFees {
        let header = &block.header;
        let fork = self.chain.spec().forks.fork_at(header.number, header.timestamp);
        let Some(params) = fork.blob_params() else {
            return BlobFees { now: 0, next: 0, max_blob_gas: 0 };
        };
        BlobFees {
            now: header.blob_fee(params).unwrap_or_default(),
            next: header.next_block_blob_fee(params).unwrap_or_default(),
            max_blob_gas: params.max_blob_gas_per_block(),
        }
    }

    fn record(&self, history: &mut FeeHistory, block: &StoredBlock, percentiles: &[f64]) {
        let header = &block.header;
        let blob_fees = self.blob_fees(block);
        history.base_fee_per_gas.push(header.base_fee_per_gas.unwrap_or_default().into());
        history.gas_used_ratio.push(ratio(header.gas_used, header.gas_limit));
        history.base_fee_per_blob_gas.push(blob_fees.now);
        history
            .blob_gas_used_ratio
            .push(ratio(header.blob_gas_used.unwrap_or_default(), blob_fees.max_blob_gas));
        if let Some(reward) = &mut history.reward {
            reward.push(rewards(block, percentiles));
        }
    }
}

/// Base fee of the block after this one, in wei per gas; zero before EIP-1559.
fn next_base_fee(block: &StoredBlock) -> u64 {
    block.header.next_block_base_fee(BaseFeeParams::ethereum()).unwrap_or_default()
}

fn ratio(used: u64, limit: u64) -> f64 {
    if limit == 0 { 0.0 } else { used as f64 / limit as f64 }
}

/// The tip at each percentile of the block's gas, transactions sorted by tip.
fn rewards(block: &StoredBlock, percentiles: &[f64]) -> Vec<u128> {
    let base_fee = block.header.base_fee_per_gas.unwrap_or_default();
    let mut gas_before = 0;
    let mut tips: Vec<(u128, u64)> = Vec::with_capacity(block.transactions.len());
    for (transaction, receipt) in block.transactions.iter().zip(&block.receipts) {
        let gas = receipt.cumulative_gas_used().saturating_sub(gas_before);
        gas_before = receipt.cumulative_gas_used();
        tips.push((transaction.effective_tip_per_gas(base_fee).unwrap_or_default(), gas));
    }
    tips.sort_unstable();
    percentiles.iter().map(|percentile| tip_at(&tips, gas_before, *percentile)).collect()
}

/// The tip of the transaction in which the ascending `tips` (tip, gas) reach the percentile.
fn tip_at(tips: &[(u128, u64)], total_gas: u64, percentile: f64) -> u128 {
    let threshold = total_gas as f64 * percentile / 100.0;
    let mut gas: u64 = 0;
    for (tip, used) in tips {
        gas = gas.saturating_add(*used);
        if gas as f64 >= threshold {
            return *tip;
        }
    }
    tips.last().map_or(0, |(tip, _)| *tip)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use super::*;

    #[test]
    fn percentiles_weigh_tips_by_gas() {
        let tips = [(1, 100), (5, 800), (9, 100)];
        let at = |percentile| tip_at(&tips, 1000, percentile);
        assert_eq!(
            [at(0.0), at(10.0), at(10.1), at(90.0), at(90.5), at(100.0)],
            [1, 1, 5, 5, 9, 9]
        );
        assert_eq!(tip_at(&[], 0, 50.0), 0);
    }

    #[test]
    fn percentiles_ascend_within_bounds() {
        assert!(check_percentiles(&[0.0, 50.5, 50.5, 100.0]).is_ok());
        for bad in [vec![-1.0], vec![100.5], vec![2.0, 1.0], vec![f64::NAN], vec![1.0; 101]] {
            assert!(matches!(check_percentiles(&bad), Err(MethodError::RewardPercentiles)));
        }
    }
}
