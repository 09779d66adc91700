//! Who is in the story, and what it comes back to.

use std::time::Instant;

use alloy_primitives::{Address, B256, U256};
use alloy_provider::Provider;
use alloy_rpc_types_eth::Filter;
use alloy_sol_types::SolEvent;
use bough_bridge::{Bridge, BridgeConfig, TxInfo};
use bough_contracts::NativeRollup::Advanced;
use bough_devnet::{DevnetInfo, dev_accounts};
use eyre::{ensure, eyre};

use crate::{
    advice,
    demo::{LOOK_AGAIN, PATIENCE, trail::Trail, wallet::Wallet},
    progress::Progress,
};

/// One account, on both chains.
#[derive(Debug)]
pub(crate) struct Story {
    pub(crate) bridge: Bridge,
    pub(crate) l1: Wallet,
    pub(crate) l2: Wallet,
    pub(crate) me: Address,
    pub(crate) rollup: Address,
    pub(crate) sequencer: Address,
    /// The contract that was deployed on L2, once it was.
    pub(crate) deployed: Option<Deployed>,
    progress: Progress,
}

/// A contract on L2.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deployed {
    pub(crate) address: Address,
    pub(crate) transaction: B256,
    pub(crate) l2_block: u64,
}

impl Story {
    /// Connects as the first of the devnet's accounts.
    pub(crate) async fn begin(info: &DevnetInfo, progress: Progress) -> eyre::Result<Self> {
        let key =
            dev_accounts()?.into_iter().next().ok_or_else(|| eyre!("the devnet has no account"))?;
        let config = BridgeConfig {
            l1_url: info.l1_url.clone(),
            l2_url: info.l2_url.clone(),
            rollup: info.rollup,
            key: Some(key.clone()),
        };
        Ok(Self {
            bridge: Bridge::connect(config).await.map_err(advice::bridge)?,
            l1: Wallet::new(&info.l1_url, key.clone())?,
            l2: Wallet::new(&info.l2_url, key.clone())?,
            me: key.address(),
            rollup: info.rollup,
            sequencer: info.sequencer,
            deployed: None,
            progress,
        })
    }

    /// A line about what has just held.
    pub(crate) fn say(&self, line: &str) {
        self.progress.say(&format!("  {line}"));
    }

    /// What was deployed on L2.
    pub(crate) fn deployed(&self) -> eyre::Result<Deployed> {
        self.deployed.ok_or_else(|| eyre!("there is no contract on L2, its step failed"))
    }

    /// Waits until L1 has executed an L2 block, and adds the transaction that did it to the trail.
    pub(crate) async fn settled(&self, l2_block: u64, trail: &mut Trail) -> eyre::Result<TxInfo> {
        let deadline = Instant::now() + PATIENCE;
        let advance = loop {
            if let Some(advance) = self.advance_of(l2_block).await? {
                break advance;
            }
            ensure!(Instant::now() < deadline, "L1 has not executed L2 block {l2_block} in time");
            tokio::time::sleep(LOOK_AGAIN).await;
        };
        self.l1.reach(advance.block_number).await?;
        trail.on_l1(&advance);
        self.say(&format!(
            "L2 block {l2_block} was executed in L1 block {}, {} gas",
            advance.block_number, advance.gas_used
        ));
        Ok(advance)
    }

    /// The transaction in which L1 executed an L2 block, if it has.
    async fn advance_of(&self, l2_block: u64) -> eyre::Result<Option<TxInfo>> {
        let number: B256 = U256::from(l2_block).into();
        let filter = Filter::new()
            .address(self.rollup)
            .event_signature(Advanced::SIGNATURE_HASH)
            .topic1(number)
            .from_block(0);
        let logs = self.l1.provider().get_logs(&filter).await?;
        let Some(hash) = logs.first().and_then(|log| log.transaction_hash) else { return Ok(None) };
        let receipt = self.l1.provider().get_transaction_receipt(hash).await?;
        Ok(receipt.and_then(|receipt| {
            let (block_number, gas_used) = (receipt.block_number?, receipt.gas_used);
            Some(TxInfo { hash, block_number, gas_used })
        }))
    }
}
