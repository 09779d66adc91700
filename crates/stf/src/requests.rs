//! Execution requests (EIP-7685): deposits from logs (EIP-6110) and what system calls return.

use alloy_primitives::{Address, B256, Bytes, address, b256};
use sha2::{Digest, Sha256};

use crate::{BlockError, Receipt};

/// Mainnet's deposit contract (EIP-6110).
const DEPOSIT_CONTRACT: Address = address!("00000000219ab540356cBB839Cbe05303d7705Fa");
/// Topic of `DepositEvent(bytes,bytes,bytes,bytes,bytes)`.
const DEPOSIT_EVENT: B256 =
    b256!("649bbc62d0e31342afea4e5cd82d4049e7e1ee912fc0889aa790803be39038c5");
const DEPOSIT_TYPE: u8 = 0x00;
/// Length (bytes) of a deposit event's data.
const DEPOSIT_EVENT_LENGTH: usize = 576;

/// Each field of a deposit event: where its offset word stands, where its length word stands, and
/// its length (bytes), as the only layout the deposit contract makes.
const DEPOSIT_FIELDS: [(usize, usize, usize); 5] =
    [(0, 160, 48), (32, 256, 32), (64, 320, 8), (96, 384, 96), (128, 512, 8)];

/// The hash of a block's requests, each its type byte and then its data. Requests without data do
/// not count (EIP-7685).
pub fn requests_hash(requests: &[Bytes]) -> B256 {
    let mut outer = Sha256::new();
    for request in requests.iter().filter(|request| request.len() > 1) {
        outer.update(Sha256::digest(request));
    }
    B256::from_slice(&outer.finalize())
}

/// All deposits that the receipts' logs make, as one request; `None` when there is none.
pub(crate) fn deposits(receipts: &[Receipt]) -> Result<Option<Bytes>, BlockError> {
    let mut request = vec![DEPOSIT_TYPE];
    let logs = receipts.iter().flat_map(|receipt| &receipt.logs);
    for log in logs.filter(|log| log.address == DEPOSIT_CONTRACT) {
        if log.topics().first() == Some(&DEPOSIT_EVENT) {
            append_deposit(&log.data.data, &mut request)?;
        }
    }
    Ok((request.len() > 1).then(|| request.into()))
}

/// Appends one deposit: pubkey 48, withdrawal credentials 32, amount 8, signature 96, index 8.
fn append_deposit(data: &[u8], request: &mut Vec<u8>) -> Result<(), BlockError> {
    if data.len() != DEPOSIT_EVENT_LENGTH {
        return Err(BlockError::DepositLog);
    }
    for (head, place, length) in DEPOSIT_FIELDS {
        if word(data, head)? != place || word(data, place)? != length {
            return Err(BlockError::DepositLog);
        }
        let start = place + 32;
        let field = data.get(start..start + length).ok_or(BlockError::DepositLog)?;
        request.extend_from_slice(field);
    }
    Ok(())
}

/// The 32-byte big-endian integer at a place, which must fit 8 bytes.
fn word(data: &[u8], at: usize) -> Result<usize, BlockError> {
    let bytes = data.get(at..at + 32).ok_or(BlockError::DepositLog)?;
    let (high, low) = bytes.split_at(24);
    if high.iter().any(|byte| *byte != 0) {
        return Err(BlockError::DepositLog);
    }
    let low: [u8; 8] = low.try_into().map_err(|_| BlockError::DepositLog)?;
    usize::try_from(u64::from_be_bytes(low)).map_err(|_| BlockError::DepositLog)
}
