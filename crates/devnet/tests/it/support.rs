//! Devnets on free ports.

use std::{path::PathBuf, time::Duration};

use alloy_primitives::U256;
use alloy_signer_local::PrivateKeySigner;
use bough_bridge::{Bridge, BridgeConfig};
use bough_devnet::{Devnet, DevnetConfig, dev_accounts};

pub const PATIENCE: Duration = Duration::from_secs(60);

pub fn config() -> DevnetConfig {
    DevnetConfig { l1_port: 0, l2_port: 0, ..DevnetConfig::default() }
}

pub async fn devnet() -> Devnet {
    Devnet::spawn(config()).await.unwrap()
}

pub async fn devnet_in(datadir: PathBuf) -> Devnet {
    Devnet::spawn(DevnetConfig { datadir: Some(datadir), ..config() }).await.unwrap()
}

pub fn account(index: usize) -> PrivateKeySigner {
    dev_accounts().unwrap().swap_remove(index)
}

pub async fn bridge(devnet: &Devnet, key: PrivateKeySigner) -> Bridge {
    let info = devnet.info();
    Bridge::connect(BridgeConfig {
        l1_url: info.l1_url.clone(),
        l2_url: info.l2_url.clone(),
        rollup: info.rollup,
        key: Some(key),
    })
    .await
    .unwrap()
}

pub fn ether(amount: u64) -> U256 {
    U256::from(amount) * U256::from(10u64.pow(18))
}
