//! Difficulty, ommers, rewards and the DAO fork.

use alloy_consensus::{Header, proofs::calculate_ommers_root};
use alloy_primitives::{Address, B256, U256, address};
use bough_stf::{
    BlockError, ChainSpec, ExecutableBlock, ExtraPrecompiles, Fork, ForkSchedule, State,
    WorkLimits,
    pre_merge::{Ancestor, OmmerError, difficulty, execute_block},
    revm::state::AccountInfo,
};

use crate::common::{MINER, after, empty_block, genesis, spec, state, state_with};

const ETHER: u64 = 1_000_000_000_000_000_000;

fn parent(number: u64, difficulty: u64) -> Header {
    let difficulty = U256::from(difficulty);
    Header {
        number,
        difficulty,
        ommers_hash: calculate_ommers_root::<Header>(&[]),
        ..Header::default()
    }
}

fn at(fork: Fork, parent: &Header, late: u64) -> U256 {
    difficulty(&spec(fork), parent, parent.number + 1, parent.timestamp + late)
}

#[test]
fn difficulty_by_fork() {
    // The first block of mainnet.
    let genesis = parent(0, 17_179_869_184);
    let first = difficulty(&spec(Fork::Frontier), &genesis, 1, 1_438_269_988);
    assert_eq!(first, U256::from(17_171_480_576u64));

    let parent = parent(100, 2_048_000);
    let steps = |fork, late| {
        let got = at(fork, &parent, late);
        (i64::try_from(got).unwrap() - 2_048_000) / 1_000
    };
    assert_eq!([1, 12, 13, 10_000].map(|late| steps(Fork::Frontier, late)), [1, 1, -1, -1]);
    assert_eq!(
        [1, 9, 10, 20, 1_000, 9_000].map(|late| steps(Fork::Homestead, late)),
        [1, 1, 0, -1, -99, -99]
    );
    assert_eq!([1, 8, 9, 18, 900].map(|late| steps(Fork::Byzantium, late)), [1, 1, 0, -1, -99]);
    let with_ommers = Header { ommers_hash: B256::ZERO, ..parent };
    assert_eq!(at(Fork::Byzantium, &with_ommers, 1), U256::from(2_050_000));
    assert_eq!(at(Fork::Homestead, &with_ommers, 1), U256::from(2_049_000));
}

#[test]
fn the_bomb_is_delayed_by_forks() {
    let bomb = |fork, number: u64| {
        let parent = parent(number - 1, 2_048_000_000);
        at(fork, &parent, if fork < Fork::Byzantium { 10 } else { 9 }) - parent.difficulty
    };
    let doublings = |count: usize| U256::from(1) << count;
    assert_eq!(bomb(Fork::Homestead, 199_999), U256::ZERO);
    assert_eq!(bomb(Fork::Homestead, 200_000), doublings(0));
    assert_eq!(bomb(Fork::Homestead, 4_369_999), doublings(41));
    assert_eq!(bomb(Fork::Byzantium, 4_370_000), doublings(11));
    assert_eq!(bomb(Fork::Byzantium, 7_279_999), doublings(40));
    assert_eq!(bomb(Fork::StPetersburg, 7_280_000), doublings(20));
    assert_eq!(bomb(Fork::Istanbul, 9_200_000 - 1), doublings(39));
    assert_eq!(bomb(Fork::MuirGlacier, 9_200_000), doublings(0));
    assert_eq!(bomb(Fork::Berlin, 12_300_000), doublings(31));
    assert_eq!(bomb(Fork::London, 12_965_000), doublings(30));
    assert_eq!(bomb(Fork::ArrowGlacier, 13_773_000), doublings(28));
    assert_eq!(bomb(Fork::GrayGlacier, 15_050_000), doublings(34));
}

#[test]
fn miners_are_paid_by_fork() {
    for (fork, ether) in [
        (Fork::Frontier, 5),
        (Fork::SpuriousDragon, 5),
        (Fork::Byzantium, 3),
        (Fork::StPetersburg, 2),
        (Fork::GrayGlacier, 2),
        (Fork::Paris, 0),
    ] {
        let spec = spec(fork);
        let (_, update) = empty_block(&spec, &genesis(&spec), &state(), b"");
        let balance =
            after(&state(), &update).account(MINER).unwrap().map(|account| account.balance);
        let expected = (ether > 0).then(|| U256::from(ether * ETHER));
        assert_eq!(balance, expected, "{fork:?}");
    }
}

/// A chain of two blocks, and a sibling of the first.
struct Family {
    spec: ChainSpec,
    headers: [Header; 3],
    ommer: Header,
}

impl Family {
    fn new() -> Self {
        let spec = spec(Fork::Byzantium);
        let genesis = genesis(&spec);
        let (first, update) = empty_block(&spec, &genesis, &state(), b"");
        let (second, _) = empty_block(&spec, &first, &after(&state(), &update), b"");
        let (sibling, _) = empty_block(&spec, &genesis, &state(), b"sibling");
        let ommer = Header { beneficiary: Address::repeat_byte(0x33), ..sibling };
        Self { spec, headers: [genesis, first, second], ommer }
    }

