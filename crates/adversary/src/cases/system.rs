//! Hostile code where the system contracts are, called outside the block's gas.

use alloy_primitives::Address;
use bough_stf::{ExtraPrecompiles, ForkSchedule, system_contracts};

use super::{
    burn::{BURNER, giants},
    newest,
    work::precompiles,
};
use crate::{
    Account, Call, Case, Forge, ForgeError, Input, Prepared, Work,
    code::{Code, op},
};

/// What the call has left for system calls.
const LEFT: u64 = 200_000;
/// Contracts that a block calls: those of 4788, 2935, 7002, 7251 and the two of 8282.
const CALLED: usize = 6;

pub(super) fn cases() -> Vec<Case> {
    let contracts = system_contracts(&ForkSchedule::always(newest()));
    let mut cases = Vec::new();
    for (at, (address, _)) in contracts.into_iter().take(CALLED).enumerate() {
        let body = Code::new().push(1).ops(&[op::POP]);
        cases.push(case(format!("system_{at}_loop"), address, Code::new().forever(&body)));
        if at == 0 {
            for (name, code) in giants() {
                let code = code.ops(&[op::STOP]);
                cases.push(case(format!("system_{at}_giant_{name}"), address, code));
            }
        }
        for (name, precompile, input) in precompiles() {
            if at == 0 || name == "modexp_256" {
                let size = u64::try_from(input.len()).unwrap_or(0);
                let body = Code::new().static_call(precompile, size);
                let code = Code::new().store(0, &input).forever(&body);
                cases.push(Case::work(format!("system_{at}_{name}"), move || {
                    let on_l1 = Work {
                        forge: Forge::new(
                            newest(),
                            1,
                            vec![Account::contract(BURNER, code.build())],
                        ),
                        calls: vec![Call::new(BURNER, LEFT)],
                        extra: ExtraPrecompiles::none(),
                    };
                    Ok(Prepared { on_l1: Some(on_l1), ..hostile(address, &code)? })
                }));
            }
        }
    }
    cases
}

fn case(name: String, address: Address, code: Code) -> Case {
    Case::added(name, move || hostile(address, &code))
}

fn hostile(address: Address, code: &Code) -> Result<Prepared, ForgeError> {
    // The honest empty block, from a witness where one contract is another: nothing else changes
    // before that contract is called.
    let contract = Account::contract(address, code.build());
    let hostile = Forge::new(newest(), 1, vec![contract]);
    let honest = Forge::new(newest(), 1, Vec::new());
    let mut forged = honest.block(&[])?;
    let parent = hostile.parent_header();
    forged.header.parent_hash = parent.hash_slow();
    forged.witness.headers = vec![alloy_rlp::encode(&parent).into()];
    let (state, codes) = hostile.world().parts();
    forged.witness.state = state;
    forged.witness.codes = codes;
    let mut input = Input::new(&forged)?;
    let prices = bough_execute::Prices::at(newest());
    input.gas = Some(prices.for_bytes(input.bytes.len()).saturating_add(LEFT));
    Ok(Prepared::call(input))
}
