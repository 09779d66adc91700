//! L1 behind a URL, with the methods every client has.
//!
//! Nothing that comes from there is taken for what it should be: an answer is bounded in time and
//! size, has the fields that are needed, and is of what was asked for. [`Flaw`] says what it is not.

use std::time::Duration;

use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_eips::{BlockId, BlockNumberOrTag, eip2718::Encodable2718};
use alloy_network::Ethereum;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256};
use alloy_provider::{Provider, RootProvider};
use alloy_rpc_types_eth::{Filter, Header, Log, TransactionReceipt, TransactionRequest};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use alloy_sol_types::SolCall;
use alloy_transport::TransportResult;
use bough_rollup::{L1Block, L1BlockId, L1Log};
use bough_transport::{Complaint, Endpoint, Limits};
use tokio::time::{Instant, sleep};

use crate::{Flaw, L1Error};

/// Tip offered for L1 transactions, wei per gas.
const TIP: u128 = 1_000_000_000;
/// Most that a base fee is believed to be, wei per gas: a hundred thousand gwei.
const MAX_BASE_FEE: u64 = 100_000_000_000_000;
/// Most bytes of an answer. The largest are the contract's logs of one block: what its gas buys,
/// twice that in hex.
const MAX_ANSWER_BYTES: usize = 32 << 20;
const RECEIPT_POLL: Duration = Duration::from_millis(20);

const CHAIN_ID: &str = "eth_chainId";
const BLOCK_NUMBER: &str = "eth_blockNumber";
const GET_BLOCK: &str = "eth_getBlockByNumber";
const GET_LOGS: &str = "eth_getLogs";
const GET_CODE: &str = "eth_getCode";
const CALL: &str = "eth_call";
const NONCE: &str = "eth_getTransactionCount";
const ESTIMATE: &str = "eth_estimateGas";
const SEND: &str = "eth_sendRawTransaction";
const RECEIPT: &str = "eth_getTransactionReceipt";

/// A connection to L1.
#[derive(Debug, Clone)]
pub(crate) struct L1Client {
    provider: RootProvider<Ethereum>,
    url: String,
    chain_id: u64,
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
    /// Connects, and asks for the chain id.
    pub(crate) async fn connect(l1: &Endpoint, timeout: Duration) -> Result<Self, L1Error> {
        let limits = Limits { timeout, max_bytes: MAX_ANSWER_BYTES };
        let url = l1.to_string();
        let provider = l1.connect(limits).map_err(|_| L1Error::Url { url: url.clone() })?;
        let mut l1 = Self { provider, url, chain_id: 0 };
        l1.chain_id = l1.ask(CHAIN_ID, l1.provider.get_chain_id()).await?;
        Ok(l1)
    }

    /// The chain id, as it was at first.
    pub(crate) const fn chain_id(&self) -> u64 {
        self.chain_id
    }

    /// That the URL still leads to the same chain.
    pub(crate) async fn check_chain_id(&self) -> Result<(), L1Error> {
        let got = self.ask(CHAIN_ID, self.provider.get_chain_id()).await?;
        if got != self.chain_id {
            return Err(self.flawed(Flaw::ChainId { got, expected: self.chain_id }));
        }
        Ok(())
    }

    pub(crate) async fn block_number(&self) -> Result<u64, L1Error> {
        self.ask(BLOCK_NUMBER, self.provider.get_block_number()).await
    }

    /// A block's id, parent and timestamp, without logs.
    pub(crate) async fn header(&self, at: BlockNumberOrTag) -> Result<L1Block, L1Error> {
        let header = self.full_header(at).await?;
        Ok(L1Block {
            number: header.number,
            hash: header.hash,
            parent_hash: header.parent_hash,
            timestamp: header.timestamp,
            logs: Vec::new(),
        })
    }

    async fn full_header(&self, at: BlockNumberOrTag) -> Result<Header, L1Error> {
        let block = self.ask(GET_BLOCK, self.provider.get_block_by_number(at)).await?;
        let header = block.ok_or_else(|| L1Error::NoBlock(at.to_string()))?.header;
        if let BlockNumberOrTag::Number(expected) = at
            && header.number != expected
        {
            return Err(self.flawed(Flaw::BlockNumber { got: header.number, expected }));
        }
        Ok(header)
    }

    /// A block with the logs of one contract.
    pub(crate) async fn block(&self, number: u64, contract: Address) -> Result<L1Block, L1Error> {
        let block = self.header(number.into()).await?;
        let filter = Filter::new().at_block_hash(block.hash).address(contract);
        let logs = self.ask(GET_LOGS, self.provider.get_logs(&filter)).await?;
        let logs = logs.into_iter().map(|log| self.check_log(&block, contract, log));
        let logs = logs.collect::<Result<_, L1Error>>()?;
        Ok(L1Block { logs, ..block })
    }

    fn check_log(&self, block: &L1Block, contract: Address, log: Log) -> Result<L1Log, L1Error> {
        let (address, got) = (log.inner.address, log.block_hash);
        if address != contract || got.is_some_and(|got| got != block.hash) || log.removed {
            return Err(self.flawed(Flaw::OtherLog { block: block.number, got, address }));
        }
        let transaction_hash = log.transaction_hash.ok_or_else(|| {
            self.flawed(Flaw::Missing { method: GET_LOGS, field: "transactionHash" })
        })?;
        Ok(L1Log { log: log.inner, transaction_hash })
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
        self.ask(GET_CODE, self.provider.get_code_at(address)).await
    }

