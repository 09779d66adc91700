//! Mining: on demand, by interval, by command.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use alloy_primitives::{Address, B256, keccak256};
use bough_chain::{BlockAttributes, Chain, ChainError, ChainEvent, StoredBlock, SubscriptionId};
use parking_lot::Mutex;
use thiserror::Error;
use tokio::{
    sync::{Notify, mpsc, oneshot},
    task::JoinHandle,
    time::{MissedTickBehavior, interval},
};
use tracing::{debug, error};

/// How far timestamps may run ahead of the clock, seconds, before mining on demand waits for it.
const MAX_AHEAD: u64 = 12;

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
    /// The miner has stopped.
    #[error("the miner has stopped")]
    Stopped,
}

/// A running miner. It stops when the last handle is dropped or [`Miner::stop`] is called.
#[derive(Debug)]
pub struct Miner {
    commands: mpsc::Sender<Command>,
    settings: Arc<Mutex<Settings>>,
    changed: Arc<Notify>,
    chain: Arc<Chain>,
    subscription: SubscriptionId,
    task: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug)]
enum Command {
    Mine(oneshot::Sender<Result<Arc<StoredBlock>, MineError>>),
    Stop,
}

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
    pub(crate) fn start(chain: Arc<Chain>, settings: Settings) -> Self {
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
        let task = Mutex::new(Some(tokio::spawn(work.run(received))));
        Self { commands, settings, changed, chain, subscription, task }
    }

    /// Mines one block now, empty if the pool is.
    ///
    /// # Errors
    /// When the chain refuses the block, or the miner has stopped.
    pub async fn mine(&self) -> Result<Arc<StoredBlock>, MineError> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(Command::Mine(reply)).await.map_err(|_| MineError::Stopped)?;
        answer.await.map_err(|_| MineError::Stopped)?
    }

    /// Stops after the block under way.
    pub async fn stop(&self) {
        let _ = self.commands.send(Command::Stop).await;
        let task = self.task.lock().take();
        if let Some(task) = task {
            let _ = task.await;
        }
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
        self.change(|settings| {
            settings.next_timestamp = Some(timestamp);
            settings.offset = timestamp.saturating_sub(clock());
        });
        Ok(())
    }
}

impl Drop for Miner {
    fn drop(&mut self) {
        self.chain.unsubscribe(self.subscription);
        if let Some(task) = self.task.lock().take() {
            task.abort();
        }
    }
}

struct Work {
    chain: Arc<Chain>,
    settings: Arc<Mutex<Settings>>,
    demand: Arc<Notify>,
    changed: Arc<Notify>,
}

impl Work {
    async fn run(self, mut commands: mpsc::Receiver<Command>) {
        let never = Duration::from_secs(u32::MAX.into());
        loop {
            let every = self.settings.lock().interval;
            let mut ticks = interval(every.unwrap_or(never));
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            ticks.tick().await;
            loop {
                tokio::select! {
                    command = commands.recv() => match command {
                        Some(Command::Mine(reply)) => {
                            let _ = reply.send(self.mine().await);
                            ticks.reset();
                        }
                        Some(Command::Stop) | None => return,
                    },
                    () = self.demand.notified() => {
                        if self.settings.lock().automine {
                            self.mine_demanded().await;
                            ticks.reset();
                        }
                    }
                    () = self.changed.notified() => break,
                    _ = ticks.tick() => {
                        self.mine_logged().await;
                    }
                }
            }
        }
    }

    /// Mines what is pending, block after block, at the pace the clock allows.
    async fn mine_demanded(&self) {
        while !self.chain.pool().pending().is_empty() {
            let ahead = self.chain.head().header.timestamp.saturating_sub(self.now());
            if ahead >= MAX_AHEAD {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            let block = self.mine_logged().await;
            if block.is_none_or(|block| block.transactions.is_empty()) {
                return;
            }
        }
    }

    async fn mine_logged(&self) -> Option<Arc<StoredBlock>> {
        self.mine().await.inspect_err(|why| error!(%why, "no block mined")).ok()
    }

    async fn mine(&self) -> Result<Arc<StoredBlock>, MineError> {
        let attributes = self.attributes();
        let finality = self.settings.lock().finality;
        let chain = Arc::clone(&self.chain);
        let mined = tokio::task::spawn_blocking(move || {
            let built = chain.prepare(attributes)?;
            let block = chain.commit(built)?;
            tag(&chain, finality)?;
            Ok::<_, ChainError>(block)
        });
        let block = mined.await.map_err(|_| MineError::Stopped)??;
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
