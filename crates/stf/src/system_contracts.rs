//! The contracts that blocks call, and the one that Amsterdam puts in place: what a chain's genesis
//! must hold for its blocks to be valid.

use alloy_eips::{
    eip2935::{HISTORY_STORAGE_ADDRESS, HISTORY_STORAGE_CODE},
    eip4788::{BEACON_ROOTS_ADDRESS, BEACON_ROOTS_CODE},
    eip7002::{WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS, WITHDRAWAL_REQUEST_PREDEPLOY_CODE},
    eip7251::{CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS, CONSOLIDATION_REQUEST_PREDEPLOY_CODE},
    eip8282::{
        BUILDER_DEPOSIT_CONTRACT_ADDRESS, BUILDER_DEPOSIT_CONTRACT_CODE,
        BUILDER_EXIT_CONTRACT_ADDRESS, BUILDER_EXIT_CONTRACT_CODE,
    },
};
use alloy_primitives::{Address, Bytes, address, bytes};

use crate::{Fork, ForkSchedule};

/// The CREATE2 factory (EIP-7997).
const FACTORY_ADDRESS: Address = address!("4e59b44847b379578588920ca78fbf26c0b4956c");
static FACTORY_CODE: Bytes = bytes!(
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3"
);
/// Length (bytes) of the EIP-7251 contract in the official witnesses. The constant of `alloy_eips`
/// has two zero bytes more at its end.
const CONSOLIDATION_CODE_LENGTH: usize = 414;

/// Address and runtime code of every contract that the blocks of a chain count on. Each has nonce 1
/// and no ether.
///
/// They are those of the last fork that the schedule knows: one that only a later fork calls does
/// no harm before, and a chain that reaches its fork without it would stop there.
pub fn system_contracts(forks: &ForkSchedule) -> Vec<(Address, Bytes)> {
    let last = forks.last();
    let consolidation = CONSOLIDATION_REQUEST_PREDEPLOY_CODE.slice(..CONSOLIDATION_CODE_LENGTH);
    let contracts = [
        (Fork::Cancun, BEACON_ROOTS_ADDRESS, BEACON_ROOTS_CODE.clone()),
        (Fork::Prague, HISTORY_STORAGE_ADDRESS, HISTORY_STORAGE_CODE.clone()),
        (
            Fork::Prague,
            WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS,
            WITHDRAWAL_REQUEST_PREDEPLOY_CODE.clone(),
        ),
        (Fork::Prague, CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS, consolidation),
        (Fork::Amsterdam, BUILDER_DEPOSIT_CONTRACT_ADDRESS, BUILDER_DEPOSIT_CONTRACT_CODE.clone()),
        (Fork::Amsterdam, BUILDER_EXIT_CONTRACT_ADDRESS, BUILDER_EXIT_CONTRACT_CODE.clone()),
        (Fork::Amsterdam, FACTORY_ADDRESS, FACTORY_CODE.clone()),
    ];
    contracts
        .into_iter()
        .filter(|(since, ..)| last >= *since)
        .map(|(_, address, code)| (address, code))
        .collect()
}

#[cfg(test)]
mod tests {
    use alloy_primitives::{B256, b256, keccak256};

    use super::*;

    /// The hashes of the codes in the official witnesses of tests-zkevm@v21.0.1, and of the
    /// factory on mainnet.
    #[test]
    fn codes_are_the_official_ones() {
        let hashes: Vec<B256> = system_contracts(&ForkSchedule::always(Fork::Amsterdam))
            .into_iter()
            .map(|(_, code)| keccak256(code))
            .collect();
        let official = [
            b256!("f57acd40259872606d76197ef052f3d35588dadf919ee1f0e3cb9b62d3f4b02c"),
            b256!("6e49e66782037c0555897870e29fa5e552daf4719552131a0abce779daec0a5d"),
            b256!("0345a365d2f4c5975b9f1599abe0a2ee76b7a3a731bc68781bd04c84e4858f50"),
            b256!("78c6cb5202685228bbcbfb992b1c4e116c7ec5ef11e25b8e92716cfc628ddd60"),
            b256!("1dd29c1e0dbc3ab670d229dbd3438003ec9015c1df9058beeb64ff301b60b98d"),
            b256!("90a0b24eb190d6c50f00f6f751dc4c2778658abf3631aceb80586c43f8bd9f2f"),
            b256!("2fa86add0aed31f33a762c9d88e807c475bd51d0f52bd0955754b2608f7e4989"),
        ];
        assert_eq!(hashes, official);
    }
}
