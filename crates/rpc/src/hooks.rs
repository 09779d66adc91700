//! What the process that serves a chain tells the RPC about itself.

use std::{fmt, sync::Arc};

use alloy_primitives::Address;
use alloy_rpc_types_eth::SyncInfo;

/// A question the RPC asks of whoever runs the chain, on each call.
pub type Hook<T> = Arc<dyn Fn() -> T + Send + Sync>;

/// Answers that the chain itself does not hold. The default knows nothing and is complete.
#[derive(Clone, Default)]
pub struct RpcHooks {
    /// `eth_accounts`: addresses whose keys the node holds.
    pub accounts: Vec<Address>,
    /// `eth_maxPriorityFeePerGas`, in wei per gas. Without it: 1 gwei, or the pool's minimum tip
    /// where that is more.
    pub priority_fee: Option<Hook<u128>>,
    /// `eth_syncing`: how far a node that is behind has come, `None` when it is not behind.
    pub syncing: Option<Hook<Option<SyncInfo>>>,
    /// `net_peerCount`. Zero without it.
    pub peers: Option<Hook<u64>>,
}

impl fmt::Debug for RpcHooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RpcHooks")
            .field("accounts", &self.accounts)
            .field("priority_fee", &self.priority_fee.is_some())
            .field("syncing", &self.syncing.is_some())
            .field("peers", &self.peers.is_some())
            .finish()
    }
}
