//! JSON shapes: the chain's types as `alloy_rpc_types_eth`, and parameters with rules of their own.

mod convert;
mod params;

pub use convert::{
    BlockShape, RpcBlock, RpcHeader, RpcReceipt, RpcTransaction, block, header, log,
    pending_transaction, receipt, receipts, transaction,
};
pub use params::StorageKey;
