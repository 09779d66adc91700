//! Disagreements that the README settles, each with the exact condition under which it is one.

use std::fmt;

use alloy_consensus::Header;
use alloy_primitives::{Bytes, KECCAK256_EMPTY};
use alloy_rlp::Decodable;
use alloy_trie::TrieAccount;
use bough_mpt::Node;
use bough_stateless::{StatelessInput, StatelessValidationResult};

use crate::{
    judge::verdicts,
    theirs,
    verdict::{Stage, Verdict},
};

/// A settled disagreement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rule {
    /// ethrex's EXECUTE refuses blocks with execution requests, ours takes them.
    RequestsOnL2,
    /// ethrex decodes witness nodes and codes longer than the spec's limits.
    WitnessItemLength,
    /// ethrex takes the parent by its number wherever it stands, the spec takes the last header.
    HeaderAfterParent,
    /// ethrex asks witness headers for consecutive numbers, the spec for linked hashes alone.
    HeaderNumbers,
    /// ethrex panics on a witness node with a child that is neither empty, a hash nor a short node.
    NodePanic,
    /// ethrex leaves out what is no node, the spec refuses it where it can be reached.
    MalformedNode,
    /// ethrex leaves out a node that the spec reads.
    LenientNode,
    /// ethrex refuses paths that do not end at 64 nibbles, the spec does not look at their length.
    PathLength,
    /// ethrex decodes storage tries that the block does not open, the spec does not.
    UnopenedTrie,
    /// ethrex keeps an account that was empty before and is touched, the spec deletes it.
    EmptyAccount,
    /// The price of blobs is beyond 64 bits: ethrex's arithmetic refuses it.
    BlobPrice,
    /// ethrex compares the blob gas used with the transactions' before it executes, the spec after.
    BlobGasUsed,
}

/// `MAX_BYTES_PER_WITNESS_NODE` and `MAX_BYTES_PER_CODE`.
const MAX_NODE: usize = 1 << 10;
const MAX_CODE: usize = 1 << 16;
/// Excess blob gas at which the price of blobs has left 64 bits: 45 times the largest update
/// fraction of a schedule, and more, since e^45 is above 2^64. A chain gets there by full blocks for
/// weeks, at prices that nobody can pay.
const BLOB_PRICE: u64 = 45 * 11_684_671;

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RequestsOnL2 => "requests-on-l2",
            Self::WitnessItemLength => "witness-item-length",
            Self::HeaderAfterParent => "header-after-parent",
            Self::HeaderNumbers => "header-numbers",
            Self::NodePanic => "node-panic",
            Self::MalformedNode => "malformed-node",
            Self::LenientNode => "lenient-node",
            Self::PathLength => "path-length",
            Self::UnopenedTrie => "unopened-trie",
            Self::EmptyAccount => "empty-account",
            Self::BlobPrice => "blob-price",
            Self::BlobGasUsed => "blob-gas-used",
        })
    }
}

/// The rule that an input's disagreement falls under.
pub(crate) fn rule(bytes: &[u8], ours: &Verdict, theirs: &Verdict) -> Option<Rule> {
    let undecodable = StatelessValidationResult::default().to_bytes();
    if ours.answer == Some(undecodable) {
        let (node, code) = theirs::longest(bytes)?;
        return (node > MAX_NODE || code > MAX_CODE).then_some(Rule::WitnessItemLength);
    }
    match (ours.stage, theirs.stage) {
        (Stage::Executed, _) if has_blob_price(bytes)? => Some(Rule::BlobPrice),
        (Stage::Executed, Stage::Stopped)
            if ours.answer == theirs.answer && has_other_blob_gas(bytes)? =>
        {
            Some(Rule::BlobGasUsed)
        }
        _ if theirs.answer.is_none() => node_panic(bytes, ours).then_some(Rule::NodePanic),
        (Stage::BadNode, Stage::Executed) => {
            malformed_node(bytes, theirs).then_some(Rule::MalformedNode)
        }
        (Stage::Executed, Stage::BadPath) => Some(Rule::PathLength),
        (Stage::Executed, Stage::BadNode) => {
            unopened_trie(bytes, ours).then_some(Rule::UnopenedTrie)
        }
        (Stage::Stopped, Stage::Executed) => {
            (!parent_is_last(bytes)?).then_some(Rule::HeaderAfterParent)
        }
        (Stage::Executed, Stage::Stopped) if !numbers_follow(bytes)? => Some(Rule::HeaderNumbers),
        (Stage::Executed, Stage::Stopped) => {
            lenient_node(bytes, theirs).then_some(Rule::LenientNode)
        }
        (Stage::Executed, Stage::Executed) => {
            has_empty_account(bytes).then_some(Rule::EmptyAccount)
        }
        _ => None,
    }
}

