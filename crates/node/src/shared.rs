//! What the parts of a node share.

use std::{collections::BTreeMap, sync::Arc};

use alloy_primitives::{Address, B256};
use bough_chain::{Chain, StoredBlock};
use bough_rollup::{Derivation, L2BlockId, MessageDomain, SettlementBudget, SignedPreconfirmation};
use parking_lot::Mutex;
use tokio::sync::watch;

/// What the parts of a node share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) chain: Arc<Chain>,
    /// The rollup as L1 tells it.
    pub(crate) derivation: Mutex<Derivation>,
    pub(crate) domain: MessageDomain,
    pub(crate) sequencer: Address,
    /// What one L1 transaction can carry.
    pub(crate) budget: SettlementBudget,
    /// Why messages from L1 wait, by nonce.
    pub(crate) waiting: Mutex<BTreeMap<u64, Waiting>>,
    /// Promises about blocks, by number: one for each.
    pub(crate) preconfirmations: Mutex<BTreeMap<u64, SignedPreconfirmation>>,
    /// Number of the last L1 block taken: news from L1.
    pub(crate) l1_tip: watch::Sender<u64>,
    /// Number of the L2 head: news from L2.
    pub(crate) l2_head: watch::Sender<u64>,
}

/// Why a message from L1 is not delivered yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Waiting {
    /// Its claim is in the pool.
    Claiming(B256),
    /// The call fails.
    Fails(String),
    /// The fee is below what the claim costs, wei.
    FeeTooLow { fee: String, cost: String },
}

impl std::fmt::Display for Waiting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Claiming(hash) => write!(f, "being claimed by {hash}"),
            Self::Fails(why) => write!(f, "the call fails: {why}"),
            Self::FeeTooLow { fee, cost } => {
                write!(f, "its fee of {fee} wei is below the {cost} wei that a claim costs")
            }
        }
    }
}

impl Shared {
    /// The last L2 block L1 has executed.
    pub(crate) fn settled(&self) -> L2BlockId {
        self.derivation.lock().head()
    }

    /// Tells the other parts of a new head.
    pub(crate) fn announce(&self, head: &StoredBlock) {
        self.l2_head.send_replace(head.header.number);
    }
}
