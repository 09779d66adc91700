//! Node to bytes.

use crate::{Child, Node, decode::HASHED_FROM};
use alloy_primitives::{B256, Bytes, keccak256};
use alloy_rlp::{BufMut, EMPTY_STRING_CODE, Encodable, Header};

impl Node {
    /// The canonical RLP of this node.
    pub fn encode(&self) -> Bytes {
        let mut payload = Vec::new();
        match self {
            Self::Empty => return Bytes::from_static(&[EMPTY_STRING_CODE]),
            Self::Leaf { path, value } => {
                path.to_compact(true).as_slice().encode(&mut payload);
                value.encode(&mut payload);
            }
            Self::Extension { path, child } => {
                path.to_compact(false).as_slice().encode(&mut payload);
                child.encode_reference(&mut payload);
            }
            Self::Branch { children, value } => {
                payload.reserve(children.len() * (1 + B256::len_bytes()));
                children.iter().for_each(|child| child.encode_reference(&mut payload));
                value.encode(&mut payload);
            }
        }
        let header = Header { list: true, payload_length: payload.len() };
        let mut raw = Vec::with_capacity(header.length_with_payload());
        header.encode(&mut raw);
        raw.extend_from_slice(&payload);
        raw.into()
    }
}

impl Child {
    /// Writes what a parent writes for this child: nothing, a hash, or a short node itself.
    fn encode_reference(&self, out: &mut Vec<u8>) {
        match self {
            Self::Empty => out.put_u8(EMPTY_STRING_CODE),
            Self::Hash(hash) | Self::Hashed(hash, _) => hash.encode(out),
            Self::Embedded(embedded) => keccak256(&embedded.raw).encode(out),
            Self::Node(node) => {
                let raw = node.encode();
                if raw.len() < HASHED_FROM {
                    out.put_slice(&raw);
                } else {
                    keccak256(&raw).encode(out);
                }
            }
        }
    }
}