/// Ours and theirs of an input, if they agree.
fn agreed(bytes: Option<Vec<u8>>) -> Option<(Verdict, Verdict)> {
    let (ours, theirs) = verdicts(&bytes?);
    ours.agrees(&theirs).then_some((ours, theirs))
}

/// Whether both agree without the nodes on which ethrex's decoder panics.
fn node_panic(bytes: &[u8], ours: &Verdict) -> bool {
    let rest = theirs::keep_nodes(bytes, |node| theirs::is_node(node).is_some());
    agreed(rest).is_some_and(|(rest, _)| ours.agrees(&rest) || ours.stage == Stage::BadNode)
}

/// Whether both agree without what is no node: so ethrex takes it.
fn malformed_node(bytes: &[u8], theirs: &Verdict) -> bool {
    agreed(theirs::keep_nodes(bytes, is_node)).is_some_and(|(_, rest)| theirs.agrees(&rest))
}

/// Whether both agree without what ethrex does not decode, and that is what ethrex misses.
fn lenient_node(bytes: &[u8], theirs: &Verdict) -> bool {
    let rest = theirs::keep_nodes(bytes, |node| theirs::is_node(node) == Some(true));
    agreed(rest).is_some_and(|(_, rest)| theirs.agrees(&rest))
}

/// Whether both agree without what is no node: so Bough takes it.
fn unopened_trie(bytes: &[u8], ours: &Verdict) -> bool {
    agreed(theirs::keep_nodes(bytes, is_node)).is_some_and(|(rest, _)| ours.agrees(&rest))
}

fn is_node(raw: &[u8]) -> bool {
    Node::decode(&Bytes::copy_from_slice(raw)).is_ok()
}

/// Whether a leaf of the witness is an account without nonce, ether and code.
fn has_empty_account(bytes: &[u8]) -> bool {
    let Ok(input) = StatelessInput::decode(bytes) else { return false };
    input.witness.state.iter().any(|raw| {
        let Ok(Node::Leaf { value, .. }) = Node::decode(raw) else { return false };
        TrieAccount::decode(&mut value.as_ref()).is_ok_and(|account| {
            account.nonce == 0 && account.balance.is_zero() && account.code_hash == KECCAK256_EMPTY
        })
    })
}

/// Whether the payload or its parent has an excess blob gas whose price is beyond 64 bits.
fn has_blob_price(bytes: &[u8]) -> Option<bool> {
    let input = StatelessInput::decode(bytes).ok()?;
    let parent = Header::decode(&mut input.witness.headers.last()?.as_ref()).ok()?;
    let payload = &input.new_payload_request.execution_payload;
    let excess = payload.excess_blob_gas.max(parent.excess_blob_gas.unwrap_or_default());
    Some(excess >= BLOB_PRICE)
}

/// Whether the payload claims blob gas although no transaction of it carries blobs.
fn has_other_blob_gas(bytes: &[u8]) -> Option<bool> {
    const BLOB_TRANSACTION: u8 = 3;
    let input = StatelessInput::decode(bytes).ok()?;
    let payload = &input.new_payload_request.execution_payload;
    let blobs = payload.transactions.iter().any(|tx| tx.first() == Some(&BLOB_TRANSACTION));
    Some(payload.blob_gas_used != 0 && !blobs)
}

/// Whether the witness's last header has the number before the payload's.
fn parent_is_last(bytes: &[u8]) -> Option<bool> {
    let input = StatelessInput::decode(bytes).ok()?;
    let last = *header_numbers(&input)?.last()?;
    Some(follows(last, input.new_payload_request.execution_payload.block_number))
}

/// Whether the numbers of the witness's headers are consecutive.
fn numbers_follow(bytes: &[u8]) -> Option<bool> {
    let numbers = header_numbers(&StatelessInput::decode(bytes).ok()?)?;
    Some(numbers.iter().zip(numbers.iter().skip(1)).all(|(one, next)| follows(*one, *next)))
}

fn follows(before: u64, after: u64) -> bool {
    before.checked_add(1) == Some(after)
}

