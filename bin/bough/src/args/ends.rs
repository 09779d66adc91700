//! The two nodes and the rollup between them.

use alloy_primitives::Address;
use alloy_provider::{Provider, ProviderBuilder, RootProvider};
use alloy_rpc_types_eth::{TransactionInput, TransactionRequest};
use alloy_signer_local::PrivateKeySigner;
use alloy_sol_types::SolCall;
use bough_bridge::{Bridge, BridgeConfig};
use bough_contracts::{L2Messenger::rollupCall, addresses::L2_MESSENGER};
use clap::Args;

use crate::{advice, args, args::KeyArgs};

/// Where both chains are.
#[derive(Debug, Args)]
pub(crate) struct Ends {
    /// JSON-RPC of L1
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8545")]
    l1_url: String,
    /// JSON-RPC of L2
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:9545")]
    l2_url: String,
    /// The rollup's contract on L1; the one that L2's genesis names without it
    #[arg(long, value_name = "ADDRESS", value_parser = args::address)]
    rollup: Option<Address>,
}

impl Ends {
    /// Connects to look only.
    pub(crate) async fn connect(&self) -> eyre::Result<Bridge> {
        self.connect_as(None).await
    }

    /// Connects to send with a key.
    pub(crate) async fn connect_with(&self, key: &KeyArgs) -> eyre::Result<Bridge> {
        let key = match key.given()? {
            Some(key) => key,
            None => key.or_test_key(l1_chain_id(&self.l1_url).await?)?,
        };
        self.connect_as(Some(key)).await
    }

    async fn connect_as(&self, key: Option<PrivateKeySigner>) -> eyre::Result<Bridge> {
        // L1 first: that is where people look first when nothing runs.
        l1_chain_id(&self.l1_url).await?;
        let rollup = match self.rollup {
            Some(rollup) => rollup,
            None => named_by_l2(&self.l2_url).await?,
        };
        let config =
            BridgeConfig { l1_url: self.l1_url.clone(), l2_url: self.l2_url.clone(), rollup, key };
        Bridge::connect(config).await.map_err(advice::bridge)
    }
}

/// L1's chain id.
pub(crate) async fn l1_chain_id(url: &str) -> eyre::Result<u64> {
    provider("L1", url)?.get_chain_id().await.map_err(|why| advice::node_of("L1", url, &why))
}

/// The rollup in the genesis of an L2.
async fn named_by_l2(url: &str) -> eyre::Result<Address> {
    let request = TransactionRequest {
        to: Some(L2_MESSENGER.into()),
        input: TransactionInput::new(rollupCall {}.abi_encode().into()),
        ..TransactionRequest::default()
    };
    let answer = provider("L2", url)?.call(request).await;
    let answer = answer.map_err(|why| advice::node_of("L2", url, &why))?;
    rollupCall::abi_decode_returns(&answer)
        .map_err(|_| eyre::eyre!("L2 at {url} is no rollup's chain; check --l2-url"))
}

fn provider(chain: &str, url: &str) -> eyre::Result<RootProvider> {
    let parsed = url.parse().map_err(|_| advice::bad_url(chain, url))?;
    Ok(ProviderBuilder::default().connect_http(parsed))
}
