//! L1 blocks in, the rollup's state out, through reorgs.
use alloy_primitives::{Address, B256, Bytes, Log, U256, address, keccak256};
use alloy_sol_types::SolEvent;
use bough_contracts::{Message, NativeRollup};
use bough_rollup::{
    Action, Derivation, DerivationError, Direction, L1Block, L1BlockId, L1Log, L2BlockId,
    MessageDomain, find_anchor,
};

const DOMAIN: MessageDomain = MessageDomain {
    l1_chain_id: 31337,
    rollup: address!("0x5FbDB2315678afecb367f032d93F642f64180aa3"),
    l2_chain_id: 8079,
};
const START: u64 = 10;
const GENESIS: L2BlockId = L2BlockId { number: 0, hash: B256::repeat_byte(0x99) };

fn hash(number: u64, branch: u8) -> B256 {
    keccak256([&number.to_be_bytes()[..], &[branch]].concat())
}

fn id(number: u64, branch: u8) -> L1BlockId {
    L1BlockId { number, hash: hash(number, branch) }
}

fn derivation() -> Derivation {
    Derivation::new(DOMAIN, id(START, 0), 1000, GENESIS)
}

/// Block `number` of a branch, on top of one of `parent`'s.
fn block(number: u64, branch: u8, parent: u8, logs: Vec<L1Log>) -> L1Block {
    L1Block {
        number,
        hash: hash(number, branch),
        parent_hash: hash(number - 1, parent),
        timestamp: 1000 + number,
        logs,
    }
}

fn message(nonce: u64) -> Message {
    Message {
        nonce,
        sender: Address::repeat_byte(1),
        recipient: Address::repeat_byte(2),
        value: U256::from(nonce),
        fee: U256::from(1),
        gas_limit: 100_000,
        deadline: 5000 + nonce,
        refund_to: Address::repeat_byte(1),
        data: Bytes::from(vec![7; 40]),
    }
}

fn log(event: &impl SolEvent) -> L1Log {
    L1Log {
        log: Log { address: DOMAIN.rollup, data: event.encode_log_data() },
        transaction_hash: B256::repeat_byte(0x77),
    }
}

fn sent(nonce: u64) -> L1Log {
    let m = message(nonce);
    log(&NativeRollup::MessageSent {
        nonce,
        hash: DOMAIN.hash(Direction::L1ToL2, &m),
        message: m.into(),
    })
}

fn advanced(number: u64) -> L1Log {
    log(&NativeRollup::Advanced {
        number,
        blockHash: hash(number, 0xaa),
        stateRoot: B256::ZERO,
        inputHash: B256::repeat_byte(3),
    })
}

fn claimed(nonce: u64) -> L1Log {
    log(&NativeRollup::MessageClaimed {
        nonce,
        hash: B256::repeat_byte(4),
        claimer: Address::repeat_byte(5),
    })
}

#[test]
fn messages_anchors_and_heads_as_of_each_block() {
    let mut d = derivation();
    let found = d.push(&block(11, 0, 0, vec![sent(0), advanced(1), sent(1)])).unwrap();
    assert_eq!((found.sent.len(), found.advanced.len(), found.claimed.len()), (2, 1, 0));
    assert_eq!(found.sent[1].message, message(1));
    d.push(&block(12, 0, 0, vec![advanced(2), advanced(3), claimed(9)])).unwrap();
    d.push(&block(13, 0, 0, vec![sent(2)])).unwrap();

    assert_eq!(d.tip(), id(13, 0));
    assert_eq!(d.message_count(), 3);
    assert_eq!([10, 11, 12, 13].map(|n| d.message_count_at(n).unwrap()), [0, 2, 2, 3]);
    assert_eq!([10, 11, 12, 13].map(|n| d.head_at(n).unwrap().number), [0, 1, 3, 3]);
    assert_eq!(d.message_count_at(14), None);
    assert_eq!(d.head(), L2BlockId { number: 3, hash: hash(3, 0xaa) });
    assert_eq!(d.last_advanced().unwrap().l1_block, id(12, 0));
    assert!(d.is_claimed(9) && !d.is_claimed(0));
    assert_eq!(d.messages_from(2).len(), 1);

    let anchor = d.anchor_at(12).unwrap();
    assert_eq!(anchor.message_root, d.message_root_at(12).unwrap());
    assert_eq!(anchor.message_root, d.tree().root_at(2).unwrap());
    let candidates = [(id(13, 0), 3), (id(12, 0), 1), (id(12, 0), 2)];
    assert_eq!(find_anchor(anchor.value(), d.tree(), candidates), Some(anchor));
    // The live root: a message of a later block under the hash of this one.
    assert_eq!(d.anchor(12, 3).unwrap().message_root, d.tree().root());
    assert_eq!(d.anchor(12, 4), None);
}

#[test]
fn deliverable_messages_are_known_in_time_and_not_delivered() {
    let mut d = derivation();
    d.push(&block(11, 0, 0, (0..5).map(sent).collect())).unwrap();
    let nonces = |count, timestamp, delivered: u64| -> Vec<u64> {
        d.deliverable(count, timestamp, |nonce| nonce == delivered)
            .map(|sent| sent.message.nonce)
            .collect()
    };
    assert_eq!(nonces(4, 0, 9), [0, 1, 2, 3]);
    assert_eq!(nonces(4, 5002, 9), [2, 3]);
    assert_eq!(nonces(5, 5002, 3), [2, 4]);
}

