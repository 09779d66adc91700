//! Between bytes, wire containers and the input.

use alloy_eips::eip4895::Withdrawal;
use alloy_primitives::{B256, Bytes, U256};
use bough_stf::Fork;
use libssz::SszEncode;
use libssz_merkle::{HashTreeRoot, Sha2Hasher};
use libssz_types::{ProgressiveList, SszList};

use crate::{
    DecodeError,
    input::{ExecutionPayload, ExecutionWitness, NewPayloadRequest, Schema, StatelessInput},
    wire::{self, Container, amsterdam, osaka},
};

/// Length of the schema id, bytes; it is big-endian.
const SCHEMA_LENGTH: usize = 2;

/// Request types by their position in `ExecutionRequests`.
const DEPOSITS: u8 = 0;
const WITHDRAWALS: u8 = 1;
const CONSOLIDATIONS: u8 = 2;
const BUILDER_DEPOSITS: u8 = 3;
const BUILDER_EXITS: u8 = 4;

impl StatelessInput {
    /// Decodes an input: a known schema id and canonical SSZ.
    ///
    /// # Errors
    /// [`DecodeError`], for which the answer is 43 zero bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let (id, body) =
            bytes.split_first_chunk::<SCHEMA_LENGTH>().ok_or(DecodeError::TooShort(bytes.len()))?;
        let schema = Schema::from_id(u16::from_be_bytes(*id))?;
        if schema.fork() >= Fork::Amsterdam {
            let wire: amsterdam::StatelessInput = decode_canonical(body)?;
            Ok(Self {
                schema,
                new_payload_request: wire.new_payload_request.into(),
                witness: wire.witness.into(),
                chain_id: wire.chain_id,
            })
        } else {
            let wire: osaka::StatelessInput = decode_canonical(body)?;
            Ok(Self {
                schema,
                new_payload_request: wire.new_payload_request.into(),
                witness: wire.witness.into(),
                chain_id: wire.chain_id,
            })
        }
    }

    /// The bytes of an input; [`Self::decode`] gives it back.
    ///
    /// # Errors
    /// [`DecodeError::NotCanonical`] when a list or item is longer than the wire allows, or a
    /// request is not whole items of a type the fork knows.
    pub fn encode(&self) -> Result<Vec<u8>, DecodeError> {
        let mut bytes = self.schema.id().to_be_bytes().to_vec();
        let witness = wire::ExecutionWitness::try_from(&self.witness)?;
        let (request, chain_id) = (&self.new_payload_request, self.chain_id);
        if self.schema.fork() >= Fork::Amsterdam {
            let new_payload_request = request.try_into()?;
            amsterdam::StatelessInput { new_payload_request, witness, chain_id }
                .ssz_append(&mut bytes);
        } else {
            let new_payload_request = request.try_into()?;
            osaka::StatelessInput { new_payload_request, witness, chain_id }.ssz_append(&mut bytes);
        }
        Ok(bytes)
    }

    /// `hash_tree_root` of the request in the schema's container.
    ///
    /// # Errors
    /// As [`Self::encode`]; never for an input that was decoded.
    pub fn new_payload_request_root(&self) -> Result<B256, DecodeError> {
        let request = &self.new_payload_request;
        let root = if self.schema.fork() >= Fork::Amsterdam {
            amsterdam::NewPayloadRequest::try_from(request)?.hash_tree_root(&Sha2Hasher)
        } else {
            osaka::NewPayloadRequest::try_from(request)?.hash_tree_root(&Sha2Hasher)
        };
        Ok(root.into())
    }
}

/// Decodes SSZ that encodes back to the same bytes.
fn decode_canonical<T: Container>(body: &[u8]) -> Result<T, DecodeError> {
    let value = T::from_ssz_bytes(body).map_err(DecodeError::Ssz)?;
    // SOUNDNESS: the spec refuses what is not canonical: gaps, shifted offsets, trailing bytes.
    if value.encoded_len() != body.len() || value.to_ssz() != body {
        return Err(DecodeError::NotCanonical);
    }
    Ok(value)
}

fn bytes_list<const N: usize>(bytes: &Bytes) -> Result<SszList<u8, N>, DecodeError> {
    SszList::try_from(bytes.to_vec()).map_err(|_| DecodeError::NotCanonical)
}

