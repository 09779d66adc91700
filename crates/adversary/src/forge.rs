//! Blocks and the inputs that have them checked.

use std::{sync::Arc, time::Duration};

use alloy_consensus::{Header, SignableTransaction, TxEip1559, TxEip7702, transaction::Recovered};
use alloy_eips::{
    eip4895::Withdrawals,
    eip7702::{Authorization, SignedAuthorization},
};
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use bough_stateless::{DecodeError, ExecutionWitness, Invalid, Schema, StatelessInput};
use bough_stf::{
    Block, BlockError, BlockExecutor, BlockOutput, ChainSpec, Environment, ExtraPrecompiles, Fork,
    ForkSchedule, PreState, Receipt, StateSource, Transaction, WitnessRecorder, WorkLimits,
    genesis_header, seal_header, system_contracts,
};
use cpu_time::ThreadTime;

use crate::{Account, World};

/// The chain id of forged blocks.
pub const CHAIN_ID: u64 = 8079;
/// The timestamp of forged blocks, seconds.
pub const TIMESTAMP: u64 = 2_000;

/// The block gas limit: room for anything.
const GAS_LIMIT: u64 = 1 << 36;
/// Wei per gas: the base fee of forged blocks, and what their transactions offer.
const BASE_FEE: u64 = 7;
const MAX_FEE: u128 = 1_000;
/// Balance of a sender, wei.
const BALANCE: u128 = 1 << 100;

/// Why a block could not be forged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ForgeError {
    /// Its execution failed.
    Block(BlockError),
    /// It is not valid.
    Invalid(Invalid),
    /// It has no form as an input.
    Input(DecodeError),
}

impl From<BlockError> for ForgeError {
    fn from(error: BlockError) -> Self {
        Self::Block(error)
    }
}

/// The key of sender number `index`.
fn key(index: u64) -> PrivateKeySigner {
    let key = B256::from(U256::from(index).saturating_add(U256::from(1)));
    PrivateKeySigner::from_bytes(&key).expect("invariant: small numbers are keys")
}

/// The address of sender number `index`.
pub fn sender(index: u64) -> Address {
    key(index).address()
}

/// One transaction of a forged block.
#[derive(Debug, Clone, Default)]
pub struct Call {
    /// Number of its sender.
    pub from: u64,
    /// Its nonce.
    pub nonce: u64,
    /// Its recipient; a creation without.
    pub to: Option<Address>,
    /// Its gas limit.
    pub gas: u64,
    /// Its data.
    pub data: Bytes,
    /// Senders that authorize the recipient (EIP-7702), each once.
    pub authorizations: Vec<u64>,
}

impl Call {
    /// A call by sender 0.
    pub fn new(to: Address, gas: u64) -> Self {
        Self { to: Some(to), gas, ..Self::default() }
    }

    /// Signed, with its sender.
    pub fn sign(&self) -> Recovered<Transaction> {
        let key = key(self.from);
        if self.authorizations.is_empty() {
            let transaction = TxEip1559 {
                chain_id: CHAIN_ID,
                nonce: self.nonce,
                gas_limit: self.gas,
                max_fee_per_gas: MAX_FEE,
                to: self.to.map_or(TxKind::Create, TxKind::Call),
                input: self.data.clone(),
                ..TxEip1559::default()
            };
            let signature = sign(&key, transaction.signature_hash());
            let signed: Transaction = transaction.into_signed(signature).into();
            return Recovered::new_unchecked(signed, key.address());
        }
        let transaction = TxEip7702 {
            chain_id: CHAIN_ID,
            nonce: self.nonce,
            gas_limit: self.gas,
            max_fee_per_gas: MAX_FEE,
            to: self.to.unwrap_or_default(),
            authorization_list: self.authorizations.iter().map(|from| authorize(*from)).collect(),
            input: self.data.clone(),
            ..TxEip7702::default()
        };
        let signature = sign(&key, transaction.signature_hash());
        let signed: Transaction = transaction.into_signed(signature).into();
        Recovered::new_unchecked(signed, key.address())
    }
}

fn authorize(from: u64) -> SignedAuthorization {
    let authorization = Authorization {
        chain_id: U256::from(CHAIN_ID),
        address: Address::repeat_byte(0x77),
        nonce: 0,
    };
    let signature = sign(&key(from), authorization.signature_hash());
    authorization.into_signed(signature)
}

/// The signature of sender number `index` over a hash.
pub fn sign_as(index: u64, hash: B256) -> Signature {
    sign(&key(index), hash)
}

fn sign(key: &PrivateKeySigner, hash: B256) -> Signature {
    key.sign_hash_sync(&hash).expect("invariant: a key in memory signs")
}

/// Makes blocks on a state.
#[derive(Debug, Clone)]
pub struct Forge {
    fork: Fork,
    spec: ChainSpec,
    world: World,
    parent: Header,
    /// RLP of the headers before the parent, oldest first.
    ancestors: Vec<Bytes>,
}

impl Forge {
    /// A chain at `fork` whose state holds the system contracts, `senders` with ether, and these
    /// accounts; an account takes the place of a system contract with its address.
    pub fn new(fork: Fork, senders: u64, accounts: Vec<Account>) -> Self {
        let schedule = ForkSchedule::always(fork);
        let taken = |address| accounts.iter().any(|account| account.address == address);
        let system = system_contracts(&schedule)
            .into_iter()
            .filter(|(address, _)| !taken(*address))
            .map(|(address, code)| Account::contract(address, code));
        let rich = (0..senders).map(|index| Account {
            address: sender(index),
            balance: U256::from(BALANCE),
            ..Account::default()
        });
        let all: Vec<Account> = system.chain(rich).chain(accounts.clone()).collect();
        Self::on(fork, World::new(&all))
    }

