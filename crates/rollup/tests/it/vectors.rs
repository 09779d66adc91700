//! Hashes, roots, proofs and digests are those that the contracts compute.
use alloy_primitives::{Address, B256, U256};
use bough_contracts::Message;
use bough_rollup::{
    Anchor, Direction, L1BlockId, MessageDomain, MessageTree, PreconfirmedHeader, TreeError,
    root_of,
};
use serde_json::Value;

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../../../contracts/vectors/messages.json")).unwrap()
}

fn text<T: std::str::FromStr<Err: std::fmt::Debug>>(value: &Value) -> T {
    value.as_str().unwrap().parse().unwrap()
}

fn domain(vectors: &Value) -> MessageDomain {
    MessageDomain {
        l1_chain_id: vectors["l1ChainId"].as_u64().unwrap(),
        rollup: text::<Address>(&vectors["rollup"]),
        l2_chain_id: vectors["l2ChainId"].as_u64().unwrap(),
    }
}

fn message(value: &Value) -> Message {
    Message {
        nonce: value["nonce"].as_u64().unwrap(),
        sender: text(&value["sender"]),
        recipient: text(&value["recipient"]),
        value: text::<U256>(&value["value"]),
        fee: text::<U256>(&value["fee"]),
        gas_limit: value["gasLimit"].as_u64().unwrap(),
        deadline: value["deadline"].as_u64().unwrap(),
        refund_to: text(&value["refundTo"]),
        data: text(&value["data"]),
    }
}

fn tree(vectors: &Value) -> MessageTree {
    let mut tree = MessageTree::new();
    for value in vectors["messages"].as_array().unwrap() {
        tree.append(domain(vectors).hash(Direction::L1ToL2, &message(value))).unwrap();
    }
    tree
}

#[test]
fn message_hashes() {
    let vectors = vectors();
    let messages = vectors["messages"].as_array().unwrap();
    assert!(!messages.is_empty());
    for value in messages {
        let (domain, message) = (domain(&vectors), message(value));
        assert_eq!(domain.hash(Direction::L1ToL2, &message), text::<B256>(&value["hashL1ToL2"]));
        assert_eq!(domain.hash(Direction::L2ToL1, &message), text::<B256>(&value["hashL2ToL1"]));
    }
}

#[test]
fn roots_after_each_message() {
    let vectors = vectors();
    let tree = tree(&vectors);
    let roots = vectors["roots"].as_array().unwrap();
    assert_eq!(roots.len() as u64, tree.len() + 1);
    for (count, root) in roots.iter().enumerate() {
        assert_eq!(tree.root_at(count as u64), Ok(text(root)));
    }
    assert_eq!(tree.root(), text::<B256>(roots.last().unwrap()));
    let count = tree.len() + 1;
    assert_eq!(tree.root_at(count), Err(TreeError::CountUnknown { count, leaves: tree.len() }));
}

#[test]
fn proof() {
    let vectors = vectors();
    let tree = tree(&vectors);
    let index = vectors["proof"]["index"].as_u64().unwrap();
    let proof = tree.proof(index, tree.len()).unwrap();
    let siblings = vectors["proof"]["siblings"].as_array().unwrap();
    assert_eq!(proof.to_vec(), siblings.iter().map(text::<B256>).collect::<Vec<_>>());
    let root = text::<B256>(&vectors["proof"]["root"]);
    assert_eq!(root_of(tree.leaf(index).unwrap(), index, &proof), root);
    assert_eq!(tree.proof(2, 2), Err(TreeError::NotIncluded { index: 2, count: 2 }));
}

#[test]
fn anchor() {
    let value = &vectors()["anchor"];
    let anchor = Anchor {
        l1_block: L1BlockId { number: 0, hash: text(&value["l1BlockHash"]) },
        message_count: 0,
        message_root: text(&value["messageRoot"]),
    };
    assert_eq!(anchor.value(), text::<B256>(&value["anchor"]));
}

#[test]
fn preconfirmation_digest() {
    let vectors = vectors();
    let value = &vectors["preconfirmation"];
    let header = PreconfirmedHeader {
        number: value["number"].as_u64().unwrap(),
        parent_hash: text(&value["parentHash"]),
        block_hash: text(&value["blockHash"]),
    };
    assert_eq!(header.digest(&domain(&vectors)), text::<B256>(&value["digest"]));
}
