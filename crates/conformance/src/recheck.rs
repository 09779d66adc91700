//! A block again, through `stateless`, from what importing it recorded.

use std::sync::Arc;

use alloy_consensus::{EMPTY_OMMER_ROOT_HASH, Transaction as _};
use alloy_primitives::{Bytes, U256, keccak256};
use bough_execute::Prices;
use bough_stateless::{
    ExecutionPayload, Invalid, NewPayloadRequest, PayloadError, Schema, StatelessInput, Validated,
    validate,
};
use bough_stf::{
    BlockError, BlockExecutor, BlockOutput, Environment, ExtraPrecompiles, PreState, StateError,
    WorkLimits, recover, requests_hash,
};

use crate::{
    CaseError, Counters, ImportError,
    block::RawBlock,
    chain::{Chain, Execution},
};

/// Checks a block again that was executed and not yet kept.
pub(crate) fn recheck(
    chain: &Chain,
    index: usize,
    block: &RawBlock,
    execution: &Execution,
    counters: &mut Counters,
) -> Result<(), CaseError> {
    let fork = chain.spec.forks.fork_at(block.header.number, block.header.timestamp);
    let Some(schema) = Schema::of(fork) else { return Ok(()) };
    let Some(input) = input(chain, schema, block, execution) else {
        counters.no_payload = counters.no_payload.saturating_add(1);
        return Ok(());
    };
    let Ok(bytes) = input.encode() else {
        counters.no_payload = counters.no_payload.saturating_add(1);
        return Ok(());
    };
    let decoded = StatelessInput::decode(&bytes)
        .map_err(|error| CaseError::Codec { index, error: Some(error) })?;
    if decoded != input || decoded.new_payload_request_root().is_err() {
        return Err(CaseError::Codec { index, error: None });
    }
    let count = match (&execution.output, validate(&decoded, WorkLimits::NONE)) {
        (Ok(_), Ok(validated)) => {
            check_limits(index, &decoded, bytes.len(), validated)?;
            &mut counters.rechecked_valid
        }
        (Ok(_), Err(error)) => return Err(CaseError::StatelessRefused { index, error }),
        (Err(error), Ok(_)) => {
            return Err(CaseError::StatelessAccepted { index, error: error.clone() });
        }
        // A field that a payload has no place for.
        (Err(_), Err(Invalid::Payload(PayloadError::BlockHash { .. }))) => &mut counters.no_payload,
        (Err(import), Err(stateless)) if is_same(import, &stateless) => {
            &mut counters.rechecked_invalid
        }
        (Err(import), Err(stateless)) => {
            let (import, stateless) = (Box::new(import.clone()), Box::new(stateless));
            return Err(CaseError::OtherReason { index, import, stateless });
        }
    };
    *count = count.saturating_add(1);
    Ok(())
}

/// EXECUTE's limits change no verdict: the block is valid within what it uses, and in no less.
fn check_limits(
    index: usize,
    input: &StatelessInput,
    bytes: usize,
    validated: Validated,
) -> Result<(), CaseError> {
    let Validated { gas_used, system_gas_used, .. } = validated;
    let prices = Prices::at(input.schema.fork());
    let blocks = prices.keccak_blocks_for(prices.for_bytes(bytes).saturating_add(gas_used));
    let within = |gas_used, system_gas, blocks| {
        let limits = WorkLimits {
            block_gas: Some(gas_used),
            system_gas: Some(system_gas),
            keccak_blocks: Some(blocks),
        };
        validate(input, limits)
    };
    let limited = |error| CaseError::Limited { index, error };
    let exact =
        within(gas_used, system_gas_used, blocks).map_err(|why| limited(Some(why.into())))?;
    let used = exact.keccak_blocks.unwrap_or_default();
    if exact != (Validated { keccak_blocks: Some(used), ..validated }) {
        return Err(limited(None));
    }
    let at_its_work = within(gas_used, system_gas_used, used);
    if at_its_work.as_ref() != Ok(&exact) {
        return Err(limited(at_its_work.err().map(Box::new)));
    }
    let less = [
        gas_used.checked_sub(1).map(|less| within(less, system_gas_used, blocks)),
        Some(within(gas_used / 2, system_gas_used, blocks)).filter(|_| gas_used > 0),
        system_gas_used.checked_sub(1).map(|less| within(gas_used, less, blocks)),
    ];
    if less.into_iter().flatten().any(|result| result.is_ok()) {
        return Err(limited(None));
    }
    if let Some(most) = used.checked_sub(1) {
        let refused = BlockError::State(StateError::WritesTooMuch { most });
        match within(gas_used, system_gas_used, most) {
            Err(Invalid::Block(why)) if why == refused => {}
            other => return Err(limited(other.err().map(Box::new))),
        }
    }
    Ok(())
}

