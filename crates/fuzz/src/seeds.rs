//! Inputs to begin with, made here.

use alloy_primitives::{Address, U256};
use bough_adversary::{Account, Call, Code, Forge, sender};
use bough_stateless::Schema;
use bough_stf::Fork;

const WORKER: Address = Address::repeat_byte(0x77);
const SSTORE: u8 = 0x55;
const LOG1: u8 = 0xa1;
const GAS: u64 = 1 << 20;

/// Small valid inputs of each fork with a schema: an empty block, one that changes storage and
/// logs, one with two senders and an authorization; and each with the whole state in its witness, so
/// that any account can be changed.
pub fn seeds() -> Vec<Vec<u8>> {
    let code = Code::new()
        .push(0)
        .push(1)
        .ops(&[SSTORE])
        .push(9)
        .push(2)
        .ops(&[SSTORE])
        .push(5)
        .push(32)
        .push(0)
        .ops(&[LOG1]);
    let worker = Account {
        slots: (1..4u64).map(|at| (U256::from(at), U256::from(at))).collect(),
        ..Account::contract(WORKER, code.build())
    };
    let blocks = [
        vec![],
        vec![Call::new(WORKER, GAS)],
        vec![
            Call::new(sender(1), GAS),
            Call { from: 1, authorizations: vec![0], ..Call::new(WORKER, GAS) },
        ],
    ];
    let forks = Fork::ALL.into_iter().filter(|fork| Schema::of(*fork).is_some());
    let mut seeds = Vec::new();
    for fork in forks {
        let forge = Forge::new(fork, 2, vec![worker.clone()]);
        for calls in &blocks {
            let forged = forge.block(calls).expect("the block is valid");
            seeds.push(forged.bytes().expect("entries are small"));
            let (nodes, codes) = forge.world().parts();
            let mut whole = forged.with_nodes(&nodes);
            whole.witness.codes = codes;
            seeds.push(whole.bytes().expect("entries are small"));
        }
    }
    seeds
}
