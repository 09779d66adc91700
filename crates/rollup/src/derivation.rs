//! The rollup as L1 blocks tell it.

use std::collections::{BTreeMap, VecDeque};

use alloy_primitives::B256;
use alloy_sol_types::SolEvent;
use bough_contracts::{Message, NativeRollup};
use thiserror::Error;

use crate::{
    AdvancedBlock, Anchor, ClaimedMessage, Derived, Direction, L1Block, L1BlockId, L1Log,
    L2BlockId, MessageDomain, MessageTree, SentMessage, TreeError,
};

/// Most seconds that an L1 block's timestamp can be: the year 36,812. L2's timestamps follow L1's
/// and never go back.
const MAX_TIMESTAMP: u64 = 1 << 40;

/// What to do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Ask again: what came is incomplete, or of another chain or contract.
    Temporary,
    /// L1 has reorganised: go back to a block it still has, and on from there.
    Reset,
    /// Stop: no other data will help.
    Critical,
}

/// Why a block of L1 was not taken. Nothing has changed then.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DerivationError {
    /// Not the block after the last.
    #[error("L1 block {got} came after block {tip}")]
    NotNext {
        /// The number that came.
        got: u64,
        /// The last block's number.
        tip: u64,
    },
    /// The next block, on top of another one.
    #[error("L1 block {number} has parent {got}, the last block is {expected}")]
    Reorg {
        /// The number of the block that came.
        number: u64,
        /// Its parent.
        got: B256,
        /// The last block's hash.
        expected: B256,
    },
    /// A block that is not after its parent, or at a time that will not come.
    #[error("L1 block {number} has timestamp {got}, between {parent} and {most} is possible")]
    Timestamp {
        /// Its number.
        number: u64,
        /// Its timestamp, seconds.
        got: u64,
        /// Its parent's.
        parent: u64,
        /// The latest there can be.
        most: u64,
    },
    /// Messages are missing between this one and the last.
    #[error("message {got} came, {expected} is next")]
    MessageGap {
        /// The nonce that came.
        got: u64,
        /// The next nonce.
        expected: u64,
    },
    /// L2 blocks are missing between this one and the last.
    #[error("L2 block {got} was advanced to, {expected} is next")]
    AdvanceGap {
        /// The number that came.
        got: u64,
        /// The next number.
        expected: u64,
    },
    /// A message whose hash is not what the contract says: it is of another rollup or version.
    #[error("message {nonce} hashes to {expected}, the contract says {got}")]
    MessageHash {
        /// The message.
        nonce: u64,
        /// In the event.
        got: B256,
        /// Computed.
        expected: B256,
    },
    /// An event of the contract that is not encoded as its own are.
    #[error("a log of L1 block {0} cannot be decoded: the contract is of another version")]
    MalformedEvent(u64),
    /// More messages than a tree holds.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// Blocks from here on are final, and were forgotten.
    #[error("L1 has reorganised to block {number}, block {oldest} was final")]
    ReorgBelowFinal {
        /// Asked for.
        number: u64,
        /// The oldest that can be gone back to.
        oldest: u64,
    },
    /// Going back to a block that was never there.
    #[error("L1 block {} with hash {} was never seen", .0.number, .0.hash)]
    NotAnAncestor(L1BlockId),
}

impl DerivationError {
    /// What to do about it.
    pub const fn action(&self) -> Action {
        match self {
            Self::NotNext { .. }
            | Self::Timestamp { .. }
            | Self::MessageGap { .. }
            | Self::AdvanceGap { .. }
            | Self::MessageHash { .. }
            | Self::MalformedEvent(_)
            | Self::ReorgBelowFinal { .. } => Action::Temporary,
            Self::Reorg { .. } | Self::NotAnAncestor(_) => Action::Reset,
            Self::Tree(_) => Action::Critical,
        }
    }

    /// Whether it is about a log, and not about the block itself.
    pub const fn is_of_log(&self) -> bool {
        matches!(
            self,
            Self::MessageGap { .. }
                | Self::AdvanceGap { .. }
                | Self::MessageHash { .. }
                | Self::MalformedEvent(_)
                | Self::Tree(_)
        )
    }
}

