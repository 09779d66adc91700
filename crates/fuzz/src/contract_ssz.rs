//! The contract's reading of an input against the decoder's.

use std::convert::Infallible;

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{SolCall, SolError};
use bough_contracts::SszInputHarness::{self, SszOutOfBounds, readCall};
use bough_stateless::StatelessInput;
use bough_stf::{
    bytecode,
    revm::{
        bytecode::Bytecode,
        context::{BlockEnv, CfgEnv, Context, Evm, Journal, TxEnv},
        context_interface::{JournalTr, result::ExecutionResult},
        database_interface::Database,
        handler::{EthFrame, EthPrecompiles, ExecuteEvm, instructions::EthInstructions},
        primitives::{TxKind, hardfork::SpecId},
        state::AccountInfo,
    },
};

const HARNESS: Address = Address::repeat_byte(0x55);
const GAS: u64 = 1 << 40;
/// Bytes of the schema id, before the SSZ.
const SCHEMA: usize = 2;

/// The contract reads what the decoder reads, and of bytes that are no input what their own offsets
/// say; it refuses only what ends too early.
///
/// # Panics
/// When that does not hold.
pub fn contract_ssz(bytes: &[u8]) {
    let contract = call(bytes);
    let places = follow(bytes);
    assert_eq!(contract, places, "the contract and the offsets");
    let Ok(input) = StatelessInput::decode(bytes) else { return };
    let request = &input.new_payload_request;
    let payload = &request.execution_payload;
    let decoded = Fields {
        chain_id: input.chain_id,
        parent_beacon_block_root: request.parent_beacon_block_root.0,
        parent_hash: payload.parent_hash.0,
        state_root: payload.state_root.0,
        block_number: payload.block_number,
        gas_limit: payload.gas_limit,
        timestamp: payload.timestamp,
        block_hash: payload.block_hash.0,
    };
    assert_eq!(places, Some(decoded), "the offsets and the decoder");
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Fields {
    chain_id: u64,
    parent_beacon_block_root: [u8; 32],
    parent_hash: [u8; 32],
    state_root: [u8; 32],
    block_number: u64,
    gas_limit: u64,
    timestamp: u64,
    block_hash: [u8; 32],
}

/// What the contract reads; nothing when it refuses, which it does in one way only.
fn call(bytes: &[u8]) -> Option<Fields> {
    let spec = SpecId::default();
    let mut context: Context<BlockEnv, TxEnv, CfgEnv, Harness, Journal<Harness>, ()> =
        Context::new(Harness, spec);
    context.journaled_state.set_spec_id(spec);
    context.block.gas_limit = u64::MAX;
    context.block.basefee = 0;
    context.cfg.tx_gas_limit_cap = Some(u64::MAX);
    let mut evm: Evm<_, (), _, _, EthFrame> =
        Evm::new(context, EthInstructions::new_mainnet_with_spec(spec), EthPrecompiles::new(spec));
    let call = readCall { input: Bytes::copy_from_slice(bytes) };
    let transaction = TxEnv {
        kind: TxKind::Call(HARNESS),
        data: call.abi_encode().into(),
        gas_limit: GAS,
        gas_price: 0,
        ..TxEnv::default()
    };
    match evm.transact(transaction).expect("a call without value can be made").result {
        ExecutionResult::Success { output, .. } => {
            let read = readCall::abi_decode_returns(output.data()).expect("the fields");
            Some(Fields {
                chain_id: read.chainId,
                parent_beacon_block_root: read.parentBeaconBlockRoot.0,
                parent_hash: read.parentHash.0,
                state_root: read.stateRoot.0,
                block_number: read.blockNumber,
                gas_limit: read.gasLimit,
                timestamp: read.timestamp,
                block_hash: read.blockHash.0,
            })
        }
        ExecutionResult::Revert { output, .. } => {
            assert!(SszOutOfBounds::abi_decode(&output).is_ok(), "another error: {output}");
            None
        }
        halt => unreachable!("the contract halts: {halt:?}"),
    }
}

/// The fields where the offsets of the bytes say, whatever they are.
fn follow(bytes: &[u8]) -> Option<Fields> {
    let request = SCHEMA.checked_add(offset(bytes, SCHEMA)?)?;
    let payload = request.checked_add(offset(bytes, request)?)?;
    Some(Fields {
        chain_id: number(bytes, SCHEMA + 8)?,
        parent_beacon_block_root: read(bytes, request.checked_add(8)?)?,
        parent_hash: read(bytes, payload)?,
        state_root: read(bytes, payload.checked_add(52)?)?,
        block_number: number(bytes, payload.checked_add(404)?)?,
        gas_limit: number(bytes, payload.checked_add(412)?)?,
        timestamp: number(bytes, payload.checked_add(428)?)?,
        block_hash: read(bytes, payload.checked_add(472)?)?,
    })
}

fn offset(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32::from_le_bytes(read(bytes, at)?)).ok()
}

fn number(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(read(bytes, at)?))
}

fn read<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

/// A state that holds the contract and nothing else.
#[derive(Debug)]
struct Harness;

impl Database for Harness {
    type Error = Infallible;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, Infallible> {
        Ok((address == HARNESS).then(|| {
            AccountInfo::from_bytecode(bytecode(SszInputHarness::DEPLOYED_BYTECODE.clone()))
        }))
    }

    fn code_by_hash(&mut self, _: B256) -> Result<Bytecode, Infallible> {
        Ok(Bytecode::default())
    }

    fn storage(&mut self, _: Address, _: U256) -> Result<U256, Infallible> {
        Ok(U256::ZERO)
    }

    fn block_hash(&mut self, _: u64) -> Result<B256, Infallible> {
        Ok(B256::ZERO)
    }
}
