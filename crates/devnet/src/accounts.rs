//! The accounts everybody knows.

use alloy_signer_local::{MnemonicBuilder, PrivateKeySigner, coins_bip39::English};

use crate::DevnetError;

/// The mnemonic of development chains. Never use its accounts elsewhere.
pub const MNEMONIC: &str = "test test test test test test test test test test test junk";

/// How many accounts have ether.
pub(crate) const ACCOUNTS: u32 = 10;

/// The ten accounts that have ether on both chains.
///
/// # Errors
/// Never for this mnemonic; deriving keys can fail in general.
pub fn dev_accounts() -> Result<Vec<PrivateKeySigner>, DevnetError> {
    (0..ACCOUNTS).map(account).collect()
}

/// The account that deploys the rollup and sequences it.
pub(crate) fn sequencer() -> Result<PrivateKeySigner, DevnetError> {
    account(ACCOUNTS)
}

fn account(index: u32) -> Result<PrivateKeySigner, DevnetError> {
    MnemonicBuilder::<English>::default()
        .phrase(MNEMONIC)
        .index(index)
        .and_then(|builder| builder.build())
        .map_err(|_| DevnetError::Key)
}
