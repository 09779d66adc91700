//! The state before a generated block, and the chain it stands on.

use std::{collections::BTreeMap, sync::Arc};

use alloy_consensus::{EMPTY_OMMER_ROOT_HASH, EMPTY_ROOT_HASH, Header};
use alloy_eips::{
    eip2935::HISTORY_STORAGE_ADDRESS,
    eip4788::BEACON_ROOTS_ADDRESS,
    eip7002::WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS,
    eip7251::CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS,
    eip8282::{BUILDER_DEPOSIT_CONTRACT_ADDRESS, BUILDER_EXIT_CONTRACT_ADDRESS},
};
use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256, address, hex, keccak256};
use bough_mpt::{MptError, NoNodes, Node, NodeSource};
use bough_stf::{
    Fork, ForkSchedule, State, StateError, StateSource, bytecode, revm::state::AccountInfo,
    system_contracts,
};
use k256::ecdsa::SigningKey;
#[cfg(test)]
use {
    alloy_genesis::GenesisAccount, alloy_rlp::Decodable, alloy_trie::TrieAccount, bough_mpt::Trie,
    bough_stf::StateUpdate,
};

use crate::{
    block::REQUEST_LENGTHS,
    code,
    dice::Dice,
    opcode as op,
    plant::{self, Planted},
};

/// Mainnet's deposit contract (EIP-6110).
pub(crate) const DEPOSIT_CONTRACT: Address = address!("00000000219ab540356cBB839Cbe05303d7705Fa");

/// What a request contract holds in its slots 0 to 3 (EIP-7002): excess, count, head, tail.
const EXCESS_SLOT: u64 = 0;
const TAIL_SLOT: u64 = 3;
const QUEUE_SLOT: u64 = 4;
/// More slots than any queued request takes.
const SLOTS_FOR_EACH_REQUEST: u64 = 8;

/// State, codes and ancestor hashes in memory.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    nodes: BTreeMap<B256, Bytes>,
    codes: BTreeMap<B256, Bytes>,
    hashes: BTreeMap<u64, B256>,
}

#[cfg(test)]
impl Memory {
    /// The state of a genesis: gives its root.
    pub(crate) fn write(&mut self, accounts: &BTreeMap<Address, GenesisAccount>) -> B256 {
        let mut state = State::empty();
        for (address, one) in accounts {
            let info = account(one.nonce.unwrap_or(0), one.balance, one.code.clone());
            let slots = one.storage.iter().flatten();
            let slots = slots.map(|(slot, value)| ((*slot).into(), (*value).into()));
            state.overwrite(*address, info, slots);
        }
        let update = state.update().expect("nothing is read");
        let root = update.root;
        self.add(update);
        root
    }

    /// Takes in what a block has written.
    pub(crate) fn add(&mut self, update: StateUpdate) {
        self.nodes.extend(update.nodes);
        self.codes.extend(update.codes);
    }

    /// The root of an account's storage.
    pub(crate) fn storage_root(&self, root: B256, address: Address) -> B256 {
        let leaf = Trie::from_root(root).get(self, keccak256(address)).expect("it is read");
        let leaf = leaf.expect("there is such an account");
        TrieAccount::decode(&mut leaf.as_ref()).expect("it is an account").storage_root
    }
}

impl NodeSource for Memory {
    fn node(&self, hash: B256) -> Result<Arc<Node>, MptError> {
        self.nodes.node(hash)
    }
}

impl StateSource for Memory {
    fn code(&self, hash: B256) -> Result<Bytes, StateError> {
        self.codes.get(&hash).cloned().ok_or(StateError::MissingCode(hash))
    }

    fn block_hash(&self, number: u64) -> Result<B256, StateError> {
        self.hashes.get(&number).copied().ok_or(StateError::MissingAncestor(number))
    }
}

/// One that can sign.
#[derive(Debug, Clone)]
pub(crate) struct Signer {
    pub(crate) key: SigningKey,
    pub(crate) address: Address,
}

