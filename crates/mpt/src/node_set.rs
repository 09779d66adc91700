//! The nodes of a witness.

use crate::{Child, EMPTY_ROOT_HASH, Malformed, MptError, Node, NodeSource, decode::HASHED_FROM};
use alloy_primitives::{B256, Bytes, keccak256};
use parking_lot::Mutex;
use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

/// The source of a stateless verifier: byte strings that may be nodes, found by their keccak.
///
/// Each is hashed once, when the set is made, and decoded at most once, when it is first asked for.
#[derive(Debug, Default)]
pub struct NodeSet {
    /// Sorted by hash, each hash once.
    entries: Vec<Entry>,
    /// Whether some entry is one of those that `Entry::replaces_hash` tells.
    has_replacements: bool,
    hashed: Hashed,
    decoded: AtomicUsize,
    /// Held while nodes are visited: what another has visited and not found well-formed yet counts for nothing.
    visiting: Mutex<()>,
}

/// What was hashed.
#[derive(Debug, Default)]
struct Hashed {
    strings: usize,
    bytes: usize,
}

/// A byte string of the set.
#[derive(Debug)]
struct Entry {
    hash: B256,
    raw: Bytes,
    node: OnceLock<Result<Arc<Node>, Malformed>>,
    /// Whether it and all that is below it was checked.
    visited: AtomicBool,
}

impl NodeSet {
    /// Makes a set of these byte strings, in any order; duplicates and strings that are no nodes do no harm.
    pub fn new<I>(nodes: I) -> Self
    where
        I: IntoIterator<Item: Into<Bytes>>,
    {
        let mut hashed = Hashed::default();
        let mut entries: Vec<Entry> =
            nodes.into_iter().map(|raw| Entry::new(raw.into(), &mut hashed)).collect();
        entries.sort_unstable_by_key(|entry| entry.hash);
        entries.dedup_by_key(|entry| entry.hash);
        let has_replacements = entries.iter().any(Entry::replaces_hash);
        Self { entries, has_replacements, hashed, ..Self::default() }
    }

    /// Checks every node that can be reached from `root` through the nodes of the set, as the spec does when it opens
    /// a trie; what an earlier call has checked is not looked at again.
    ///
    /// An unknown hash below the root is fine here. Fails with `Missing` when the root itself is unknown (the root of
    /// the empty trie never is), with `Malformed` when any node is, on the way to what is needed or not.
    pub fn check_reachable(&self, root: B256) -> Result<(), MptError> {
        if root == EMPTY_ROOT_HASH {
            return Ok(());
        }
        let _visiting = self.visiting.lock();
        let mut visited = Vec::new();
        let result = self.visit(self.find(root).ok_or(MptError::Missing(root))?, &mut visited);
        if result.is_err() {
            visited.iter().for_each(|entry| entry.set_visited(false));
        }
        result
    }

    /// How many byte strings were hashed: as many as were given.
    pub fn nodes_hashed(&self) -> usize {
        self.hashed.strings
    }

    /// How many bytes were hashed: as many as the byte strings have.
    pub fn bytes_hashed(&self) -> usize {
        self.hashed.bytes
    }

    /// How many nodes were decoded so far: never more than there are.
    pub fn nodes_decoded(&self) -> usize {
        self.decoded.load(Ordering::Relaxed)
    }

    /// Visits `root` and what is below it, each entry once.
    // SOUNDNESS: a shared child is visited once, not once per reference, so the work is linear in the witness; the
    // stack is on the heap, so its depth is of no consequence.
    fn visit<'a>(&'a self, root: &'a Entry, visited: &mut Vec<&'a Entry>) -> Result<(), MptError> {
        let mut entries = vec![root];
        while let Some(entry) = entries.pop() {
            if entry.is_visited() {
                continue;
            }
            entry.set_visited(true);
            visited.push(entry);
            let top = self.decode(entry)?;
            let mut nodes: Vec<&Node> = vec![&top];
            while let Some(node) = nodes.pop() {
                self.visit_children(node, &mut nodes, &mut entries)?;
            }
        }
        Ok(())
    }

    /// Lists what is directly below `node`.
    fn visit_children<'a, 'n>(
        &'a self,
        node: &'n Node,
        nodes: &mut Vec<&'n Node>,
        entries: &mut Vec<&'a Entry>,
    ) -> Result<(), MptError> {
        let children = match node {
            Node::Empty | Node::Leaf { .. } => return Ok(()),
            Node::Extension { child, .. } => {
                if let Child::Hash(hash) = child
                    && self.find(*hash).is_some()
                {
                    child.resolve_branch(self)?;
                }
                std::slice::from_ref(child)
            }
            Node::Branch { children, .. } => children.as_slice(),
        };
        for child in children {
            match child {
                Child::Empty => {}
                Child::Hash(hash) => {
                    entries.extend(self.find(*hash).filter(|entry| !entry.is_visited()))
                }
                Child::Node(node) | Child::Hashed(_, node) => nodes.push(node),
                Child::Embedded(embedded) => nodes.push(&embedded.node),
            }
        }
        Ok(())
    }

    /// The entry with this hash.
    fn find(&self, hash: B256) -> Option<&Entry> {
        let position = self.entries.binary_search_by_key(&hash, |entry| entry.hash).ok()?;
        self.entries.get(position)
    }

    /// The node of an entry, decoding it the first time.
    fn node_of(&self, entry: &Entry) -> Result<Arc<Node>, Malformed> {
        let node = entry.node.get_or_init(|| {
            self.decoded.fetch_add(1, Ordering::Relaxed);
            Node::decode_with(&entry.raw, &|hash| self.refer(hash)).map(Arc::new)
        });
        node.clone()
    }

    /// As `node_of`, naming the node in the error.
    fn decode(&self, entry: &Entry) -> Result<Arc<Node>, MptError> {
        self.node_of(entry).map_err(|reason| MptError::Malformed { hash: entry.hash, reason })
    }

    /// What a 32-byte reference stands for.
    ///
    /// The spec decodes a known child together with its parent, and keeps its hash only when it is of 32 bytes or
    /// more: an empty string is then no child, and a short node one written in place. Neither holds a reference of its
    /// own, so this goes no further.
    fn refer(&self, hash: B256) -> Result<Child, Malformed> {
        if !self.has_replacements {
            return Ok(Child::Hash(hash));
        }
        match self.find(hash).filter(|entry| entry.replaces_hash()) {
            None => Ok(Child::Hash(hash)),
            Some(entry) => Ok(match self.node_of(entry)? {
                node if *node == Node::Empty => Child::Empty,
                node => Child::Node(node),
            }),
        }
    }
}

impl NodeSource for NodeSet {
    fn node(&self, hash: B256) -> Result<Arc<Node>, MptError> {
        self.decode(self.find(hash).ok_or(MptError::Missing(hash))?)
    }
}

impl Entry {
    fn new(raw: Bytes, hashed: &mut Hashed) -> Self {
        hashed.strings += 1;
        hashed.bytes += raw.len();
        Self { hash: keccak256(&raw), raw, node: OnceLock::new(), visited: AtomicBool::new(false) }
    }

    fn is_visited(&self) -> bool {
        self.visited.load(Ordering::Relaxed)
    }

    fn set_visited(&self, visited: bool) {
        self.visited.store(visited, Ordering::Relaxed);
    }

    /// Whether a parent that refers to this by hash means, in the spec, something else than a stored node.
    fn replaces_hash(&self) -> bool {
        self.raw.len() < HASHED_FROM
    }
}
