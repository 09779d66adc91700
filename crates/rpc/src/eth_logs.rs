//! `eth_getLogs`.

use std::ops::RangeInclusive;

use alloy_eips::BlockNumberOrTag;
use alloy_primitives::map::B256Set;
use alloy_rpc_types_eth::{Filter, FilterBlockOption, Log};
use bough_chain::LogFilter;

use crate::{
    context::Context,
    error::MethodError,
    head_cursor::Step,
    methods::{Args, MethodTable, Route},
    types,
    work::{Guard, Output},
};

/// Logs between two looks at the guard.
const LOGS_AT_ONCE: usize = 1_024;

pub(crate) fn register(table: &mut MethodTable) {
    table.writing("eth_getLogs", Route::Logs, get_logs);
}

fn get_logs(
    context: &Context,
    args: &mut Args<'_>,
    guard: &Guard,
    out: &mut Output,
) -> Result<(), MethodError> {
    context.logs(&args.required()?, guard, out)
}

impl Context {
    /// Writes the logs that match, in order, within the server's limits.
    pub(crate) fn logs(
        &self,
        filter: &Filter,
        guard: &Guard,
        out: &mut Output,
    ) -> Result<(), MethodError> {
        check_terms(filter, self.limits.filter_terms)?;
        let wanted = log_filter(filter);
        out.list();
        match filter.block_option {
            FilterBlockOption::AtBlockHash(hash) => {
                let block = self.chain.block(hash)?.ok_or(MethodError::BlockNotFound { hash })?;
                for (place, log) in wanted.find(&block, 0).enumerate() {
                    if place.is_multiple_of(LOGS_AT_ONCE) {
                        guard.check()?;
                    }
                    out.item(&types::log(log, false))?;
                }
            }
            FilterBlockOption::Range { from_block, to_block } => {
                if let Some(range) = self.log_range(from_block, to_block)? {
                    self.search(range, &wanted, guard, out)?;
                }
            }
        }
        out.end();
        Ok(())
    }

    /// Searches one block after the other, as long as the guard lets it.
    fn search(
        &self,
        range: RangeInclusive<u64>,
        wanted: &LogFilter,
        guard: &Guard,
        out: &mut Output,
    ) -> Result<(), MethodError> {
        let most = self.limits.response_bytes;
        let mut found = 0;
        for number in range {
            guard.check()?;
            let Some(block) = self.chain.candidate(number, wanted)? else { continue };
            for log in wanted.find(&block, 0) {
                let too_many = MethodError::TooManyLogs { fit: found };
                if found >= self.limits.logs {
                    return Err(too_many);
                }
                out.item(&types::log(log, false)).map_err(|error| match error {
                    MethodError::ResponseTooLarge { limit } if limit >= most => too_many,
                    error => error,
                })?;
                found = found.saturating_add(1);
            }
        }
        Ok(())
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
fn log_filter(filter: &Filter) -> LogFilter {
    let mut topics: Vec<B256Set> =
        filter.topics.iter().map(|topics| topics.iter().copied().collect()).collect();
    while topics.last().is_some_and(B256Set::is_empty) {
        topics.pop();
    }
    LogFilter { addresses: filter.address.iter().copied().collect(), topics }
}

/// Which logs a filter that follows the head asks for.
#[derive(Debug)]
pub(crate) struct Watched {
    wanted: LogFilter,
    numbers: RangeInclusive<u64>,
}

impl Watched {
    pub(crate) fn new(filter: &Filter) -> Self {
        let (from, to) = filter.extract_block_range();
        let numbers = from.unwrap_or(0)..=to.unwrap_or(u64::MAX);
        Self { wanted: log_filter(filter), numbers }
    }

    /// Those of a block on the way to the head, from a position among all of its on, marked as removed
    /// where it left the chain.
    pub(crate) fn find<'a>(
        &'a self,
        step: &'a Step,
        from: usize,
    ) -> impl Iterator<Item = Log> + 'a {
        let Step { block, removed } = step;
        let hopeful = self.numbers.contains(&block.header.number)
            && self.wanted.may_match(&block.header.logs_bloom);
        let found = hopeful.then(|| self.wanted.find(block, from));
        found.into_iter().flatten().map(|log| types::log(log, *removed))
    }
}
