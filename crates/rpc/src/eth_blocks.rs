//! Blocks: `eth_blockNumber`, `eth_getBlockBy*`, their counts and their receipts.

use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{B256, U64};
use bough_chain::BlockRef;

use crate::{
    context::Context,
    error::MethodError,
    methods::{Args, MethodTable, Route},
    types::{self, BlockShape, RpcBlock, RpcReceipt},
    work::{Guard, Output},
};

pub(crate) fn register(table: &mut MethodTable) {
    table.quick("eth_blockNumber", block_number);
    table.blocking("eth_getBlockByHash", block_by_hash);
    table.blocking("eth_getBlockByNumber", block_by_number);
    table.blocking("eth_getBlockTransactionCountByHash", transaction_count_by_hash);
    table.blocking("eth_getBlockTransactionCountByNumber", transaction_count_by_number);
    table.blocking("eth_getUncleCountByBlockHash", uncle_count_by_hash);
    table.blocking("eth_getUncleCountByBlockNumber", uncle_count_by_number);
    table.blocking("eth_getUncleByBlockHashAndIndex", |_, _| Ok(None::<RpcBlock>));
    table.blocking("eth_getUncleByBlockNumberAndIndex", |_, _| Ok(None::<RpcBlock>));
    table.writing("eth_getBlockReceipts", Route::Read, block_receipts);
}

fn block_number(context: &Context, _: &mut Args<'_>) -> Result<U64, MethodError> {
    Ok(U64::from(context.chain.head().header.number))
}

fn block_by_hash(context: &Context, args: &mut Args<'_>) -> Result<Option<RpcBlock>, MethodError> {
    let hash: B256 = args.required()?;
    let shape = shape(args)?;
    let block = context.chain.block(BlockRef::Hash(hash))?;
    Ok(block.map(|block| types::block(&block, shape)))
}

fn block_by_number(
    context: &Context,
    args: &mut Args<'_>,
) -> Result<Option<RpcBlock>, MethodError> {
    let number: BlockNumberOrTag = args.required()?;
    let shape = shape(args)?;
    let block = context.block_by_number(number)?;
    Ok(block.map(|block| types::block(&block, shape)))
}

/// The parameter that asks for whole transactions; hashes where it is absent.
fn shape(args: &mut Args<'_>) -> Result<BlockShape, MethodError> {
    let full = args.optional::<bool>()?.unwrap_or_default();
    Ok(if full { BlockShape::Full } else { BlockShape::Hashes })
}

fn transaction_count_by_hash(
    context: &Context,
    args: &mut Args<'_>,
) -> Result<Option<U64>, MethodError> {
    let block = context.chain.block(BlockRef::Hash(args.required()?))?;
    Ok(block.map(|block| U64::from(block.transactions.len())))
}

fn transaction_count_by_number(
    context: &Context,
    args: &mut Args<'_>,
) -> Result<Option<U64>, MethodError> {
    let block = context.block_by_number(args.required()?)?;
    Ok(block.map(|block| U64::from(block.transactions.len())))
}

fn uncle_count_by_hash(context: &Context, args: &mut Args<'_>) -> Result<Option<U64>, MethodError> {
    let block = context.chain.block(BlockRef::Hash(args.required()?))?;
    Ok(block.map(|block| U64::from(block.ommers.len())))
}

fn uncle_count_by_number(
    context: &Context,
    args: &mut Args<'_>,
) -> Result<Option<U64>, MethodError> {
    let block = context.block_by_number(args.required()?)?;
    Ok(block.map(|block| U64::from(block.ommers.len())))
}

fn block_receipts(
    context: &Context,
    args: &mut Args<'_>,
    guard: &Guard,
    out: &mut Output,
) -> Result<(), MethodError> {
    let Some(block) = context.block_by_id(args.required::<BlockId>()?)? else {
        return out.value(&None::<RpcReceipt>);
    };
    out.list();
    for receipt in types::receipts(context.chain.spec(), &block) {
        guard.check()?;
        out.item(&receipt)?;
    }
    out.end();
    Ok(())
}
