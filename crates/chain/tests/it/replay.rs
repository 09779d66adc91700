//! Transactions without a chain id: refused, but for the deployments everybody has.

use std::collections::BTreeSet;

use crate::common::*;
use alloy_consensus::{Transaction as _, TxLegacy};
use alloy_eips::eip2718::Decodable2718;
use alloy_genesis::GenesisAccount;
use alloy_primitives::{TxKind, U256, address, hex};
use bough_chain::{Chain, ChainConfig, PoolConfig, PoolError, WELL_KNOWN_DEPLOYMENTS};
use bough_stf::{Fork, Transaction, recover};

const GETH_SAYS: &str = "only replay-protected (EIP-155) transactions allowed over RPC";

/// Signed transactions of the list that are short, as their sources have them: both proxies,
/// EIP-4788 and EIP-2935.
const RAW: [&str; 4] = [
    "f8a58085174876e800830186a08080b853604580600e600039806000f350fe7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf31ba02222222222222222222222222222222222222222222222222222222222222222a02222222222222222222222222222222222222222222222222222222222222222",
    "f87e8085174876e800830186a08080ad601f80600e600039806000f350fe60003681823780368234f58015156014578182fd5b80825250506014600cf31ba02222222222222222222222222222222222222222222222222222222222222222a02222222222222222222222222222222222222222222222222222222222222222",
    "f8838085e8d4a510008303d0908080b86a60618060095f395ff33373fffffffffffffffffffffffffffffffffffffffe14604d57602036146024575f5ffd5b5f35801560495762001fff810690815414603c575f5ffd5b62001fff01545f5260205ff35b5f5ffd5b62001fff42064281555f359062001fff0155001b820539851b9b6eb1f0",
    "f8838085e8d4a510008303d0908080b85c60538060095f395ff33373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f35600143038111604257611fff81430311604257611fff9006545f5260205ff35b5f5ffd5b5f35611fff600143030655001b820539930aa12693182426612186309f02cfe8a80a0000",
];

fn decode(raw: &str) -> Transaction {
    let bytes = hex::decode(raw).unwrap();
    let mut rest = bytes.as_slice();
    let transaction = Transaction::decode_2718(&mut rest).unwrap();
    assert!(rest.is_empty());
    transaction
}

/// A chain whose pool has the default rules, on which the senders of the list have ether. Under the
/// rules of the time: the transactions' gas is too little for later ones.
fn osaka() -> Chain {
    let mut genesis = genesis();
    let rich = GenesisAccount { balance: U256::from(10u128.pow(20)), ..GenesisAccount::default() };
    genesis.alloc.extend(WELL_KNOWN_DEPLOYMENTS.map(|known| (known.sender, rich.clone())));
    Chain::open(ChainConfig::new(spec(Fork::Osaka), genesis)).unwrap()
}

fn refusal(chain: &Chain, transaction: Transaction) -> PoolError {
    chain.submit(transaction).unwrap_err()
}

#[test]
fn unprotected_transactions_are_refused_unless_all_are_taken() {
    let unprotected = || sign(0, TxLegacy { chain_id: None, ..legacy(0) });
    let error = refusal(&chain(), unprotected());
    assert!(matches!(error, PoolError::Unprotected), "{error}");
    assert_eq!(error.to_string(), GETH_SAYS);
    let all = PoolConfig { unprotected_transactions: true, ..PoolConfig::default() };
    chain_with_pool(all).submit(unprotected()).unwrap();
}

#[test]
fn the_list_is_of_different_transactions_and_of_what_their_senders_make() {
    let hashes = WELL_KNOWN_DEPLOYMENTS.map(|known| known.transaction);
    assert_eq!(BTreeSet::from(hashes).len(), WELL_KNOWN_DEPLOYMENTS.len());
    for known in WELL_KNOWN_DEPLOYMENTS {
        assert_eq!(known.sender.create(0), known.contract, "{}", known.name);
        assert!(known.source.starts_with("https://"), "{}", known.name);
    }
}

#[test]
fn signatures_recover_to_the_senders_of_the_list() {
    for raw in RAW {
        let transaction = decode(raw);
        assert_eq!((transaction.chain_id(), transaction.nonce()), (None, 0));
        let known = WELL_KNOWN_DEPLOYMENTS
            .into_iter()
            .find(|known| known.transaction == *transaction.hash())
            .unwrap();
        assert_eq!(recover(transaction).unwrap().signer(), known.sender, "{}", known.name);
    }
}

#[test]
fn a_deployment_of_the_list_is_mined_where_others_are_refused() {
    let chain = osaka();
    let proxy = address!("0x4e59b44847b379578588920cA78FbF26c0B4956C");
    chain.submit(decode(RAW[0])).unwrap();
    let block = mine(&chain);
    assert!(block.receipts.iter().all(|receipt| receipt.success));
    let state = chain.state_at(block.hash).unwrap();
    let code = state.account(proxy).unwrap().unwrap().code_hash;
    assert_eq!(state.code(code).unwrap().original_bytes().len(), 69);
}

#[test]
fn the_same_deployment_by_somebody_else_is_refused() {
    let of = decode(RAW[0]);
    let copy = TxLegacy {
        chain_id: None,
        nonce: 0,
        gas_price: of.gas_price().unwrap(),
        gas_limit: of.gas_limit(),
        to: TxKind::Create,
        value: of.value(),
        input: of.input().clone(),
    };
    assert!(matches!(refusal(&osaka(), sign(0, copy)), PoolError::Unprotected));
    // Another signature makes another sender, and another hash.
    let other = RAW[0].replace("1ba0", "1ca0");
    assert!(matches!(refusal(&osaka(), decode(&other)), PoolError::Unprotected));
}
