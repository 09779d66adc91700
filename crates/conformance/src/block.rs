//! A block's bytes, taken apart.

use alloy_consensus::Header;
use alloy_eips::{
    eip2718::{Decodable2718, Encodable2718},
    eip4895::Withdrawal,
};
use alloy_primitives::{B256, Bytes, keccak256};
use alloy_rlp::{Decodable, Encodable, Error, Header as RlpHeader};
use bough_stf::Transaction;

use crate::ImportError;

/// First byte of an RLP string that is longer than one byte, and of an RLP list.
const RLP_LIST: u8 = 0xc0;
/// First byte that is no transaction type (EIP-2718).
const NO_TYPE: u8 = 0x80;

/// A block whose transactions are not decoded yet: a payload can hold any bytes there.
#[derive(Debug)]
pub(crate) struct RawBlock {
    pub(crate) header: Header,
    pub(crate) hash: B256,
    /// EIP-2718 bytes of each.
    pub(crate) transactions: Vec<Bytes>,
    pub(crate) ommers: Vec<Header>,
    pub(crate) withdrawals: Option<Vec<Withdrawal>>,
}

impl RawBlock {
    /// Takes a block apart. Anything that is not its one encoding is an error.
    pub(crate) fn decode(mut bytes: &[u8]) -> Result<Self, Error> {
        let mut block = RlpHeader::decode_bytes(&mut bytes, true)?;
        if !bytes.is_empty() {
            return Err(Error::UnexpectedLength);
        }
        let start = block;
        let header = Header::decode(&mut block)?;
        let raw = start.get(..start.len().saturating_sub(block.len())).unwrap_or_default();
        let hash = keccak256(raw);
        if header.hash_slow() != hash {
            return Err(Error::Custom("a header that is not in canonical form"));
        }
        let transactions = transactions(&mut block)?;
        let ommers = canonical(&mut block)?;
        let withdrawals = if block.is_empty() { None } else { Some(canonical(&mut block)?) };
        if !block.is_empty() {
            return Err(Error::UnexpectedLength);
        }
        Ok(Self { header, hash, transactions, ommers, withdrawals })
    }

    /// The transactions decoded.
    pub(crate) fn decode_transactions(&self) -> Result<Vec<Transaction>, ImportError> {
        let decode = |(index, raw): (usize, &Bytes)| {
            Transaction::decode_2718_exact(raw)
                .ok()
                .filter(|transaction| transaction.encoded_2718() == raw.as_ref())
                .ok_or(ImportError::Transaction(index))
        };
        self.transactions.iter().enumerate().map(decode).collect()
    }
}

/// The list of transactions: a legacy one is a list, any other a string that begins with its type.
fn transactions(from: &mut &[u8]) -> Result<Vec<Bytes>, Error> {
    let mut list = RlpHeader::decode_bytes(from, true)?;
    let mut transactions = Vec::new();
    while let Some(first) = list.first() {
        let item = if *first >= RLP_LIST {
            let mut rest = list;
            RlpHeader::decode_bytes(&mut rest, true)?;
            let length = list.len().saturating_sub(rest.len());
            let (item, rest) = list.split_at_checked(length).ok_or(Error::InputTooShort)?;
            list = rest;
            item
        } else {
            let item = RlpHeader::decode_bytes(&mut list, false)?;
            if item.first().is_none_or(|kind| *kind >= NO_TYPE) {
                return Err(Error::Custom("a typed transaction without a type"));
            }
            item
        };
        transactions.push(Bytes::copy_from_slice(item));
    }
    Ok(transactions)
}

/// A list that encodes back to the same bytes.
fn canonical<T: Decodable + Encodable>(from: &mut &[u8]) -> Result<Vec<T>, Error> {
    let start = *from;
    let list = Vec::<T>::decode(from)?;
    let raw = start.get(..start.len().saturating_sub(from.len())).unwrap_or_default();
    if alloy_rlp::encode(&list) != raw {
        return Err(Error::Custom("a list that is not in canonical form"));
    }
    Ok(list)
}

#[cfg(test)]
mod tests {
    use alloy_consensus::{BlockBody, SignableTransaction, TxEip1559, TxLegacy};
    use alloy_primitives::Signature;
    use bough_stf::Block;

    use super::*;

    fn block() -> Block {
        let legacy = TxLegacy::default().into_signed(Signature::test_signature());
        let typed = TxEip1559::default().into_signed(Signature::test_signature());
        Block {
            header: Header { number: 7, base_fee_per_gas: Some(1), ..Header::default() },
            body: BlockBody {
                transactions: vec![legacy.into(), typed.into()],
                ommers: vec![Header::default()],
                withdrawals: Some(vec![Withdrawal::default()].into()),
            },
        }
    }

    #[test]
    fn takes_a_block_apart() {
        let block = block();
        let raw = RawBlock::decode(&alloy_rlp::encode(&block)).unwrap();
        assert_eq!(raw.hash, block.header.hash_slow());
        assert_eq!(raw.ommers, block.body.ommers);
        assert_eq!(raw.withdrawals, block.body.withdrawals.clone().map(|list| list.into_inner()));
        assert_eq!(raw.decode_transactions().unwrap(), block.body.transactions);
    }

    #[test]
    fn nothing_more_and_nothing_less() {
        let bytes = alloy_rlp::encode(block());
        assert!(RawBlock::decode(&[bytes.clone(), vec![0]].concat()).is_err());
        for length in 0..bytes.len() {
            assert!(RawBlock::decode(&bytes[..length]).is_err());
        }
    }

    #[test]
    fn a_transaction_without_a_type_is_no_transaction() {
        for item in [vec![0x80], vec![0x81, 0x80], vec![0x82, 0xc0, 0xc0]] {
            let mut list = Vec::new();
            RlpHeader { list: true, payload_length: item.len() }.encode(&mut list);
            list.extend(item);
            assert!(transactions(&mut list.as_slice()).is_err());
        }
    }
}
