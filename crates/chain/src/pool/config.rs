//! What a pool accepts and how much of it.

/// Limits and rules of a transaction pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolConfig {
    /// Most transactions the pool holds.
    pub max_transactions: usize,
    /// Most bytes of encoded transactions the pool holds.
    pub max_bytes: usize,
    /// Most transactions of one sender.
    pub max_per_sender: usize,
    /// Most bytes one encoded transaction may have. 128 KiB is what common L1 pools take; the
    /// development L1 takes settlement transactions of several MiB.
    pub max_transaction_bytes: usize,
    /// Least tip cap (wei per gas) at the start; see [`crate::Pool::set_min_tip`].
    pub min_tip: u128,
    /// Least fee cap (wei per gas): EIP-1559 base fees never fall below 7.
    pub min_fee_cap: u128,
    /// By how many percent both fee caps must rise to replace a transaction.
    pub price_bump_percent: u64,
    /// Whether transactions that carry blobs are accepted. Their sidecars are not kept here.
    pub blob_transactions: bool,
    /// Whether any legacy transaction without a chain id (EIP-155) is accepted: one that was sent on
    /// another chain can be sent here again, by anybody. Without it only
    /// [`crate::WELL_KNOWN_DEPLOYMENTS`] are.
    pub unprotected_transactions: bool,
    /// How many blocks may find that a transaction, alone in a block, passes the byte budget
    /// before it is dropped.
    pub unfit_blocks: u32,
}

impl Default for PoolConfig {
    fn default() -> Self {
        Self {
            max_transactions: 10_000,
            max_bytes: 256 << 20,
            max_per_sender: 1_024,
            max_transaction_bytes: 128 << 10,
            min_tip: 0,
            min_fee_cap: 7,
            price_bump_percent: 10,
            blob_transactions: false,
            unprotected_transactions: false,
            unfit_blocks: 3,
        }
    }
}
