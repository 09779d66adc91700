//! What a sequencer signs about a block before L1 has it.

use alloy_primitives::{Address, B256, Signature};
use alloy_sol_types::{Eip712Domain, SolStruct, eip712_domain};
use thiserror::Error;

use crate::MessageDomain;

mod sol_types {
    #![allow(missing_docs)]
    alloy_sol_types::sol! {
        struct PreconfirmedHeader {
            uint64 number;
            bytes32 parentHash;
            bytes32 blockHash;
        }
    }
}

/// The promise that L2 block `number` will be `block_hash`, on top of `parent_hash`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PreconfirmedHeader {
    /// The L2 block's number.
    pub number: u64,
    /// Its parent's hash.
    pub parent_hash: B256,
    /// Its hash.
    pub block_hash: B256,
}

/// A promise and who it is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SignedPreconfirmation {
    /// What is promised.
    pub header: PreconfirmedHeader,
    /// Over [`PreconfirmedHeader::digest`].
    pub signature: Signature,
}

/// A promise that is nobody's, or somebody else's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PreconfirmationError {
    /// No account has this signature, or it is the high-s form of one.
    #[error("the signature of preconfirmation {number} is not valid")]
    Signature {
        /// The block it is for.
        number: u64,
    },
    /// It is another account's.
    #[error("preconfirmation {number} is signed by {got}, the sequencer is {expected}")]
    Signer {
        /// The block it is for.
        number: u64,
        /// Who signed.
        got: Address,
        /// Who should have.
        expected: Address,
    },
}

impl PreconfirmedHeader {
    /// What is signed: EIP-712 in the domain `{name: "Bough", version: "1", chainId: L1's,
    /// verifyingContract: rollup}`, as `NativeRollup.preconfirmationDigest` gives it.
    pub fn digest(&self, domain: &MessageDomain) -> B256 {
        sol_types::PreconfirmedHeader {
            number: self.number,
            parentHash: self.parent_hash,
            blockHash: self.block_hash,
        }
        .eip712_signing_hash(&eip712(domain))
    }

    /// Signs with whatever signs hashes.
    ///
    /// # Errors
    /// Those of `sign`.
    pub fn sign<E>(
        self,
        domain: &MessageDomain,
        sign: impl FnOnce(B256) -> Result<Signature, E>,
    ) -> Result<SignedPreconfirmation, E> {
        Ok(SignedPreconfirmation { header: self, signature: sign(self.digest(domain))? })
    }
}

impl SignedPreconfirmation {
    /// Who signed.
    ///
    /// # Errors
    /// [`PreconfirmationError::Signature`].
    pub fn signer(&self, domain: &MessageDomain) -> Result<Address, PreconfirmationError> {
        let invalid = PreconfirmationError::Signature { number: self.header.number };
        // One promise, one signature: of the two forms the low one.
        if self.signature.normalize_s().is_some() {
            return Err(invalid);
        }
        self.signature
            .recover_address_from_prehash(&self.header.digest(domain))
            .map_err(|_| invalid)
    }

    /// That it is the sequencer's.
    ///
    /// # Errors
    /// [`PreconfirmationError`].
    pub fn check(
        &self,
        domain: &MessageDomain,
        sequencer: Address,
    ) -> Result<(), PreconfirmationError> {
        let got = self.signer(domain)?;
        if got == sequencer {
            return Ok(());
        }
        Err(PreconfirmationError::Signer { number: self.header.number, got, expected: sequencer })
    }
}

fn eip712(domain: &MessageDomain) -> Eip712Domain {
    eip712_domain! {
        name: "Bough",
        version: "1",
        chain_id: domain.l1_chain_id,
        verifying_contract: domain.rollup,
    }
}
