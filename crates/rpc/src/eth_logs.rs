//! `eth_getLogs`.

use std::ops::RangeInclusive;

use alloy_eips::BlockNumberOrTag;
use alloy_primitives::B256;
use alloy_rpc_types_eth::{Filter, FilterBlockOption, Log};
use bough_chain::{ChainError, FoundLog, LogFilter, StoredBlock};

use crate::{
    context::Context,
    error::MethodError,
    methods::{Args, MethodTable},
    types,
    work::Guard,
};

/// Blocks that are searched between two looks at the guard.
const BLOCKS_AT_ONCE: u64 = 256;

pub(crate) fn register(table: &mut MethodTable) {
    table.searching("eth_getLogs", get_logs);
}

fn get_logs(
    context: &Context,
    args: &mut Args<'_>,
    guard: &Guard,
) -> Result<Vec<Log>, MethodError> {
    context.logs(&args.required()?, guard)
}

impl Context {
    /// The logs that match, in order, within the server's limits.
    pub(crate) fn logs(&self, filter: &Filter, guard: &Guard) -> Result<Vec<Log>, MethodError> {
        check_terms(filter, self.limits.filter_terms)?;
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
                self.search(range, &wanted, guard)?
            }
        };
        Ok(found.into_iter().map(|log| types::log(log, false)).collect())
    }

    /// Searches a few blocks at a time, as long as the guard lets it.
    fn search(
        &self,
        range: RangeInclusive<u64>,
        wanted: &LogFilter,
        guard: &Guard,
    ) -> Result<Vec<FoundLog>, MethodError> {
        let limit = self.limits.logs;
        let (mut first, last) = range.into_inner();
        let mut found = Vec::new();
        while first <= last {
            guard.check()?;
            let to = first.saturating_add(BLOCKS_AT_ONCE).saturating_sub(1).min(last);
            let left = limit.saturating_sub(found.len());
            match self.chain.logs(first, to, wanted, left) {
                Ok(logs) => found.extend(logs),
                Err(ChainError::TooManyLogs { .. }) => {
                    return Err(MethodError::TooManyLogs { limit });
                }
                Err(error) => return Err(error.into()),
            }
            first = to.saturating_add(1);
        }
        Ok(found)
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
        let limit = self.limits.log_blocks;
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

/// Refuses a filter of too many addresses or topics.
///
/// # Errors
/// [`MethodError::FilterTooWide`].
pub(crate) fn check_terms(filter: &Filter, limit: usize) -> Result<(), MethodError> {
    let addresses = filter.address.iter().count();
    let topics = filter.topics.iter().map(|topics| topics.iter().count());
    match topics.chain([addresses]).max().filter(|got| *got > limit) {
        Some(got) => Err(MethodError::FilterTooWide { got, limit }),
        None => Ok(()),
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