fn lists<const N: usize>(items: &[Bytes]) -> Result<Vec<SszList<u8, N>>, DecodeError> {
    items.iter().map(bytes_list).collect()
}

fn unlist<const N: usize>(items: impl IntoIterator<Item = SszList<u8, N>>) -> Vec<Bytes> {
    items.into_iter().map(|item| item.into_inner().into()).collect()
}

impl From<wire::ExecutionWitness> for ExecutionWitness {
    fn from(wire: wire::ExecutionWitness) -> Self {
        Self {
            state: unlist(wire.state.into_inner()),
            codes: unlist(wire.codes.into_inner()),
            headers: unlist(wire.headers.into_inner()),
        }
    }
}

impl TryFrom<&ExecutionWitness> for wire::ExecutionWitness {
    type Error = DecodeError;

    fn try_from(witness: &ExecutionWitness) -> Result<Self, DecodeError> {
        let headers = SszList::try_from(lists(&witness.headers)?);
        Ok(Self {
            state: lists(&witness.state)?.into(),
            codes: lists(&witness.codes)?.into(),
            headers: headers.map_err(|_| DecodeError::NotCanonical)?,
        })
    }
}

/// One type's requests as EIP-7685 writes them: the type byte, then the items end to end.
fn flat<T: SszEncode>(kind: u8, items: &ProgressiveList<T>) -> Option<Bytes> {
    (!items.is_empty()).then(|| {
        let mut request = vec![kind];
        items.ssz_append(&mut request);
        request.into()
    })
}

/// The items of one type's requests.
fn unflat<T: libssz::SszDecode>(
    kind: u8,
    requests: &[Bytes],
) -> Result<ProgressiveList<T>, DecodeError> {
    let mut of_kind = requests.iter().filter(|request| request.first() == Some(&kind));
    let data = of_kind.next().and_then(|request| request.get(1..)).unwrap_or_default();
    if of_kind.next().is_some() {
        return Err(DecodeError::NotCanonical);
    }
    libssz::SszDecode::from_ssz_bytes(data).map_err(DecodeError::Ssz)
}

