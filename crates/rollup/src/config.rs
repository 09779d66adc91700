//! What a rollup is made of.

use alloy_consensus::Header;
use alloy_genesis::Genesis;
use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_trie::{TrieAccount, root::state_root_unsorted};
use bough_contracts::{NativeRollup, addresses::L2_MESSENGER, l2_messenger::PREMINT};
use bough_stf::{ChainSpec, ForkSchedule, genesis_header};
use thiserror::Error;

use crate::{GenesisError, L2BlockId, MessageDomain, genesis::accounts};

/// What L2 and its contract on L1 are made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RollupConfig {
    /// L1's chain id.
    pub l1_chain_id: u64,
    /// L2's chain id.
    pub l2_chain_id: u64,
    /// The contract on L1. Its address is known before it is made: genesis holds it, and it holds
    /// genesis' hash.
    pub rollup: Address,
    /// Gas limit of every L2 block.
    pub gas_limit: u64,
    /// Genesis' timestamp, seconds: not after the L1 block that the contract is made in.
    pub timestamp: u64,
    /// L1's forks, which are L2's.
    pub forks: ForkSchedule,
    /// Who has how many wei from the start. Their sum is the escrow that the contract is made with.
    pub allocation: Vec<(Address, U256)>,
}

/// Who may advance the chain, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Seconds that an L2 block may lag behind the L1 block it is posted in.
    pub timestamp_window: u64,
    /// Who alone may advance the chain; zero lets anyone.
    pub sequencer: Address,
    /// Seconds without advance after which anyone may.
    pub sequencer_timeout: u64,
}

/// The contract on L1 is not this rollup's.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ConfigError {
    /// There is no such genesis.
    #[error(transparent)]
    Genesis(#[from] GenesisError),
    /// The contract was made with something else.
    #[error("the contract on L1 has another {0} than this genesis")]
    Contract(&'static str),
}

impl RollupConfig {
    /// What its messages commit to.
    pub const fn domain(&self) -> MessageDomain {
        MessageDomain {
            l1_chain_id: self.l1_chain_id,
            rollup: self.rollup,
            l2_chain_id: self.l2_chain_id,
        }
    }

    /// L2's rules.
    pub fn spec(&self) -> ChainSpec {
        ChainSpec::new(self.l2_chain_id, self.forks.clone())
    }

    /// Wei that the contract has to be made with: the sum of the allocation.
    ///
    /// # Errors
    /// [`GenesisError::AllocationAbovePremint`].
    pub fn escrow(&self) -> Result<U256, GenesisError> {
        self.allocation
            .iter()
            .try_fold(U256::ZERO, |sum, (_, wei)| sum.checked_add(*wei))
            .filter(|sum| *sum <= PREMINT)
            .ok_or(GenesisError::AllocationAbovePremint)
    }

    /// L2's genesis. Its chain config is left empty: the rules are [`Self::spec`].
    ///
    /// # Errors
    /// Those of the allocation.
    pub fn genesis(&self) -> Result<Genesis, GenesisError> {
        Ok(Genesis {
            timestamp: self.timestamp,
            gas_limit: self.gas_limit,
            alloc: accounts(self)?,
            ..Genesis::default()
        })
    }

    /// The header of L2's block 0.
    ///
    /// # Errors
    /// Those of the allocation.
    pub fn genesis_header(&self) -> Result<Header, GenesisError> {
        let header = Header {
            state_root: state_root(self.genesis()?),
            gas_limit: self.gas_limit,
            timestamp: self.timestamp,
            ..Header::default()
        };
        Ok(genesis_header(&self.spec(), header))
    }

    /// L2's block 0.
    ///
    /// # Errors
    /// Those of the allocation.
    pub fn genesis_id(&self) -> Result<L2BlockId, GenesisError> {
        Ok(L2BlockId { number: 0, hash: self.genesis_header()?.hash_slow() })
    }

    /// What the contract on L1 is made with, together with [`Self::escrow`] wei.
    ///
    /// # Errors
    /// Those of the allocation.
    pub fn contract_config(&self, policy: Policy) -> Result<NativeRollup::Config, GenesisError> {
        let header = self.genesis_header()?;
        Ok(NativeRollup::Config {
            l2ChainId: self.l2_chain_id,
            gasLimit: self.gas_limit,
            timestampWindow: policy.timestamp_window,
            sequencer: policy.sequencer,
            sequencerTimeout: policy.sequencer_timeout,
            genesisHash: header.hash_slow(),
            genesisStateRoot: header.state_root,
            genesisTimestamp: self.timestamp,
            l2Messenger: L2_MESSENGER,
        })
    }

    /// That a contract was made for this genesis, whatever its policy.
    ///
    /// # Errors
    /// [`ConfigError::Contract`] with the first field that differs.
    pub fn check_contract(&self, contract: &NativeRollup::Config) -> Result<(), ConfigError> {
        let expected = self.contract_config(Policy {
            timestamp_window: contract.timestampWindow,
            sequencer: contract.sequencer,
            sequencer_timeout: contract.sequencerTimeout,
        })?;
        let fields = [
            ("L2 chain id", contract.l2ChainId == expected.l2ChainId),
            ("L2 messenger", contract.l2Messenger == expected.l2Messenger),
            ("gas limit", contract.gasLimit == expected.gasLimit),
            ("genesis timestamp", contract.genesisTimestamp == expected.genesisTimestamp),
            ("genesis state root", contract.genesisStateRoot == expected.genesisStateRoot),
            ("genesis hash", contract.genesisHash == expected.genesisHash),
        ];
        match fields.into_iter().find(|(_, same)| !same) {
            Some((field, _)) => Err(ConfigError::Contract(field)),
            None => Ok(()),
        }
    }
}

fn state_root(genesis: Genesis) -> B256 {
    let accounts = genesis.alloc.into_iter();
    state_root_unsorted(
        accounts.map(|(address, account)| (keccak256(address), TrieAccount::from(account))),
    )
}
