//! L2's genesis accounts, and the check that no ETH in them is without escrow.

use std::collections::BTreeMap;

use alloy_genesis::{Genesis, GenesisAccount};
use alloy_primitives::{Address, B256, Bytes, U256};
use bough_contracts::{
    L2Messenger,
    addresses::L2_MESSENGER,
    l2_messenger::{L1_CHAIN_ID_SLOT, PREMINT, ROLLUP_SLOT},
};
use bough_stf::system_contracts;
use thiserror::Error;

use crate::{MessageDomain, RollupConfig};

/// Why there is no such genesis, or why one is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum GenesisError {
    /// An allocation to an account that is given twice, or that genesis puts a contract at.
    #[error("the allocation gives {0} twice, or to a contract of genesis")]
    AllocationTwice(Address),
    /// More than there is.
    #[error("the allocation is above the pre-mint of 2^128 - 1 wei")]
    AllocationAbovePremint,
    /// The messenger is not there, or not as it must be.
    #[error("the L2 messenger in genesis has the wrong {0}")]
    Messenger(&'static str),
    /// ETH outside of the messenger that nothing backs.
    #[error("genesis gives out {outside} wei, the constructor's escrow is {escrow}")]
    Unbacked {
        /// Wei outside of the messenger.
        outside: U256,
        /// Wei in escrow when the contract was made.
        escrow: U256,
    },
}

/// Accounts of the genesis: the messenger with all ETH but the allocation, the allocation, and the
/// system contracts.
pub(crate) fn accounts(
    config: &RollupConfig,
) -> Result<BTreeMap<Address, GenesisAccount>, GenesisError> {
    let escrow = config.escrow()?;
    let contracts = system_contracts(&config.forks);
    let mut accounts: BTreeMap<_, _> =
        contracts.into_iter().map(|(address, code)| (address, contract(code))).collect();
    accounts.insert(L2_MESSENGER, messenger(&config.domain(), PREMINT - escrow));
    for (address, balance) in &config.allocation {
        let account = GenesisAccount { balance: *balance, ..GenesisAccount::default() };
        if accounts.insert(*address, account).is_some() {
            return Err(GenesisError::AllocationTwice(*address));
        }
    }
    // An account without anything is none (EIP-161).
    accounts.retain(|_, account| *account != GenesisAccount::default());
    Ok(accounts)
}

fn contract(code: Bytes) -> GenesisAccount {
    GenesisAccount { nonce: Some(1), code: Some(code), ..GenesisAccount::default() }
}

fn messenger(domain: &MessageDomain, balance: U256) -> GenesisAccount {
    GenesisAccount {
        balance,
        storage: Some(messenger_storage(domain)),
        ..contract(L2Messenger::DEPLOYED_BYTECODE.clone())
    }
}

fn messenger_storage(domain: &MessageDomain) -> BTreeMap<B256, B256> {
    BTreeMap::from([
        (L1_CHAIN_ID_SLOT.into(), U256::from(domain.l1_chain_id).into()),
        (ROLLUP_SLOT.into(), domain.rollup.into_word()),
    ])
}

/// Wei of the pre-mint that are not in the messenger, given its balance: as
/// `L2Messenger.circulating`. Never more than the escrow.
pub fn circulating(messenger_balance: U256) -> U256 {
    PREMINT.saturating_sub(messenger_balance)
}

/// That a genesis has the messenger of `domain`, and no more ETH outside of it than `escrow`, the
/// wei that the contract on L1 was made with. A follower refuses any other.
///
/// # Errors
/// [`GenesisError::Messenger`] and [`GenesisError::Unbacked`].
pub fn check_backed(
    genesis: &Genesis,
    domain: &MessageDomain,
    escrow: U256,
) -> Result<(), GenesisError> {
    let messenger = genesis.alloc.get(&L2_MESSENGER).ok_or(GenesisError::Messenger("address"))?;
    if messenger.code.as_ref() != Some(&L2Messenger::DEPLOYED_BYTECODE) {
        return Err(GenesisError::Messenger("code"));
    }
    if messenger.storage.as_ref() != Some(&messenger_storage(domain)) {
        return Err(GenesisError::Messenger("storage"));
    }
    let outside = genesis
        .alloc
        .iter()
        .filter(|(address, _)| **address != L2_MESSENGER)
        .fold(U256::ZERO, |sum, (_, account)| sum.saturating_add(account.balance));
    if outside > escrow {
        return Err(GenesisError::Unbacked { outside, escrow });
    }
    // What is given out is taken from the messenger: there are `PREMINT` wei and no more.
    if messenger.balance.checked_add(outside) != Some(PREMINT) {
        return Err(GenesisError::Messenger("balance"));
    }
    Ok(())
}
