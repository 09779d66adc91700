//! The witness as a source of state.

use std::{collections::BTreeMap, sync::Arc};

use alloy_consensus::Header;
use alloy_primitives::{B256, Bytes, keccak256};
use alloy_rlp::{Decodable, Header as RlpHeader};
use bough_mpt::{MptError, Node, NodeSet, NodeSource};
use bough_stf::{Fork, StateError, StateSource};

use crate::{ExecutionWitness, WitnessError};

/// Fields of a header from Amsterdam on, and of the forks with a schema before it.
const AMSTERDAM_HEADER_FIELDS: usize = 23;
const OSAKA_HEADER_FIELDS: usize = 21;

/// A witness ready to be executed from.
#[derive(Debug)]
pub(crate) struct Witness {
    nodes: NodeSet,
    codes: BTreeMap<B256, Bytes>,
    /// Hashes of the headers; the last is the parent's.
    hashes: Vec<B256>,
    parent: Header,
}

impl Witness {
    /// Checks the headers and hashes nodes and codes, each once.
    pub(crate) fn new(fork: Fork, witness: &ExecutionWitness) -> Result<Self, WitnessError> {
        let (parent, hashes) = validate_headers(fork, &witness.headers)?;
        Ok(Self {
            nodes: NodeSet::new(witness.state.iter().cloned()),
            codes: witness.codes.iter().map(|code| (keccak256(code), code.clone())).collect(),
            hashes,
            parent,
        })
    }

    pub(crate) const fn parent(&self) -> &Header {
        &self.parent
    }

    pub(crate) fn parent_hash(&self) -> B256 {
        self.hashes.last().copied().unwrap_or_default()
    }
}

/// `validate_headers` of the spec: all decoded, each the child of the one before it. Gives the
/// last, which is the parent, and all hashes.
fn validate_headers(fork: Fork, headers: &[Bytes]) -> Result<(Header, Vec<B256>), WitnessError> {
    let mut hashes: Vec<B256> = Vec::with_capacity(headers.len());
    let mut parent = None;
    for (at, raw) in headers.iter().enumerate() {
        let header = decode_header(fork, raw).ok_or(WitnessError::MalformedHeader(at))?;
        if let Some(expected) = hashes.last().copied()
            && header.parent_hash != expected
        {
            return Err(WitnessError::NotContiguous { at, got: header.parent_hash, expected });
        }
        hashes.push(keccak256(raw));
        parent = Some(header);
    }
    Ok((parent.ok_or(WitnessError::NoParent)?, hashes))
}

/// A header of the schema's fork or of the fork before it, told apart by their number of fields.
fn decode_header(fork: Fork, raw: &Bytes) -> Option<Header> {
    let fields = count_fields(raw)?;
    let known = fields == OSAKA_HEADER_FIELDS
        || (fork >= Fork::Amsterdam && fields == AMSTERDAM_HEADER_FIELDS);
    let mut rest = raw.as_ref();
    let header = Header::decode(&mut rest).ok()?;
    (known && rest.is_empty()).then_some(header)
}

fn count_fields(raw: &[u8]) -> Option<usize> {
    let mut rest = raw;
    let mut fields = RlpHeader::decode_bytes(&mut rest, true).ok()?;
    let mut count = 0usize;
    while !fields.is_empty() {
        let item = RlpHeader::decode(&mut fields).ok()?;
        fields = fields.get(item.payload_length..)?;
        count = count.checked_add(1)?;
    }
    Some(count)
}

impl NodeSource for Witness {
    fn node(&self, hash: B256) -> Result<Arc<Node>, MptError> {
        self.nodes.node(hash)
    }
}

impl StateSource for Witness {
    fn code(&self, hash: B256) -> Result<Bytes, StateError> {
        self.codes.get(&hash).cloned().ok_or(StateError::MissingCode(hash))
    }

    fn block_hash(&self, number: u64) -> Result<B256, StateError> {
        // As the spec counts: from the parent back.
        let missing = StateError::MissingAncestor(number);
        let back = self.parent.number.checked_sub(number).ok_or(missing.clone())?;
        let back = usize::try_from(back).map_err(|_| missing.clone())?;
        self.hashes.iter().rev().nth(back).copied().ok_or(missing)
    }

    fn open_trie(&self, root: B256) -> Result<(), StateError> {
        Ok(self.nodes.check_reachable(root)?)
    }
}
