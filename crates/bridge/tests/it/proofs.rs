//! Calldata of deliveries and claims, and what refusals say.
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::{SolCall, SolError};
use bough_bridge::{BridgeError, Chain, DeliveryProof, Refusal, WithdrawalProof};
use bough_contracts::{L2Messenger, Message, NativeRollup};
use bough_rollup::{
    Anchor, Direction, L1BlockId, MessageDomain, MessageTree, SentMessage, TreeError, root_of,
};

const DOMAIN: MessageDomain =
    MessageDomain { l1_chain_id: 1, rollup: Address::repeat_byte(7), l2_chain_id: 8079 };

fn message(nonce: u64) -> Message {
    Message {
        nonce,
        sender: Address::repeat_byte(1),
        recipient: Address::repeat_byte(2),
        value: U256::from(3),
        fee: U256::from(4),
        gas_limit: 5,
        deadline: 6,
        refund_to: Address::repeat_byte(1),
        data: Bytes::from_static(&[1, 2, 3]),
    }
}

fn tree(count: u64) -> MessageTree {
    let mut tree = MessageTree::new();
    for nonce in 0..count {
        tree.append(DOMAIN.hash(Direction::L1ToL2, &message(nonce))).unwrap();
    }
    tree
}

fn sent(nonce: u64) -> SentMessage {
    SentMessage {
        hash: DOMAIN.hash(Direction::L1ToL2, &message(nonce)),
        message: message(nonce),
        l1_block: L1BlockId { number: 9, hash: B256::repeat_byte(9) },
        transaction_hash: B256::ZERO,
    }
}

fn anchor(tree: &MessageTree, message_count: u64) -> Anchor {
    Anchor {
        l1_block: L1BlockId { number: 10, hash: B256::repeat_byte(10) },
        message_count,
        message_root: tree.root_at(message_count).unwrap(),
    }
}

#[test]
fn a_delivery_proves_its_message_under_the_anchor() {
    let tree = tree(5);
    let anchor = anchor(&tree, 4);
    let proof = DeliveryProof::new(&tree, sent(2), anchor, 77).unwrap();
    let call = L2Messenger::claimCall::abi_decode(&proof.calldata()).unwrap();
    assert_eq!(Message::from(call.m), message(2));
    assert_eq!(call.anchorTimestamp, U256::from(77));
    // What the contract checks.
    assert_eq!(keccak256([call.l1BlockHash, call.messageRoot].concat()), anchor.value());
    assert_eq!(root_of(sent(2).hash, 2, &call.proof), call.messageRoot);
}

#[test]
fn a_message_that_the_anchor_does_not_know_cannot_be_proved() {
    let tree = tree(5);
    let result = DeliveryProof::new(&tree, sent(4), anchor(&tree, 4), 77);
    assert_eq!(result, Err(TreeError::NotIncluded { index: 4, count: 4 }));
}

#[test]
fn a_claim_carries_both_proofs() {
    let proof = WithdrawalProof {
        message: message(3),
        hash: DOMAIN.hash(Direction::L2ToL1, &message(3)),
        l2_block: 12,
        account_proof: vec![Bytes::from_static(&[1]), Bytes::from_static(&[2])],
        storage_proof: vec![Bytes::from_static(&[3])],
    };
    let call = NativeRollup::claimCall::abi_decode(&proof.calldata()).unwrap();
    assert_eq!(Message::from(call.m), message(3));
    assert_eq!(call.blockNumber, 12);
    assert_eq!((call.accountProof, call.storageProof), (proof.account_proof, proof.storage_proof));
}

fn refusal(chain: Chain, error: impl SolError) -> Refusal {
    Refusal::decode(chain, error.abi_encode().into())
}

#[test]
fn refusals_of_either_contract_are_told_apart() {
    let failed = NativeRollup::DeliveryFailed { nonce: 4, reason: Bytes::from_static(&[0xab]) };
    let known = refusal(Chain::L1, failed.clone());
    assert_eq!(known, Refusal::DeliveryFailed { nonce: 4, reason: Bytes::from_static(&[0xab]) });
    assert_eq!(known, refusal(Chain::L2, failed));
    assert_eq!(known.to_string(), "the call of message 4 failed with 0xab");

    let late = L2Messenger::DeadlinePassed { deadline: 5, timestamp: U256::from(6) };
    assert_eq!(
        refusal(Chain::L2, late),
        Refusal::DeadlinePassed { deadline: 5, timestamp: U256::from(6) }
    );
    let done = NativeRollup::AlreadyClaimed { nonce: 1 };
    assert_eq!(refusal(Chain::L1, done), Refusal::AlreadyClaimed(1));
    // Two errors of one name: that of a claim on L2 has a timestamp, that of `advance` a block.
    let unknown = L2Messenger::AnchorUnknown { timestamp: U256::from(9) };
    assert_eq!(refusal(Chain::L2, unknown), Refusal::AnchorUnknown(U256::from(9)));
    let state = NativeRollup::StateUnknown { number: 8 };
    assert_eq!(refusal(Chain::L1, state), Refusal::StateUnknown(8));
    let not_sent = NativeRollup::MessageNotSent { hash: B256::repeat_byte(1) };
    assert_eq!(refusal(Chain::L1, not_sent), Refusal::MessageNotSent(B256::repeat_byte(1)));

    let other = Bytes::from_static(&[1, 2, 3, 4]);
    assert_eq!(Refusal::decode(Chain::L1, other.clone()), Refusal::Other(other));
    let empty = Refusal::decode(Chain::L2, Bytes::new());
    assert_eq!(empty.to_string(), "it reverted with 0x");
}

#[test]
fn what_waiting_helps() {
    assert!(BridgeError::NotAnchored { nonce: 1, known: 0 }.is_temporary());
    assert!(BridgeError::NotExecuted { nonce: 1, l2_block: 5, executed: 4 }.is_temporary());
    assert!(!BridgeError::NoKey.is_temporary());
    assert!(!BridgeError::AlreadyDelivered { chain: Chain::L1, nonce: 1 }.is_temporary());
}