/// The rollup's state on L1: all messages to L2, the last advanced block and the delivered messages,
/// as of each L1 block that is not final.
///
/// Blocks go in one by one ([`Derivation::push`]); after a reorg, [`Derivation::rewind`] goes back
/// to a block that L1 still has. It reads no clock and asks nobody.
#[derive(Debug, Clone)]
pub struct Derivation {
    domain: MessageDomain,
    tree: MessageTree,
    messages: Vec<SentMessage>,
    /// Nonce of each message from L2 delivered on L1, and the L1 block it was delivered in.
    claimed: BTreeMap<u64, u64>,
    /// L1 blocks that can be gone back to, oldest first; never empty.
    blocks: VecDeque<Record>,
    last: Record,
}

/// The state as of an L1 block.
#[derive(Debug, Clone)]
struct Record {
    id: L1BlockId,
    timestamp: u64,
    message_count: u64,
    head: L2BlockId,
    /// The last L2 block advanced to, `None` before the first.
    advanced: Option<AdvancedBlock>,
}

impl Derivation {
    /// Before the contract was made: `start` is an L1 block before it, `start_timestamp` its
    /// timestamp, and `genesis` L2's block 0.
    pub fn new(
        domain: MessageDomain,
        start: L1BlockId,
        start_timestamp: u64,
        genesis: L2BlockId,
    ) -> Self {
        let last = Record {
            id: start,
            timestamp: start_timestamp,
            message_count: 0,
            head: genesis,
            advanced: None,
        };
        Self {
            domain,
            tree: MessageTree::new(),
            messages: Vec::new(),
            claimed: BTreeMap::new(),
            blocks: VecDeque::new(),
            last,
        }
    }

    /// Takes the next L1 block, and gives what it brought.
    ///
    /// # Errors
    /// [`DerivationError`]; nothing has changed then.
    pub fn push(&mut self, block: &L1Block) -> Result<Derived, DerivationError> {
        self.check_next(block)?;
        let derived = self.read_logs(block)?;
        self.apply(block, &derived)?;
        Ok(derived)
    }

    /// Goes back to an L1 block that was taken before, as if none had followed. The numbers of the
    /// messages and L2 blocks that are gone are those from [`Self::message_count`] and after
    /// [`Self::head`] on.
    ///
    /// # Errors
    /// [`DerivationError::ReorgBelowFinal`], and [`DerivationError::NotAnAncestor`] for a block with
    /// another hash than the one taken.
    pub fn rewind(&mut self, ancestor: L1BlockId) -> Result<(), DerivationError> {
        if self.last.id == ancestor {
            return Ok(());
        }
        let oldest = self.oldest();
        if ancestor.number < oldest.number {
            return Err(DerivationError::ReorgBelowFinal {
                number: ancestor.number,
                oldest: oldest.number,
            });
        }
        let at = self
            .blocks
            .iter()
            .position(|record| record.id == ancestor)
            .ok_or(DerivationError::NotAnAncestor(ancestor))?;
        self.blocks.truncate(at + 1);
        if let Some(record) = self.blocks.pop_back() {
            self.last = record;
        }
        self.tree.truncate(self.last.message_count);
        self.messages.truncate(usize::try_from(self.last.message_count).unwrap_or(usize::MAX));
        self.claimed.retain(|_, l1_block| *l1_block <= ancestor.number);
        Ok(())
    }

    /// Forgets the L1 blocks before this one: it is final, and never gone back from.
    pub fn finalize(&mut self, l1_block: u64) {
        while self.blocks.front().is_some_and(|record| record.id.number < l1_block) {
            self.blocks.pop_front();
        }
    }

    /// The last L1 block taken.
    pub const fn tip(&self) -> L1BlockId {
        self.last.id
    }

    /// Its timestamp, seconds.
    pub const fn tip_timestamp(&self) -> u64 {
        self.last.timestamp
    }

