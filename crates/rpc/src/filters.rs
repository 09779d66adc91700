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
    Limits, PerConnection,
    context::{Context, new_id},
    error::MethodError,
    eth_logs::{block_logs, check_terms, log_filter},
    head_cursor::{HeadChange, HeadCursor},
    methods::{Args, Asked, MethodTable},
    types::{self, RpcTransaction},
    work::Guard,
};

/// Most transactions that are remembered for filters that watch the pool; older ones are dropped.
const MAX_REMEMBERED: usize = 10_000;

pub(crate) fn register(table: &mut MethodTable) {
    table.asked("eth_newFilter", new_log_filter);
    table.asked("eth_newBlockFilter", new_block_filter);
    table.asked("eth_newPendingTransactionFilter", new_pending_filter);
    table.blocking("eth_getFilterChanges", changes);
    table.executing("eth_getFilterLogs", filter_logs);
    table.quick("eth_uninstallFilter", uninstall);
}

fn new_log_filter(
    context: &Context,
    args: &mut Args<'_>,
    asked: &Asked,
) -> Result<String, MethodError> {
    let filter: Filter = args.required()?;
    check_terms(&filter, context.limits.watched_terms)?;
    context.filters.add(asked.connection, Watch::Logs(context.cursor(), Arc::new(filter)))
}

fn new_block_filter(
    context: &Context,
    _: &mut Args<'_>,
    asked: &Asked,
) -> Result<String, MethodError> {
    context.filters.add(asked.connection, Watch::Blocks(context.cursor()))
}

fn new_pending_filter(
    context: &Context,
    args: &mut Args<'_>,
    asked: &Asked,
) -> Result<String, MethodError> {
    let full = args.optional()?.unwrap_or_default();
    let seen = context.filters.arrived();
    context.filters.add(asked.connection, Watch::Pending { full, seen })
}

fn changes(
    context: &Context,
    args: &mut Args<'_>,
) -> Result<FilterChanges<RpcTransaction>, MethodError> {
    let id: String = args.required()?;
    let (watch, arrived) = context.filters.take(&id)?;
    match watch {
        Watch::Blocks(cursor) => {
            let change = cursor.lock().advance(&context.chain)?;
            Ok(FilterChanges::Hashes(change.added.iter().map(|block| block.hash).collect()))
        }
        Watch::Logs(cursor, filter) => {
            let change = cursor.lock().advance(&context.chain)?;
            Ok(FilterChanges::Logs(changed_logs(&change, &filter)))
        }
        Watch::Pending { full, seen } => {
            Ok(pending_changes(context, full, context.filters.arrivals(seen, arrived)))
        }
    }
}

fn pending_changes(
    context: &Context,
    full: bool,
    arrived: Vec<B256>,
) -> FilterChanges<RpcTransaction> {
    if !full {
        return FilterChanges::Hashes(arrived);
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

fn filter_logs(
    context: &Context,
    args: &mut Args<'_>,
    guard: &Guard,
) -> Result<Vec<Log>, MethodError> {
    let id: String = args.required()?;
    let filter = context.filters.ask(&id, |watch| match watch {
        Watch::Logs(_, filter) => Ok(filter.clone()),
        Watch::Blocks(_) | Watch::Pending { .. } => Err(MethodError::FilterNotFound),
    })??;
    context.logs(&filter, guard)
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
    limit: PerConnection,
    by_id: Mutex<BTreeMap<String, Installed>>,
    arrived: Mutex<Arrivals>,
}

/// The transactions that the pool took last, in order.
#[derive(Debug, Default)]
struct Arrivals {
    last: VecDeque<B256>,
    /// How many came in all.
    count: u64,
}

#[derive(Debug)]
struct Installed {
    watch: Watch,
    /// The connection that made it.
    connection: u64,
    asked: Instant,
}

/// What a filter watches. Cursors have locks of their own: walking the chain holds up nobody else.
#[derive(Debug, Clone)]
enum Watch {
    Blocks(Arc<Mutex<HeadCursor>>),
    Logs(Arc<Mutex<HeadCursor>>, Arc<Filter>),
    /// The pool, of which so many arrivals are told.
    Pending {
        full: bool,
        seen: u64,
    },
}

impl Filters {
    pub(crate) fn new(limits: &Limits) -> Self {
        let (timeout, limit) = (limits.filter_time, limits.filters);
        Self { timeout, limit, by_id: Mutex::default(), arrived: Mutex::default() }
    }

    /// Remembers a transaction for the filters that watch the pool.
    pub(crate) fn transaction_arrived(&self, hash: B256) {
        let mut arrivals = self.arrived.lock();
        if arrivals.last.len() >= MAX_REMEMBERED {
            arrivals.last.pop_front();
        }
        arrivals.last.push_back(hash);
        arrivals.count = arrivals.count.saturating_add(1);
    }

    /// How many transactions came so far.
    fn arrived(&self) -> u64 {
        self.arrived.lock().count
    }

    /// The arrivals from one count to another, as far as they are remembered.
    fn arrivals(&self, from: u64, to: u64) -> Vec<B256> {
        let arrivals = self.arrived.lock();
        let remembered = u64::try_from(arrivals.last.len()).unwrap_or(u64::MAX);
        let first = arrivals.count.saturating_sub(remembered);
        let place = |count: u64| usize::try_from(count.saturating_sub(first)).unwrap_or(usize::MAX);
        arrivals.last.range(place(from)..place(to)).copied().collect()
    }

    /// Installs a filter, and forgets those that nobody asked for too long.
    fn add(&self, connection: u64, watch: Watch) -> Result<String, MethodError> {
        let mut by_id = self.by_id.lock();
        by_id.retain(|_, filter| !self.expired(filter));
        let own = by_id.values().filter(|filter| filter.connection == connection).count();
        let PerConnection { each, all } = self.limit;
        for (got, limit) in [(own, each), (by_id.len(), all)] {
            if got >= limit {
                return Err(MethodError::TooManyFilters { limit });
            }
        }
        let id = new_id();
        by_id.insert(id.clone(), Installed { watch, connection, asked: Instant::now() });
        Ok(id)
    }

    /// What is needed to answer for a filter, and how many transactions have come: those count as
    /// told.
    fn take(&self, id: &str) -> Result<(Watch, u64), MethodError> {
        let arrived = self.arrived();
        self.ask(id, |watch| {
            let taken = watch.clone();
            if let Watch::Pending { seen, .. } = watch {
                *seen = arrived;
            }
            (taken, arrived)
        })
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
