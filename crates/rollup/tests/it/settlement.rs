//! Blocks to calldata and back, and what they cost.
use alloy_consensus::{BlockBody, Header};
use alloy_primitives::{B256, Bytes, U256, keccak256};
use alloy_sol_types::{SolCall, SolValue};
use bough_contracts::NativeRollup::advanceCall;
use bough_rollup::{
    AnchorPoint, BlockCost, BlockInput, CalldataPrices, ExecutePrice, PostedBlock,
    PostedBlockError, SettlementBudget, SettlementError, advance_calldata, block_input,
    decode_advance, inputs_by_hash,
};
use bough_stateless::{ExecutionWitness, PayloadError};
use bough_stf::{Block, ChainSpec, Fork, ForkSchedule, genesis_header};
use proptest::prelude::*;

const PRICE: ExecutePrice = ExecutePrice { base: 500_000, per_byte: 20 };

fn spec(fork: Fork) -> ChainSpec {
    ChainSpec::new(8079, ForkSchedule::always(fork))
}

fn block(spec: &ChainSpec) -> Block {
    let anchor = Some(B256::repeat_byte(5));
    let point = AnchorPoint { l1_block: 77, message_count: 3 };
    let header = Header {
        number: 1,
        timestamp: 12,
        parent_beacon_block_root: anchor,
        extra_data: point.to_extra_data(),
        ..Header::default()
    };
    let header = genesis_header(spec, header);
    let body = BlockBody { withdrawals: Some(Default::default()), ..BlockBody::default() };
    Block { header, body }
}

fn access_list(fork: Fork) -> Option<Bytes> {
    fork.has_block_access_list().then(|| Bytes::from_static(&[0xc0]))
}

#[test]
fn a_block_comes_back_out_of_its_input() {
    for fork in [Fork::Osaka, Fork::Bpo2, Fork::Amsterdam] {
        let spec = spec(fork);
        let block = block(&spec);
        let witness = ExecutionWitness {
            headers: vec![Bytes::from_static(&[0xc0])],
            ..ExecutionWitness::default()
        };
        let list = access_list(fork);
        let input = block_input(&spec, &block, list.clone(), Vec::new(), witness.clone()).unwrap();
        let posted = PostedBlock::from_input(&input).unwrap();
        assert_eq!(posted.hash, block.header.hash_slow());
        assert_eq!(posted.block, block);
        assert_eq!((posted.block_access_list, posted.witness), (list, witness));
        assert_eq!(
            AnchorPoint::from_extra_data(&posted.block.header.extra_data),
            Some(AnchorPoint { l1_block: 77, message_count: 3 })
        );
    }
}

#[test]
fn inputs_that_cannot_be() {
    let make = |spec: &ChainSpec, block: &Block| {
        block_input(spec, block, access_list(Fork::Amsterdam), Vec::new(), Default::default())
    };
    let amsterdam = spec(Fork::Amsterdam);
    let prague = spec(Fork::Prague);
    assert_eq!(make(&prague, &block(&prague)), Err(SettlementError::NoSchema { timestamp: 12 }));
    let mut unanchored = block(&amsterdam);
    unanchored.header.parent_beacon_block_root = Some(B256::ZERO);
    assert_eq!(make(&amsterdam, &unanchored), Err(SettlementError::NoAnchor(1)));

    let input = make(&amsterdam, &block(&amsterdam)).unwrap();
    let mut flipped = input.to_vec();
    // A byte of the payload's state root: schema id, two containers, 52 bytes in.
    flipped[2 + 16 + 44 + 52] ^= 1;
    assert!(matches!(
        PostedBlock::from_input(&flipped),
        Err(PostedBlockError::Payload(PayloadError::BlockHash { got, expected })) if got != expected
    ));
    assert!(matches!(PostedBlock::from_input(&input[1..]), Err(PostedBlockError::Input(_))));
}

fn inputs() -> Vec<BlockInput> {
    (1..4u8)
        .map(|i| BlockInput {
            anchor: AnchorPoint { l1_block: 1000 + u64::from(i), message_count: u64::from(i) },
            input: Bytes::from(vec![i; 100 * usize::from(i) + 1]),
        })
        .collect()
}

#[test]
fn inputs_are_found_by_their_hashes() {
    let blocks = inputs();
    let hashes: Vec<_> = blocks.iter().map(BlockInput::hash).collect();
    let call = advance_calldata(&blocks);
    assert_eq!(inputs_by_hash(&call, &hashes), Some(blocks.clone()));

    // Inside the call of another contract, which names the selector once more before it.
    let wrapped = (advanceCall::SELECTOR, call.clone(), B256::repeat_byte(9)).abi_encode();
    assert_eq!(inputs_by_hash(&wrapped, &hashes), Some(blocks.clone()));

    // Two calls in one transaction, and any order.
    let [first, second] = [&blocks[..1], &blocks[1..]].map(advance_calldata);
    let both = (first, second).abi_encode();
    assert_eq!(inputs_by_hash(&both, &hashes), Some(blocks.clone()));
    assert_eq!(inputs_by_hash(&call, &hashes[1..2]), Some(vec![blocks[1].clone()]));

    assert_eq!(inputs_by_hash(&call, &[keccak256([1]), hashes[1], hashes[2]]), None);
    assert_eq!(inputs_by_hash(&call[..call.len() - 320], &hashes), None);
    assert_eq!(inputs_by_hash(&[], &hashes), None);
    assert!(matches!(decode_advance(&call[1..]), Err(SettlementError::NotAdvance(_))));
}

