//! The trie: what is stored, and what was changed above it.

use crate::{
    Child, EMPTY_ROOT_HASH, Malformed, MptError, Nibbles, Node, NodeSource,
    decode::HASHED_FROM,
    nibbles::{common_prefix, unpack},
};
use alloy_primitives::{B256, Bytes, keccak256};
use std::sync::Arc;

/// A Merkle Patricia trie with keys of 32 bytes, the hashes of what is looked up.
///
/// A value: cloning it is cheap, and changing the clone leaves the original as it was. Stored nodes come from the source
/// that each call is given; changed ones are kept here, in memory. The default is the empty trie.
#[derive(Clone, Debug, Default)]
pub struct Trie {
    root: Child,
}

impl Trie {
    /// The stored trie with this root. Nothing is read yet.
    pub fn from_root(root: B256) -> Self {
        Self { root: if root == EMPTY_ROOT_HASH { Child::Empty } else { Child::Hash(root) } }
    }

    /// What is at the top.
    pub(crate) const fn root(&self) -> &Child {
        &self.root
    }

    /// The value under `key`.
    ///
    /// A leaf with an empty value, which no trie of this crate holds, gives an empty value, as in the spec.
    pub fn get<S: NodeSource + ?Sized>(
        &self,
        source: &S,
        key: B256,
    ) -> Result<Option<Bytes>, MptError> {
        let key = unpack(key);
        let mut rest = key.as_slice();
        let mut next = self.root.resolve(source)?;
        while let Some(node) = next {
            match &*node {
                Node::Empty => return Ok(None),
                Node::Leaf { path, value } => {
                    return Ok((path.as_slice() == rest).then(|| value.clone()));
                }
                Node::Extension { path, child } => {
                    let Some(tail) = rest.strip_prefix(path.as_slice()) else {
                        return Ok(None);
                    };
                    next = Some(child.resolve_branch(source)?);
                    rest = tail;
                }
                Node::Branch { children, value } => {
                    let Some((child, tail)) = pick(children, rest) else {
                        return Ok((!value.is_empty()).then(|| value.clone()));
                    };
                    next = child.resolve(source)?;
                    rest = tail;
                }
            }
        }
        Ok(None)
    }

    /// Sets the value under `key`; an empty value removes it. After an error the trie holds what it held.
    pub fn insert<S: NodeSource + ?Sized>(
        &mut self,
        source: &S,
        key: B256,
        value: Bytes,
    ) -> Result<(), MptError> {
        if value.is_empty() {
            return self.remove(source, key).map(drop);
        }
        insert(&mut self.root, source, &unpack(key), value)
    }

    /// Removes the value under `key`; whether there was one.
    ///
    /// Needs one node beside the path when a branch is left with one child. After an error the trie is to be thrown
    /// away: it may have lost the key without having closed the gap.
    pub fn remove<S: NodeSource + ?Sized>(
        &mut self,
        source: &S,
        key: B256,
    ) -> Result<bool, MptError> {
        remove(&mut self.root, source, &unpack(key))
    }

    /// The root, hashing what was changed since it was last asked for. Changed nodes stay in memory.
    pub fn root_hash(&mut self) -> B256 {
        self.commit(&mut |_, _| {})
    }

    /// The root, giving to `sink` the hash and the encoding of each node that was changed since the last call, children
    /// first: those of 32 bytes or more, and the root whatever its size. They stay in memory as well.
    pub fn commit(&mut self, sink: &mut impl FnMut(B256, Bytes)) -> B256 {
        commit(&mut self.root, sink);
        match &self.root {
            Child::Empty => EMPTY_ROOT_HASH,
            Child::Hash(hash) | Child::Hashed(hash, _) => *hash,
            Child::Embedded(embedded) => keccak256(&embedded.raw),
            Child::Node(node) => {
                let raw = node.encode();
                let hash = keccak256(&raw);
                sink(hash, raw);
                self.root = Child::Hashed(hash, Arc::clone(node));
                hash
            }
        }
    }
}