    /// Calls a view.
    pub(crate) async fn view<C: SolCall>(
        &self,
        to: Address,
        call: C,
    ) -> Result<C::Return, L1Error> {
        let request = TransactionRequest::default().to(to).input(call.abi_encode().into());
        let output = self.ask(CALL, self.provider.call(request)).await?;
        C::abi_decode_returns(&output).map_err(|_| self.flawed(Flaw::Output(C::SIGNATURE)))
    }

    pub(crate) async fn next_nonce(&self, address: Address) -> Result<u64, L1Error> {
        let count = self.provider.get_transaction_count(address).block_id(BlockId::pending());
        let nonce = self.ask(NONCE, count).await?;
        if nonce == u64::MAX {
            return Err(self.flawed(Flaw::Nonce(nonce)));
        }
        Ok(nonce)
    }

    /// Signs a transaction and sends it; its hash. It is signed for the chain that this was
    /// connected to, whatever the URL leads to by now.
    pub(crate) async fn send(
        &self,
        key: &PrivateKeySigner,
        nonce: u64,
        call: Call,
    ) -> Result<B256, L1Error> {
        self.check_chain_id().await?;
        let head = self.full_header(BlockNumberOrTag::Latest).await?;
        let base_fee = self.base_fee(&head)?;
        let gas_limit = match call.gas {
            Some(gas) => gas,
            None => self.estimate(key.address(), &call, head.gas_limit).await?,
        };
        let transaction = TxEip1559 {
            chain_id: self.chain_id,
            nonce,
            gas_limit,
            max_fee_per_gas: u128::from(base_fee).saturating_mul(2).saturating_add(TIP),
            max_priority_fee_per_gas: TIP,
            to: call.to,
            value: call.value,
            input: call.data,
            ..TxEip1559::default()
        };
        let signature = key.sign_hash_sync(&transaction.signature_hash())?;
        let transaction = TxEnvelope::from(transaction.into_signed(signature));
        let raw = transaction.encoded_2718();
        let sent = self.ask(SEND, self.provider.send_raw_transaction(&raw)).await?;
        self.check_hash(SEND, *sent.tx_hash(), *transaction.tx_hash())?;
        Ok(*transaction.tx_hash())
    }

    fn base_fee(&self, head: &Header) -> Result<u64, L1Error> {
        let missing = Flaw::Missing { method: GET_BLOCK, field: "baseFeePerGas" };
        let got = head.base_fee_per_gas.ok_or_else(|| self.flawed(missing))?;
        if got > MAX_BASE_FEE {
            return Err(self.flawed(Flaw::BaseFee { got, most: MAX_BASE_FEE }));
        }
        Ok(got)
    }

    async fn estimate(&self, from: Address, call: &Call, most: u64) -> Result<u64, L1Error> {
        let request = TransactionRequest {
            from: Some(from),
            to: Some(call.to),
            value: Some(call.value),
            input: call.data.clone().into(),
            ..TransactionRequest::default()
        };
        let got = self.ask(ESTIMATE, self.provider.estimate_gas(request)).await?;
        if got > most {
            return Err(self.flawed(Flaw::GasEstimate { got, most }));
        }
        Ok(got)
    }

    /// Waits until a transaction is mined; its receipt and the number of its block.
    pub(crate) async fn receipt(
        &self,
        hash: B256,
        patience: Duration,
    ) -> Result<(TransactionReceipt, u64), L1Error> {
        let deadline = Instant::now() + patience;
        loop {
            let receipt = self.provider.get_transaction_receipt(hash);
            if let Some(receipt) = self.ask(RECEIPT, receipt).await? {
                self.check_hash(RECEIPT, receipt.transaction_hash, hash)?;
                let missing = Flaw::Missing { method: RECEIPT, field: "blockNumber" };
                let block = receipt.block_number.ok_or_else(|| self.flawed(missing))?;
                return Ok((receipt, block));
            }
            if Instant::now() > deadline {
                return Err(L1Error::NotMined(hash));
            }
            sleep(RECEIPT_POLL).await;
        }
    }

    fn check_hash(&self, method: &'static str, got: B256, expected: B256) -> Result<(), L1Error> {
        if got != expected {
            return Err(self.flawed(Flaw::OtherTransaction { method, got, expected }));
        }
        Ok(())
    }

    /// The error that names this L1 and what is wrong with its answer.
    pub(crate) fn flawed(&self, flaw: Flaw) -> L1Error {
        L1Error::Malformed { url: self.url.clone(), flaw: Box::new(flaw) }
    }

    /// The error that names this L1 and says how far it is behind.
    pub(crate) fn behind(&self, head: u64, seen: u64) -> L1Error {
        L1Error::Behind { url: self.url.clone(), head, seen }
    }

    async fn ask<T>(
        &self,
        method: &'static str,
        answer: impl IntoFuture<Output = TransportResult<T>>,
    ) -> Result<T, L1Error> {
        let url = || self.url.clone();
        answer.await.map_err(|why| match Complaint::of(&why) {
            Complaint::Silent(why) => L1Error::Transport { url: url(), why },
            Complaint::Refuses(why) => L1Error::Refused { url: url(), method, why },
            Complaint::Malformed(why) => self.flawed(Flaw::Answer { method, why }),
        })
    }
}