#[test]
fn calldata_that_points_at_itself_ends() {
    // Calls in calls, and an array of blocks that are all the same bytes.
    let mut calldata = Vec::new();
    for _ in 0..4000 {
        calldata.extend(advanceCall::SELECTOR);
        calldata.extend(U256::from(32).to_be_bytes::<32>());
        calldata.extend(U256::from(u64::MAX).to_be_bytes::<32>());
    }
    assert_eq!(inputs_by_hash(&calldata, &[keccak256([1])]), None);
    let aliased = U256::from(64).to_be_bytes::<32>().repeat(4000);
    let mut call = advanceCall::SELECTOR.to_vec();
    call.extend(U256::from(32).to_be_bytes::<32>());
    call.extend(U256::from(4000).to_be_bytes::<32>());
    call.extend(aliased);
    assert_eq!(inputs_by_hash(&call, &[keccak256([1])]), None);
}

#[test]
fn calldata_prices_are_those_of_the_eips() {
    let osaka = CalldataPrices::of(Fork::Osaka);
    assert_eq!(
        osaka,
        CalldataPrices {
            base: 21_000,
            zero: 4,
            nonzero: 16,
            floor_base: 21_000,
            floor_zero: 10,
            floor_nonzero: 40,
        }
    );
    let amsterdam = CalldataPrices::of(Fork::Amsterdam);
    assert_eq!((amsterdam.zero, amsterdam.nonzero), (4, 16));
    assert_eq!((amsterdam.floor_zero, amsterdam.floor_nonzero), (64, 64));
    assert_eq!(osaka.gas(&[0, 0, 1]), (21_024, 21_060));
    assert_eq!(osaka.gas_at_most(3), (21_048, 21_120));
}

#[test]
fn both_limits_bind() {
    let budget = SettlementBudget::new(Fork::Amsterdam, PRICE);
    assert_eq!((budget.gas_cap, budget.transaction_size), (1 << 24, 128 * 1024));
    // Bytes bind when little gas is used, gas when much is.
    let little = budget.max_settlement_bytes(0).unwrap();
    assert!((130_000..=128 * 1024).contains(&little), "{little}");
    let much = budget.max_settlement_bytes(14_000_000).unwrap();
    assert!(much < little, "{much}");
    assert_eq!(budget.max_settlement_bytes(1 << 24), None);
    let gas = budget.max_gas_used(50_000).unwrap();
    assert!((12_000_000..15_000_000).contains(&gas), "{gas}");
    // Few bytes: the floor is not what is paid.
    let one = [BlockCost { input_bytes: 10_000, gas_used: 1_000_000 }];
    assert!(budget.settlement_gas(&one) > 1_000_000 + 500_000 + 200_000);
    assert_eq!(budget.execute_gas(one[0]), 500_000 + 200_000 + 1_000_000);
    // Two in one call cost less than two calls.
    let two = [one[0], one[0]];
    assert!(budget.settlement_gas(&two) < 2 * budget.settlement_gas(&one));
}

proptest! {
    #[test]
    fn calldata_round_trips(blocks in proptest::collection::vec(
        (any::<u64>(), any::<u64>(), proptest::collection::vec(any::<u8>(), 0..200)), 0..5,
    )) {
        let blocks: Vec<_> = blocks
            .into_iter()
            .map(|(l1_block, message_count, input)| BlockInput {
                anchor: AnchorPoint { l1_block, message_count },
                input: input.into(),
            })
            .collect();
        prop_assert_eq!(decode_advance(&advance_calldata(&blocks)), Ok(blocks));
    }

    #[test]
    fn what_fits_is_under_both_limits(
        bytes in proptest::collection::vec(0usize..70_000, 1..4),
        gas_used in 0u64..16_000_000,
    ) {
        let budget = SettlementBudget::new(Fork::Osaka, PRICE);
        let costs: Vec<_> = bytes.iter().map(|b| BlockCost { input_bytes: *b, gas_used }).collect();
        let blocks: Vec<_> = bytes
            .iter()
            .map(|b| BlockInput { anchor: AnchorPoint::default(), input: vec![1; *b].into() })
            .collect();
        let calldata = advance_calldata(&blocks);
        let (intrinsic, floor) = budget.calldata.gas(&calldata);
        let gas = budget.settlement_gas(&costs);
        prop_assert!(gas >= intrinsic && gas >= floor);
        if budget.fits(&costs) {
            prop_assert!(calldata.len() < budget.transaction_size);
            prop_assert!(gas <= budget.gas_cap);
        }
        if let Some(most) = budget.max_settlement_bytes(gas_used) {
            let cost = |input_bytes| [BlockCost { input_bytes, gas_used }];
            prop_assert!(budget.fits(&cost(most)));
            prop_assert!(!budget.fits(&cost(most + 1)));
        }
    }

    #[test]
    fn any_calldata_is_searched(
        before in proptest::collection::vec(any::<u8>(), 0..70),
        inputs in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..99), 1..4),
        garbage in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let blocks: Vec<_> = inputs
            .into_iter()
            .map(|input| BlockInput { anchor: AnchorPoint::default(), input: input.into() })
            .collect();
        let hashes: Vec<_> = blocks.iter().map(BlockInput::hash).collect();
        let calldata = [&before[..], &advance_calldata(&blocks), &garbage].concat();
        prop_assert_eq!(inputs_by_hash(&calldata, &hashes), Some(blocks));
        let call = [&advanceCall::SELECTOR[..], &garbage].concat();
        prop_assert_eq!(inputs_by_hash(&call, &[B256::ZERO]), None);
    }

    #[test]
    fn hints_round_trip(l1_block: u64, message_count: u64) {
        let point = AnchorPoint { l1_block, message_count };
        prop_assert_eq!(AnchorPoint::from_extra_data(&point.to_extra_data()), Some(point));
        prop_assert_eq!(AnchorPoint::from_extra_data(b"geth"), None);
    }
}