/// The child of a branch on the way along `rest`, and what is left of the way; nothing when the key ends here.
fn pick<'c, 'k>(children: &'c [Child; 16], rest: &'k [u8]) -> Option<(&'c Child, &'k [u8])> {
    let (nibble, tail) = rest.split_first()?;
    Some((children.get(usize::from(*nibble))?, tail))
}

/// As `pick`, to be changed.
fn pick_mut<'c, 'k>(
    children: &'c mut [Child; 16],
    rest: &'k [u8],
) -> Option<(&'c mut Child, &'k [u8])> {
    let (nibble, tail) = rest.split_first()?;
    Some((children.get_mut(usize::from(*nibble))?, tail))
}

/// Sets the value at the end of `rest`, below `slot`. Each call takes a nibble at least.
fn insert<S: NodeSource + ?Sized>(
    slot: &mut Child,
    source: &S,
    rest: &[u8],
    value: Bytes,
) -> Result<(), MptError> {
    let Some(node) = slot.load(source)? else {
        *slot = Child::leaf(Nibbles::new(rest), value);
        return Ok(());
    };
    match Arc::make_mut(node) {
        Node::Empty => *slot = Child::leaf(Nibbles::new(rest), value),
        Node::Leaf { path, value: old } => {
            if path.as_slice() == rest {
                *old = value;
                return Ok(());
            }
            let (shared, tail) = rest.split_at(common_prefix(path.as_slice(), rest));
            let old_tail = path.as_slice().strip_prefix(shared).unwrap_or_default();
            let fork = Fork::default().leaf(old_tail, std::mem::take(old)).leaf(tail, value);
            *slot = Child::extension(shared, fork.into());
        }
        Node::Extension { path, child } => {
            if let Some(tail) = rest.strip_prefix(path.as_slice()) {
                *child = Child::Node(child.resolve_branch(source)?);
                return insert(child, source, tail, value);
            }
            let (shared, tail) = rest.split_at(common_prefix(path.as_slice(), rest));
            let old_tail = path.as_slice().strip_prefix(shared).unwrap_or_default();
            let fork = Fork::default().extension(old_tail, std::mem::take(child)).leaf(tail, value);
            *slot = Child::extension(shared, fork.into());
        }
        Node::Branch { children, value: own } => match pick_mut(children, rest) {
            Some((child, tail)) => return insert(child, source, tail, value),
            None => *own = value,
        },
    }
    Ok(())
}

/// A branch in the making.
#[derive(Default)]
struct Fork {
    children: Box<[Child; 16]>,
    value: Bytes,
}

impl Fork {
    /// Adds a leaf, or the value of the branch itself when the path ends here.
    fn leaf(mut self, path: &[u8], value: Bytes) -> Self {
        match pick_mut(&mut self.children, path) {
            Some((child, tail)) => *child = Child::leaf(Nibbles::new(tail), value),
            None => self.value = value,
        }
        self
    }

    /// Adds what was below an extension whose remaining path is `path`, not empty.
    fn extension(mut self, path: &[u8], below: Child) -> Self {
        if let Some((child, tail)) = pick_mut(&mut self.children, path) {
            *child = Child::extension(tail, below);
        }
        self
    }
}

impl From<Fork> for Child {
    fn from(Fork { children, value }: Fork) -> Self {
        Self::new(Node::Branch { children, value })
    }
}

/// Removes the value at the end of `rest`, below `slot`, and closes the gap; whether there was one.
///
/// What lies on the way is re-encoded and made compact even when nothing is found, as in the spec. It matters only for
/// nodes that no trie of this crate holds: such as are not in canonical form, or leaves without a value.
fn remove<S: NodeSource + ?Sized>(
    slot: &mut Child,
    source: &S,
    rest: &[u8],
) -> Result<bool, MptError> {
    let Some(node) = slot.load(source)? else {
        return Ok(false);
    };
    match Arc::make_mut(node) {
        Node::Empty => {
            *slot = Child::Empty;
            Ok(false)
        }
        Node::Leaf { path, .. } => {
            let found = path.as_slice() == rest;
            if found {
                *slot = Child::Empty;
            }
            Ok(found)
        }
        Node::Extension { path, child } => {
            let Some(tail) = rest.strip_prefix(path.as_slice()) else {
                return Ok(false);
            };
            *child = Child::Node(child.resolve_branch(source)?);
            let found = remove(child, source, tail)?;
            if let Some(joined) = join(path.as_slice(), child, source)? {
                *slot = joined;
            }
            Ok(found)
        }
        Node::Branch { children, value } => {
            let found = match pick_mut(children, rest) {
                Some((Child::Empty, _)) => return Ok(false),
                Some((child, tail)) => remove(child, source, tail)?,
                None if value.is_empty() => return Ok(false),
                None => !std::mem::take(value).is_empty(),
            };
            if let Some(collapsed) = collapse(children, value, source)? {
                *slot = collapsed;
            }
            Ok(found)
        }
    }
}