    /// The second block again, with these ommers; `known` are those of the first.
    fn second(&self, ommers: &[Header], known: &[Header]) -> BlockError {
        let [genesis, first, second] = &self.headers;
        let header = Header { ommers_hash: calculate_ommers_root(ommers), ..second.clone() };
        let ancestors = [
            Ancestor { hash: first.hash_slow(), header: first, ommers: known },
            Ancestor { hash: genesis.hash_slow(), header: genesis, ommers: &[] },
        ];
        let (_, update) = empty_block(&self.spec, genesis, &state(), b"");
        let state = after(&state(), &update);
        let block = ExecutableBlock { header: &header, transactions: &[], withdrawals: None };
        let (extra, limits) = (ExtraPrecompiles::none(), WorkLimits::NONE);
        // The state root is that of a block without ommers: it fails at the latest for that.
        execute_block(&self.spec, &ancestors, block, ommers, state, extra, limits).unwrap_err()
    }
}

#[test]
fn ommers_are_paid() {
    let family = Family::new();
    let [genesis, first, second] = &family.headers;
    let ommers = [family.ommer.clone()];
    let BlockError::Root { field: "state_root", expected: Some(root), .. } =
        family.second(&ommers, &[])
    else {
        panic!("the root shows the rewards");
    };
    let (_, update) = empty_block(&family.spec, genesis, &state(), b"");
    let mut state = State::from(after(&state(), &update));
    let ether = |eighths: u64| U256::from(3 * ETHER) * U256::from(eighths) / U256::from(8);
    let mut pay = |address, wei: U256| {
        let account = state.account(address).unwrap().unwrap_or_default();
        let info = AccountInfo { balance: account.balance + wei, ..account };
        state.overwrite(address, info, []);
    };
    pay(MINER, ether(8) + ether(8) / U256::from(32));
    pay(family.ommer.beneficiary, ether(7));
    assert_eq!(state.update().unwrap().root, root);
    assert_eq!(second.number, first.number + 1);
}

#[test]
fn ommers_that_may_not_be() {
    let family = Family::new();
    let [genesis, first, second] = &family.headers;
    let ommer = &family.ommer;
    let refused = |ommers: &[Header], known: &[Header]| match family.second(ommers, known) {
        BlockError::Ommers(error) => error,
        error => panic!("{error}"),
    };
    let three = [1, 2, 3].map(|time| Header { timestamp: time, ..ommer.clone() });
    assert_eq!(refused(&three, &[]), OmmerError::TooMany(3));
    let hash = ommer.hash_slow();
    assert_eq!(refused(&[ommer.clone(), ommer.clone()], &[]), OmmerError::Twice(hash));
    assert_eq!(refused(std::slice::from_ref(first), &[]), OmmerError::Ancestor(first.hash_slow()));
    let known = std::slice::from_ref(ommer);
    assert_eq!(refused(known, known), OmmerError::Known(hash));
    for number in [0, 2, 3] {
        let aged = Header { number, ..ommer.clone() };
        assert_eq!(refused(&[aged], &[]), OmmerError::Age { ommer: number, block: 2 });
    }
    let stranger = Header { parent_hash: B256::ZERO, ..ommer.clone() };
    assert_eq!(refused(&[stranger], &[]), OmmerError::Parent(B256::ZERO));
    let brother = Header { parent_hash: second.parent_hash, ..ommer.clone() };
    assert_eq!(refused(&[brother], &[]), OmmerError::Parent(second.parent_hash));
    // An ommer is a header like any other.
    let easy = Header { difficulty: U256::from(1), ..ommer.clone() };
    let error = family.second(&[easy], &[]);
    assert!(matches!(error, BlockError::Difficulty { .. }), "{error}");
    assert_eq!(genesis.number, 0);
}

#[test]
fn the_dao_fork_moves_ether_and_marks_its_blocks() {
    let drained = address!("bb9bc244d798123fde783fcc1c72d3bb8c189413");
    let recovery = address!("bf4ed7b27f1d666546e30d74d50d173d20bca754");
    let forks = ForkSchedule::new(&[(Fork::Homestead, 0), (Fork::DaoFork, 1)], &[]).unwrap();
    let spec = ChainSpec::new(1, forks);
    let genesis = genesis(&spec);
    let before = state_with(&[(drained, 7)]);
    let (header, update) = empty_block(&spec, &genesis, &before, b"dao-hard-fork");
    let after = after(&before, &update);
    assert_eq!(after.account(recovery).unwrap().unwrap().balance, U256::from(7));
    assert_eq!(after.account(drained).unwrap().unwrap().balance, U256::ZERO);

    let parent = genesis.hash_slow();
    bough_stf::check_header(&spec, &genesis, parent, &header).unwrap();
    let unmarked = Header { extra_data: Default::default(), ..header };
    let error = bough_stf::check_header(&spec, &genesis, parent, &unmarked).unwrap_err();
    assert_eq!(error, BlockError::DaoExtraData);
}
