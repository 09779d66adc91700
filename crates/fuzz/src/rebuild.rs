//! A block made again from an input's own parent and witness, as a builder makes it.

use std::{collections::BTreeMap, sync::Arc};

use alloy_consensus::{Header, transaction::Recovered};
use alloy_eips::{
    eip2718::{Decodable2718, Encodable2718},
    eip4895::Withdrawal,
};
use alloy_primitives::{B256, Bytes, keccak256};
use alloy_rlp::Decodable;
use bough_mpt::{MptError, Node, NodeSet, NodeSource};
use bough_stateless::StatelessInput;
use bough_stf::{
    BlockError, BlockExecutor, BlockOutput, ChainSpec, Environment, ExtraPrecompiles, ForkSchedule,
    PreState, StateError, StateSource, Transaction, WitnessRecorder, WorkLimits, check_header,
    recover, seal_header,
};

use crate::plant::seal_hash;

/// What came of a block that was made again.
#[derive(Debug)]
pub struct Rebuilt {
    /// Codes that the execution read.
    pub codes: Vec<Bytes>,
    /// The input of the block, which is valid; `None` where no block can be made.
    pub input: Option<StatelessInput>,
}

/// Executes the input's transactions, without those that may not be included, and makes the block
/// of them: all that follows from the execution is put right. `None` where the parent is none.
pub fn rebuild(input: &StatelessInput, limits: WorkLimits) -> Option<Rebuilt> {
    let source = WitnessRecorder::new(Source::of(input)?);
    let made = make(input, &source, limits);
    let codes = source.parts().codes();
    let input = made.ok().and_then(|made| replace(input, made));
    Some(Rebuilt { codes, input })
}

struct Made {
    header: Header,
    transactions: Vec<Recovered<Transaction>>,
    output: BlockOutput,
}

fn make(
    input: &StatelessInput,
    source: &WitnessRecorder<Source>,
    limits: WorkLimits,
) -> Result<Made, BlockError> {
    let fork = input.schema.fork();
    let spec = ChainSpec::new(input.chain_id, ForkSchedule::always(fork));
    let (parent, parent_hash) = (&source.source().parent, source.source().parent_hash());
    let request = &input.new_payload_request;
    let payload = &request.execution_payload;
    let environment = Environment {
        beneficiary: payload.fee_recipient,
        prev_randao: payload.prev_randao,
        parent_beacon_block_root: Some(request.parent_beacon_block_root),
        extra_data: payload.extra_data.clone(),
        slot_number: payload.slot_number,
        ..Environment::after(&spec, parent, parent_hash, payload.timestamp)
    };
    let pre = Arc::new(PreState::new(source, parent.state_root));
    let (state, env, extra) = (Arc::clone(&pre), environment.clone(), ExtraPrecompiles::none());
    let mut executor = BlockExecutor::new(&spec, state, env, extra, limits);
    executor.apply_pre_execution()?;
    let mut transactions = Vec::new();
    for raw in &payload.transactions {
        let Ok(transaction) = Transaction::decode_2718_exact(raw) else { continue };
        let Ok(transaction) = recover(transaction) else { continue };
        match executor.execute(&transaction) {
            Ok(executed) => {
                executor.commit(executed)?;
                transactions.push(transaction);
            }
            Err(BlockError::Transaction { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    let withdrawals: &[Withdrawal] = &[];
    let output = executor.finish(withdrawals)?;
    let root = pre.update(&output.changes, limits.keccak_blocks)?.root;
    let header = seal_header(fork, &environment, &transactions, withdrawals, &output, root);
    check_header(&spec, parent, parent_hash, &header)?;
    Ok(Made { header, transactions, output })
}

/// The input of the block that was made, from the same witness; `None` where the wire has no room.
fn replace(input: &StatelessInput, made: Made) -> Option<StatelessInput> {
    let Made { header, transactions, output } = made;
    let mut input = input.clone();
    let request = &mut input.new_payload_request;
    let payload = &mut request.execution_payload;
    payload.state_root = header.state_root;
    payload.receipts_root = header.receipts_root;
    payload.logs_bloom = header.logs_bloom;
    payload.block_number = header.number;
    payload.gas_limit = header.gas_limit;
    payload.gas_used = header.gas_used;
    payload.base_fee_per_gas = alloy_primitives::U256::from(header.base_fee_per_gas?);
    payload.blob_gas_used = header.blob_gas_used?;
    payload.excess_blob_gas = header.excess_blob_gas?;
    payload.parent_hash = header.parent_hash;
    payload.withdrawals.clear();
    payload.transactions = transactions.iter().map(|tx| tx.encoded_2718().into()).collect();
    payload.block_access_list = output.block_access_list;
    request.execution_requests = output.requests.unwrap_or_default();
    request.versioned_hashes.clear();
    seal_hash(&mut input);
    input.encode().is_ok().then_some(input)
}

/// The state of an input's witness, read as the guest reads it.
#[derive(Debug)]
struct Source {
    nodes: NodeSet,
    codes: BTreeMap<B256, Bytes>,
    hashes: Vec<B256>,
    parent: Header,
}

impl Source {
    fn of(input: &StatelessInput) -> Option<Self> {
        let witness = &input.witness;
        let parent = Header::decode(&mut witness.headers.last()?.as_ref()).ok()?;
        Some(Self {
            nodes: NodeSet::new(witness.state.iter().cloned()),
            codes: witness.codes.iter().map(|code| (keccak256(code), code.clone())).collect(),
            hashes: witness.headers.iter().map(keccak256).collect(),
            parent,
        })
    }

    fn parent_hash(&self) -> B256 {
        self.hashes.last().copied().unwrap_or_default()
    }
}

impl NodeSource for Source {
    fn node(&self, hash: B256) -> Result<Arc<Node>, MptError> {
        self.nodes.node(hash)
    }
}

impl StateSource for Source {
    fn code(&self, hash: B256) -> Result<Bytes, StateError> {
        self.codes.get(&hash).cloned().ok_or(StateError::MissingCode(hash))
    }

    fn block_hash(&self, number: u64) -> Result<B256, StateError> {
        let back =
            self.parent.number.checked_sub(number).and_then(|back| usize::try_from(back).ok());
        let hash = back.and_then(|back| self.hashes.iter().rev().nth(back));
        hash.copied().ok_or(StateError::MissingAncestor(number))
    }

    fn open_trie(&self, root: B256) -> Result<(), StateError> {
        Ok(self.nodes.check_reachable(root)?)
    }
}
