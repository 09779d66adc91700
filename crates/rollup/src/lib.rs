#![doc = include_str!("../README.md")]

mod anchor;
mod budget;
mod calldata;
mod chain_id;
mod config;
mod derivation;
mod genesis;
mod l1;
mod message;
mod payload;
mod preconfirmation;
mod settlement;
mod tree;

pub use anchor::{Anchor, AnchorPoint, find_anchor};
pub use budget::{BlockCost, CalldataPrices, ExecutePrice, SettlementBudget};
pub use calldata::inputs_by_hash;
pub use chain_id::{ChainIdError, MAX_CHAIN_ID, check_chain_id, derived_chain_id};
pub use config::{ConfigError, Policy, RollupConfig};
pub use derivation::{Action, Derivation, DerivationError};
pub use genesis::{GenesisError, check_backed, circulating};
pub use l1::{
    AdvancedBlock, ClaimedMessage, Derived, L1Block, L1BlockId, L1Log, L2BlockId, SentMessage,
};
pub use message::{Direction, MessageDomain, sent_slot};
pub use payload::{PostedBlock, PostedBlockError};
pub use preconfirmation::{PreconfirmationError, PreconfirmedHeader, SignedPreconfirmation};
pub use settlement::{BlockInput, SettlementError, advance_calldata, block_input, decode_advance};
pub use tree::{MessageTree, TreeError, root_of};
