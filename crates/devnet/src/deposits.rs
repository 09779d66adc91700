//! The first deposits: what gives the accounts their ether on L2.

use alloy_primitives::U256;
use alloy_signer_local::PrivateKeySigner;
use bough_bridge::{Bridge, BridgeConfig, BridgeError};
use tokio::task::JoinSet;

use crate::{DevnetError, DevnetInfo};

/// What each account gets on L2.
const L2_ETHER: u64 = 1_000;
const WEI_PER_ETHER: u64 = 1_000_000_000_000_000_000;

/// Deposits from every account to itself; the wei that each will have.
pub(crate) async fn deposit_to_all(
    info: &DevnetInfo,
    accounts: &[PrivateKeySigner],
) -> Result<U256, DevnetError> {
    let wei = U256::from(L2_ETHER) * U256::from(WEI_PER_ETHER);
    let mut deposits = JoinSet::new();
    for key in accounts {
        deposits.spawn(deposit(info.clone(), key.clone(), wei));
    }
    while let Some(deposit) = deposits.join_next().await {
        deposit.map_err(|_| DevnetError::NoDeposits)??;
    }
    Ok(wei)
}

async fn deposit(info: DevnetInfo, key: PrivateKeySigner, wei: U256) -> Result<(), BridgeError> {
    let recipient = key.address();
    let bridge = Bridge::connect(BridgeConfig {
        l1_url: info.l1_url,
        l2_url: info.l2_url,
        rollup: info.rollup,
        key: Some(key),
    })
    .await?;
    bridge.deposit(wei, recipient, None).await?;
    Ok(())
}
