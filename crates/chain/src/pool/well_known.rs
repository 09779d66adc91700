//! Transactions without a chain id (EIP-155) that are taken all the same.
//!
//! They deploy contracts that tools expect at the same address on every chain, which is why they were
//! signed for every chain. Most are keyless: the signature was made up, and the sender derived from
//! it, so that nobody can sign anything else as that sender. The others were signed with a key.
//!
//! An entry is the transaction's hash. It commits to all of the transaction, signature included:
//! nothing else is let in by it, not even another transaction of the same sender.

use alloy_primitives::{Address, B256, address, b256};

/// A deployment that was signed for every chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WellKnownDeployment {
    /// What it deploys.
    pub name: &'static str,
    /// Where: what the sender's first transaction makes.
    pub contract: Address,
    /// Who sends it, with nonce 0.
    pub sender: Address,
    /// Its hash.
    pub transaction: B256,
    /// Where the signed transaction was published.
    pub source: &'static str,
}

const CREATEX: &str = "https://github.com/pcaversaccio/createx/tree/main/scripts/presigned-createx-deployment-transactions";

/// The deployments whose transactions every pool takes. Each was decoded from its source, its sender
/// recovered from the signature, and the address computed from the sender.
pub const WELL_KNOWN_DEPLOYMENTS: [WellKnownDeployment; 12] = [
    WellKnownDeployment {
        name: "deterministic deployment proxy (CREATE2 factory)",
        contract: address!("0x4e59b44847b379578588920cA78FbF26c0B4956C"),
        sender: address!("0x3fAB184622Dc19b6109349B94811493BF2a45362"),
        transaction: b256!("0xeddf9e61fb9d8f5111840daef55e5fde0041f5702856532cdbb5a02998033d26"),
        source: "https://github.com/Arachnid/deterministic-deployment-proxy",
    },
    WellKnownDeployment {
        name: "deterministic deployment proxy, the first",
        contract: address!("0x7A0D94F55792C434d74a40883C6ed8545E406D12"),
        sender: address!("0x4c8D290a1B368ac4728d83a9e8321fC3af2b39b1"),
        transaction: b256!("0x8ee59123fee2379c81c6fed5fa4310d24b0e40027b3bb04684bde87f0e3caaf1"),
        source: "https://github.com/Zoltu/deterministic-deployment-proxy",
    },
    WellKnownDeployment {
        name: "singleton factory (ERC-2470)",
        contract: address!("0xce0042B868300000d44A59004Da54A005ffdcf9f"),
        sender: address!("0xBb6e024b9cFFACB947A71991E386681B1Cd1477D"),
        transaction: b256!("0x803351deb6d745e91545a6a3e1c0ea3e9a6a02a1a4193b70edfcd2f40f71a01c"),
        source: "https://eips.ethereum.org/EIPS/eip-2470",
    },
    WellKnownDeployment {
        name: "pseudo-introspection registry (ERC-1820)",
        contract: address!("0x1820a4B7618BdE71Dce8cdc73aAB6C95905faD24"),
        sender: address!("0xa990077c3205cbDf861e17Fa532eeB069cE9fF96"),
        transaction: b256!("0xfefb2da535e927b85fe68eb81cb2e4a5827c905f78381a01ef2322aa9b0aee8e"),
        source: "https://eips.ethereum.org/EIPS/eip-1820",
    },
    WellKnownDeployment {
        name: "Multicall3",
        contract: address!("0xcA11bde05977b3631167028862bE2a173976CA11"),
        sender: address!("0x05f32B3cC3888453ff71B01135B34FF8e41263F2"),
        transaction: b256!("0x07471adfe8f4ec553c1199f495be97fc8be8e0626ae307281c22534460184ed1"),
        source: "https://github.com/mds1/multicall3#new-deployments",
    },
    WellKnownDeployment {
        name: "CreateX, 3,000,000 gas",
        contract: address!("0xba5Ed099633D3B313e4D5F7bdc1305d3c28ba5Ed"),
        sender: address!("0xeD456e05CaAb11d66C4c797dD6c1D6f9A7F352b5"),
        transaction: b256!("0xb6274b80bc7cda162df89894c7748a5cb7ba2eaa6004183c41a1837c3b072f1e"),
        source: CREATEX,
    },
    WellKnownDeployment {
        name: "CreateX, 25,000,000 gas",
        contract: address!("0xba5Ed099633D3B313e4D5F7bdc1305d3c28ba5Ed"),
        sender: address!("0xeD456e05CaAb11d66C4c797dD6c1D6f9A7F352b5"),
        transaction: b256!("0xc8354e4112f3c78ecfb985f7d1935cb4a8a625cb0b000a4cf0aff327c0708d4c"),
        source: CREATEX,
    },
    WellKnownDeployment {
        name: "CreateX, 45,000,000 gas",
        contract: address!("0xba5Ed099633D3B313e4D5F7bdc1305d3c28ba5Ed"),
        sender: address!("0xeD456e05CaAb11d66C4c797dD6c1D6f9A7F352b5"),
        transaction: b256!("0x891a2cf734349124752970c4b5666b5b71e9db38c40cb8aab493a11e5c85d6fd"),
        source: CREATEX,
    },
    WellKnownDeployment {
        name: "beacon roots (EIP-4788)",
        contract: address!("0x000F3df6D732807Ef1319fB7B8bB8522d0Beac02"),
        sender: address!("0x0B799C86a49DEeb90402691F1041aa3AF2d3C875"),
        transaction: b256!("0xdf52c2d3bbe38820fff7b5eaab3db1b91f8e1412b56497d88388fb5d4ea1fde0"),
        source: "https://eips.ethereum.org/EIPS/eip-4788",
    },
    WellKnownDeployment {
        name: "history storage (EIP-2935)",
        contract: address!("0x0000F90827F1C53a10cb7A02335B175320002935"),
        sender: address!("0x3462413Af4609098e1E27A490f554f260213D685"),
        transaction: b256!("0x67139a552b0d3fffc30c0fa7d0c20d42144138c8fe07fc5691f09c1cce632e15"),
        source: "https://eips.ethereum.org/EIPS/eip-2935",
    },
    WellKnownDeployment {
        name: "withdrawal requests (EIP-7002)",
        contract: address!("0x00000961Ef480Eb55e80D19ad83579A64c007002"),
        sender: address!("0x8646861A7cF453dDD086874d622b0696dE5b9674"),
        transaction: b256!("0x8ded54be89448d78d4bc97782c0187b099e45380ab681742f9d3754e405c2572"),
        source: "https://eips.ethereum.org/EIPS/eip-7002",
    },
    WellKnownDeployment {
        name: "consolidation requests (EIP-7251)",
        contract: address!("0x0000BBdDc7CE488642fb579F8B00f3a590007251"),
        sender: address!("0x13d1913d623E6a9D8811736359E50fD31Fe54fCA"),
        transaction: b256!("0x379269d571beff3ed1d8eba3abb24076a7267b0eaf0cc66d728fb0544f5a690d"),
        source: "https://eips.ethereum.org/EIPS/eip-7251",
    },
];

/// Whether a transaction is one of them.
pub(super) fn is_well_known(hash: B256) -> bool {
    WELL_KNOWN_DEPLOYMENTS.iter().any(|deployment| deployment.transaction == hash)
}
