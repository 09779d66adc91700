//! ethrex: its SSZ types, tries, header rules and EVM, joined as its own guest program joins them.

use std::{panic::catch_unwind, sync::Arc};

use ethrex_common::{
    Address, Bloom, Bytes, H256, InvalidBlockError,
    constants::DEFAULT_OMMERS_HASH,
    types::{
        Block, BlockBody, BlockHeader, ChainConfig, ELASTICITY_MULTIPLIER, Fork,
        InvalidBlockBodyError, Transaction, Withdrawal,
        block_access_list::BlockAccessList,
        block_execution_witness::{ExecutionWitness, GuestProgramState, GuestProgramStateError},
        compute_transactions_root, compute_withdrawals_root,
        requests::compute_requests_hash,
        stateless_ssz::{
            NewPayloadRequest, STATELESS_INPUT_SCHEMA_ID, SszStatelessInput,
            SszStatelessValidationResult,
        },
        validate_block_body,
    },
    validate_block_access_list_hash, validate_block_pre_execution, validate_gas_used,
    validate_receipts_root_and_logs_bloom, validate_requests_hash,
};
use ethrex_crypto::{Crypto, NativeCrypto};
use ethrex_levm::execute_precompile::execute_precompile;
use ethrex_rlp::decode::RLPDecode;
use ethrex_trie::{Node, TrieError};
use ethrex_vm::{
    BlockExecutionResult, Evm, EvmError, GuestProgramStateWrapper, StatelessValidator, VMError,
};
use libssz::{SszDecode, SszEncode};
use libssz_merkle::{HashTreeRoot, Sha2Hasher};
use thiserror::Error;

use crate::verdict::{Answer, Stage, Verdict};

/// Last transaction type of Amsterdam. ethrex decodes further ones, which later forks or its own
/// L2 use.
const LAST_TRANSACTION_TYPE: u8 = 4;

