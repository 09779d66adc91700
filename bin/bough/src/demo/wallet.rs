//! An account on one chain: plain transactions and calls.

use std::time::{Duration, Instant};

use alloy_primitives::{Address, B256, Bytes, TxKind, U256};
use alloy_provider::{DynProvider, Provider, ProviderBuilder};
use alloy_rpc_types_eth::{
    BlockOverrides, Header, TransactionInput, TransactionReceipt, TransactionRequest,
};
use alloy_signer_local::PrivateKeySigner;
use alloy_sol_types::SolCall;
use eyre::{WrapErr, bail, ensure, eyre};
use serde_json::{Value, json};

/// How long a transaction may take to get into a block.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two looks at whether it is in one.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// An account with its key, on a chain.
#[derive(Debug)]
pub(crate) struct Wallet {
    provider: DynProvider,
    address: Address,
}

/// What a call came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// What it returned.
    Returned(Bytes),
    /// What it reverted with.
    Reverted(Bytes),
}

impl Wallet {
    pub(crate) fn new(url: &str, key: PrivateKeySigner) -> eyre::Result<Self> {
        let address = key.address();
        let provider = ProviderBuilder::default()
            .with_gas_estimation()
            .with_simple_nonce_management()
            .fetch_chain_id()
            .wallet(key)
            .connect_http(url.parse().wrap_err("the devnet's URL")?);
        Ok(Self { provider: provider.erased(), address })
    }

    pub(crate) const fn provider(&self) -> &DynProvider {
        &self.provider
    }

    /// Sends a transaction, and gives its receipt whether it succeeded or not.
    pub(crate) async fn send(
        &self,
        request: TransactionRequest,
    ) -> eyre::Result<TransactionReceipt> {
        let hash = *self.provider.send_transaction(request).await?.tx_hash();
        let deadline = Instant::now() + PATIENCE;
        loop {
            let receipt = self.provider.get_transaction_receipt(hash).await?;
            if let Some((block, receipt)) = receipt.and_then(|it| Some((it.block_number?, it))) {
                self.reach(block).await?;
                return Ok(receipt);
            }
            ensure!(Instant::now() < deadline, "transaction {hash} is in no block");
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Waits until the node's latest block is a block or one after it: a node may give a receipt
    /// before it answers about the state after it.
    pub(crate) async fn reach(&self, block: u64) -> eyre::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while self.head().await? < block {
            ensure!(Instant::now() < deadline, "block {block} does not become the latest");
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Ok(())
    }

    /// The latest block's number.
    pub(crate) async fn head(&self) -> eyre::Result<u64> {
        Ok(self.provider.get_block_number().await?)
    }

    /// The header of a block that is there.
    pub(crate) async fn block(&self, number: u64) -> eyre::Result<Header> {
        let block = self.provider.get_block_by_number(number.into()).await?;
        Ok(block.ok_or_else(|| eyre!("there is no block {number}"))?.header)
    }

    /// Makes a contract; its address and the receipt.
    pub(crate) async fn create(&self, code: Bytes) -> eyre::Result<(Address, TransactionReceipt)> {
        let receipt = self.send(self.request(TxKind::Create, code)).await?;
        ensure!(receipt.status(), "the contract was not made: {}", receipt.transaction_hash);
        let address = receipt.contract_address.ok_or_else(|| eyre!("no address in the receipt"))?;
        Ok((address, receipt))
    }

    /// Sends calldata with this much gas: it may fail.
    pub(crate) async fn try_call(
        &self,
        to: Address,
        data: Bytes,
        gas: u64,
    ) -> eyre::Result<TransactionReceipt> {
        let request = self.request(TxKind::Call(to), data);
        self.send(TransactionRequest { gas: Some(gas), ..request }).await
    }

    /// What a view function answers.
    pub(crate) async fn view<C: SolCall>(&self, to: Address, call: C) -> eyre::Result<C::Return> {
        let request = self.request(TxKind::Call(to), call.abi_encode().into());
        Ok(C::abi_decode_returns(&self.provider.call(request).await?)?)
    }

    /// Wei of an account.
    pub(crate) async fn balance(&self, of: Address) -> eyre::Result<U256> {
        Ok(self.provider.get_balance(of).await?)
    }

    /// What a call would come to on the state after a block, in a block that is `env`.
    pub(crate) async fn simulate(
        &self,
        call: TransactionRequest,
        block: Value,
        env: BlockOverrides,
    ) -> eyre::Result<Outcome> {
        let answer: Result<Bytes, _> =
            self.provider.raw_request("eth_call".into(), json!([call, block, {}, env])).await;
        match answer {
            Ok(returned) => Ok(Outcome::Returned(returned)),
            Err(why) => match why.as_error_resp().and_then(|refused| refused.as_revert_data()) {
                Some(reverted) => Ok(Outcome::Reverted(reverted)),
                None => bail!("the call could not be made: {why}"),
            },
        }
    }

    /// A transaction's call tree, by the callTracer.
    pub(crate) async fn trace(&self, transaction: B256) -> eyre::Result<Value> {
        let params = json!([transaction, {"tracer": "callTracer"}]);
        Ok(self.provider.raw_request("debug_traceTransaction".into(), params).await?)
    }

    /// A request from this account.
    pub(crate) fn request(&self, to: TxKind, data: Bytes) -> TransactionRequest {
        TransactionRequest {
            from: Some(self.address),
            to: Some(to),
            input: TransactionInput::both(data),
            ..TransactionRequest::default()
        }
    }
}
