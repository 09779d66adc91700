//! Filters: what changed since the caller asked last.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};

use alloy_primitives::B256;
use alloy_rpc_types_eth::{Filter, FilterChanges, Log};
use parking_lot::Mutex;

use crate::{
    context::{Context, HexIds},
    error::MethodError,
    eth_logs::{block_logs, log_filter},
    head_cursor::{HeadChange, HeadCursor},
    methods::{Args, MethodTable},
    types::{self, RpcTransaction},
};

/// Most filters at a time.
const MAX_FILTERS: usize = 10_000;
/// Most transactions one filter remembers between two questions; older ones are dropped.
const MAX_REMEMBERED: usize = 10_000;

pub(crate) fn register(table: &mut MethodTable) {
    table.blocking("eth_newFilter", new_log_filter);
    table.quick("eth_newBlockFilter", new_block_filter);
    table.quick("eth_newPendingTransactionFilter", new_pending_filter);
    table.blocking("eth_getFilterChanges", changes);
    table.blocking("eth_getFilterLogs", filter_logs);
    table.quick("eth_uninstallFilter", uninstall);
}

fn new_log_filter(context: &Context, args: &mut Args<'_>) -> Result<String, MethodError> {
    let filter: Filter = args.required()?;
    context.filters.add(Watch::Logs(context.cursor(), Arc::new(filter)))
}

fn new_block_filter(context: &Context, _: &mut Args<'_>) -> Result<String, MethodError> {
    context.filters.add(Watch::Blocks(context.cursor()))
}

fn new_pending_filter(context: &Context, args: &mut Args<'_>) -> Result<String, MethodError> {
    let full = args.optional()?.unwrap_or_default();
    context.filters.add(Watch::Pending { full, arrived: VecDeque::new() })
}

fn changes(
    context: &Context,
    args: &mut Args<'_>,
) -> Result<FilterChanges<RpcTransaction>, MethodError> {
    let id: String = args.required()?;
    match context.filters.ask(&id, Watch::take)? {
        Watch::Blocks(cursor) => {
            let change = cursor.lock().advance(&context.chain)?;
            Ok(FilterChanges::Hashes(change.added.iter().map(|block| block.hash).collect()))
        }
        Watch::Logs(cursor, filter) => {
            let change = cursor.lock().advance(&context.chain)?;
            Ok(FilterChanges::Logs(changed_logs(&change, &filter)))
        }
        Watch::Pending { full, arrived } => Ok(pending_changes(context, full, arrived)),
    }
}

fn pending_changes(
    context: &Context,
    full: bool,
    arrived: VecDeque<B256>,
) -> FilterChanges<RpcTransaction> {
    if !full {
        return FilterChanges::Hashes(arrived.into());
    }
    let pooled = arrived.into_iter().filter_map(|hash| context.pooled(hash));
    FilterChanges::Transactions(pooled.map(types::pending_transaction).collect())
}

/// Logs of the blocks that left, marked as removed, and of those that came, within the filter's
/// range of numbers.
pub(crate) fn changed_logs(change: &HeadChange, filter: &Filter) -> Vec<Log> {
    let (from, to) = filter.extract_block_range();
    let in_range =
        |number| from.is_none_or(|from| from <= number) && to.is_none_or(|to| number <= to);
    let wanted = log_filter(filter);
    let removed = change.removed.iter().map(|block| (block, true));
    let added = change.added.iter().map(|block| (block, false));
    removed
        .chain(added)
        .filter(|(block, _)| in_range(block.header.number))
        .flat_map(|(block, removed)| block_logs(block, &wanted, removed))
        .collect()
}

fn filter_logs(context: &Context, args: &mut Args<'_>) -> Result<Vec<Log>, MethodError> {
    let id: String = args.required()?;
    let filter = context.filters.ask(&id, |watch| match watch {
        Watch::Logs(_, filter) => Ok(filter.clone()),
        Watch::Blocks(_) | Watch::Pending { .. } => Err(MethodError::FilterNotFound),
    })??;
    context.logs(&filter)
}

fn uninstall(context: &Context, args: &mut Args<'_>) -> Result<bool, MethodError> {
    let id: String = args.required()?;
    Ok(context.filters.remove(&id))
}

impl Context {
    fn cursor(&self) -> Arc<Mutex<HeadCursor>> {
        Arc::new(Mutex::new(HeadCursor::new(&self.chain)))
    }
}

/// The filters of a server.
#[derive(Debug)]
pub(crate) struct Filters {
    timeout: Duration,
    by_id: Mutex<BTreeMap<String, Installed>>,
}

#[derive(Debug)]
struct Installed {
    watch: Watch,
    asked: Instant,
}

/// What a filter watches. Cursors have locks of their own: walking the chain holds up nobody else.
#[derive(Debug)]
enum Watch {
    Blocks(Arc<Mutex<HeadCursor>>),
    Logs(Arc<Mutex<HeadCursor>>, Arc<Filter>),
    Pending { full: bool, arrived: VecDeque<B256> },
}

impl Watch {
    /// What is needed to answer; transactions that arrived are handed over.
    fn take(&mut self) -> Self {
        match self {
            Self::Blocks(cursor) => Self::Blocks(cursor.clone()),
            Self::Logs(cursor, filter) => Self::Logs(cursor.clone(), filter.clone()),
            Self::Pending { full, arrived } => {
                Self::Pending { full: *full, arrived: std::mem::take(arrived) }
            }
        }
    }
}

impl Filters {
    pub(crate) fn new(timeout: Duration) -> Self {
        Self { timeout, by_id: Mutex::default() }
    }

    /// Tells the filters that watch the pool.
    pub(crate) fn transaction_arrived(&self, hash: B256) {
        for filter in self.by_id.lock().values_mut() {
            if let Watch::Pending { arrived, .. } = &mut filter.watch {
                if arrived.len() >= MAX_REMEMBERED {
                    arrived.pop_front();
                }
                arrived.push_back(hash);
            }
        }
    }

    /// Installs a filter, and forgets those that nobody asked for too long.
    fn add(&self, watch: Watch) -> Result<String, MethodError> {
        let mut by_id = self.by_id.lock();
        by_id.retain(|_, filter| !self.expired(filter));
        if by_id.len() >= MAX_FILTERS {
            return Err(MethodError::TooManyFilters { limit: MAX_FILTERS });
        }
        let id = HexIds.next();
        by_id.insert(id.clone(), Installed { watch, asked: Instant::now() });
        Ok(id)
    }

    /// Reads the filter with this id, which lives on from now.
    fn ask<T>(&self, id: &str, read: impl FnOnce(&mut Watch) -> T) -> Result<T, MethodError> {
        let mut by_id = self.by_id.lock();
        let filter = by_id.get_mut(id).filter(|filter| !self.expired(filter));
        let filter = filter.ok_or(MethodError::FilterNotFound)?;
        filter.asked = Instant::now();
        Ok(read(&mut filter.watch))
    }

    fn remove(&self, id: &str) -> bool {
        self.by_id.lock().remove(id).is_some()
    }

    fn expired(&self, filter: &Installed) -> bool {
        filter.asked.elapsed() > self.timeout
    }
}
