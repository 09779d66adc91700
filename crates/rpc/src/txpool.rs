//! `txpool_*`: the transactions that wait.

use std::collections::BTreeMap;

use alloy_consensus::Transaction as _;
use alloy_primitives::{Address, U64};
use bough_chain::{BySender, PoolContent, PooledTransaction};
use serde::Serialize;

use crate::{
    context::Context,
    error::MethodError,
    methods::{Args, MethodTable},
    types::{self, RpcTransaction},
};

pub(crate) fn register(table: &mut MethodTable) {
    table.quick("txpool_status", status);
    table.heavy("txpool_content", content);
    table.heavy("txpool_contentFrom", content_from);
    table.heavy("txpool_inspect", inspect);
}

/// Something about the transactions that can be executed now, and about those that wait for one
/// with a lower nonce.
#[derive(Debug, Clone, Serialize)]
struct Parts<T> {
    pending: T,
    queued: T,
}

/// By sender, then by nonce in decimal.
type Listing<T> = BTreeMap<Address, BTreeMap<u64, T>>;

fn status(context: &Context, _: &mut Args<'_>) -> Result<Parts<U64>, MethodError> {
    let status = context.chain.pool().status();
    Ok(Parts { pending: U64::from(status.pending), queued: U64::from(status.queued) })
}

fn content(
    context: &Context,
    _: &mut Args<'_>,
) -> Result<Parts<Listing<RpcTransaction>>, MethodError> {
    Ok(list(context.chain.pool().content(), whole))
}

fn content_from(
    context: &Context,
    args: &mut Args<'_>,
) -> Result<Parts<BTreeMap<u64, RpcTransaction>>, MethodError> {
    let sender: Address = args.required()?;
    let mut parts = list(context.chain.pool().content_from(sender), whole);
    Ok(Parts {
        pending: parts.pending.remove(&sender).unwrap_or_default(),
        queued: parts.queued.remove(&sender).unwrap_or_default(),
    })
}

fn inspect(context: &Context, _: &mut Args<'_>) -> Result<Parts<Listing<String>>, MethodError> {
    Ok(list(context.chain.pool().content(), summary))
}

fn list<T>(content: PoolContent, show: fn(&PooledTransaction) -> T) -> Parts<Listing<T>> {
    let each = |senders: BySender| {
        let by_sender = senders.into_iter().map(|(sender, transactions)| {
            let by_nonce = transactions.iter().map(|(nonce, pooled)| (*nonce, show(pooled)));
            (sender, by_nonce.collect())
        });
        by_sender.collect()
    };
    Parts { pending: each(content.pending), queued: each(content.queued) }
}

fn whole(pooled: &PooledTransaction) -> RpcTransaction {
    types::pending_transaction(pooled.transaction.clone())
}

/// One line, as geth writes it.
fn summary(pooled: &PooledTransaction) -> String {
    let transaction = &pooled.transaction;
    let to = transaction.to().map_or_else(|| "contract creation".to_owned(), |to| to.to_string());
    format!(
        "{to}: {} wei + {} gas × {} wei",
        transaction.value(),
        transaction.gas_limit(),
        transaction.max_fee_per_gas()
    )
}
