//! Proofs of accounts and slots, as `eth_getProof` gives them.

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_rlp::Decodable;
use alloy_trie::TrieAccount;
use bough_mpt::{EMPTY_ROOT_HASH, NodeSource, Trie, prove};
use bough_stf::StateError;

use crate::{Chain, ChainError};

/// What the state of a block holds for an account, with its Merkle Patricia proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountProof {
    /// The account's address.
    pub address: Address,
    /// The account; `None` when there is none, which the proof shows.
    pub account: Option<TrieAccount>,
    /// RLP of the nodes from the state root down.
    pub proof: Vec<Bytes>,
    /// The slots asked for, in that order.
    pub storage: Vec<StorageProof>,
}

/// The value of a storage slot, with its Merkle Patricia proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageProof {
    /// The slot.
    pub slot: U256,
    /// Its value; zero when it was never set, which the proof shows.
    pub value: U256,
    /// RLP of the nodes from the account's storage root down; empty for an empty storage.
    pub proof: Vec<Bytes>,
}

impl Chain {
    /// Proves an account and some of its slots against a block's state root.
    ///
    /// # Errors
    /// [`ChainError::UnknownBlock`], or when the store cannot be read.
    pub fn proof(
        &self,
        block_hash: B256,
        address: Address,
        slots: &[U256],
    ) -> Result<AccountProof, ChainError> {
        let block = self.require(block_hash)?;
        let source = self.source_of(&block)?;
        let root = block.header.state_root;
        let account = read_account(&source, root, address)?;
        let storage_root = account.map_or(EMPTY_ROOT_HASH, |account| account.storage_root);
        let storage = slots
            .iter()
            .map(|slot| prove_slot(&source, storage_root, address, *slot))
            .collect::<Result<_, StateError>>()?;
        let proof = prove(&source, root, keccak256(address)).map_err(StateError::from)?;
        Ok(AccountProof { address, account, proof, storage })
    }

    /// An account in the state a block leads to; `None` when there is none.
    ///
    /// # Errors
    /// [`ChainError::UnknownBlock`], or when the store cannot be read.
    pub fn account(
        &self,
        block_hash: B256,
        address: Address,
    ) -> Result<Option<TrieAccount>, ChainError> {
        let block = self.require(block_hash)?;
        let source = self.source_of(&block)?;
        Ok(read_account(&source, block.header.state_root, address)?)
    }
}

fn read_account(
    source: &impl NodeSource,
    root: B256,
    address: Address,
) -> Result<Option<TrieAccount>, StateError> {
    let leaf = Trie::from_root(root).get(source, keccak256(address))?;
    leaf.map(|leaf| {
        TrieAccount::decode(&mut leaf.as_ref()).map_err(|_| StateError::MalformedAccount(address))
    })
    .transpose()
}

fn prove_slot(
    source: &impl NodeSource,
    storage_root: B256,
    address: Address,
    slot: U256,
) -> Result<StorageProof, StateError> {
    let key = keccak256(slot.to_be_bytes::<32>());
    let value = match Trie::from_root(storage_root).get(source, key)? {
        Some(leaf) => U256::decode(&mut leaf.as_ref())
            .map_err(|_| StateError::MalformedSlot { address, slot })?,
        None => U256::ZERO,
    };
    Ok(StorageProof { slot, value, proof: prove(source, storage_root, key)? })
}
