//! The SSZ containers, field for field.

use libssz::{SszDecode, SszEncode};
use libssz_derive::{HashTreeRoot, SszDecode, SszEncode};
use libssz_types::{ProgressiveList, SszList};

/// Bytes of one witness node (`MAX_BYTES_PER_WITNESS_NODE`).
const MAX_NODE: usize = 1 << 10;
/// Bytes of one code (`MAX_BYTES_PER_CODE`).
const MAX_CODE: usize = 1 << 16;
/// Bytes of one header (`MAX_BYTES_PER_HEADER`).
const MAX_HEADER: usize = 1 << 10;
/// Headers of a witness (`MAX_WITNESS_HEADERS`).
const MAX_HEADERS: usize = 256;

pub(crate) type ByteList<const N: usize> = SszList<u8, N>;
pub(crate) type ProgressiveBytes = ProgressiveList<u8>;
pub(crate) type Nodes = ProgressiveList<ByteList<MAX_NODE>>;
pub(crate) type Codes = ProgressiveList<ByteList<MAX_CODE>>;
pub(crate) type Headers = SszList<ByteList<MAX_HEADER>, MAX_HEADERS>;

/// EIP-4895.
#[derive(Debug, Clone, Copy, PartialEq, Eq, SszEncode, SszDecode, HashTreeRoot)]
pub(crate) struct Withdrawal {
    pub(crate) index: u64,
    pub(crate) validator_index: u64,
    pub(crate) address: [u8; 20],
    pub(crate) amount: u64,
}

/// EIP-6110.
#[derive(Debug, Clone, PartialEq, Eq, SszEncode, SszDecode, HashTreeRoot)]
pub(crate) struct DepositRequest {
    pub(crate) pubkey: [u8; 48],
    pub(crate) withdrawal_credentials: [u8; 32],
    pub(crate) amount: u64,
    pub(crate) signature: [u8; 96],
    pub(crate) index: u64,
}

/// EIP-7002.
#[derive(Debug, Clone, PartialEq, Eq, SszEncode, SszDecode, HashTreeRoot)]
pub(crate) struct WithdrawalRequest {
    pub(crate) source_address: [u8; 20],
    pub(crate) validator_pubkey: [u8; 48],
    pub(crate) amount: u64,
}

/// EIP-7251.
#[derive(Debug, Clone, PartialEq, Eq, SszEncode, SszDecode, HashTreeRoot)]
pub(crate) struct ConsolidationRequest {
    pub(crate) source_address: [u8; 20],
    pub(crate) source_pubkey: [u8; 48],
    pub(crate) target_pubkey: [u8; 48],
}

/// EIP-8282, type 3.
#[derive(Debug, Clone, PartialEq, Eq, SszEncode, SszDecode, HashTreeRoot)]
pub(crate) struct BuilderDepositRequest {
    pub(crate) pubkey: [u8; 48],
    pub(crate) withdrawal_credentials: [u8; 32],
    pub(crate) amount: u64,
    pub(crate) signature: [u8; 96],
}

/// EIP-8282, type 4.
#[derive(Debug, Clone, PartialEq, Eq, SszEncode, SszDecode, HashTreeRoot)]
pub(crate) struct BuilderExitRequest {
    pub(crate) source_address: [u8; 20],
    pub(crate) pubkey: [u8; 48],
}

/// Nodes, codes and headers a block was executed from.
#[derive(Debug, Clone, PartialEq, Eq, SszEncode, SszDecode, HashTreeRoot)]
pub(crate) struct ExecutionWitness {
    pub(crate) state: Nodes,
    pub(crate) codes: Codes,
    pub(crate) headers: Headers,
}

/// What every wire form of one fork has in common: from and to [`crate::StatelessInput`]'s parts.
pub(crate) trait Container: SszEncode + SszDecode {}

impl<T: SszEncode + SszDecode> Container for T {}

/// The containers that differ by fork, with the fields later forks append.
macro_rules! fork_containers {
    ($name:ident, payload { $($payload:ident: $payload_ty:ty),* }, requests { $($request:ident: $request_ty:ty),* }) => {
        pub(crate) mod $name {
            use super::*;

            /// The payload's fields, in the order of the engine API.
            #[derive(Debug, Clone, PartialEq, Eq, SszEncode, SszDecode, HashTreeRoot)]
            #[ssz(progressive_container)]
            pub(crate) struct ExecutionPayload {
                pub(crate) parent_hash: [u8; 32],
                pub(crate) fee_recipient: [u8; 20],
                pub(crate) state_root: [u8; 32],
                pub(crate) receipts_root: [u8; 32],
                pub(crate) logs_bloom: [u8; 256],
                pub(crate) prev_randao: [u8; 32],
                pub(crate) block_number: u64,
                pub(crate) gas_limit: u64,
                pub(crate) gas_used: u64,
                pub(crate) timestamp: u64,
                pub(crate) extra_data: ByteList<32>,
                pub(crate) base_fee_per_gas: [u8; 32],
                pub(crate) block_hash: [u8; 32],
                pub(crate) transactions: ProgressiveList<ProgressiveBytes>,
                pub(crate) withdrawals: ProgressiveList<Withdrawal>,
                pub(crate) blob_gas_used: u64,
                pub(crate) excess_blob_gas: u64,
                $(pub(crate) $payload: $payload_ty,)*
            }

            /// Requests by type.
            #[derive(Debug, Clone, Default, PartialEq, Eq, SszEncode, SszDecode, HashTreeRoot)]
            #[ssz(progressive_container)]
            pub(crate) struct ExecutionRequests {
                pub(crate) deposits: ProgressiveList<DepositRequest>,
                pub(crate) withdrawals: ProgressiveList<WithdrawalRequest>,
                pub(crate) consolidations: ProgressiveList<ConsolidationRequest>,
                $(pub(crate) $request: $request_ty,)*
            }

            /// The payload and what the consensus layer sends along.
            #[derive(Debug, Clone, PartialEq, Eq, SszEncode, SszDecode, HashTreeRoot)]
            pub(crate) struct NewPayloadRequest {
                pub(crate) execution_payload: ExecutionPayload,
                pub(crate) versioned_hashes: ProgressiveList<[u8; 32]>,
                pub(crate) parent_beacon_block_root: [u8; 32],
                pub(crate) execution_requests: ExecutionRequests,
            }

            /// The whole input behind the schema id.
            #[derive(Debug, Clone, PartialEq, Eq, SszEncode, SszDecode)]
            pub(crate) struct StatelessInput {
                pub(crate) new_payload_request: NewPayloadRequest,
                pub(crate) witness: ExecutionWitness,
                pub(crate) chain_id: u64,
            }
        }
    };
}

fork_containers!(osaka, payload {}, requests {});
fork_containers!(
    amsterdam,
    payload { block_access_list: ProgressiveBytes, slot_number: u64 },
    requests {
        builder_deposits: ProgressiveList<BuilderDepositRequest>,
        builder_exits: ProgressiveList<BuilderExitRequest>
    }
);
