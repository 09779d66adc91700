//! The tables of the store and the version of their layout.

use redb::TableDefinition;

/// Version of the layout below. Raised by whoever changes a table or the encoding of a value.
pub(crate) const LAYOUT: u64 = 1;

/// A table from 32-byte hashes to bytes.
pub(crate) type ByHash = TableDefinition<'static, &'static [u8; 32], &'static [u8]>;

/// Trie nodes: keccak to RLP.
pub(crate) const NODES: ByHash = TableDefinition::new("nodes");
/// Contract codes by keccak.
pub(crate) const CODES: ByHash = TableDefinition::new("codes");
/// Header RLP by block hash.
pub(crate) const HEADERS: ByHash = TableDefinition::new("headers");
/// Body RLP (transactions, ommers, withdrawals) by block hash.
pub(crate) const BODIES: ByHash = TableDefinition::new("bodies");
/// Senders by block hash: 20 bytes for each transaction.
pub(crate) const SENDERS: ByHash = TableDefinition::new("senders");
/// RLP list of receipts by block hash.
pub(crate) const RECEIPTS: ByHash = TableDefinition::new("receipts");
/// RLP list of execution requests by block hash; no entry before Prague.
pub(crate) const REQUESTS: ByHash = TableDefinition::new("requests");
/// RLP of the block access list by block hash; no entry before Amsterdam.
pub(crate) const ACCESS_LISTS: ByHash = TableDefinition::new("access_lists");
/// RLP of the three witness lists by block hash; no entry for genesis.
pub(crate) const WITNESSES: ByHash = TableDefinition::new("witnesses");
/// The canonical chain: number to block hash.
pub(crate) const CANONICAL: TableDefinition<'static, u64, [u8; 32]> =
    TableDefinition::new("canonical");
/// Canonical transactions: hash to block hash and position.
pub(crate) const TRANSACTIONS: TableDefinition<'static, &'static [u8; 32], ([u8; 32], u64)> =
    TableDefinition::new("transactions");
/// Hashes of blocks with a role: see the keys below.
pub(crate) const TAGS: TableDefinition<'static, &'static str, [u8; 32]> =
    TableDefinition::new("tags");
/// Numbers about the store itself.
pub(crate) const META: TableDefinition<'static, &'static str, u64> = TableDefinition::new("meta");

/// Key in [`META`] of the layout version.
pub(crate) const META_LAYOUT: &str = "layout";
/// Keys in [`TAGS`].
pub(crate) const TAG_GENESIS: &str = "genesis";
/// The canonical chain ends here.
pub(crate) const TAG_HEAD: &str = "head";
/// See [`crate::Chain::safe`].
pub(crate) const TAG_SAFE: &str = "safe";
/// See [`crate::Chain::finalized`].
pub(crate) const TAG_FINALIZED: &str = "finalized";