/// Why ethrex refuses a payload.
#[derive(Debug, Error)]
enum Refused {
    #[error("schema id")]
    Schema,
    #[error("ssz: {0:?}")]
    Ssz(libssz::DecodeError),
    #[error("ssz is not canonical")]
    NotCanonical,
    #[error("transaction {0}")]
    Transaction(usize),
    #[error("base fee")]
    BaseFee,
    #[error("block hash")]
    BlockHash,
    #[error("versioned hashes")]
    VersionedHashes,
    #[error("initial state root")]
    InitialStateRoot,
    #[error("state root")]
    StateRoot,
    #[error("witness: {0}")]
    Witness(#[from] GuestProgramStateError),
    #[error("body: {0}")]
    Body(#[from] InvalidBlockBodyError),
    #[error("block: {0}")]
    Block(#[from] InvalidBlockError),
    #[error("outcome: {0}")]
    Differs(InvalidBlockError),
    #[error("evm: {0}")]
    Evm(#[from] EvmError),
}

impl Refused {
    /// How far it came before this was found.
    const fn stage(&self) -> Stage {
        match self {
            Self::Differs(_) | Self::StateRoot => Stage::Executed,
            Self::Witness(GuestProgramStateError::Trie(TrieError::KeyLengthMismatch)) => {
                Stage::BadPath
            }
            Self::Witness(GuestProgramStateError::Trie(TrieError::RLPDecode(_))) => Stage::BadNode,
            _ => Stage::Stopped,
        }
    }
}

/// The 43 bytes for any input, and why it was refused if it was.
pub(crate) fn stateless(bytes: &[u8]) -> Verdict {
    let input = match decode(bytes) {
        Ok(input) => input,
        Err(error) => {
            let answer = encode(&Default::default());
            return Verdict::refused(answer, error.to_string(), Stage::Stopped);
        }
    };
    verdict(&input)
}

fn verdict(input: &SszStatelessInput) -> Verdict {
    let validated = validate(input);
    let answer = encode(&SszStatelessValidationResult {
        new_payload_request_root: input.new_payload_request.hash_tree_root(&Sha2Hasher),
        successful_validation: validated.is_ok(),
        chain_id: input.chain_id,
        schema_id: STATELESS_INPUT_SCHEMA_ID,
    });
    match validated {
        Ok(()) => Verdict::accepted(answer),
        Err(error) => Verdict::refused(answer, error.to_string(), error.stage()),
    }
}

/// The EXECUTE precompile of ethrex around an answer that is already known: what it lets through.
pub(crate) fn execute(bytes: &[u8], known: &Answer) -> Option<Answer> {
    let validator = Known(known.to_vec());
    let mut gas = u64::MAX;
    let output =
        execute_precompile(bytes, &mut gas, Fork::LStar, &NativeCrypto, Some(&validator)).ok()?;
    output.as_ref().try_into().ok()
}

/// Gas that the EXECUTE precompile of ethrex takes for an input that it accepts.
#[cfg(test)]
pub(crate) fn charge(bytes: &[u8]) -> Option<u64> {
    let mut left = u64::MAX;
    execute_precompile(bytes, &mut left, Fork::LStar, &NativeCrypto, Some(&Validator)).ok()?;
    Some(u64::MAX - left)
}

/// What EXECUTE calls, here the driver of this crate.
#[cfg(test)]
pub(crate) struct Validator;

#[cfg(test)]
impl StatelessValidator for Validator {
    fn verify(&self, input: &SszStatelessInput) -> Result<Vec<u8>, VMError> {
        Ok(verdict(input).answer.map(Vec::from).unwrap_or_default())
    }
}

struct Known(Vec<u8>);

impl StatelessValidator for Known {
    fn verify(&self, _: &SszStatelessInput) -> Result<Vec<u8>, VMError> {
        Ok(self.0.clone())
    }
}

/// The input with another trie node in its witness, of a length that Bough's encoder may refuse.
pub(crate) fn with_node(bytes: &[u8], node: &[u8]) -> Option<Vec<u8>> {
    let mut input = decode(bytes).ok()?;
    let mut nodes: Vec<_> = input.witness.state.iter().cloned().collect();
    nodes.push(node.to_vec().try_into().ok()?);
    input.witness.state = nodes.into();
    Some(encode_input(&input))
}

/// The input with those trie nodes of its witness that may stay; `None` when all may.
pub(crate) fn keep_nodes(bytes: &[u8], may_stay: impl Fn(&[u8]) -> bool) -> Option<Vec<u8>> {
    let mut input = decode(bytes).ok()?;
    let all = input.witness.state.iter().count();
    let nodes: Vec<_> = input.witness.state.iter().filter(|node| may_stay(node)).cloned().collect();
    if nodes.len() == all {
        return None;
    }
    input.witness.state = nodes.into();
    Some(encode_input(&input))
}

/// Whether ethrex takes these bytes for a trie node; `None` when its decoder panics.
pub(crate) fn is_node(bytes: &[u8]) -> Option<bool> {
    catch_unwind(|| Node::decode(bytes).is_ok()).ok()
}

/// Lengths of the longest node and the longest code of an input that ethrex decodes.
pub(crate) fn longest(bytes: &[u8]) -> Option<(usize, usize)> {
    let witness = decode(bytes).ok()?.witness;
    let node = witness.state.iter().map(|node| node.len()).max().unwrap_or(0);
    let code = witness.codes.iter().map(|code| code.len()).max().unwrap_or(0);
    Some((node, code))
}

fn decode(bytes: &[u8]) -> Result<SszStatelessInput, Refused> {
    let (schema, body) = bytes.split_first_chunk().ok_or(Refused::Schema)?;
    if u16::from_be_bytes(*schema) != STATELESS_INPUT_SCHEMA_ID {
        return Err(Refused::Schema);
    }
    let input = SszStatelessInput::from_ssz_bytes(body).map_err(Refused::Ssz)?;
    let mut again = Vec::new();
    input.ssz_append(&mut again);
    if again == body { Ok(input) } else { Err(Refused::NotCanonical) }
}

fn encode_input(input: &SszStatelessInput) -> Vec<u8> {
    let mut bytes = STATELESS_INPUT_SCHEMA_ID.to_be_bytes().to_vec();
    input.ssz_append(&mut bytes);
    bytes
}

fn encode(result: &SszStatelessValidationResult) -> Answer {
    let mut bytes = Vec::new();
    result.ssz_append(&mut bytes);
    bytes.try_into().unwrap_or([0xff; 43])
}

fn validate(input: &SszStatelessInput) -> Result<(), Refused> {
    let crypto: Arc<dyn Crypto + Send + Sync> = Arc::new(NativeCrypto);
    let witness = ExecutionWitness::from_ssz(input, crypto.as_ref())?;
    let block = payload_block(&input.new_payload_request, crypto.as_ref())?;
    execute_block(&block, witness, crypto)
}

fn execute_block(
    block: &Block,
    witness: ExecutionWitness,
    crypto: Arc<dyn Crypto + Send + Sync>,
) -> Result<(), Refused> {
    let state = GuestProgramState::from_witness(witness, crypto.as_ref())?;
    let mut state = GuestProgramStateWrapper::new(state, Arc::clone(&crypto));
    let config = state.lock_mutex()?.get_chain_config()?;
    state.initialize_block_header_hashes(std::slice::from_ref(block))?;
    let parent = state.get_block_parent_header(block.header.number)?;
    if state.state_trie_root()? != parent.state_root {
        return Err(Refused::InitialStateRoot);
    }

    validate_block_pre_execution(block, &parent, &config, ELASTICITY_MULTIPLIER)?;
    validate_block_body(&block.header, &block.body, crypto.as_ref())?;

    let mut evm = Evm::new_for_l1(state.clone(), crypto.clone());
    let (result, access_list) = evm.execute_block(block)?;
    let updates = evm.get_state_transitions()?;
    state.apply_account_updates(&updates)?;

    compare(block, &config, &result, access_list.as_ref(), crypto.as_ref())
        .map_err(Refused::Differs)?;
    if state.state_trie_root()? != block.header.state_root {
        return Err(Refused::StateRoot);
    }
    Ok(())
}

/// Compares what came out with the header.
fn compare(
    block: &Block,
    config: &ChainConfig,
    result: &BlockExecutionResult,
    access_list: Option<&BlockAccessList>,
    crypto: &dyn Crypto,
) -> Result<(), InvalidBlockError> {
    let header = &block.header;
    validate_gas_used(result.block_gas_used, header)?;
    validate_receipts_root_and_logs_bloom(header, &result.receipts, crypto)?;
    validate_requests_hash(header, config, &result.requests)?;
    let access_list = access_list.ok_or(InvalidBlockError::BlockAccessListHashMismatch)?;
    let transactions = block.body.transactions.len();
    validate_block_access_list_hash(header, config, access_list, transactions, crypto)
}

/// The block a payload makes, which must hash to what the payload says.
fn payload_block(request: &NewPayloadRequest, crypto: &dyn Crypto) -> Result<Block, Refused> {
    let payload = &request.execution_payload;
    let transactions = payload
        .transactions
        .iter()
        .enumerate()
        .map(|(at, raw)| decode_transaction(raw).ok_or(Refused::Transaction(at)))
        .collect::<Result<Vec<_>, _>>()?;
    let withdrawals: Vec<Withdrawal> = payload
        .withdrawals
        .iter()
        .map(|withdrawal| Withdrawal {
            index: withdrawal.index,
            validator_index: withdrawal.validator_index,
            address: Address::from(withdrawal.address.0),
            amount: withdrawal.amount,
        })
        .collect();
    let hashes = transactions.iter().flat_map(Transaction::blob_versioned_hashes);
    if !hashes.eq(request.versioned_hashes.iter().map(|hash| H256(*hash))) {
        return Err(Refused::VersionedHashes);
    }
    let header = BlockHeader {
        parent_hash: H256(payload.parent_hash),
        ommers_hash: *DEFAULT_OMMERS_HASH,
        coinbase: Address::from(payload.fee_recipient.0),
        state_root: H256(payload.state_root),
        transactions_root: compute_transactions_root(&transactions, crypto),
        receipts_root: H256(payload.receipts_root),
        logs_bloom: Bloom::from_slice(&payload.logs_bloom),
        number: payload.block_number,
        gas_limit: payload.gas_limit,
        gas_used: payload.gas_used,
        timestamp: payload.timestamp,
        extra_data: Bytes::from(payload.extra_data.to_vec()),
        prev_randao: H256(payload.prev_randao),
        base_fee_per_gas: Some(base_fee(&payload.base_fee_per_gas)?),
        withdrawals_root: Some(compute_withdrawals_root(&withdrawals, crypto)),
        blob_gas_used: Some(payload.blob_gas_used),
        excess_blob_gas: Some(payload.excess_blob_gas),
        parent_beacon_block_root: Some(H256(request.parent_beacon_block_root)),
        requests_hash: Some(compute_requests_hash(
            &request.execution_requests.to_encoded_requests(),
        )),
        block_access_list_hash: Some(H256(crypto.keccak256(&payload.block_access_list))),
        slot_number: Some(payload.slot_number),
        ..Default::default()
    };
    if header.compute_block_hash(crypto) != H256(payload.block_hash) {
        return Err(Refused::BlockHash);
    }
    let body = BlockBody { transactions, ommers: Vec::new(), withdrawals: Some(withdrawals) };
    Ok(Block::new(header, body))
}

/// A transaction of Amsterdam in its one encoding.
fn decode_transaction(raw: &[u8]) -> Option<Transaction> {
    let first = *raw.first()?;
    if first < 0x7f && !(1..=LAST_TRANSACTION_TYPE).contains(&first) {
        return None;
    }
    let transaction = Transaction::decode_canonical(raw).ok()?;
    let mut again = Vec::new();
    transaction.encode_canonical(&mut again);
    (again == raw).then_some(transaction)
}

fn base_fee(little_endian: &[u8; 32]) -> Result<u64, Refused> {
    let (low, high) = little_endian.split_first_chunk().ok_or(Refused::BaseFee)?;
    if high.iter().any(|byte| *byte != 0) {
        return Err(Refused::BaseFee);
    }
    Ok(u64::from_le_bytes(*low))
}