/// What takes the place of a branch that has too little left; nothing when it may stay.
fn collapse<S: NodeSource + ?Sized>(
    children: &[Child; 16],
    value: &Bytes,
    source: &S,
) -> Result<Option<Child>, MptError> {
    let mut taken = (0u8..).zip(children).filter(|(_, child)| !child.is_empty());
    match (taken.next(), taken.next(), value.is_empty()) {
        // Only the likes of a leaf without a value lead here.
        (None, _, true) => {
            Err(MptError::Malformed { hash: B256::ZERO, reason: Malformed::BranchOccupancy })
        }
        (None, _, false) => Ok(Some(Child::leaf(Nibbles::default(), value.clone()))),
        (Some((nibble, only)), None, true) => match join(&[nibble], only, source)? {
            Some(joined) => Ok(Some(joined)),
            None => Ok(Some(Child::extension(&[nibble], only.clone()))),
        },
        _ => Ok(None),
    }
}

/// What takes the place of `path` followed by `child`; nothing when that is an extension of a branch.
fn join<S: NodeSource + ?Sized>(
    path: &[u8],
    child: &Child,
    source: &S,
) -> Result<Option<Child>, MptError> {
    Ok(match child.resolve(source)?.as_deref() {
        None | Some(Node::Empty) => Some(Child::Empty),
        Some(Node::Leaf { path: tail, value }) => {
            Some(Child::leaf(Nibbles::concat(path, tail.as_slice()), value.clone()))
        }
        Some(Node::Extension { path: tail, child }) => Some(Child::new(Node::Extension {
            path: Nibbles::concat(path, tail.as_slice()),
            child: child.clone(),
        })),
        Some(Node::Branch { .. }) => None,
    })
}

/// Hashes what is new below `slot`, children first, and `slot` itself when it is long enough.
fn commit(slot: &mut Child, sink: &mut impl FnMut(B256, Bytes)) {
    let (raw, hash) = match slot {
        Child::Empty | Child::Hash(_) | Child::Hashed(..) => return,
        Child::Embedded(embedded) => (embedded.raw.clone(), keccak256(&embedded.raw)),
        Child::Node(node) => {
            commit_children(node, sink);
            let raw = node.encode();
            if raw.len() < HASHED_FROM {
                return;
            }
            let hash = keccak256(&raw);
            (raw, hash)
        }
    };
    *slot = match std::mem::take(slot) {
        Child::Node(node) => Child::Hashed(hash, node),
        Child::Embedded(embedded) => Child::Hashed(hash, Arc::clone(&embedded.node)),
        other => other,
    };
    sink(hash, raw);
}

/// Hashes what is new below a node. One that is shared with a source is left as it is unless something below is new, or in
/// place.
fn commit_children(node: &mut Arc<Node>, sink: &mut impl FnMut(B256, Bytes)) {
    let pending = |child: &Child| matches!(child, Child::Node(_) | Child::Embedded(_));
    let any = match &**node {
        Node::Empty | Node::Leaf { .. } => false,
        Node::Extension { child, .. } => pending(child),
        Node::Branch { children, .. } => children.iter().any(pending),
    };
    if !any {
        return;
    }
    match Arc::make_mut(node) {
        Node::Empty | Node::Leaf { .. } => {}
        Node::Extension { child, .. } => commit(child, sink),
        Node::Branch { children, .. } => children.iter_mut().for_each(|child| commit(child, sink)),
    }
}
