//! Transactions: sending them, finding them, and their receipts.

use std::sync::Arc;

use alloy_consensus::{EthereumTxEnvelope, TxEip4844Variant, transaction::Recovered};
use alloy_eips::{
    BlockNumberOrTag, eip2718::Decodable2718, eip2718::Encodable2718,
    eip7594::BlobTransactionSidecarVariant,
};
use alloy_primitives::{B256, Bytes};
use alloy_rpc_types_eth::Index;
use bough_chain::{BlockRef, StoredBlock};
use bough_stf::Transaction;

use crate::{
    context::Context,
    error::MethodError,
    methods::{Args, MethodTable},
    types::{self, RpcReceipt, RpcTransaction},
};

/// A transaction as it travels between nodes: a blob transaction with its sidecar.
type NetworkTransaction = EthereumTxEnvelope<TxEip4844Variant<BlobTransactionSidecarVariant>>;

pub(crate) fn register(table: &mut MethodTable) {
    table.blocking("eth_sendRawTransaction", send_raw_transaction);
    table.blocking("eth_getTransactionByHash", by_hash);
    table.blocking("eth_getTransactionByBlockHashAndIndex", by_block_hash_and_index);
    table.blocking("eth_getTransactionByBlockNumberAndIndex", by_block_number_and_index);
    table.blocking("eth_getRawTransactionByHash", raw_by_hash);
    table.blocking("eth_getTransactionReceipt", receipt);
}

fn send_raw_transaction(context: &Context, args: &mut Args<'_>) -> Result<B256, MethodError> {
    let raw: Bytes = args.required()?;
    Ok(context.chain.submit(decode(&raw)?)?)
}

/// Decodes a signed transaction of any type, in network or block form, and drops its blobs: the
/// chain keeps versioned hashes only.
fn decode(raw: &[u8]) -> Result<Transaction, MethodError> {
    let transaction =
        NetworkTransaction::decode_2718_exact(raw).map_err(MethodError::DecodeTransaction)?;
    if let EthereumTxEnvelope::Eip4844(signed) = &transaction
        && let TxEip4844Variant::TxEip4844WithSidecar(with_sidecar) = signed.tx()
        && !with_sidecar.sidecar.versioned_hashes().eq(with_sidecar
            .tx
            .blob_versioned_hashes
            .iter()
            .copied())
    {
        return Err(MethodError::SidecarMismatch);
    }
    Ok(transaction.into())
}

fn by_hash(context: &Context, args: &mut Args<'_>) -> Result<Option<RpcTransaction>, MethodError> {
    let hash: B256 = args.required()?;
    if let Some((block, index)) = context.mined(hash)? {
        return Ok(types::transaction(&block, index));
    }
    Ok(context.pooled(hash).map(types::pending_transaction))
}

fn by_block_hash_and_index(
    context: &Context,
    args: &mut Args<'_>,
) -> Result<Option<RpcTransaction>, MethodError> {
    let block = context.chain.block(BlockRef::Hash(args.required()?))?;
    let index: Index = args.required()?;
    Ok(block.and_then(|block| types::transaction(&block, index.into())))
}

fn by_block_number_and_index(
    context: &Context,
    args: &mut Args<'_>,
) -> Result<Option<RpcTransaction>, MethodError> {
    let block = context.block_by_number(args.required::<BlockNumberOrTag>()?)?;
    let index: Index = args.required()?;
    Ok(block.and_then(|block| types::transaction(&block, index.into())))
}

fn raw_by_hash(context: &Context, args: &mut Args<'_>) -> Result<Option<Bytes>, MethodError> {
    context.raw_transaction(args.required()?)
}

fn receipt(context: &Context, args: &mut Args<'_>) -> Result<Option<RpcReceipt>, MethodError> {
    let hash: B256 = args.required()?;
    let Some((block, index)) = context.mined(hash)? else {
        return Ok(None);
    };
    Ok(types::receipt(context.chain.spec(), &block, index))
}

impl Context {
    /// The canonical block that holds the transaction, and its place there.
    pub(crate) fn mined(
        &self,
        hash: B256,
    ) -> Result<Option<(Arc<StoredBlock>, usize)>, MethodError> {
        let Some(location) = self.chain.transaction(hash)? else {
            return Ok(None);
        };
        let block = self.chain.block(BlockRef::Hash(location.block_hash))?;
        Ok(block.map(|block| (block, location.index)))
    }

    /// The transaction, if it waits in the pool.
    pub(crate) fn pooled(&self, hash: B256) -> Option<Recovered<Transaction>> {
        self.chain.pool().get(hash).map(|pooled| pooled.transaction.clone())
    }

    /// The transaction's bytes (EIP-2718), from a block or from the pool.
    pub(crate) fn raw_transaction(&self, hash: B256) -> Result<Option<Bytes>, MethodError> {
        let transaction = match self.mined(hash)? {
            Some((block, index)) => block.transactions.get(index).cloned(),
            None => self.pooled(hash),
        };
        Ok(transaction.map(|transaction| transaction.encoded_2718().into()))
    }
}
