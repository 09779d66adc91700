//! `net_*`, `web3_*` and what else says who is speaking.

use alloy_primitives::{Address, B256, Bytes, U64, keccak256};
use alloy_rpc_types_eth::SyncStatus;

use crate::{
    context::Context,
    error::MethodError,
    methods::{Args, MethodTable},
};

/// `web3_clientVersion`.
const CLIENT_VERSION: &str = concat!("bough/", env!("CARGO_PKG_VERSION"));

pub(crate) fn register(table: &mut MethodTable) {
    table.quick("web3_clientVersion", |_, _| Ok(CLIENT_VERSION));
    table.blocking("web3_sha3", sha3);
    table.quick("net_version", |context, _| Ok(context.chain.spec().chain_id.to_string()));
    table.quick("net_listening", |_, _| Ok(true));
    table.quick("net_peerCount", peer_count);
    table.quick("eth_chainId", |context, _| Ok(U64::from(context.chain.spec().chain_id)));
    table.quick("eth_syncing", syncing);
    table.quick("eth_accounts", accounts);
}

fn sha3(_: &Context, args: &mut Args<'_>) -> Result<B256, MethodError> {
    Ok(keccak256(args.required::<Bytes>()?))
}

fn peer_count(context: &Context, _: &mut Args<'_>) -> Result<U64, MethodError> {
    Ok(U64::from(context.hooks.peers.as_ref().map_or(0, |peers| peers())))
}

fn syncing(context: &Context, _: &mut Args<'_>) -> Result<SyncStatus, MethodError> {
    let info = context.hooks.syncing.as_ref().and_then(|syncing| syncing());
    Ok(info.map_or(SyncStatus::None, |info| SyncStatus::Info(Box::new(info))))
}

fn accounts(context: &Context, _: &mut Args<'_>) -> Result<Vec<Address>, MethodError> {
    Ok(context.hooks.accounts.clone())
}