/// A chain up to the parent of the block to generate.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) chain_id: u64,
    pub(crate) memory: Memory,
    /// Oldest first; the last is the parent.
    pub(crate) headers: Vec<Header>,
    pub(crate) signers: Vec<Signer>,
    pub(crate) contracts: Vec<Address>,
    /// All addresses that code and transactions are likely to name.
    pub(crate) known: Vec<Address>,
    /// What is in this world and in no chain.
    pub(crate) odd: Option<&'static str>,
    /// Nodes for the witness besides those that are read.
    pub(crate) planted: Vec<Bytes>,
}

/// A system contract that is not as it should be.
struct OddContract {
    at: Address,
    /// None: there is no account.
    code: Option<Bytes>,
    name: &'static str,
}

impl World {
    /// Makes accounts, contracts and ancestors.
    pub(crate) fn generate(dice: &mut Dice) -> Result<Self, StateError> {
        let signers: Vec<Signer> = (0..8).map(|_| signer(dice)).collect();
        let contracts: Vec<Address> =
            (0..code::TEMPLATES + 6).map(|_| dice.address()).chain([DEPOSIT_CONTRACT]).collect();
        let mut known: Vec<Address> = signers.iter().map(|signer| signer.address).collect();
        known.extend(&contracts);
        known.extend((1..=0x11).map(precompile));
        known.push(precompile(0x100));
        known.extend((0..3).map(|_| dice.address()));

        let mut state = State::empty();
        let odd_contract = dice.one_in(12).then(|| odd_contract(dice));
        write_system_contracts(dice, &mut state, odd_contract.as_ref());
        known.extend(
            system_contracts(&ForkSchedule::always(Fork::Amsterdam)).iter().map(|(at, _)| *at),
        );
        write_signers(dice, &mut state, &signers, &contracts);
        write_contracts(dice, &mut state, &contracts, &known);
        write_obstacles(dice, &mut state, &signers, &contracts)?;
        if dice.one_in(3) {
            for _ in 0..dice.below(40) {
                let filler = account(0, U256::from(dice.next_u64()), None);
                state.overwrite(dice.address(), filler, []);
            }
        }
        let update = state.update()?;
        let mut nodes = update.nodes.into_iter().collect();
        let mut odd = odd_contract.map(|contract| contract.name);
        let mut planted = Planted { root: update.root, nodes: Vec::new() };
        if dice.one_in(25) {
            planted = plant::plant(dice, &mut nodes, update.root);
            odd = Some("planted node");
        }
        let headers = headers(dice, planted.root);
        let hashes = headers.iter().map(|header| (header.number, header.hash_slow())).collect();
        let memory = Memory { nodes, codes: update.codes.into_iter().collect(), hashes };
        let chain_id = dice.pick(&[1, 1, 11_155_111, 8_000_001, u64::MAX >> 1]);
        let planted = planted.nodes;
        Ok(Self { chain_id, memory, headers, signers, contracts, known, odd, planted })
    }

    pub(crate) fn parent(&self) -> &Header {
        self.headers.last().expect("invariant: there is a parent")
    }
}

/// The address of a precompile.
pub(crate) fn precompile(number: u16) -> Address {
    let [high, low] = number.to_be_bytes();
    Address::with_last_byte(low) | Address::left_padding_from(&[high, 0])
}

/// One with a random key.
pub(crate) fn signer(dice: &mut Dice) -> Signer {
    loop {
        if let Ok(key) = SigningKey::from_slice(&dice.bytes(32)) {
            let address = Address::from_private_key(&key);
            return Signer { key, address };
        }
    }
}

fn account(nonce: u64, balance: U256, code: Option<Bytes>) -> AccountInfo {
    AccountInfo {
        nonce,
        balance,
        code_hash: code.as_ref().map_or(KECCAK256_EMPTY, keccak256),
        code: code.map(bytecode),
        ..AccountInfo::default()
    }
}

fn write_signers(
    dice: &mut Dice,
    state: &mut State<NoNodes>,
    signers: &[Signer],
    contracts: &[Address],
) {
    for (at, signer) in signers.iter().enumerate() {
        let rich = U256::from(10).pow(U256::from(24));
        let balance = match at {
            0..=4 => rich,
            5 => U256::from(dice.next_u64()),
            // Authorities without an account.
            _ => continue,
        };
        let delegation = dice.one_in(4).then(|| delegation(dice.pick(contracts)));
        let nonce = match dice.below(12) {
            0 => u64::MAX - 2,
            1..=4 => 0,
            _ => dice.between(0, 300),
        };
        let nonce = if delegation.is_some() { nonce.max(1) } else { nonce };
        let slots: Vec<_> = if delegation.is_some() { slots(dice) } else { Vec::new() };
        state.overwrite(signer.address, account(nonce, balance, delegation), slots);
    }
}

