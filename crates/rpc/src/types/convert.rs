//! Blocks, transactions, receipts and logs in their JSON shapes.
use alloy_consensus::{
    Header, Receipt as ConsensusReceipt, ReceiptEnvelope, ReceiptWithBloom, Transaction as _,
    TxReceipt,
    transaction::{Recovered, TransactionInfo},
};
use alloy_primitives::{B256, U256};
use alloy_rpc_types_eth::{BlockTransactions, Log, TransactionReceipt};
use bough_chain::{FoundLog, StoredBlock};
use bough_stf::{ChainSpec, Receipt, Transaction};

/// A transaction as `eth_getTransactionByHash` answers it.
pub type RpcTransaction = alloy_rpc_types_eth::Transaction<Transaction>;
/// A header as `newHeads` announces it.
pub type RpcHeader = alloy_rpc_types_eth::Header;
/// A block as `eth_getBlockByHash` answers it.
pub type RpcBlock = alloy_rpc_types_eth::Block<RpcTransaction>;
/// A receipt as `eth_getTransactionReceipt` answers it.
pub type RpcReceipt = TransactionReceipt;

/// How a block lists its transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockShape {
    /// By hash.
    Hashes,
    /// Whole.
    Full,
}

/// The block's JSON shape.
pub fn block(block: &StoredBlock, shape: BlockShape) -> RpcBlock {
    let transactions = match shape {
        BlockShape::Hashes => BlockTransactions::Hashes(hashes(block).collect()),
        BlockShape::Full => BlockTransactions::Full(
            (0..block.transactions.len()).filter_map(|index| transaction(block, index)).collect(),
        ),
    };
    RpcBlock {
        header: header(block),
        uncles: block.ommers.iter().map(Header::hash_slow).collect(),
        transactions,
        withdrawals: block.withdrawals.clone(),
    }
}

/// The header's JSON shape, with the block's hash and size.
pub fn header(block: &StoredBlock) -> RpcHeader {
    RpcHeader {
        hash: block.hash,
        inner: block.header.clone(),
        total_difficulty: None,
        size: Some(U256::from(block.size)),
    }
}

/// The transaction at `index` of the block; `None` past the last one.
pub fn transaction(block: &StoredBlock, index: usize) -> Option<RpcTransaction> {
    let transaction = block.transactions.get(index)?.clone();
    let info = TransactionInfo {
        hash: None,
        index: Some(index as u64),
        block_hash: Some(block.hash),
        block_number: Some(block.header.number),
        base_fee: block.header.base_fee_per_gas,
        block_timestamp: Some(block.header.timestamp),
    };
    Some(RpcTransaction::from_transaction(transaction, info))
}

/// A transaction that is in no block yet.
pub fn pending_transaction(transaction: Recovered<Transaction>) -> RpcTransaction {
    RpcTransaction::from_transaction(transaction, TransactionInfo::default())
}

/// The receipts of a block, in order, each made when it is asked for.
pub fn receipts<'a>(
    spec: &ChainSpec,
    block: &'a StoredBlock,
) -> impl Iterator<Item = RpcReceipt> + 'a {
    let blob_gas_price = blob_gas_price(spec, block);
    let (mut first_log, mut gas_before) = (0, 0);
    let pairs = block.transactions.iter().zip(&block.receipts).enumerate();
    pairs.map(move |(index, (transaction, receipt))| {
        let place = Place { block, index, first_log, gas_before };
        first_log = first_log.saturating_add(receipt.logs().len());
        gas_before = receipt.cumulative_gas_used();
        place.receipt(transaction, receipt, blob_gas_price)
    })
}

/// The receipt of the transaction at `index` of a block.
pub fn receipt(spec: &ChainSpec, block: &StoredBlock, index: usize) -> Option<RpcReceipt> {
    let transaction = block.transactions.get(index)?;
    let receipt = block.receipts.get(index)?;
    let gas_before = receipt.cumulative_gas_used().saturating_sub(block.gas_used(index)?);
    let place = Place { block, index, first_log: block.first_log_index(index), gas_before };
    Some(place.receipt(transaction, receipt, blob_gas_price(spec, block)))
}

/// Where a transaction stands.
struct Place<'a> {
    block: &'a StoredBlock,
    index: usize,
    /// Logs of the block before its own.
    first_log: usize,
    /// Gas of the block before it.
    gas_before: u64,
}

impl Place<'_> {
    fn receipt(
        &self,
        transaction: &Recovered<Transaction>,
        receipt: &Receipt,
        blob_gas_price: Option<u128>,
    ) -> RpcReceipt {
        let Self { block, index, first_log, gas_before } = *self;
        let logs = (first_log..).zip(receipt.logs()).map(|(log_index, own)| {
            let found = FoundLog {
                block: block.id(),
                timestamp: block.header.timestamp,
                transaction_hash: *transaction.tx_hash(),
                transaction_index: index,
                log_index,
                log: own.clone(),
            };
            log(found, false)
        });
        let blob_gas_used = transaction.blob_gas_used();
        RpcReceipt {
            inner: envelope(transaction, receipt, logs.collect()),
            transaction_hash: *transaction.tx_hash(),
            transaction_index: Some(index as u64),
            block_hash: Some(block.hash),
            block_number: Some(block.header.number),
            gas_used: receipt.cumulative_gas_used().saturating_sub(gas_before),
            effective_gas_price: transaction.effective_gas_price(block.header.base_fee_per_gas),
            blob_gas_used,
            blob_gas_price: blob_gas_used.and(blob_gas_price),
            from: transaction.signer(),
            to: transaction.to(),
            contract_address: transaction
                .is_create()
                .then(|| transaction.signer().create(transaction.nonce())),
        }
    }
}

/// A log's JSON shape; `removed` says that its block is no longer canonical.
pub fn log(found: FoundLog, removed: bool) -> Log {
    Log {
        inner: found.log,
        block_hash: Some(found.block.hash),
        block_number: Some(found.block.number),
        block_timestamp: Some(found.timestamp),
        transaction_hash: Some(found.transaction_hash),
        transaction_index: Some(found.transaction_index as u64),
        log_index: Some(found.log_index as u64),
        removed,
    }
}

fn envelope(transaction: &Transaction, receipt: &Receipt, logs: Vec<Log>) -> ReceiptEnvelope<Log> {
    let logs_bloom = receipt.bloom();
    let receipt = ConsensusReceipt {
        status: receipt.status_or_post_state(),
        cumulative_gas_used: receipt.cumulative_gas_used(),
        logs,
    };
    ReceiptEnvelope::from_typed(transaction.tx_type(), ReceiptWithBloom { receipt, logs_bloom })
}

fn hashes(block: &StoredBlock) -> impl Iterator<Item = B256> + '_ {
    block.transactions.iter().map(|transaction| *transaction.tx_hash())
}

fn blob_gas_price(spec: &ChainSpec, block: &StoredBlock) -> Option<u128> {
    let header = &block.header;
    let params = spec.forks.fork_at(header.number, header.timestamp).blob_params()?;
    Some(params.calc_blob_fee(header.excess_blob_gas?))
}
