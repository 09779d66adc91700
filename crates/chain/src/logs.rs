//! Finding logs.

use std::sync::Arc;

use alloy_consensus::TxReceipt;
use alloy_primitives::{
    B256, Bloom, BloomInput, Log,
    map::{AddressSet, B256Set},
};

use crate::{Chain, ChainError, StoredBlock, types::BlockId};

/// Most topics a log has.
const MAX_TOPICS: usize = 4;

/// Which logs to find.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogFilter {
    /// Emitted by one of these; by anyone when empty.
    pub addresses: AddressSet,
    /// For each position one of these topics; any when empty. Positions past the end are not
    /// looked at.
    pub topics: Vec<B256Set>,
}

/// A log and where it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundLog {
    /// The block.
    pub block: BlockId,
    /// The block's timestamp, seconds.
    pub timestamp: u64,
    /// The transaction.
    pub transaction_hash: B256,
    /// The transaction's position in the block.
    pub transaction_index: usize,
    /// The log's position among those of the block.
    pub log_index: usize,
    /// The log.
    pub log: Log,
}

impl LogFilter {
    /// Whether it asks for this log.
    pub fn matches(&self, log: &Log) -> bool {
        let address = self.addresses.is_empty() || self.addresses.contains(&log.address);
        address
            && self.topics.iter().enumerate().all(|(position, wanted)| {
                let topic = log.topics().get(position);
                // A position that is listed must exist, even when any topic will do there.
                topic.is_some_and(|topic| wanted.is_empty() || wanted.contains(topic))
            })
    }

    /// Whether a block with this bloom can have a log it asks for.
    pub fn may_match(&self, bloom: &Bloom) -> bool {
        let holds = |bytes: &[u8]| bloom.contains_input(BloomInput::Raw(bytes));
        let addresses = self.addresses.iter();
        let address = self.addresses.is_empty()
            || addresses.into_iter().any(|address| holds(address.as_slice()));
        address
            && self.topics.len() <= MAX_TOPICS
            && self.topics.iter().all(|wanted| {
                wanted.is_empty() || wanted.iter().any(|topic| holds(topic.as_slice()))
            })
    }

    /// The logs of a block it asks for, from a position among all of them on.
    pub fn find<'a>(
        &'a self,
        block: &'a StoredBlock,
        from: usize,
    ) -> impl Iterator<Item = FoundLog> + 'a {
        let transactions = block.transactions.iter().zip(&block.receipts).enumerate();
        let logs = transactions.flat_map(|(transaction_index, (transaction, receipt))| {
            receipt.logs().iter().map(move |log| (transaction_index, transaction, log))
        });
        let matching = logs.enumerate().skip(from).filter(|(_, (_, _, log))| self.matches(log));
        matching.map(|(log_index, (transaction_index, transaction, log))| FoundLog {
            block: block.id(),
            timestamp: block.header.timestamp,
            transaction_hash: *transaction.hash(),
            transaction_index,
            log_index,
            log: log.clone(),
        })
    }
}

impl Chain {
    /// The canonical block at a height, where its header's bloom lets hope that it has a log which a
    /// filter asks for. Only then is the block read.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn candidate(
        &self,
        number: u64,
        filter: &LogFilter,
    ) -> Result<Option<Arc<StoredBlock>>, ChainError> {
        let Some(hash) = self.canonical_hash(number)? else { return Ok(None) };
        let header = self.header(hash)?;
        if header.is_some_and(|header| filter.may_match(&header.logs_bloom)) {
            self.block(hash)
        } else {
            Ok(None)
        }
    }
}
