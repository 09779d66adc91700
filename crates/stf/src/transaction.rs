//! Transactions, as the chain holds them and as the EVM takes them.

use alloy_consensus::{
    EthereumReceipt, EthereumTxEnvelope, Transaction as _, TxEip4844, Typed2718,
    crypto::RecoveryError,
    transaction::{Recovered, SignerRecoverable},
};
use revm::{
    context::TxEnv,
    context_interface::{Cfg, cfg::gas_params::Eip2780TxInfo, either::Either},
};

use crate::{Fork, TransactionError, evm};

/// A signed transaction of type 0 to 4, blobs without their sidecar.
pub type Transaction = EthereumTxEnvelope<TxEip4844>;

/// A block with such transactions.
pub type Block = alloy_consensus::Block<Transaction>;

/// A receipt: type, status, cumulative gas and logs. The bloom is computed from the logs.
pub type Receipt = EthereumReceipt;

/// Recovers the sender. Signatures with a high `s` are refused (EIP-2).
///
/// # Errors
/// [`TransactionError::Signature`] when no sender can be recovered.
pub fn recover(transaction: Transaction) -> Result<Recovered<Transaction>, TransactionError> {
    let signer =
        transaction.recover_signer().map_err(|_: RecoveryError| TransactionError::Signature)?;
    Ok(Recovered::new_unchecked(transaction, signer))
}

/// Recovers the sender of a transaction in a block of a fork: Frontier takes a high `s` as well.
///
/// # Errors
/// [`TransactionError::Signature`] when no sender can be recovered.
pub fn recover_at(
    fork: Fork,
    transaction: Transaction,
) -> Result<Recovered<Transaction>, TransactionError> {
    if fork >= Fork::Homestead {
        return recover(transaction);
    }
    let signer = transaction
        .recover_signer_unchecked()
        .map_err(|_: RecoveryError| TransactionError::Signature)?;
    Ok(Recovered::new_unchecked(transaction, signer))
}

/// Least gas any transaction of the fork uses, whatever it does.
pub(crate) fn least_gas(fork: Fork) -> u64 {
    if fork >= Fork::Amsterdam {
        // TX_BASE of EIP-2780.
        12_000
    } else {
        21_000
    }
}

/// Intrinsic gas at a fork: `(execution, state, floor)`. The transaction's gas limit must cover
/// `execution + state` and `floor`.
pub fn intrinsic_gas(fork: Fork, transaction: &Recovered<Transaction>) -> (u64, u64, u64) {
    intrinsic_gas_of(fork, &tx_env(transaction))
}

/// [`intrinsic_gas`] of a transaction as the EVM takes it.
pub(crate) fn intrinsic_gas_of(fork: Fork, env: &TxEnv) -> (u64, u64, u64) {
    let info = (fork >= Fork::Amsterdam).then(|| Eip2780TxInfo {
        value: env.value,
        is_self_transfer: env.kind.to() == Some(&env.caller),
    });
    let gas = evm::cfg_env(fork, 1).gas_params().initial_tx_gas_for_tx(env, info);
    (gas.initial_regular_gas, gas.initial_state_gas, gas.floor_gas)
}

/// Checks of the transaction alone that the EVM does not make.
pub(crate) fn check_form(fork: Fork, transaction: &Transaction) -> Result<(), TransactionError> {
    let known = match transaction.ty() {
        0 => true,
        1 => fork >= Fork::Berlin,
        2 => fork >= Fork::London,
        3 => fork >= Fork::Cancun,
        4 => fork >= Fork::Prague,
        _ => false,
    };
    if !known {
        return Err(TransactionError::UnknownType(transaction.ty()));
    }
    if fork < Fork::SpuriousDragon && transaction.chain_id().is_some() {
        return Err(TransactionError::ReplayProtected);
    }
    let got = transaction.gas_limit();
    match fork.max_gas_limit().filter(|max| got > *max) {
        Some(max) => Err(TransactionError::GasLimitTooHigh { got, max }),
        None => Ok(()),
    }
}

/// The EVM's form of a transaction.
pub fn tx_env(transaction: &Recovered<Transaction>) -> TxEnv {
    let tx = transaction.inner();
    TxEnv {
        tx_type: tx.ty(),
        caller: transaction.signer(),
        gas_limit: tx.gas_limit(),
        gas_price: tx.max_fee_per_gas(),
        kind: tx.kind(),
        value: tx.value(),
        data: tx.input().clone(),
        nonce: tx.nonce(),
        chain_id: tx.chain_id(),
        access_list: tx.access_list().cloned().unwrap_or_default(),
        gas_priority_fee: tx.max_priority_fee_per_gas(),
        blob_hashes: tx.blob_versioned_hashes().unwrap_or_default().to_vec(),
        max_fee_per_blob_gas: tx.max_fee_per_blob_gas().unwrap_or_default(),
        authorization_list: tx
            .authorization_list()
            .unwrap_or_default()
            .iter()
            .map(|signed| Either::Left(signed.clone()))
            .collect(),
    }
}