#[test]
fn a_reorg_is_as_if_the_old_branch_had_never_been() {
    let mut d = derivation();
    d.push(&block(11, 0, 0, vec![sent(0)])).unwrap();
    d.push(&block(12, 0, 0, vec![sent(1), advanced(1), claimed(0)])).unwrap();
    d.push(&block(13, 0, 0, vec![sent(2), claimed(1)])).unwrap();

    let error = d.push(&block(14, 1, 1, vec![])).unwrap_err();
    assert_eq!(
        error,
        DerivationError::Reorg { number: 14, got: hash(13, 1), expected: hash(13, 0) }
    );
    assert_eq!(error.action(), Action::Reset);

    d.rewind(id(11, 0)).unwrap();
    assert_eq!((d.tip(), d.message_count(), d.head()), (id(11, 0), 1, GENESIS));
    assert_eq!(d.l1_block(12), None);
    assert!(!d.is_claimed(0));

    d.push(&block(12, 1, 0, vec![sent(1)])).unwrap();
    let mut straight = derivation();
    straight.push(&block(11, 0, 0, vec![sent(0)])).unwrap();
    straight.push(&block(12, 1, 0, vec![sent(1)])).unwrap();
    assert_eq!(d.anchor_at(12), straight.anchor_at(12));
    assert_eq!(d.tree(), straight.tree());
    // Back to the very start.
    d.rewind(id(START, 0)).unwrap();
    assert_eq!(d.message_count(), 0);
}

#[test]
fn final_blocks_are_not_gone_back_from() {
    let mut d = derivation();
    for number in 11..20 {
        d.push(&block(number, 0, 0, vec![advanced(number - 10)])).unwrap();
    }
    d.finalize(15);
    assert_eq!(d.oldest(), id(15, 0));
    assert_eq!(d.head_at(15).unwrap().number, 5);
    assert_eq!(d.head_at(14), None);
    let error = d.rewind(id(14, 0)).unwrap_err();
    assert_eq!(error, DerivationError::ReorgBelowFinal { number: 14, oldest: 15 });
    assert_eq!(error.action(), Action::Temporary);
    assert_eq!(d.rewind(id(16, 1)), Err(DerivationError::NotAnAncestor(id(16, 1))));
    d.rewind(id(15, 0)).unwrap();
    d.push(&block(16, 1, 0, vec![advanced(6)])).unwrap();
    assert_eq!(d.head().number, 6);
}

#[test]
fn what_is_missing_or_wrong_is_refused_and_changes_nothing() {
    let mut d = derivation();
    let mut refused = |block: L1Block| {
        let error = d.push(&block).unwrap_err();
        assert_eq!((d.tip(), d.message_count(), d.head()), (id(START, 0), 0, GENESIS));
        (error.action(), error)
    };
    let temporary = Action::Temporary;
    assert_eq!(
        refused(block(12, 0, 0, vec![])),
        (temporary, DerivationError::NotNext { got: 12, tip: START })
    );
    assert_eq!(
        refused(block(11, 0, 0, vec![sent(0), sent(2)])),
        (temporary, DerivationError::MessageGap { got: 2, expected: 1 })
    );
    assert_eq!(
        refused(block(11, 0, 0, vec![sent(0), advanced(2)])),
        (temporary, DerivationError::AdvanceGap { got: 2, expected: 1 })
    );
    for timestamp in [0, 1000, (1 << 40) + 1, u64::MAX] {
        let got = timestamp;
        let (number, parent, most) = (11, 1000, 1 << 40);
        assert_eq!(
            refused(L1Block { timestamp, ..block(11, 0, 0, vec![]) }),
            (temporary, DerivationError::Timestamp { number, got, parent, most })
        );
    }
    let m = message(0);
    let of_another = MessageDomain { l2_chain_id: 1, ..DOMAIN }.hash(Direction::L1ToL2, &m);
    let expected = DOMAIN.hash(Direction::L1ToL2, &m);
    let event = NativeRollup::MessageSent { nonce: 0, hash: of_another, message: m.into() };
    assert_eq!(
        refused(block(11, 0, 0, vec![log(&event)])),
        (temporary, DerivationError::MessageHash { nonce: 0, got: of_another, expected })
    );
    let mut cut = sent(0);
    cut.log.data = alloy_primitives::LogData::new_unchecked(
        cut.log.topics().to_vec(),
        Bytes::from_static(&[1, 2, 3]),
    );
    assert_eq!(
        refused(block(11, 0, 0, vec![cut])),
        (temporary, DerivationError::MalformedEvent(11))
    );
}

#[test]
fn other_contracts_say_nothing() {
    let mut d = derivation();
    let mut other = sent(5);
    other.log.address = Address::repeat_byte(9);
    let found = d.push(&block(11, 0, 0, vec![other])).unwrap();
    assert_eq!(found, bough_rollup::Derived::default());
}