    /// A chain at `fork` with this state.
    pub fn on(fork: Fork, world: World) -> Self {
        let spec = ChainSpec::new(CHAIN_ID, ForkSchedule::always(fork));
        let parent = genesis_header(
            &spec,
            Header {
                number: 1,
                timestamp: TIMESTAMP.saturating_sub(1),
                gas_limit: GAS_LIMIT,
                state_root: world.root(),
                base_fee_per_gas: Some(BASE_FEE),
                ..Header::default()
            },
        );
        Self { fork, spec, world, parent, ancestors: Vec::new() }
    }

    /// The same with so many headers before the parent, as long as headers may be.
    #[must_use]
    pub fn with_ancestors(mut self, count: usize) -> Self {
        const EXTRA_DATA: usize = 300;
        let mut header =
            Header { number: 1, extra_data: vec![0xff; EXTRA_DATA].into(), ..self.parent.clone() };
        for _ in 0..count {
            self.ancestors.push(alloy_rlp::encode(&header).into());
            header.parent_hash = header.hash_slow();
            header.number = header.number.saturating_add(1);
        }
        self.parent = Header { extra_data: Bytes::new(), ..header };
        self
    }

    /// The header that its blocks stand on.
    pub fn parent_header(&self) -> Header {
        self.parent.clone()
    }

    /// The state that its blocks stand on.
    pub const fn world(&self) -> &World {
        &self.world
    }

    fn environment(&self) -> Environment {
        Environment::after(&self.spec, &self.parent, self.parent.hash_slow(), TIMESTAMP)
    }

    /// The block of these transactions, with its witness.
    ///
    /// # Errors
    /// When it cannot be executed.
    pub fn block(&self, calls: &[Call]) -> Result<Forged, ForgeError> {
        let transactions: Vec<_> = calls.iter().map(Call::sign).collect();
        let recorder = WitnessRecorder::new(&self.world);
        let (header, output) = self.make(&recorder, &transactions, ExtraPrecompiles::none())?;
        let parts = recorder.parts();
        Ok(Forged {
            fork: self.fork,
            header,
            transactions: transactions.into_iter().map(Recovered::into_inner).collect(),
            block_access_list: output.block_access_list,
            receipts: output.receipts,
            requests: output.requests.unwrap_or_default(),
            witness: ExecutionWitness {
                state: parts.state(),
                codes: parts.codes(),
                headers: self
                    .ancestors
                    .iter()
                    .cloned()
                    .chain([alloy_rlp::encode(&self.parent).into()])
                    .collect(),
            },
        })
    }

    /// Makes a block of the same transactions as an L1 node does, without limits and from a state
    /// whose nodes are decoded: the gas used, and the time of it all, roots included.
    ///
    /// # Errors
    /// When they cannot be executed.
    pub fn on_l1(
        &self,
        calls: &[Call],
        extra: &ExtraPrecompiles,
    ) -> Result<(u64, Duration), ForgeError> {
        let transactions: Vec<_> = calls.iter().map(Call::sign).collect();
        let start = ThreadTime::now();
        let (header, _) = self.make(&self.world, &transactions, extra.clone())?;
        Ok((header.gas_used, start.elapsed()))
    }

    fn make<S: StateSource>(
        &self,
        source: S,
        transactions: &[Recovered<Transaction>],
        extra: ExtraPrecompiles,
    ) -> Result<(Header, BlockOutput), BlockError> {
        let environment = self.environment();
        let pre = Arc::new(PreState::new(source, self.world.root()));
        let (state, env, limits) = (Arc::clone(&pre), environment.clone(), WorkLimits::NONE);
        let executor = BlockExecutor::new(&self.spec, state, env, extra, limits);
        let output = executor.run(transactions, &[])?;
        let root = pre.update(&output.changes, None)?.root;
        let header = seal_header(self.fork, &environment, transactions, &[], &output, root);
        Ok((header, output))
    }
}

/// A block with its witness, valid until it is tampered with.
#[derive(Debug, Clone)]
pub struct Forged {
    /// The fork it is of.
    pub fork: Fork,
    /// Its header; the input's block hash is always this header's.
    pub header: Header,
    /// Its transactions.
    pub transactions: Vec<Transaction>,
    /// RLP of its access list.
    pub block_access_list: Option<Bytes>,
    /// What its transactions did.
    pub receipts: Vec<Receipt>,
    /// Its requests.
    pub requests: Vec<Bytes>,
    /// Its witness.
    pub witness: ExecutionWitness,
}

impl Forged {
    /// The same block claiming to use only so much gas.
    #[must_use]
    pub fn claiming(mut self, gas_used: u64) -> Self {
        self.header.gas_used = gas_used;
        self
    }

    /// The same block with these nodes in its witness as well.
    #[must_use]
    pub fn with_nodes(mut self, nodes: &[Bytes]) -> Self {
        self.witness.state.extend_from_slice(nodes);
        self.witness.state.sort_unstable();
        self.witness.state.dedup();
        self
    }

    /// The input that has it checked.
    pub fn input(&self) -> StatelessInput {
        let mut block = Block { header: self.header.clone(), body: Default::default() };
        block.body.transactions.clone_from(&self.transactions);
        block.body.withdrawals = Some(Withdrawals::default());
        StatelessInput::from_block(
            Schema::of(self.fork).expect("invariant: forges are of forks with a schema"),
            CHAIN_ID,
            &block,
            self.block_access_list.clone(),
            self.requests.clone(),
            self.witness.clone(),
        )
    }

    /// The bytes of the input.
    ///
    /// # Errors
    /// When an entry is larger than the wire allows.
    pub fn bytes(&self) -> Result<Vec<u8>, ForgeError> {
        self.input().encode().map_err(ForgeError::Input)
    }
}
