//! The bridge, and the checks that its three ends belong together.

use alloy_eips::BlockId;
use alloy_network::Ethereum;
use alloy_primitives::{Address, U256};
use alloy_provider::RootProvider;
use alloy_signer_local::PrivateKeySigner;
use bough_contracts::{
    L2Messenger::{l1ChainIdCall as l2L1ChainIdCall, rollupCall},
    NativeRollup::{self, configCall, l1ChainIdCall},
    addresses::L2_MESSENGER,
};
use bough_rollup::{Direction, MessageDomain};
use tokio::sync::Mutex;

use crate::{BridgeConfig, BridgeError, Chain, endpoint::Endpoint, messages::L1Messages};

/// A rollup's bridge, seen from outside: two nodes and the contract.
#[derive(Debug)]
pub struct Bridge {
    pub(crate) l1: Endpoint,
    pub(crate) l2: Endpoint,
    pub(crate) domain: MessageDomain,
    /// Messages to L2 that L1 was asked for.
    pub(crate) messages: Mutex<L1Messages>,
    contract: NativeRollup::Config,
}

impl Bridge {
    /// Connects to both nodes, and checks that the contract is there and is this L2's.
    ///
    /// # Errors
    /// [`BridgeError::NotARollup`], [`BridgeError::WrongChain`] and [`BridgeError::WrongL2`], and
    /// those of the connection.
    pub async fn connect(config: BridgeConfig) -> Result<Self, BridgeError> {
        let l1 = Endpoint::connect(Chain::L1, &config.l1_url, config.key.clone()).await?;
        let l2 = Endpoint::connect(Chain::L2, &config.l2_url, config.key).await?;
        let contract = check_contract(&l1, config.rollup).await?;
        check_l2(&l2, &contract, l1.chain_id(), config.rollup).await?;
        let domain = MessageDomain {
            l1_chain_id: l1.chain_id(),
            rollup: config.rollup,
            l2_chain_id: contract.l2ChainId,
        };
        Ok(Self { l1, l2, domain, messages: Mutex::default(), contract })
    }

    /// The chains and the contract.
    pub const fn domain(&self) -> MessageDomain {
        self.domain
    }

    /// What the contract was made with.
    pub const fn contract_config(&self) -> &NativeRollup::Config {
        &self.contract
    }

    /// The account that sends.
    ///
    /// # Errors
    /// [`BridgeError::NoKey`].
    pub fn address(&self) -> Result<Address, BridgeError> {
        self.l1.key().map(PrivateKeySigner::address)
    }

    /// The L1 node.
    pub const fn l1_provider(&self) -> &RootProvider<Ethereum> {
        self.l1.provider()
    }

    /// The L2 node.
    pub const fn l2_provider(&self) -> &RootProvider<Ethereum> {
        self.l2.provider()
    }

    pub(crate) const fn endpoint(&self, chain: Chain) -> &Endpoint {
        match chain {
            Chain::L1 => &self.l1,
            Chain::L2 => &self.l2,
        }
    }

    pub(crate) const fn messenger(&self, chain: Chain) -> Address {
        match chain {
            Chain::L1 => self.domain.rollup,
            Chain::L2 => L2_MESSENGER,
        }
    }

    pub(crate) const fn sending(&self, direction: Direction) -> &Endpoint {
        self.endpoint(Chain::sending(direction))
    }

    pub(crate) const fn executing(&self, direction: Direction) -> &Endpoint {
        self.endpoint(Chain::executing(direction))
    }
}

async fn check_contract(
    l1: &Endpoint,
    rollup: Address,
) -> Result<NativeRollup::Config, BridgeError> {
    let not_a_rollup = || BridgeError::NotARollup { address: rollup, chain_id: l1.chain_id() };
    if l1.code(rollup).await?.is_empty() {
        return Err(not_a_rollup());
    }
    let (what, latest) = ("the rollup's configuration", BlockId::latest());
    let other_code = |error| match error {
        BridgeError::Answer { .. } | BridgeError::Refused { .. } => not_a_rollup(),
        error => error,
    };
    let contract = l1.view(what, rollup, configCall {}, latest).await.map_err(other_code)?;
    let chain_id = l1.view(what, rollup, l1ChainIdCall {}, latest).await.map_err(other_code)?;
    // The contract keeps the id of the chain it was made on: after a split of L1 they may differ.
    if chain_id != U256::from(l1.chain_id()) {
        let expected = chain_id.saturating_to();
        return Err(BridgeError::WrongChain { chain: Chain::L1, got: l1.chain_id(), expected });
    }
    if contract.l2Messenger != L2_MESSENGER {
        return Err(not_a_rollup());
    }
    Ok(contract)
}

async fn check_l2(
    l2: &Endpoint,
    contract: &NativeRollup::Config,
    l1_chain_id: u64,
    rollup: Address,
) -> Result<(), BridgeError> {
    let (got, expected) = (l2.chain_id(), contract.l2ChainId);
    if got != expected {
        return Err(BridgeError::WrongChain { chain: Chain::L2, got, expected });
    }
    let (what, latest) = ("the L2 messenger", BlockId::latest());
    let of_rollup = l2.view(what, L2_MESSENGER, rollupCall {}, latest).await?;
    let of_chain = l2.view(what, L2_MESSENGER, l2L1ChainIdCall {}, latest).await?;
    if of_rollup != rollup || of_chain != U256::from(l1_chain_id) {
        return Err(BridgeError::WrongL2 {
            got: of_rollup,
            l1_chain_id: of_chain,
            expected: rollup,
        });
    }
    Ok(())
}
