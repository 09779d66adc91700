#![doc = include_str!("../README.md")]

mod decode;
mod encode;
mod error;
mod nibbles;
mod node;
mod node_set;
mod proof;
mod source;
mod trie;
mod work;

pub use alloy_primitives::{B256, Bytes};
pub use error::{Malformed, MptError};
pub use nibbles::Nibbles;
pub use node::{Child, EMPTY_ROOT_HASH, Embedded, Node};
pub use node_set::NodeSet;
pub use proof::{prove, verify_proof};
pub use source::{NoNodes, NodeSource, Recorder};
pub use trie::Trie;
