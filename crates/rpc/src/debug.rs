//! `debug_*`: raw bytes, traces and witnesses.

use alloy_consensus::TxReceipt;
use alloy_eips::{BlockId, BlockNumberOrTag, eip2718::Encodable2718};
use alloy_primitives::{B256, Bytes};
use alloy_rpc_types_eth::TransactionRequest;
use alloy_rpc_types_trace::geth::{GethDebugTracingCallOptions, GethDebugTracingOptions};
use bough_chain::BlockRef;
use serde::Serialize;

use crate::{
    context::Context,
    error::MethodError,
    methods::{Args, MethodTable, Route},
    work::{Guard, Kind, Output},
};

pub(crate) fn register(table: &mut MethodTable) {
    table.heavy("debug_getRawBlock", raw_block);
    table.heavy("debug_getRawHeader", raw_header);
    table.heavy("debug_getRawReceipts", raw_receipts);
    table.heavy("debug_getRawTransaction", raw_transaction);
    table.heavy("debug_executionWitness", execution_witness);
    table.writing("debug_traceTransaction", Route::To(Kind::Trace), trace_transaction);
    table.writing("debug_traceCall", Route::To(Kind::Trace), trace_call);
    table.writing("debug_traceBlockByHash", Route::To(Kind::Trace), trace_block_by_hash);
    table.writing("debug_traceBlockByNumber", Route::To(Kind::Trace), trace_block_by_number);
}

fn raw_block(context: &Context, args: &mut Args<'_>) -> Result<Bytes, MethodError> {
    let block = context.state_block(Some(args.required()?))?;
    Ok(alloy_rlp::encode(block.to_block()).into())
}

fn raw_header(context: &Context, args: &mut Args<'_>) -> Result<Bytes, MethodError> {
    let block = context.state_block(Some(args.required()?))?;
    Ok(alloy_rlp::encode(&block.header).into())
}

fn raw_receipts(context: &Context, args: &mut Args<'_>) -> Result<Vec<Bytes>, MethodError> {
    let block = context.state_block(Some(args.required()?))?;
    let encoded = block.receipts.iter().map(|receipt| receipt.with_bloom_ref().encoded_2718());
    Ok(encoded.map(Bytes::from).collect())
}

fn raw_transaction(context: &Context, args: &mut Args<'_>) -> Result<Option<Bytes>, MethodError> {
    context.raw_transaction(args.required()?)
}

/// What executing a block reads, as the stateless specification lists it.
#[derive(Debug, Clone, Serialize)]
struct ExecutionWitness {
    /// RLP of trie nodes, sorted.
    state: Vec<Bytes>,
    /// Contract codes, sorted.
    codes: Vec<Bytes>,
    /// Preimages of trie keys: not recorded.
    keys: [Bytes; 0],
    /// RLP of ancestor headers, oldest first.
    headers: Vec<Bytes>,
}

fn execution_witness(
    context: &Context,
    args: &mut Args<'_>,
) -> Result<ExecutionWitness, MethodError> {
    let block = context.state_block(Some(args.required::<BlockId>()?))?;
    if block.header.number == 0 {
        return Err(MethodError::GenesisHasNoWitness);
    }
    let witness = context.chain.witness(block.hash)?;
    let (state, codes, headers) = (witness.state, witness.codes, witness.headers);
    Ok(ExecutionWitness { state, codes, keys: [], headers })
}

fn trace_transaction(
    context: &Context,
    args: &mut Args<'_>,
    guard: &Guard,
    out: &mut Output,
) -> Result<(), MethodError> {
    let hash: B256 = args.required()?;
    let options: GethDebugTracingOptions = args.optional()?.unwrap_or_default();
    let (block, index) = context.mined(hash)?.ok_or(MethodError::TransactionNotFound)?;
    context.trace_transaction(&block, index, &options, guard, out)
}

fn trace_call(
    context: &Context,
    args: &mut Args<'_>,
    guard: &Guard,
    out: &mut Output,
) -> Result<(), MethodError> {
    let request: TransactionRequest = args.required()?;
    let block = context.state_block(args.optional::<BlockId>()?)?;
    let options: GethDebugTracingCallOptions = args.optional()?.unwrap_or_default();
    let call =
        context.prepare(&block, &request, options.state_overrides, options.block_overrides)?;
    context.trace_call(&call, &options.tracing_options, guard, out)
}

fn trace_block_by_hash(
    context: &Context,
    args: &mut Args<'_>,
    guard: &Guard,
    out: &mut Output,
) -> Result<(), MethodError> {
    let hash: B256 = args.required()?;
    let block = context.chain.block(BlockRef::Hash(hash))?;
    let options: GethDebugTracingOptions = args.optional()?.unwrap_or_default();
    let block = block.ok_or(MethodError::BlockNotFound { hash })?;
    context.trace_block(&block, &options, guard, out)
}

fn trace_block_by_number(
    context: &Context,
    args: &mut Args<'_>,
    guard: &Guard,
    out: &mut Output,
) -> Result<(), MethodError> {
    let number: BlockNumberOrTag = args.required()?;
    let options: GethDebugTracingOptions = args.optional()?.unwrap_or_default();
    let block = context.block_by_number(number)?.ok_or(MethodError::HeaderNotFound)?;
    context.trace_block(&block, &options, guard, out)
}
