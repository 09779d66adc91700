//! Mining: on demand, by interval, by command.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use alloy_primitives::{Address, B256, keccak256};
use bough_chain::{BlockAttributes, Chain, ChainError, ChainEvent, StoredBlock, SubscriptionId};
use bough_tasks::{StopSignal, Tasks, blocking, fault_point};
use parking_lot::Mutex;
use thiserror::Error;
use tokio::{
    sync::{Notify, mpsc, oneshot},
    time::{Instant, sleep_until},
};
use tracing::{debug, warn};

/// How far timestamps may run ahead of the clock, seconds, before mining on demand waits for it.
const MAX_AHEAD: u64 = 12;

/// Time between blocks when none is made by time; also the longest there can be.
const NEVER: Duration = Duration::from_secs(u32::MAX as u64);

/// The latest timestamp that can be asked for, seconds: half of what an L2 believes of its L1, so that
/// blocks can follow.
const LATEST: u64 = 1 << 39;

/// A block could not be mined.
#[derive(Debug, Error)]
pub enum MineError {
    /// The chain refused.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The asked-for timestamp is not above the head's.
    #[error("timestamp {got} is not above the head's {head}")]
    Timestamp {
        /// The timestamp asked for, seconds.
        got: u64,
        /// The head's.
        head: u64,
    },
    /// The asked-for timestamp is one that no chain reaches, and from which none comes back.
    #[error("timestamp {got} is above the latest there may be, {latest}")]
    TooLate {
        /// The timestamp asked for, seconds.
        got: u64,
        /// The latest.
        latest: u64,
    },
    /// The miner has stopped.
    #[error("the miner has stopped")]
    Stopped,
}

impl MineError {
    /// Whether no later block can be mined either: the chain cannot be read or written.
    const fn is_critical(&self) -> bool {
        matches!(self, Self::Chain(ChainError::Store(_) | ChainError::State(_)))
    }
}

/// The miner's controls. It runs as a task of whoever started it.
#[derive(Debug)]
pub struct Miner {
    commands: mpsc::Sender<Command>,
    settings: Arc<Mutex<Settings>>,
    changed: Arc<Notify>,
    chain: Arc<Chain>,
    subscription: SubscriptionId,
}

/// Mine a block, and tell what came of it.
type Command = oneshot::Sender<Result<Arc<StoredBlock>, MineError>>;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) automine: bool,
    pub(crate) interval: Option<Duration>,
    /// Seconds that the chain's clock is ahead of the system's.
    pub(crate) offset: u64,
    pub(crate) next_timestamp: Option<u64>,
    pub(crate) gas_limit: u64,
    pub(crate) finality: u64,
}

impl Miner {
    /// Starts the task `miner`.
    pub(crate) fn start(chain: Arc<Chain>, settings: Settings, tasks: &mut Tasks) -> Self {
        let (commands, received) = mpsc::channel(64);
        let settings = Arc::new(Mutex::new(settings));
        let (demand, changed) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let on_demand = Arc::clone(&demand);
        let subscription = chain.subscribe(Box::new(move |event| {
            if let ChainEvent::Pooled { .. } = event {
                on_demand.notify_one();
            }
        }));
        let work = Work {
            chain: Arc::clone(&chain),
            settings: Arc::clone(&settings),
            demand,
            changed: Arc::clone(&changed),
        };
        tasks.spawn("miner", work.run(received, tasks.stop_signal()));
        Self { commands, settings, changed, chain, subscription }
    }

    /// Mines one block now, empty if the pool is.
    ///
    /// # Errors
    /// When the chain refuses the block, or the miner has stopped.
    pub async fn mine(&self) -> Result<Arc<StoredBlock>, MineError> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(reply).await.map_err(|_| MineError::Stopped)?;
        answer.await.map_err(|_| MineError::Stopped)?
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.settings.lock());
        self.changed.notify_one();
    }

    /// Sets the next block's timestamp (seconds); later ones go on from there.
    pub(crate) fn set_next_timestamp(&self, timestamp: u64) -> Result<(), MineError> {
        let head = self.chain.head().header.timestamp;
        if timestamp <= head {
            return Err(MineError::Timestamp { got: timestamp, head });
        }
        check_latest(timestamp)?;
        self.change(|settings| {
            settings.next_timestamp = Some(timestamp);
            settings.offset = timestamp.saturating_sub(clock());
        });
        Ok(())
    }

    /// Moves the chain's clock ahead; gives the seconds that it is ahead of the system's then.
    pub(crate) fn increase_time(&self, seconds: u64) -> Result<u64, MineError> {
        let offset = self.settings.lock().offset.saturating_add(seconds);
        check_latest(clock().saturating_add(offset))?;
        self.change(|settings| settings.offset = offset);
        Ok(offset)
    }
}

