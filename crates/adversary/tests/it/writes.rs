//! The bound on state writes: what it counts, to the block, and that it changes nothing below.
use super::*;
use bough_stateless::StatelessInput;

/// The cases that are at the bound, with the Keccak blocks that writing their state counts. The
/// numbers are part of the rule: every node that checks these blocks has to come to the same.
const COUNTED: [(&str, u64); 6] = [
    ("plain", 99_644),
    ("valued", 197_664),
    ("in_place_short", 133_664),
    ("in_place_nested", 337_784),
    ("in_place_32", 133_664),
    ("in_place_156", 167_684),
];

fn within(input: &StatelessInput, blocks: u64) -> Result<Option<u64>, Invalid> {
    let limits = WorkLimits { keccak_blocks: Some(blocks), ..WorkLimits::NONE };
    validate(input, limits).map(|validated| validated.keccak_blocks)
}

#[test]
fn the_work_of_writing_is_counted_to_the_block() {
    let cases = cases();
    let at_the_bound = |name: &str| {
        let name = format!("writes_at_the_bound_{name}");
        let case = cases.iter().find(|case| case.name == name).unwrap();
        case.prepare().unwrap().input.unwrap()
    };
    let counted = COUNTED.map(|(name, _)| {
        let input = at_the_bound(name);
        let decoded = StatelessInput::decode(&input.bytes).unwrap();
        let blocks = within(&decoded, u64::MAX).unwrap().unwrap();
        assert_eq!(within(&decoded, blocks), Ok(Some(blocks)), "{name}");
        let refused =
            Invalid::Block(BlockError::State(StateError::WritesTooMuch { most: blocks - 1 }));
        assert_eq!(within(&decoded, blocks - 1), Err(refused), "{name}");
        assert_eq!(validate(&decoded, WorkLimits::NONE).unwrap().keccak_blocks, None);

        // EXECUTE takes it, and it has little to spare.
        let executed = input.execute().run(&input.bytes, PLENTY, input.l1).unwrap();
        let prices = Prices::at(newest());
        let paid = prices.for_bytes(input.bytes.len()) + executed.gas_used;
        let spare = prices.keccak_blocks_for(paid).checked_sub(blocks).unwrap();
        assert!(spare < blocks / 50, "{name}: {spare} of {blocks} to spare");
        (name, blocks)
    });
    assert_eq!(counted, COUNTED);
}

/// What did not change is not written: an account that was only called, a slot that has its value
/// again.
#[test]
fn what_has_not_changed_is_no_work() {
    let write = |value| Code::new().push(value).push(1).ops(&[op::SSTORE]);
    let blocks = |code: &Code| {
        let slots = vec![(U256::from(1), U256::from(7))];
        let worker = Account { slots, ..Account::contract(WORKER, code.build()) };
        let forged = Forge::new(newest(), 1, vec![worker]).block(&[Call::new(WORKER, 1 << 20)]);
        within(&forged.unwrap().input(), u64::MAX).unwrap().unwrap()
    };
    let idle = blocks(&Code::new().ops(&[op::STOP]));
    let back = write(8).then(&write(7));
    assert_eq!(blocks(&write(7)), idle);
    assert_eq!(blocks(&back), idle);
    assert!(blocks(&write(8)) > idle);
}

/// The gas of a changed slot pays for ten nodes on the way to it, at every fork and refunds taken off.
#[test]
fn a_slot_that_changes_pays_for_ten_nodes() {
    const NODE_BLOCKS: u64 = 4;
    let slots: Vec<_> = (1..=100u64).map(|at| (U256::from(at), U256::from(7))).collect();
    for fork in Fork::ALL.into_iter().filter(|fork| Schema::of(*fork).is_some()) {
        let needed = 10 * NODE_BLOCKS * Prices::at(fork).per_keccak_block;
        for value in [0, 8] {
            let gas_of = |count: u64| {
                let write = |code: Code, slot| code.push(value).push(slot).ops(&[op::SSTORE]);
                let code = (1..=count).fold(Code::new(), write).ops(&[op::STOP]).build();
                let worker = Account { slots: slots.clone(), ..Account::contract(WORKER, code) };
                let forge = Forge::new(fork, 1, vec![worker]);
                forge.block(&[Call::new(WORKER, 1 << 20)]).unwrap().header.gas_used
            };
            let each = (gas_of(100) - gas_of(50)) / 50;
            assert!(each >= needed, "{fork:?}: {each} gas for a slot set to {value}");
        }
    }
}