macro_rules! convert {
    (
        $module:ident, kinds $kinds:expr,
        payload_in |$wire:ident| { $($domain_field:ident: $from_wire:expr),* },
        payload_out |$payload:ident| { $($wire_field:ident: $to_wire:expr),* },
        requests { $($list:ident: $kind:expr),* }
    ) => {
        impl From<$module::NewPayloadRequest> for NewPayloadRequest {
            fn from(wire: $module::NewPayloadRequest) -> Self {
                let requests = wire.execution_requests;
                let hashes = wire.versioned_hashes.into_inner();
                Self {
                    execution_payload: wire.execution_payload.into(),
                    versioned_hashes: hashes.into_iter().map(Into::into).collect(),
                    parent_beacon_block_root: wire.parent_beacon_block_root.into(),
                    execution_requests: [$(flat($kind, &requests.$list)),*]
                        .into_iter()
                        .flatten()
                        .collect(),
                }
            }
        }

        impl TryFrom<&NewPayloadRequest> for $module::NewPayloadRequest {
            type Error = DecodeError;

            fn try_from(request: &NewPayloadRequest) -> Result<Self, DecodeError> {
                let requests = &request.execution_requests;
                if requests.iter().any(|request| !request.first().is_some_and(|kind| *kind < $kinds)) {
                    return Err(DecodeError::NotCanonical);
                }
                let hashes: Vec<[u8; 32]> =
                    request.versioned_hashes.iter().map(|hash| hash.0).collect();
                Ok(Self {
                    execution_payload: (&request.execution_payload).try_into()?,
                    versioned_hashes: hashes.into(),
                    parent_beacon_block_root: request.parent_beacon_block_root.0,
                    execution_requests: $module::ExecutionRequests {
                        $($list: unflat($kind, requests)?),*
                    },
                })
            }
        }

        impl From<$module::ExecutionPayload> for ExecutionPayload {
            fn from($wire: $module::ExecutionPayload) -> Self {
                Self {
                    $($domain_field: $from_wire,)*
                    parent_hash: $wire.parent_hash.into(),
                    fee_recipient: $wire.fee_recipient.into(),
                    state_root: $wire.state_root.into(),
                    receipts_root: $wire.receipts_root.into(),
                    logs_bloom: $wire.logs_bloom.into(),
                    prev_randao: $wire.prev_randao.into(),
                    block_number: $wire.block_number,
                    gas_limit: $wire.gas_limit,
                    gas_used: $wire.gas_used,
                    timestamp: $wire.timestamp,
                    extra_data: $wire.extra_data.into_inner().into(),
                    base_fee_per_gas: U256::from_le_bytes($wire.base_fee_per_gas),
                    block_hash: $wire.block_hash.into(),
                    transactions: $wire
                        .transactions
                        .into_iter()
                        .map(|transaction| transaction.into_inner().into())
                        .collect(),
                    withdrawals: $wire.withdrawals.into_iter().map(Into::into).collect(),
                    blob_gas_used: $wire.blob_gas_used,
                    excess_blob_gas: $wire.excess_blob_gas,
                }
            }
        }

        impl TryFrom<&ExecutionPayload> for $module::ExecutionPayload {
            type Error = DecodeError;

            fn try_from($payload: &ExecutionPayload) -> Result<Self, DecodeError> {
                let transactions: Vec<ProgressiveList<u8>> =
                    $payload.transactions.iter().map(|tx| tx.to_vec().into()).collect();
                let withdrawals: Vec<wire::Withdrawal> =
                    $payload.withdrawals.iter().map(Into::into).collect();
                Ok(Self {
                    $($wire_field: $to_wire,)*
                    parent_hash: $payload.parent_hash.0,
                    fee_recipient: $payload.fee_recipient.into_array(),
                    state_root: $payload.state_root.0,
                    receipts_root: $payload.receipts_root.0,
                    logs_bloom: $payload.logs_bloom.0.0,
                    prev_randao: $payload.prev_randao.0,
                    block_number: $payload.block_number,
                    gas_limit: $payload.gas_limit,
                    gas_used: $payload.gas_used,
                    timestamp: $payload.timestamp,
                    extra_data: bytes_list(&$payload.extra_data)?,
                    base_fee_per_gas: $payload.base_fee_per_gas.to_le_bytes(),
                    block_hash: $payload.block_hash.0,
                    transactions: transactions.into(),
                    withdrawals: withdrawals.into(),
                    blob_gas_used: $payload.blob_gas_used,
                    excess_blob_gas: $payload.excess_blob_gas,
                })
            }
        }
    };
}

convert!(
    osaka, kinds BUILDER_DEPOSITS,
    payload_in |wire| { block_access_list: None, slot_number: None },
    payload_out |payload| {},
    requests {
        deposits: DEPOSITS,
        withdrawals: WITHDRAWALS,
        consolidations: CONSOLIDATIONS
    }
);

convert!(
    amsterdam, kinds BUILDER_EXITS + 1,
    payload_in |wire| {
        block_access_list: Some(wire.block_access_list.into_inner().into()),
        slot_number: Some(wire.slot_number)
    },
    payload_out |payload| {
        block_access_list: payload.block_access_list.clone().unwrap_or_default().to_vec().into(),
        slot_number: payload.slot_number.unwrap_or_default()
    },
    requests {
        deposits: DEPOSITS,
        withdrawals: WITHDRAWALS,
        consolidations: CONSOLIDATIONS,
        builder_deposits: BUILDER_DEPOSITS,
        builder_exits: BUILDER_EXITS
    }
);

impl From<wire::Withdrawal> for Withdrawal {
    fn from(wire: wire::Withdrawal) -> Self {
        Self {
            index: wire.index,
            validator_index: wire.validator_index,
            address: wire.address.into(),
            amount: wire.amount,
        }
    }
}

impl From<&Withdrawal> for wire::Withdrawal {
    fn from(withdrawal: &Withdrawal) -> Self {
        Self {
            index: withdrawal.index,
            validator_index: withdrawal.validator_index,
            address: withdrawal.address.into_array(),
            amount: withdrawal.amount,
        }
    }
}
