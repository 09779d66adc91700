//! The accounts every development chain gives ether to.

use alloy_primitives::U256;
use alloy_signer_local::{MnemonicBuilder, PrivateKeySigner};
use eyre::WrapErr;

/// The mnemonic that development chains have in common. Its keys are public.
pub(crate) const MNEMONIC: &str = "test test test test test test test test test test test junk";
/// How many of its accounts are used.
const ACCOUNTS: u32 = 10;
/// Wei each has on L1 at genesis: 10,000 ETH.
pub(crate) const BALANCE: U256 = U256::from_limbs([0x19e0_c9ba_b240_0000, 0x21e, 0, 0]);

/// The accounts, in the mnemonic's order.
pub(crate) fn dev_accounts() -> eyre::Result<Vec<PrivateKeySigner>> {
    (0..ACCOUNTS)
        .map(|index| {
            MnemonicBuilder::from_phrase(MNEMONIC)
                .index(index)
                .and_then(|phrase| phrase.build())
                .wrap_err("the development mnemonic gives no key")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use alloy_primitives::{address, utils::parse_ether};

    use super::*;

    #[test]
    fn are_those_of_the_mnemonic() {
        let accounts = dev_accounts().unwrap();
        assert_eq!(accounts[0].address(), address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266"));
        assert_eq!(accounts[9].address(), address!("a0Ee7A142d267C1f36714E4a8F75612F20a79720"));
        assert_eq!(BALANCE, parse_ether("10000").unwrap());
    }
}
