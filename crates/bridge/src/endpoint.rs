//! One chain's node, by standard methods.

use std::time::Duration;

use alloy_eips::{BlockId, BlockNumberOrTag, eip2718::Encodable2718};
use alloy_network::{Ethereum, EthereumWallet, NetworkTransactionBuilder, TransactionBuilder};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_provider::{Provider, RootProvider, transport::TransportError};
use alloy_rpc_types_eth::{
    EIP1186AccountProofResponse, Filter, Header, Log, TransactionInput, TransactionReceipt,
    TransactionRequest,
};
use alloy_signer_local::PrivateKeySigner;
use alloy_sol_types::SolCall;
use bough_transport::{Complaint, Limits, connect};
use tokio::{
    sync::Mutex,
    time::{Instant, sleep},
};

use crate::{BridgeError, Chain, Refusal};

/// How long a node may take to answer a request, and how much it may say. Logs of all blocks are
/// large; a node of ours says no more than this either.
const LIMITS: Limits = Limits { timeout: Duration::from_secs(30), max_bytes: 256 << 20 };
/// Most logs that are taken, and most requests for them.
const MAX_LOGS: usize = 1_000_000;
const MAX_LOG_REQUESTS: usize = 100_000;
/// Most wei per gas that a node is believed when it says what to pay: ten thousand gwei.
const MAX_GAS_PRICE: u128 = 10_000_000_000_000;
/// How long a transaction may take to get into a block.
const RECEIPT_TIMEOUT: Duration = Duration::from_secs(180);
/// Between two looks at whether something has happened.
pub(crate) const POLL_INTERVAL: Duration = Duration::from_millis(200);
/// Blocks of one query of logs: all there are, or what public nodes still answer.
const LOG_RANGES: [u64; 6] = [u64::MAX, 10_000, 1_000, 100, 10, 1];
/// Gas limits get this much more than was estimated: a percentage.
const GAS_MARGIN: u64 = 20;
/// A new storage slot (EIP-8037), rounded up: messages sent meanwhile decide whether the message
/// tree needs one.
const NEW_SLOT_GAS: u64 = 100_000;
/// Most gas of a transaction (EIP-7825): the margin does not lead beyond.
const TRANSACTION_GAS_CAP: u64 = 1 << 24;

#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) chain: Chain,
    provider: RootProvider<Ethereum>,
    key: Option<PrivateKeySigner>,
    chain_id: u64,
    /// Held while a nonce is taken and used.
    sending: Mutex<()>,
}

impl Endpoint {
    pub(crate) async fn connect(
        chain: Chain,
        url: &str,
        key: Option<PrivateKeySigner>,
    ) -> Result<Self, BridgeError> {
        let bad_url = |_| BridgeError::Url { chain, url: url.to_owned() };
        let provider = connect(url, LIMITS).map_err(bad_url)?;
        let chain_id = provider.get_chain_id().await.map_err(rpc(chain, "eth_chainId"))?;
        Ok(Self { chain, provider, key, chain_id, sending: Mutex::new(()) })
    }

    pub(crate) const fn chain_id(&self) -> u64 {
        self.chain_id
    }

    pub(crate) const fn provider(&self) -> &RootProvider<Ethereum> {
        &self.provider
    }

    /// Who sends, or zero where there is no key.
    pub(crate) fn caller(&self) -> Address {
        self.key.as_ref().map(PrivateKeySigner::address).unwrap_or_default()
    }

    pub(crate) fn key(&self) -> Result<&PrivateKeySigner, BridgeError> {
        self.key.as_ref().ok_or(BridgeError::NoKey)
    }

    pub(crate) async fn header(&self, block: BlockNumberOrTag) -> Result<Header, BridgeError> {
        let found = self
            .provider
            .get_block_by_number(block)
            .await
            .map_err(rpc(self.chain, "eth_getBlockByNumber"))?;
        let header = found
            .map(|block| block.header)
            .ok_or_else(|| BridgeError::NoBlock { chain: self.chain, block: block.to_string() })?;
        if block.as_number().is_some_and(|number| number != header.number) {
            return Err(BridgeError::Answer { chain: self.chain, what: "a block" });
        }
        Ok(header)
    }

    pub(crate) async fn latest(&self) -> Result<Header, BridgeError> {
        self.header(BlockNumberOrTag::Latest).await
    }