/// The code of an account that is delegated (EIP-7702).
pub(crate) fn delegation(to: Address) -> Bytes {
    [&[0xef, 0x01, 0x00], to.as_slice()].concat().into()
}

fn write_contracts(
    dice: &mut Dice,
    state: &mut State<NoNodes>,
    contracts: &[Address],
    known: &[Address],
) {
    for (at, address) in contracts.iter().enumerate() {
        let code = if *address == DEPOSIT_CONTRACT {
            code::deposit_contract(dice)
        } else {
            code::template(at, dice, known)
        };
        let balance = if dice.one_in(2) { U256::ZERO } else { U256::from(dice.next_u64()) };
        let slots = slots(dice);
        state.overwrite(*address, account(1, balance, Some(code.into())), slots);
    }
}

/// Accounts where contracts will be created: with a nonce, code or storage, which are in the way
/// (EIP-684, EIP-7610), with ether alone, which is not, or empty, as no chain has them (EIP-161).
fn write_obstacles(
    dice: &mut Dice,
    state: &mut State<NoNodes>,
    signers: &[Signer],
    contracts: &[Address],
) -> Result<(), StateError> {
    for creator in signers.iter().map(|signer| signer.address).chain(contracts.iter().copied()) {
        if !dice.one_in(8) {
            continue;
        }
        let nonce = state.account(creator)?.map_or(0, |account| account.nonce);
        let at = creator.create(nonce.saturating_add(u64::from(dice.one_in(3))));
        let balance = U256::from(dice.below(2));
        let (nonce, code, slots) = match dice.below(4) {
            0 => (1, None, Vec::new()),
            1 => (0, Some(Bytes::from_static(&[op::STOP])), Vec::new()),
            2 => (0, None, vec![(U256::from(dice.below(3)), U256::from(1))]),
            _ => (0, None, Vec::new()),
        };
        state.overwrite(at, account(nonce, balance, code), slots);
    }
    Ok(())
}

fn slots(dice: &mut Dice) -> Vec<(U256, U256)> {
    let mut slots = Vec::new();
    if dice.one_in(5) {
        return slots;
    }
    for slot in 0..8u64 {
        if dice.one_in(2) {
            let value = dice.word();
            slots.push((U256::from(slot), value));
        }
    }
    if dice.one_in(4) {
        for _ in 0..dice.below(20) {
            slots.push((dice.word(), dice.word()));
        }
    }
    slots.into_iter().filter(|(_, value)| !value.is_zero()).collect()
}

/// The contracts that end a block, by the type of their requests.
const REQUEST_CONTRACTS: [(u8, Address); 4] = [
    (1, WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS),
    (2, CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS),
    (3, BUILDER_DEPOSIT_CONTRACT_ADDRESS),
    (4, BUILDER_EXIT_CONTRACT_ADDRESS),
];

fn write_system_contracts(
    dice: &mut Dice,
    state: &mut State<NoNodes>,
    odd: Option<&OddContract>,
) {
    for (address, code) in system_contracts(&ForkSchedule::always(Fork::Amsterdam)) {
        let queues = REQUEST_CONTRACTS.iter().any(|(_, queue)| *queue == address);
        let slots = if queues { queue(dice) } else { Vec::new() };
        let code = match odd {
            Some(odd) if odd.at == address => odd.code.clone(),
            _ => Some(code),
        };
        if let Some(code) = code {
            let code = (!code.is_empty()).then_some(code);
            state.overwrite(address, account(1, U256::ZERO, code), slots);
        }
    }
}

