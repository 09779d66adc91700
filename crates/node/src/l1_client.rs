//! L1 behind a URL, with the methods every client has.

use std::time::Duration;

use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_eips::{BlockId, BlockNumberOrTag, eip2718::Encodable2718};
use alloy_network::Ethereum;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256};
use alloy_provider::{Provider, RootProvider};
use alloy_rpc_types_eth::{Filter, TransactionReceipt, TransactionRequest};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use alloy_sol_types::SolCall;
use alloy_transport::TransportError;
use bough_rollup::{L1Block, L1BlockId, L1Log};
use tokio::time::{Instant, sleep};

use crate::L1Error;

/// Tip offered for L1 transactions, wei per gas.
const TIP: u128 = 1_000_000_000;
const RECEIPT_POLL: Duration = Duration::from_millis(20);

/// A connection to L1.
#[derive(Debug, Clone)]
pub(crate) struct L1Client {
    provider: RootProvider<Ethereum>,
    url: String,
}

/// What a transaction is, besides who sends it.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) to: TxKind,
    pub(crate) value: U256,
    pub(crate) data: Bytes,
    /// Estimated without one.
    pub(crate) gas: Option<u64>,
}

impl L1Client {
    pub(crate) fn connect(url: &str) -> Result<Self, L1Error> {
        let parsed = url.parse().map_err(|_| L1Error::Url { url: url.to_owned() })?;
        Ok(Self { provider: RootProvider::new_http(parsed), url: url.to_owned() })
    }

    pub(crate) async fn chain_id(&self) -> Result<u64, L1Error> {
        self.provider.get_chain_id().await.map_err(|why| self.failed(&why))
    }

    pub(crate) async fn block_number(&self) -> Result<u64, L1Error> {
        self.provider.get_block_number().await.map_err(|why| self.failed(&why))
    }

    /// A block's id, parent and timestamp, without logs.
    pub(crate) async fn header(&self, at: BlockNumberOrTag) -> Result<L1Block, L1Error> {
        let block = self.provider.get_block_by_number(at).await.map_err(|why| self.failed(&why))?;
        let header = block.ok_or_else(|| L1Error::NoBlock(at.to_string()))?.header;
        Ok(L1Block {
            number: header.number,
            hash: header.hash,
            parent_hash: header.parent_hash,
            timestamp: header.timestamp,
            logs: Vec::new(),
        })
    }

    /// A block with the logs of one contract.
    pub(crate) async fn block(&self, number: u64, contract: Address) -> Result<L1Block, L1Error> {
        let header = self.header(number.into()).await?;
        let filter = Filter::new().at_block_hash(header.hash).address(contract);
        let logs = self.provider.get_logs(&filter).await.map_err(|why| self.failed(&why))?;
        let logs = logs
            .into_iter()
            .map(|log| {
                let transaction_hash =
                    log.transaction_hash.ok_or(L1Error::Incomplete("transactionHash"))?;
                Ok(L1Log { log: log.inner, transaction_hash })
            })
            .collect::<Result<_, L1Error>>()?;
        Ok(L1Block { logs, ..header })
    }

    /// The canonical block id at a number, if there is one.
    pub(crate) async fn id(&self, number: u64) -> Result<Option<L1BlockId>, L1Error> {
        match self.header(number.into()).await {
            Ok(header) => Ok(Some(header.id())),
            Err(L1Error::NoBlock(_)) => Ok(None),
            Err(why) => Err(why),
        }
    }

    pub(crate) async fn code(&self, address: Address) -> Result<Bytes, L1Error> {
        self.provider.get_code_at(address).await.map_err(|why| self.failed(&why))
    }

    /// Calls a view.
    pub(crate) async fn view<C: SolCall>(
        &self,
        to: Address,
        call: C,
    ) -> Result<C::Return, L1Error> {
        let request = TransactionRequest::default().to(to).input(call.abi_encode().into());
        let output = self.provider.call(request).await.map_err(|why| self.failed(&why))?;
        C::abi_decode_returns(&output).map_err(|_| L1Error::Incomplete(C::SIGNATURE))
    }

    pub(crate) async fn next_nonce(&self, address: Address) -> Result<u64, L1Error> {
        let count = self.provider.get_transaction_count(address).block_id(BlockId::pending());
        count.await.map_err(|why| self.failed(&why))
    }

    /// Signs a transaction and sends it; its hash.
    pub(crate) async fn send(
        &self,
        key: &PrivateKeySigner,
        nonce: u64,
        call: Call,
    ) -> Result<B256, L1Error> {
        let head = self.provider.get_block_by_number(BlockNumberOrTag::Latest);
        let head = head.await.map_err(|why| self.failed(&why))?;
        let head = head.ok_or_else(|| L1Error::NoBlock("latest".to_owned()))?.header;
        let base_fee = u128::from(head.base_fee_per_gas.unwrap_or_default());
        let gas_limit = match call.gas {
            Some(gas) => gas,
            None => self.estimate(key.address(), &call).await?,
        };
        let transaction = TxEip1559 {
            chain_id: self.chain_id().await?,
            nonce,
            gas_limit,
            max_fee_per_gas: base_fee.saturating_mul(2).saturating_add(TIP),
            max_priority_fee_per_gas: TIP,
            to: call.to,
            value: call.value,
            input: call.data,
            ..TxEip1559::default()
        };
        let signature = key.sign_hash_sync(&transaction.signature_hash())?;
        let raw = TxEnvelope::from(transaction.into_signed(signature)).encoded_2718();
        let pending = self.provider.send_raw_transaction(&raw).await;
        Ok(*pending.map_err(|why| self.failed(&why))?.tx_hash())
    }

    async fn estimate(&self, from: Address, call: &Call) -> Result<u64, L1Error> {
        let request = TransactionRequest {
            from: Some(from),
            to: Some(call.to),
            value: Some(call.value),
            input: call.data.clone().into(),
            ..TransactionRequest::default()
        };
        self.provider.estimate_gas(request).await.map_err(|why| self.failed(&why))
    }

    /// Waits until a transaction is mined.
    pub(crate) async fn receipt(
        &self,
        hash: B256,
        patience: Duration,
    ) -> Result<TransactionReceipt, L1Error> {
        let deadline = Instant::now() + patience;
        loop {
            let receipt = self.provider.get_transaction_receipt(hash).await;
            if let Some(receipt) = receipt.map_err(|why| self.failed(&why))? {
                return Ok(receipt);
            }
            if Instant::now() > deadline {
                return Err(L1Error::NotMined(hash));
            }
            sleep(RECEIPT_POLL).await;
        }
    }

    fn failed(&self, error: &TransportError) -> L1Error {
        L1Error::transport(&self.url, error)
    }
}