    pub(crate) async fn balance(&self, address: Address) -> Result<U256, BridgeError> {
        self.provider.get_balance(address).await.map_err(rpc(self.chain, "eth_getBalance"))
    }

    pub(crate) async fn code(&self, address: Address) -> Result<Bytes, BridgeError> {
        self.provider.get_code_at(address).await.map_err(rpc(self.chain, "eth_getCode"))
    }

    pub(crate) async fn nonce(&self, address: Address) -> Result<u64, BridgeError> {
        self.provider
            .get_transaction_count(address)
            .await
            .map_err(rpc(self.chain, "eth_getTransactionCount"))
    }

    pub(crate) async fn gas_price(&self) -> Result<u128, BridgeError> {
        let price = self.provider.get_gas_price().await.map_err(rpc(self.chain, "eth_gasPrice"))?;
        self.believed(price)
    }

    /// A price that can be: who pays it cannot see another one.
    const fn believed(&self, got: u128) -> Result<u128, BridgeError> {
        if got > MAX_GAS_PRICE {
            return Err(BridgeError::GasPrice { chain: self.chain, got, most: MAX_GAS_PRICE });
        }
        Ok(got)
    }

    /// The account and one slot of it, with proofs, in the state after a block.
    pub(crate) async fn proof(
        &self,
        address: Address,
        slot: B256,
        block: u64,
    ) -> Result<EIP1186AccountProofResponse, BridgeError> {
        self.provider
            .get_proof(address, vec![slot])
            .number(block)
            .await
            .map_err(rpc(self.chain, "eth_getProof"))
    }

    pub(crate) async fn receipt(
        &self,
        hash: B256,
    ) -> Result<Option<TransactionReceipt>, BridgeError> {
        let receipt = self
            .provider
            .get_transaction_receipt(hash)
            .await
            .map_err(rpc(self.chain, "eth_getTransactionReceipt"))?;
        if receipt.as_ref().is_some_and(|receipt| receipt.transaction_hash != hash) {
            return Err(BridgeError::Answer { chain: self.chain, what: "a receipt" });
        }
        Ok(receipt)
    }

    /// What a view function answers.
    pub(crate) async fn view<C: SolCall>(
        &self,
        what: &'static str,
        to: Address,
        call: C,
        block: BlockId,
    ) -> Result<C::Return, BridgeError> {
        let answer = self.call(what, to, call.abi_encode().into(), block).await?;
        C::abi_decode_returns(&answer).map_err(|_| BridgeError::Answer { chain: self.chain, what })
    }

    /// What a call would answer, or why it is refused.
    pub(crate) async fn call(
        &self,
        what: &'static str,
        to: Address,
        data: Bytes,
        block: BlockId,
    ) -> Result<Bytes, BridgeError> {
        let request = request(self.caller(), to, U256::ZERO, data);
        let answer = self.provider.call(request).block(block).await;
        answer.map_err(|error| self.refused(what, "eth_call", error))
    }

    /// All logs from block `from` to block `to` that a filter matches.
    pub(crate) async fn logs(
        &self,
        filter: &Filter,
        from: u64,
        to: u64,
    ) -> Result<Vec<Log>, BridgeError> {
        let mut last = Ok(Vec::new());
        for range in LOG_RANGES {
            last = self.logs_by(filter, from, to, range).await;
            // Only a node that answers, and refuses, is asked for less.
            match &last {
                Err(BridgeError::Rpc { source, .. }) if source.is_error_resp() => {}
                _ => break,
            }
        }
        last
    }

    async fn logs_by(
        &self,
        filter: &Filter,
        from: u64,
        to: u64,
        range: u64,
    ) -> Result<Vec<Log>, BridgeError> {
        let (mut logs, mut next, mut requests) = (Vec::new(), Some(from), 0);
        while let Some(start) = next.filter(|start| *start <= to) {
            requests += 1;
            if logs.len() > MAX_LOGS || requests > MAX_LOG_REQUESTS {
                return Err(BridgeError::TooManyLogs { chain: self.chain, blocks: to });
            }
            let end = start.saturating_add(range - 1).min(to);
            let filter = filter.clone().from_block(start).to_block(end);
            let found =
                self.provider.get_logs(&filter).await.map_err(rpc(self.chain, "eth_getLogs"))?;
            logs.extend(found);
            next = end.checked_add(1);
        }
        Ok(logs)
    }

