//! `eth_getLogs`.

use std::ops::RangeInclusive;

use alloy_eips::BlockNumberOrTag;
use alloy_primitives::B256;
use alloy_rpc_types_eth::{Filter, FilterBlockOption, Log};
use bough_chain::{LogFilter, StoredBlock};

use crate::{
    context::Context,
    error::MethodError,
    methods::{Args, MethodTable},
    types,
};

pub(crate) fn register(table: &mut MethodTable) {
    table.blocking("eth_getLogs", get_logs);
}

fn get_logs(context: &Context, args: &mut Args<'_>) -> Result<Vec<Log>, MethodError> {
    context.logs(&args.required()?)
}

impl Context {
    /// The logs that match, in order, within the server's limits.
    pub(crate) fn logs(&self, filter: &Filter) -> Result<Vec<Log>, MethodError> {
        let wanted = log_filter(filter);
        let found = match filter.block_option {
            FilterBlockOption::AtBlockHash(hash) => {
                let block = self.chain.block(hash)?.ok_or(MethodError::BlockNotFound { hash })?;
                wanted.find(&block).collect()
            }
            FilterBlockOption::Range { from_block, to_block } => {
                let Some(range) = self.log_range(from_block, to_block)? else {
                    return Ok(Vec::new());
                };
                self.chain.logs(*range.start(), *range.end(), &wanted, self.config.max_logs)?
            }
        };
        Ok(found.into_iter().map(|log| types::log(log, false)).collect())
    }

    /// The blocks to search; `None` when a tag makes the range empty.
    fn log_range(
        &self,
        from: Option<BlockNumberOrTag>,
        to: Option<BlockNumberOrTag>,
    ) -> Result<Option<RangeInclusive<u64>>, MethodError> {
        let (from, to) = (from.unwrap_or_default(), to.unwrap_or_default());
        let head = self.chain.head().header.number;
        let (first, last) = (self.log_bound(from, head), self.log_bound(to, head));
        if first > last {
            let both_given = from.is_number() && to.is_number();
            return if both_given { Err(MethodError::BlockRangeReversed) } else { Ok(None) };
        }
        if last > head {
            return Err(MethodError::BlockRangeBeyondHead);
        }
        let blocks = last.saturating_sub(first).saturating_add(1);
        let limit = self.config.max_log_blocks;
        if blocks > limit {
            return Err(MethodError::BlockRangeTooWide { blocks, limit });
        }
        Ok(Some(first..=last))
    }

    fn log_bound(&self, bound: BlockNumberOrTag, head: u64) -> u64 {
        match bound {
            BlockNumberOrTag::Latest | BlockNumberOrTag::Pending => head,
            BlockNumberOrTag::Safe => self.chain.safe().header.number,
            BlockNumberOrTag::Finalized => self.chain.finalized().header.number,
            BlockNumberOrTag::Earliest => 0,
            BlockNumberOrTag::Number(number) => number,
        }
    }
}

/// The addresses and topics a filter asks for.
pub(crate) fn log_filter(filter: &Filter) -> LogFilter {
    let mut topics: Vec<Vec<B256>> =
        filter.topics.iter().map(|topics| topics.iter().copied().collect()).collect();
    while topics.last().is_some_and(Vec::is_empty) {
        topics.pop();
    }
    LogFilter { addresses: filter.address.iter().copied().collect(), topics }
}

/// The block's logs that are wanted; `removed` says that the block is no longer canonical.
pub(crate) fn block_logs(block: &StoredBlock, wanted: &LogFilter, removed: bool) -> Vec<Log> {
    if !wanted.may_match(&block.header.logs_bloom) {
        return Vec::new();
    }
    wanted.find(block).map(|log| types::log(log, removed)).collect()
}