fn check_latest(timestamp: u64) -> Result<(), MineError> {
    let (got, latest) = (timestamp, LATEST);
    if got > latest { Err(MineError::TooLate { got, latest }) } else { Ok(()) }
}

impl Drop for Miner {
    fn drop(&mut self) {
        self.chain.unsubscribe(self.subscription);
    }
}

struct Work {
    chain: Arc<Chain>,
    settings: Arc<Mutex<Settings>>,
    demand: Arc<Notify>,
    changed: Arc<Notify>,
}

impl Work {
    /// Mines until it is asked to stop.
    ///
    /// # Errors
    /// When no later block can be mined either.
    async fn run(
        self,
        mut commands: mpsc::Receiver<Command>,
        mut stop: StopSignal,
    ) -> Result<(), MineError> {
        // Only a block puts the next one off, whatever else is asked.
        let mut last = Instant::now();
        loop {
            let every = self.settings.lock().interval;
            let due = last + every.map_or(NEVER, |every| every.min(NEVER));
            let mined = tokio::select! {
                () = stop.asked() => return Ok(()),
                command = commands.recv() => {
                    // Without a sender nobody is left to mine for.
                    let Some(reply) = command else { return Ok(()) };
                    self.mine_for(reply).await?
                }
                () = self.demand.notified(), if self.settings.lock().automine => {
                    self.mine_demanded().await?
                }
                () = self.changed.notified() => false,
                () = sleep_until(due) => {
                    self.mine_unless_refused().await?;
                    true
                }
            };
            if mined {
                last = Instant::now();
            }
        }
    }

    /// Mines a block for whoever asked for it; whether there is one.
    async fn mine_for(&self, reply: Command) -> Result<bool, MineError> {
        let mined = self.mine().await;
        // Whoever asked may have gone: that is no error.
        match mined {
            Err(why) if why.is_critical() => {
                let _ = reply.send(Err(MineError::Stopped));
                Err(why)
            }
            mined => {
                let is_mined = mined.is_ok();
                let _ = reply.send(mined);
                Ok(is_mined)
            }
        }
    }

    /// Mines what is pending, at the pace the clock allows, and comes back for what is left; whether
    /// there is a block.
    async fn mine_demanded(&self) -> Result<bool, MineError> {
        if self.chain.pool().pending().is_empty() {
            return Ok(false);
        }
        let ahead = self.chain.head().header.timestamp.saturating_sub(self.now());
        if ahead >= MAX_AHEAD {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        let Some(block) = self.mine_unless_refused().await? else { return Ok(false) };
        if !block.transactions.is_empty() {
            self.demand.notify_one();
        }
        Ok(true)
    }

    /// Mines a block; `None` when the chain refuses this one.
    async fn mine_unless_refused(&self) -> Result<Option<Arc<StoredBlock>>, MineError> {
        match self.mine().await {
            Ok(block) => Ok(Some(block)),
            Err(why) if why.is_critical() => Err(why),
            Err(why) => {
                warn!(%why, "no block mined");
                Ok(None)
            }
        }
    }

    async fn mine(&self) -> Result<Arc<StoredBlock>, MineError> {
        let attributes = self.attributes();
        let finality = self.settings.lock().finality;
        let chain = Arc::clone(&self.chain);
        let block = blocking(move || {
            fault_point();
            let built = chain.prepare(attributes)?;
            let block = chain.commit(built)?;
            tag(&chain, finality)?;
            Ok::<_, ChainError>(block)
        })
        .await?;
        self.settings.lock().next_timestamp = None;
        debug!(l1_block = block.header.number, hash = %block.hash, "mined");
        Ok(block)
    }

    fn attributes(&self) -> BlockAttributes {
        let head = self.chain.head();
        let settings = *self.settings.lock();
        let timestamp = settings
            .next_timestamp
            .unwrap_or_else(|| self.now())
            .max(head.header.timestamp.saturating_add(1));
        BlockAttributes {
            timestamp,
            fee_recipient: Address::ZERO,
            prev_randao: keccak256(head.hash),
            parent_beacon_block_root: B256::ZERO,
            gas_limit: settings.gas_limit,
            slot_number: head.header.number.saturating_add(1),
            ..BlockAttributes::default()
        }
    }

    fn now(&self) -> u64 {
        clock().saturating_add(self.settings.lock().offset)
    }
}

/// Names the safe and the finalized block behind the head.
fn tag(chain: &Chain, finality: u64) -> Result<(), ChainError> {
    let head = chain.head();
    let behind = |blocks: u64| -> Result<B256, ChainError> {
        let number = head.header.number.saturating_sub(blocks);
        Ok(chain.canonical_hash(number)?.unwrap_or(chain.genesis_hash()))
    };
    let safe = behind(finality.min(1))?;
    let finalized = behind(finality)?;
    chain.set_tags(safe, finalized)
}

/// The system's clock, seconds since 1970.
pub(crate) fn clock() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
