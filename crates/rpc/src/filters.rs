//! Filters: what changed since the caller asked last.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};

use alloy_primitives::B256;
use alloy_rpc_types_eth::Filter;
use parking_lot::Mutex;

use crate::{
    Limits, PerConnection,
    context::{Context, new_id},
    error::MethodError,
    eth_logs::{Watched, check_terms},
    head_cursor::HeadCursor,
    methods::{Args, Asked, MethodTable, Route},
    types,
    work::{Guard, Kind, Output},
};

/// Most transactions that are remembered for filters that watch the pool; older ones are dropped.
const MAX_REMEMBERED: usize = 10_000;
/// After so many blocks, logs or bytes the rest is told with the next question.
const BLOCKS_AT_ONCE: usize = 1_000;
const LOGS_AT_ONCE: usize = 10_000;
const BYTES_AT_ONCE: usize = 4 << 20;

pub(crate) fn register(table: &mut MethodTable) {
    table.asked("eth_newFilter", new_log_filter);
    table.asked("eth_newBlockFilter", new_block_filter);
    table.asked("eth_newPendingTransactionFilter", new_pending_filter);
    table.writing("eth_getFilterChanges", Route::Read, changes);
    table.writing("eth_getFilterLogs", Route::To(Kind::Call), filter_logs);
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
    guard: &Guard,
    out: &mut Output,
) -> Result<(), MethodError> {
    let id: String = args.required()?;
    let watch = context.filters.ask(&id, |watch| watch.clone())?;
    out.list();
    match watch {
        Watch::Blocks(cursor) => block_changes(context, &mut cursor.lock(), guard, out)?,
        Watch::Logs(cursor, filter) => {
            log_changes(context, &mut cursor.lock(), &Watched::new(&filter), guard, out)?;
        }
        Watch::Pending { full, seen } => {
            let arrived = context.filters.arrived();
            pending_changes(context, full, context.filters.arrivals(seen, arrived), out)?;
            context.filters.told(&id, arrived)?;
        }
    }
    out.end();
    Ok(())
}

/// The blocks that came, as many as are told at a time.
fn block_changes(
    context: &Context,
    cursor: &mut HeadCursor,
    guard: &Guard,
    out: &mut Output,
) -> Result<(), MethodError> {
    let mut at = *cursor;
    for _ in 0..BLOCKS_AT_ONCE {
        guard.check()?;
        let Some(step) = at.step(&context.chain)? else { break };
        if !step.removed {
            out.item(&step.block.hash)?;
        }
    }
    *cursor = at;
    Ok(())
}

/// Logs of the blocks that left, marked as removed, and of those that came: of as many blocks as are
/// told at a time, or of fewer when those have many logs. The next question gets the rest.
fn log_changes(
    context: &Context,
    cursor: &mut HeadCursor,
    watched: &Watched,
    guard: &Guard,
    out: &mut Output,
) -> Result<(), MethodError> {
    let mut at = *cursor;
    let mut told = 0_usize;
    for _ in 0..BLOCKS_AT_ONCE {
        guard.check()?;
        let Some(step) = at.step(&context.chain)? else { break };
        for log in watched.find(&step, 0) {
            if let Err(error) = out.item(&log) {
                // One block too large for any answer keeps the filter from no other.
                let most = context.limits.response_bytes;
                if matches!(error, MethodError::ResponseTooLarge { limit } if limit >= most) {
                    *cursor = at;
                }
                return Err(error);
            }
            told = told.saturating_add(1);
        }
        if told >= LOGS_AT_ONCE || out.len() >= BYTES_AT_ONCE {
            break;
        }
    }
    *cursor = at;
    Ok(())
}

fn pending_changes(
    context: &Context,
    full: bool,
    arrived: Vec<B256>,
    out: &mut Output,
) -> Result<(), MethodError> {
    for hash in arrived {
        match full.then(|| context.pooled(hash)) {
            None => out.item(&hash)?,
            Some(Some(transaction)) => out.item(&types::pending_transaction(transaction))?,
            // Mined or dropped in the meantime.
            Some(None) => {}
        }
    }
    Ok(())
}

fn filter_logs(
    context: &Context,
    args: &mut Args<'_>,
    guard: &Guard,
    out: &mut Output,
) -> Result<(), MethodError> {
    let id: String = args.required()?;
    let filter = context.filters.ask(&id, |watch| match watch {
        Watch::Logs(_, filter) => Ok(filter.clone()),
        Watch::Blocks(_) | Watch::Pending { .. } => Err(MethodError::FilterNotFound),
    })??;
    context.logs(&filter, guard, out)
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

    /// Notes that a filter was told of so many arrivals.
    fn told(&self, id: &str, arrived: u64) -> Result<(), MethodError> {
        self.ask(id, |watch| {
            if let Watch::Pending { seen, .. } = watch {
                *seen = arrived.max(*seen);
            }
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