    /// The oldest L1 block that can be gone back to.
    pub fn oldest(&self) -> L1BlockId {
        self.blocks.front().map_or(self.last.id, |record| record.id)
    }

    /// The L1 block taken at a number, unless it is forgotten. To find what L1 still has after a
    /// reorg, compare these with L1's own, downwards from the tip.
    pub fn l1_block(&self, number: u64) -> Option<L1BlockId> {
        self.record(number).map(|record| record.id)
    }

    /// The last L2 block that L1 has executed; genesis at the start.
    pub const fn head(&self) -> L2BlockId {
        self.last.head
    }

    /// The last L2 block that L1 had executed as of an L1 block. As of the final one, it is final.
    pub fn head_at(&self, l1_block: u64) -> Option<L2BlockId> {
        self.record(l1_block).map(|record| record.head)
    }

    /// The event of the last L2 block that L1 has executed.
    pub const fn last_advanced(&self) -> Option<&AdvancedBlock> {
        self.last.advanced.as_ref()
    }

    /// How many messages were sent to L2.
    pub fn message_count(&self) -> u64 {
        self.tree.len()
    }

    /// How many messages had been sent as of an L1 block.
    pub fn message_count_at(&self, l1_block: u64) -> Option<u64> {
        self.record(l1_block).map(|record| record.message_count)
    }

    /// The root of the messages as of an L1 block.
    pub fn message_root_at(&self, l1_block: u64) -> Option<B256> {
        self.tree.root_at(self.message_count_at(l1_block)?).ok()
    }

    /// The tree of all messages.
    pub const fn tree(&self) -> &MessageTree {
        &self.tree
    }

    /// A message to L2.
    pub fn message(&self, nonce: u64) -> Option<&SentMessage> {
        self.messages.get(usize::try_from(nonce).ok()?)
    }

    /// The messages to L2 from this nonce on.
    pub fn messages_from(&self, nonce: u64) -> &[SentMessage] {
        usize::try_from(nonce).ok().and_then(|at| self.messages.get(at..)).unwrap_or_default()
    }

    /// The messages that an L2 block anchored with `message_count` messages knows and that can still
    /// be delivered at `timestamp`: the caller says which were.
    pub fn deliverable(
        &self,
        message_count: u64,
        timestamp: u64,
        delivered: impl Fn(u64) -> bool,
    ) -> impl Iterator<Item = &SentMessage> {
        let known = usize::try_from(message_count).unwrap_or(usize::MAX);
        self.messages.iter().take(known).filter(move |sent| {
            sent.message.deadline >= timestamp && !delivered(sent.message.nonce)
        })
    }

    /// Whether a message from L2 was delivered on L1.
    pub fn is_claimed(&self, nonce: u64) -> bool {
        self.claimed.contains_key(&nonce)
    }

    /// What an L2 block is anchored to that knows of L1 up to this block.
    pub fn anchor_at(&self, l1_block: u64) -> Option<Anchor> {
        let record = self.record(l1_block)?;
        self.anchor(record.id.number, record.message_count)
    }

    /// The anchor of an L1 block and a number of messages, as the contract takes them.
    pub fn anchor(&self, l1_block: u64, message_count: u64) -> Option<Anchor> {
        Some(Anchor {
            l1_block: self.l1_block(l1_block)?,
            message_count,
            message_root: self.tree.root_at(message_count).ok()?,
        })
    }

    fn record(&self, number: u64) -> Option<&Record> {
        if number == self.last.id.number {
            return Some(&self.last);
        }
        let at = number.checked_sub(self.blocks.front()?.id.number)?;
        self.blocks.get(usize::try_from(at).ok()?)
    }

    fn check_next(&self, block: &L1Block) -> Result<(), DerivationError> {
        let tip = self.tip();
        if Some(block.number) != tip.number.checked_add(1) {
            return Err(DerivationError::NotNext { got: block.number, tip: tip.number });
        }
        if block.parent_hash != tip.hash {
            return Err(DerivationError::Reorg {
                number: block.number,
                got: block.parent_hash,
                expected: tip.hash,
            });
        }
        let parent = self.tip_timestamp();
        if block.timestamp <= parent || block.timestamp > MAX_TIMESTAMP {
            return Err(DerivationError::Timestamp {
                number: block.number,
                got: block.timestamp,
                parent,
                most: MAX_TIMESTAMP,
            });
        }
        Ok(())
    }