fn is_same(import: &ImportError, stateless: &Invalid) -> bool {
    match (import, stateless) {
        (ImportError::Block(import), Invalid::Block(stateless)) => import == stateless,
        (
            ImportError::Transaction(import),
            Invalid::Payload(PayloadError::MalformedTransaction(stateless)),
        ) => import == stateless,
        (
            ImportError::Sender { index: import, .. },
            Invalid::Payload(PayloadError::Sender { index: stateless, .. }),
        ) => import == stateless,
        _ => false,
    }
}

/// The block as a payload with its witness, if a payload can express it.
fn input(
    chain: &Chain,
    schema: Schema,
    block: &RawBlock,
    execution: &Execution,
) -> Option<StatelessInput> {
    let witness = execution.witness.clone()?;
    let header = &block.header;
    if !block.ommers.is_empty() || header.ommers_hash != EMPTY_OMMER_ROOT_HASH {
        return None;
    }
    let (requests, block_access_list) = match &execution.output {
        Ok((output, _)) => of_output(output),
        Err(_) => preimages(chain, block)?,
    };
    // Those that cannot be decoded name no blobs: they are refused before that is looked at.
    let transactions = block.decode_transactions().unwrap_or_default();
    let hashes = transactions.iter().flat_map(|tx| tx.blob_versioned_hashes().unwrap_or_default());
    let execution_payload = ExecutionPayload {
        parent_hash: header.parent_hash,
        fee_recipient: header.beneficiary,
        state_root: header.state_root,
        receipts_root: header.receipts_root,
        logs_bloom: header.logs_bloom,
        prev_randao: header.mix_hash,
        block_number: header.number,
        gas_limit: header.gas_limit,
        gas_used: header.gas_used,
        timestamp: header.timestamp,
        extra_data: header.extra_data.clone(),
        base_fee_per_gas: U256::from(header.base_fee_per_gas?),
        block_hash: block.hash,
        transactions: block.transactions.clone(),
        withdrawals: block.withdrawals.clone()?,
        blob_gas_used: header.blob_gas_used?,
        excess_blob_gas: header.excess_blob_gas?,
        block_access_list,
        slot_number: header.slot_number,
    };
    let new_payload_request = NewPayloadRequest {
        execution_payload,
        versioned_hashes: hashes.copied().collect(),
        parent_beacon_block_root: header.parent_beacon_block_root?,
        execution_requests: requests,
    };
    let chain_id = chain.spec.chain_id;
    Some(StatelessInput { schema, new_payload_request, witness, chain_id })
}

fn of_output(output: &BlockOutput) -> (Vec<Bytes>, Option<Bytes>) {
    (output.requests.clone().unwrap_or_default(), output.block_access_list.clone())
}

/// Requests and access list that hash to what the header of a refused block says: none, or those
/// that executing it gives.
fn preimages(chain: &Chain, block: &RawBlock) -> Option<(Vec<Bytes>, Option<Bytes>)> {
    let header = &block.header;
    let fits = |(requests, list): &(Vec<Bytes>, Option<Bytes>)| {
        header.requests_hash == Some(requests_hash(requests))
            && header.block_access_list_hash == list.as_ref().map(keccak256)
    };
    Some((Vec::new(), None))
        .filter(fits)
        .or_else(|| execute(chain, block).as_ref().map(of_output).filter(fits))
}

/// What a block does, whatever its header says it does.
fn execute(chain: &Chain, block: &RawBlock) -> Option<BlockOutput> {
    let parent = block.header.parent_hash;
    let root = chain.store.block(parent)?.header.state_root;
    let state = Arc::new(PreState::new(chain.store.view(parent), root));
    let environment = Environment::of(&block.header);
    let extra = ExtraPrecompiles::none();
    let executor = BlockExecutor::new(&chain.spec, state, environment, extra, WorkLimits::NONE);
    let transactions = block.decode_transactions().ok()?.into_iter().map(recover);
    let transactions = transactions.collect::<Result<Vec<_>, _>>().ok()?;
    executor.run(&transactions, block.withdrawals.as_deref().unwrap_or_default()).ok()
}
