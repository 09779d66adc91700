//! EXECUTE in a revm EVM of anyone's, called by a transaction.

use std::sync::Arc;

use alloy_primitives::{Address, Bytes, U256, address};
use bough_execute::{EXECUTE_ADDRESS, Execute};
use bough_stf::{
    ExtraPrecompiles, Fork, ForkSchedule, Precompiles,
    revm::{
        context::{BlockEnv, CfgEnv, Context, Evm, Journal, TxEnv},
        context_interface::{JournalTr, result::ExecutionResult},
        database_interface::EmptyDB,
        handler::{EthFrame, ExecuteEvm, instructions::EthInstructions},
        primitives::{TxKind, hardfork::SpecId},
    },
};

use crate::support::official;

const CALLER: Address = address!("00000000000000000000000000000000000ca11e");
const GAS: u64 = 16_000_000;

pub fn call(input: Vec<u8>) -> ExecutionResult {
    let execute = Execute::new(ForkSchedule::always(Fork::Amsterdam));
    let extra = ExtraPrecompiles::none().with(EXECUTE_ADDRESS, Arc::new(execute));
    let spec = SpecId::AMSTERDAM;
    let mut ctx: Context<BlockEnv, TxEnv, CfgEnv, EmptyDB, Journal<EmptyDB>, ()> =
        Context::new(EmptyDB::new(), spec);
    ctx.journaled_state.set_spec_id(spec);
    ctx.block.timestamp = U256::from(u64::MAX);
    ctx.block.gas_limit = 60_000_000;
    ctx.block.basefee = 0;
    let mut evm: Evm<_, (), _, _, EthFrame> =
        Evm::new(ctx, EthInstructions::new_mainnet_with_spec(spec), Precompiles::new(spec, &extra));
    let tx = TxEnv {
        caller: CALLER,
        kind: TxKind::Call(EXECUTE_ADDRESS),
        data: input.into(),
        gas_limit: GAS,
        gas_price: 0,
        ..TxEnv::default()
    };
    evm.transact(tx).unwrap().result
}

#[test]
fn answers_and_halts() {
    for pair in official() {
        let result = call(pair.input.clone());
        if pair.is_valid() {
            assert_eq!(result.output(), Some(&Bytes::from(pair.output)));
            assert!(result.gas().tx_gas_used() < GAS);
        } else {
            assert!(result.is_halt(), "{result:?}");
            assert_eq!(result.gas().tx_gas_used(), GAS);
        }
    }
}

#[test]
fn halts_on_garbage_and_goes_on() {
    for input in [vec![], vec![0x15, 0x01], vec![0xff; 5000]] {
        assert!(call(input).is_halt());
    }
}