/// A system contract that is missing, fails, or returns what it likes.
fn odd_contract(dice: &mut Dice) -> OddContract {
    let ends_block = !dice.one_in(5);
    let (kind, at) = if ends_block {
        dice.pick(&REQUEST_CONTRACTS)
    } else {
        (0, dice.pick(&[BEACON_ROOTS_ADDRESS, HISTORY_STORAGE_ADDRESS]))
    };
    let item = REQUEST_LENGTHS.get(usize::from(kind)).copied().unwrap_or_default();
    let items = item * (dice.below(3) + 1);
    let (code, name) = match dice.below(8) {
        0 | 1 => (None, "system contract missing"),
        2 => (Some(Vec::new()), "system contract without code"),
        // REVERT(0, 0)
        3 => (Some(hex!("5f5ffd").to_vec()), "system contract reverts"),
        4 => (Some(vec![op::INVALID]), "system contract halts"),
        // JUMPDEST PUSH0 JUMP
        5 => (Some(hex!("5b5f56").to_vec()), "system contract runs out of gas"),
        6 => (Some(code::returns(items)), "system contract returns items"),
        _ => (Some(code::returns(items + 1)), "system contract returns an odd length"),
    };
    OddContract { at, code: code.map(Into::into), name }
}

/// Storage of a request contract: mostly as at its start, sometimes with requests that wait.
fn queue(dice: &mut Dice) -> Vec<(U256, U256)> {
    let mut slots = Vec::new();
    match dice.below(8) {
        0 => slots.push((U256::from(EXCESS_SLOT), U256::MAX)),
        1 => slots.push((U256::from(EXCESS_SLOT), U256::from(dice.below(100)))),
        _ => {}
    }
    if dice.one_in(3) {
        let waiting = dice.between(1, 20);
        slots.push((U256::from(TAIL_SLOT), U256::from(waiting)));
        for slot in 0..waiting * SLOTS_FOR_EACH_REQUEST {
            slots.push((U256::from(QUEUE_SLOT + slot), dice.hash().into()));
        }
    }
    slots.into_iter().filter(|(_, value): &(U256, U256)| !value.is_zero()).collect()
}

/// Ancestors: the youngest of Amsterdam, those before a random point of the fork before it.
fn headers(dice: &mut Dice, root: B256) -> Vec<Header> {
    let count = match dice.below(12) {
        0 => 256,
        _ => dice.between(1, 6),
    };
    let first_number = match dice.below(4) {
        0 => 0,
        1 => dice.between(1, 300),
        _ => dice.between(300, 30_000_000),
    };
    let first_amsterdam = if dice.one_in(4) { dice.between(0, count) } else { 0 };
    let first_time = dice.between(1, 2_000_000_000);
    let gas_limit = dice.pick(&[30_000_000, 36_000_000, 60_000_000, 200_000_000, 1_000_000_000]);
    // Rarely numbers that no chain has: the spec does not look at those before the parent's.
    let odd = if dice.one_in(40) { 1000 } else { 0 };
    let mut parent_hash = dice.hash();
    let mut headers = Vec::new();
    for at in 0..count {
        let amsterdam = at >= first_amsterdam;
        let last = at + 1 == count;
        let header = Header {
            parent_hash,
            ommers_hash: EMPTY_OMMER_ROOT_HASH,
            beneficiary: dice.address(),
            state_root: if last { root } else { dice.hash() },
            transactions_root: dice.hash(),
            receipts_root: dice.hash(),
            number: first_number + at + if last { 0 } else { odd },
            gas_limit,
            gas_used: match dice.below(4) {
                0 => 0,
                1 => gas_limit,
                2 => gas_limit / 2,
                _ => dice.between(0, gas_limit),
            },
            timestamp: first_time + at * 12,
            extra_data: {
                let length = dice.below(33);
                dice.bytes(length).into()
            },
            mix_hash: dice.hash(),
            base_fee_per_gas: Some(dice.pick(&[0, 1, 7, 8, 1_000_000_000, 1_000_000_007])),
            withdrawals_root: Some(EMPTY_ROOT_HASH),
            blob_gas_used: Some(dice.between(0, 21) * 131_072),
            excess_blob_gas: Some(dice.pick(&[0, 0, 131_072, 20_000_000])),
            parent_beacon_block_root: Some(dice.hash()),
            requests_hash: Some(dice.hash()),
            block_access_list_hash: amsterdam.then(|| dice.hash()),
            slot_number: amsterdam.then(|| dice.next_u64()),
            ..Header::default()
        };
        parent_hash = header.hash_slow();
        headers.push(header);
    }
    headers
}
