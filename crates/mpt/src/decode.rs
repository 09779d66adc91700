//! Bytes to node, as strict and as lenient as the spec's `decode_witness_to_mpt`.

use crate::{Child, Embedded, Malformed, Nibbles, Node};
use alloy_primitives::{B256, Bytes};
use alloy_rlp::Header;
use std::sync::Arc;

/// How deep nodes may be written within nodes: a branch takes 17 bytes and an extension 2, and extensions do not
/// follow each other, so 1,024 bytes (the limit of a witness entry) hold fewer than 110.
const MAX_NESTING: usize = 128;
/// Items of a branch.
const BRANCH_ITEMS: usize = 17;
/// Shortest node that its parent refers to by hash.
pub(crate) const HASHED_FROM: usize = 32;

/// One RLP item.
#[derive(Clone, Copy)]
enum Item<'a> {
    /// The content of a string.
    Text(&'a [u8]),
    /// A list: its items, and all its bytes with the header.
    List { payload: &'a [u8], whole: &'a [u8] },
}

/// What a 32-byte reference stands for: `Child::Hash`, or what is known of the node behind it.
type Refer<'a> = &'a dyn Fn(B256) -> Result<Child, Malformed>;

impl Node {
    /// Decodes a node; its values share `raw`.
    pub fn decode(raw: &Bytes) -> Result<Self, Malformed> {
        Self::decode_with(raw, &|hash| Ok(Child::Hash(hash)))
    }

    /// Decodes a node, asking `refer` what each 32-byte reference stands for.
    pub(crate) fn decode_with(raw: &Bytes, refer: Refer<'_>) -> Result<Self, Malformed> {
        let mut rest = raw.as_ref();
        let item = next_item(&mut rest)?;
        if !rest.is_empty() {
            return Err(Malformed::TrailingBytes);
        }
        match item {
            Item::Text([]) => Ok(Self::Empty),
            Item::Text(_) => Err(Malformed::NotAList),
            Item::List { payload, .. } => decode_list(raw, payload, refer, MAX_NESTING),
        }
    }
}

/// Decodes the items of a node, which may nest `depth` deep.
fn decode_list(
    raw: &Bytes,
    mut payload: &[u8],
    refer: Refer<'_>,
    depth: usize,
) -> Result<Node, Malformed> {
    let depth = depth.checked_sub(1).ok_or(Malformed::Nesting)?;
    let mut items = [Item::Text(&[]); BRANCH_ITEMS];
    let mut count = 0;
    for item in &mut items {
        if payload.is_empty() {
            break;
        }
        *item = next_item(&mut payload)?;
        count += 1;
    }
    if !payload.is_empty() {
        return Err(Malformed::ItemCount);
    }
    match (count, &items) {
        (2, [path, second, ..]) => decode_short(raw, *path, *second, refer, depth),
        (BRANCH_ITEMS, [children @ .., value]) => {
            decode_branch(raw, children, *value, refer, depth)
        }
        _ => Err(Malformed::ItemCount),
    }
}

/// A leaf or an extension.
fn decode_short(
    raw: &Bytes,
    path: Item<'_>,
    second: Item<'_>,
    refer: Refer<'_>,
    depth: usize,
) -> Result<Node, Malformed> {
    let Item::Text(path) = path else {
        return Err(Malformed::Path);
    };
    let (path, leaf) = Nibbles::from_compact(path)?;
    if leaf {
        let Item::Text(value) = second else {
            return Err(Malformed::LeafValue);
        };
        return Ok(Node::Leaf { path, value: raw.slice_ref(value) });
    }
    if path.as_slice().is_empty() {
        return Err(Malformed::EmptyExtensionPath);
    }
    let child = decode_child(raw, second, refer, depth)?;
    let branch = match &child {
        Child::Empty => false,
        Child::Hash(_) => true,
        Child::Node(node) | Child::Hashed(_, node) => matches!(**node, Node::Branch { .. }),
        Child::Embedded(embedded) => matches!(*embedded.node, Node::Branch { .. }),
    };
    if branch { Ok(Node::Extension { path, child }) } else { Err(Malformed::ExtensionChild) }
}

/// A branch.
fn decode_branch(
    raw: &Bytes,
    items: &[Item<'_>],
    value: Item<'_>,
    refer: Refer<'_>,
    depth: usize,
) -> Result<Node, Malformed> {
    let mut children: Box<[Child; 16]> = Box::default();
    for (child, item) in children.iter_mut().zip(items) {
        *child = decode_child(raw, *item, refer, depth)?;
    }
    let value = match value {
        Item::Text(value) => raw.slice_ref(value),
        // The spec reads a list in this place as no value.
        Item::List { payload, .. } => {
            check_items(payload)?;
            Bytes::new()
        }
    };
    let taken =
        children.iter().filter(|child| !child.is_empty()).count() + usize::from(!value.is_empty());
    if taken < 2 { Err(Malformed::BranchOccupancy) } else { Ok(Node::Branch { children, value }) }
}

/// A reference to a child.
fn decode_child(
    raw: &Bytes,
    item: Item<'_>,
    refer: Refer<'_>,
    depth: usize,
) -> Result<Child, Malformed> {
    match item {
        Item::Text([]) => Ok(Child::Empty),
        Item::Text(text) => match B256::try_from(text) {
            Ok(hash) => refer(hash),
            Err(_) => Err(Malformed::ChildLength(text.len())),
        },
        Item::List { payload, whole } => {
            let node = Arc::new(decode_list(raw, payload, refer, depth)?);
            Ok(if whole.len() < HASHED_FROM {
                Child::Node(node)
            } else {
                Child::Embedded(Arc::new(Embedded { raw: raw.slice_ref(whole), node }))
            })
        }
    }
}

/// Takes the next item off `buffer`; checks that its length is canonical and within the buffer.
fn next_item<'a>(buffer: &mut &'a [u8]) -> Result<Item<'a>, Malformed> {
    let start = *buffer;
    let header = Header::decode(buffer).map_err(|_| Malformed::Rlp)?;
    let (payload, rest) = buffer.split_at_checked(header.payload_length).ok_or(Malformed::Rlp)?;
    let whole = start.get(..start.len() - rest.len()).ok_or(Malformed::Rlp)?;
    *buffer = rest;
    Ok(if header.list { Item::List { payload, whole } } else { Item::Text(payload) })
}

/// Checks the items of a list that nothing reads, at every depth, without recursion.
fn check_items(payload: &[u8]) -> Result<(), Malformed> {
    let mut open = vec![payload];
    while let Some(mut items) = open.pop() {
        if items.is_empty() {
            continue;
        }
        let item = next_item(&mut items)?;
        open.push(items);
        if let Item::List { payload, .. } = item {
            open.push(payload);
        }
    }
    Ok(())
}