    fn read_logs(&self, block: &L1Block) -> Result<Derived, DerivationError> {
        let mut derived = Derived::default();
        let (mut message, mut head) = (self.message_count(), self.head().number);
        for log in block.logs.iter().filter(|log| log.log.address == self.domain.rollup) {
            match log.log.topics().first() {
                Some(&NativeRollup::MessageSent::SIGNATURE_HASH) => {
                    derived.sent.push(self.read_sent(block, log, message)?);
                    message += 1;
                }
                Some(&NativeRollup::Advanced::SIGNATURE_HASH) => {
                    derived.advanced.push(read_advanced(block, log, head)?);
                    head += 1;
                }
                Some(&NativeRollup::MessageClaimed::SIGNATURE_HASH) => {
                    derived.claimed.push(read_claimed(block, log)?);
                }
                _ => {}
            }
        }
        Ok(derived)
    }

    fn read_sent(
        &self,
        block: &L1Block,
        log: &L1Log,
        expected: u64,
    ) -> Result<SentMessage, DerivationError> {
        let event: NativeRollup::MessageSent = decode(block, log)?;
        let message = Message::from(event.message);
        if event.nonce != expected || message.nonce != expected {
            return Err(DerivationError::MessageGap { got: event.nonce, expected });
        }
        let hash = self.domain.hash(Direction::L1ToL2, &message);
        if event.hash != hash {
            return Err(DerivationError::MessageHash {
                nonce: expected,
                got: event.hash,
                expected: hash,
            });
        }
        Ok(SentMessage {
            hash,
            message,
            l1_block: block.id(),
            transaction_hash: log.transaction_hash,
        })
    }

    fn apply(&mut self, block: &L1Block, derived: &Derived) -> Result<(), DerivationError> {
        let before = self.tree.len();
        for sent in &derived.sent {
            if let Err(full) = self.tree.append(sent.hash) {
                self.tree.truncate(before);
                return Err(full.into());
            }
        }
        self.messages.extend(derived.sent.iter().cloned());
        self.claimed.extend(derived.claimed.iter().map(|claim| (claim.nonce, block.number)));
        let advanced = derived.advanced.last().copied();
        let next = Record {
            id: block.id(),
            timestamp: block.timestamp,
            message_count: self.tree.len(),
            head: advanced.map_or(self.last.head, |advanced| advanced.block),
            advanced: advanced.or(self.last.advanced),
        };
        self.blocks.push_back(std::mem::replace(&mut self.last, next));
        Ok(())
    }
}

fn read_advanced(
    block: &L1Block,
    log: &L1Log,
    head: u64,
) -> Result<AdvancedBlock, DerivationError> {
    let event: NativeRollup::Advanced = decode(block, log)?;
    if Some(event.number) != head.checked_add(1) {
        return Err(DerivationError::AdvanceGap {
            got: event.number,
            expected: head.saturating_add(1),
        });
    }
    Ok(AdvancedBlock {
        block: L2BlockId { number: event.number, hash: event.blockHash },
        state_root: event.stateRoot,
        input_hash: event.inputHash,
        l1_block: block.id(),
        transaction_hash: log.transaction_hash,
    })
}

fn read_claimed(block: &L1Block, log: &L1Log) -> Result<ClaimedMessage, DerivationError> {
    let event: NativeRollup::MessageClaimed = decode(block, log)?;
    Ok(ClaimedMessage {
        nonce: event.nonce,
        hash: event.hash,
        claimer: event.claimer,
        l1_block: block.id(),
    })
}

fn decode<E: SolEvent>(block: &L1Block, log: &L1Log) -> Result<E, DerivationError> {
    E::decode_log_data(&log.log.data).map_err(|_| DerivationError::MalformedEvent(block.number))
}