fn header_numbers(input: &StatelessInput) -> Option<Vec<u64>> {
    let headers = input.witness.headers.iter();
    headers.map(|raw| Some(Header::decode(&mut raw.as_ref()).ok()?.number)).collect()
}

/// Whether the input's payload comes with execution requests.
pub(crate) fn has_requests(bytes: &[u8]) -> bool {
    StatelessInput::decode(bytes)
        .is_ok_and(|input| !input.new_payload_request.execution_requests.is_empty())
}

#[cfg(test)]
mod tests {
    use alloy_rlp::Encodable;

    use super::*;
    use crate::{
        block::{self, Reached},
        dice::Dice,
        judge::{Outcome, judge},
        mutate,
    };

    /// A valid block, with execution requests or without.
    fn valid(with_requests: bool) -> StatelessInput {
        let generated = |case| block::generate(&mut Dice::new(7, case), &mut Reached::default());
        let blocks = (0..).filter_map(|case| generated(case).ok());
        let plain = blocks.filter(|block| block.label == "generated").map(|block| block.input);
        plain
            .filter(|input| input.new_payload_request.execution_payload.withdrawals.is_empty())
            .filter(|input| input.new_payload_request.execution_payload.blob_gas_used == 0)
            .filter(|input| input.new_payload_request.execution_payload.excess_blob_gas == 0)
            .find(|input| input.new_payload_request.execution_requests.is_empty() != with_requests)
            .expect("there is always a further case")
    }

    fn outcome(input: &StatelessInput) -> Outcome {
        judge(&input.encode().expect("it was decoded")).outcome
    }

    #[test]
    fn requests_on_l2() {
        assert_eq!(outcome(&valid(false)), Outcome::Agree);
        assert_eq!(outcome(&valid(true)), Outcome::Explained(Rule::RequestsOnL2));
    }

    #[test]
    fn witness_item_length() {
        let bytes = valid(false).encode().expect("it was decoded");
        let with = |length| {
            let bytes = theirs::with_node(&bytes, &vec![1; length]).expect("ethrex encodes it");
            judge(&bytes).outcome
        };
        assert_eq!(with(MAX_NODE), Outcome::Agree);
        assert_eq!(with(MAX_NODE + 1), Outcome::Explained(Rule::WitnessItemLength));
    }

    #[test]
    fn blob_gas() {
        for (bytes, rule) in [
            (include_bytes!("../vectors/blob-price.ssz").as_slice(), Rule::BlobPrice),
            (include_bytes!("../vectors/blob-price-header.ssz"), Rule::BlobPrice),
            (include_bytes!("../vectors/blob-gas-used.ssz"), Rule::BlobGasUsed),
        ] {
            assert_eq!(judge(bytes).outcome, Outcome::Explained(rule));
        }
    }

    #[test]
    fn header_after_parent() {
        let mut input = valid(false);
        mutate::push_child(&mut input.witness);
        assert_eq!(outcome(&input), Outcome::Explained(Rule::HeaderAfterParent));
    }

    #[test]
    fn header_numbers() {
        let mut input = valid(false);
        let last = Header::decode(&mut input.witness.headers[0].as_ref()).expect("a header");
        // The parent of the oldest header, were it not for its number.
        let before = Header { number: last.number + 5, ..last.clone() };
        let mut first = Vec::new();
        before.encode(&mut first);
        let payload = &mut input.new_payload_request.execution_payload;
        let parent = Header { parent_hash: before.hash_slow(), ..last };
        let mut second = Vec::new();
        parent.encode(&mut second);
        payload.parent_hash = parent.hash_slow();
        input.witness.headers = vec![first.into(), second.into()];
        mutate::seal(&mut input);
        // Its own state differs, by the parent's hash that EIP-2935 stores.
        assert_eq!(outcome(&input), Outcome::Explained(Rule::HeaderNumbers));
    }

    #[test]
    fn node_panic() {
        let child = alloy_rlp::encode([1u8; 33].as_slice());
        let payload = [child, vec![alloy_rlp::EMPTY_STRING_CODE; 16]].concat();
        let mut node = Vec::new();
        alloy_rlp::Header { list: true, payload_length: payload.len() }.encode(&mut node);
        node.extend(payload);
        let mut input = valid(false);
        input.witness.state.push(node.into());
        assert_eq!(outcome(&input), Outcome::Explained(Rule::NodePanic));
    }
}