    /// Sends a transaction, and gives its receipt once it has succeeded in a block.
    pub(crate) async fn send(
        &self,
        what: &'static str,
        to: Address,
        value: U256,
        data: Bytes,
    ) -> Result<TransactionReceipt, BridgeError> {
        let wallet = EthereumWallet::from(self.key()?.clone());
        let request = request(self.caller(), to, value, data);
        let gas = self.estimate(what, request.clone()).await?;
        let hash = {
            let _sending = self.sending.lock().await;
            let request = self.price(request.with_gas_limit(gas)).await?;
            let signed = request.build(&wallet).await.map_err(|_| BridgeError::Signing)?;
            let got = self.send_raw(&signed.encoded_2718()).await?;
            if got != *signed.tx_hash() {
                return Err(BridgeError::Answer { chain: self.chain, what: "a transaction" });
            }
            got
        };
        let receipt = self.mined(hash).await?;
        if receipt.status() {
            return Ok(receipt);
        }
        Err(BridgeError::TransactionFailed { chain: self.chain, hash })
    }

    async fn estimate(
        &self,
        what: &'static str,
        request: TransactionRequest,
    ) -> Result<u64, BridgeError> {
        let estimate = self.provider.estimate_gas(request).block(BlockId::latest()).await;
        let estimate = estimate.map_err(|error| self.refused(what, "eth_estimateGas", error))?;
        let margin =
            estimate.saturating_add(estimate / 100 * GAS_MARGIN).saturating_add(NEW_SLOT_GAS);
        Ok(margin.min(TRANSACTION_GAS_CAP).max(estimate))
    }

    /// Nonce, fees and chain id.
    async fn price(&self, request: TransactionRequest) -> Result<TransactionRequest, BridgeError> {
        let nonce = self
            .provider
            .get_transaction_count(self.caller())
            .pending()
            .await
            .map_err(rpc(self.chain, "eth_getTransactionCount"))?;
        let tip = self
            .provider
            .get_max_priority_fee_per_gas()
            .await
            .map_err(rpc(self.chain, "eth_maxPriorityFeePerGas"))?;
        let tip = self.believed(tip)?;
        let base = u128::from(self.latest().await?.inner.base_fee_per_gas.unwrap_or_default());
        let base = self.believed(base)?;
        Ok(request
            .with_nonce(nonce)
            .with_chain_id(self.chain_id)
            .with_max_priority_fee_per_gas(tip)
            .with_max_fee_per_gas(base.saturating_mul(2).saturating_add(tip)))
    }

    async fn send_raw(&self, transaction: &[u8]) -> Result<B256, BridgeError> {
        let pending = self
            .provider
            .send_raw_transaction(transaction)
            .await
            .map_err(rpc(self.chain, "eth_sendRawTransaction"))?;
        Ok(*pending.tx_hash())
    }

    async fn mined(&self, hash: B256) -> Result<TransactionReceipt, BridgeError> {
        let deadline = Instant::now() + RECEIPT_TIMEOUT;
        loop {
            if let Some(receipt) = self.receipt(hash).await?
                && receipt.block_number.is_some()
            {
                return Ok(receipt);
            }
            if Instant::now() >= deadline {
                return Err(BridgeError::Timeout {
                    what: "a transaction's block",
                    seconds: RECEIPT_TIMEOUT.as_secs(),
                });
            }
            sleep(POLL_INTERVAL).await;
        }
    }

    fn refused(
        &self,
        what: &'static str,
        method: &'static str,
        source: TransportError,
    ) -> BridgeError {
        let revert = source.as_error_resp().and_then(|payload| payload.as_revert_data());
        match revert {
            Some(data) => BridgeError::Refused {
                chain: self.chain,
                what,
                refusal: Refusal::decode(self.chain, data),
            },
            None => rpc(self.chain, method)(source),
        }
    }
}

fn request(from: Address, to: Address, value: U256, data: Bytes) -> TransactionRequest {
    TransactionRequest {
        from: Some(from),
        to: Some(to.into()),
        value: Some(value),
        input: TransactionInput::new(data),
        ..TransactionRequest::default()
    }
}

fn rpc(chain: Chain, method: &'static str) -> impl FnOnce(TransportError) -> BridgeError {
    move |source| match Complaint::of(&source) {
        Complaint::Malformed(why) => BridgeError::Malformed { chain, method, why },
        _ => BridgeError::Rpc { chain, method, source },
    }
}
