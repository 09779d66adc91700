//! Accounts and their storage at a block, and proofs of them.

use std::collections::BTreeMap;

use alloy_eips::BlockId;
use alloy_primitives::{Address, B256, Bytes, U64, U256};
use alloy_rpc_types_eth::EIP1186AccountProofResponse;

use crate::{
    context::Context,
    error::MethodError,
    methods::{Args, MethodTable},
    types::StorageKey,
};

/// Most slots one call may ask for.
const MAX_SLOTS: usize = 1024;

pub(crate) fn register(table: &mut MethodTable) {
    table.blocking("eth_getBalance", balance);
    table.blocking("eth_getCode", code);
    table.blocking("eth_getStorageAt", storage_at);
    table.heavy("eth_getStorageValues", storage_values);
    table.blocking("eth_getTransactionCount", transaction_count);
    table.heavy("eth_getProof", proof);
}

fn balance(context: &Context, args: &mut Args<'_>) -> Result<U256, MethodError> {
    let address: Address = args.required()?;
    let block = context.state_block(args.optional()?)?;
    let account = context.chain.account(block.hash, address)?;
    Ok(account.unwrap_or_default().balance)
}

fn code(context: &Context, args: &mut Args<'_>) -> Result<Bytes, MethodError> {
    let address: Address = args.required()?;
    let block = context.state_block(args.optional()?)?;
    let state = context.chain.state_at(block.hash)?;
    match state.account(address)? {
        Some(account) => Ok(state.code(account.code_hash)?.original_bytes()),
        None => Ok(Bytes::new()),
    }
}

fn storage_at(context: &Context, args: &mut Args<'_>) -> Result<B256, MethodError> {
    let address: Address = args.required()?;
    let key: StorageKey = args.required()?;
    let block = context.state_block(args.optional()?)?;
    Ok(context.chain.state_at(block.hash)?.storage_at(address, key.slot)?.into())
}

fn storage_values(
    context: &Context,
    args: &mut Args<'_>,
) -> Result<BTreeMap<Address, Vec<B256>>, MethodError> {
    let request: BTreeMap<Address, Vec<StorageKey>> = args.required()?;
    let block = context.state_block(args.optional()?)?;
    let slots = request.values().map(Vec::len).sum::<usize>();
    if slots == 0 {
        return Err(MethodError::NoSlots);
    }
    check_slots(slots)?;
    let state = context.chain.state_at(block.hash)?;
    let mut answer = BTreeMap::new();
    for (address, keys) in request {
        let mut values = Vec::with_capacity(keys.len());
        for key in keys {
            values.push(state.storage_at(address, key.slot)?.into());
        }
        answer.insert(address, values);
    }
    Ok(answer)
}

fn transaction_count(context: &Context, args: &mut Args<'_>) -> Result<U64, MethodError> {
    let address: Address = args.required()?;
    let id: Option<BlockId> = args.optional()?;
    let block = context.state_block(id)?;
    let account = context.chain.account(block.hash, address)?;
    let mined = account.unwrap_or_default().nonce;
    let pooled = id
        .is_some_and(|id| id.is_pending())
        .then(|| context.chain.pool().next_nonce(address))
        .flatten();
    Ok(U64::from(pooled.unwrap_or(mined).max(mined)))
}

fn proof(
    context: &Context,
    args: &mut Args<'_>,
) -> Result<EIP1186AccountProofResponse, MethodError> {
    let address: Address = args.required()?;
    let keys: Vec<StorageKey> = args.optional()?.unwrap_or_default();
    check_slots(keys.len())?;
    let block = context.state_block(args.optional()?)?;
    let slots: Vec<U256> = keys.iter().map(|key| key.slot).collect();
    let proof = context.chain.proof(block.hash, address, &slots)?;
    let account = proof.account.unwrap_or_default();
    Ok(EIP1186AccountProofResponse {
        address,
        balance: account.balance,
        code_hash: account.code_hash,
        nonce: account.nonce,
        storage_hash: account.storage_root,
        account_proof: proof.proof,
        storage_proof: keys
            .iter()
            .zip(proof.storage)
            .map(|(key, slot)| key.proof(slot.value, slot.proof))
            .collect(),
    })
}

fn check_slots(slots: usize) -> Result<(), MethodError> {
    if slots > MAX_SLOTS {
        return Err(MethodError::TooManySlots { slots, limit: MAX_SLOTS });
    }
    Ok(())
}
