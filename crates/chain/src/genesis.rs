//! The genesis block.

use std::sync::Arc;

use alloy_consensus::Header;
use alloy_eips::eip4895::Withdrawals;
use alloy_genesis::{Genesis, GenesisAccount};
use alloy_primitives::{Address, Bytes, KECCAK256_EMPTY, U256, keccak256};
use bough_mpt::NoNodes;
use bough_stf::{
    Block, ChainSpec, State, StateError, StateUpdate, bytecode, genesis_header,
    revm::state::AccountInfo,
};

use crate::{
    ChainError,
    types::{StoredBlock, block_size},
};

/// RLP of an empty list: the access list of a block without accesses.
const EMPTY_RLP_LIST: [u8; 1] = [0xc0];

/// The genesis block and its state.
///
/// Fields that the fork at genesis has and `genesis` leaves out get their neutral values; the base
/// fee is then 1 gwei.
///
/// # Errors
/// [`ChainError::GenesisField`] for a base fee above 64 bits.
pub(crate) fn genesis_block(
    spec: &ChainSpec,
    genesis: &Genesis,
) -> Result<(Arc<StoredBlock>, StateUpdate), ChainError> {
    let state = genesis_state(genesis)?;
    let base_fee_per_gas = genesis
        .base_fee_per_gas
        .map(u64::try_from)
        .transpose()
        .map_err(|_| ChainError::GenesisField("baseFeePerGas"))?;
    let header = genesis_header(
        spec,
        Header {
            parent_hash: genesis.parent_hash.unwrap_or_default(),
            beneficiary: genesis.coinbase,
            state_root: state.root,
            difficulty: genesis.difficulty,
            number: genesis.number.unwrap_or_default(),
            gas_limit: genesis.gas_limit,
            timestamp: genesis.timestamp,
            extra_data: genesis.extra_data.clone(),
            mix_hash: genesis.mix_hash,
            nonce: genesis.nonce.into(),
            base_fee_per_gas,
            blob_gas_used: genesis.blob_gas_used,
            excess_blob_gas: genesis.excess_blob_gas,
            slot_number: genesis.slot_number,
            ..Header::default()
        },
    );
    let withdrawals = header.withdrawals_root.map(|_| Withdrawals::default());
    let mut block = Block { header: header.clone(), body: Default::default() };
    block.body.withdrawals.clone_from(&withdrawals);
    let stored = StoredBlock {
        hash: header.hash_slow(),
        transactions: Vec::new(),
        ommers: Vec::new(),
        withdrawals,
        receipts: Vec::new(),
        block_access_list: header
            .block_access_list_hash
            .map(|_| Bytes::from_static(&EMPTY_RLP_LIST)),
        requests: header.requests_hash.map(|_| Vec::new()),
        size: block_size(&block),
        header,
    };
    Ok((Arc::new(stored), state))
}

fn genesis_state(genesis: &Genesis) -> Result<StateUpdate, StateError> {
    let mut state = State::empty();
    for (address, account) in &genesis.alloc {
        write_account(&mut state, *address, account);
    }
    state.update()
}

fn write_account(state: &mut State<NoNodes>, address: Address, account: &GenesisAccount) {
    let code = account.non_empty_code();
    let info = AccountInfo {
        nonce: account.nonce.unwrap_or_default(),
        balance: account.balance,
        code_hash: code.map_or(KECCAK256_EMPTY, keccak256),
        code: code.map(|code| bytecode(code.clone())),
        ..AccountInfo::default()
    };
    let slots = account.storage_slots().map(|(slot, value)| (U256::from_be_bytes(slot.0), value));
    state.overwrite(address, info, slots);
}
