//! A rollup's L2, built by Bough's executor.

use std::sync::Arc;

use alloy_consensus::{BlockBody, Header, TxEip1559, transaction::Recovered};
use alloy_eips::eip4895::Withdrawals;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, keccak256};
use alloy_rlp::Encodable;
use bough_contracts::{addresses::L2_MESSENGER, l2_messenger::SENT_SLOT};
use bough_mpt::prove;
use bough_rollup::{Anchor, BlockInput, MessageDomain, RollupConfig, block_input};
use bough_stateless::ExecutionWitness;
use bough_stf::{
    Block, BlockExecutor, Environment, ExtraPrecompiles, Fork, PreState, Transaction, WitnessRecorder,
    WorkLimits, seal_header,
};

use crate::{
    transaction,
    world::{Memory, Signer},
};

/// The chain.
pub(super) struct L2 {
    pub(super) config: RollupConfig,
    memory: Memory,
    /// From genesis on.
    headers: Vec<Header>,
}

/// A block that was built.
pub(super) struct Built {
    pub(super) input: BlockInput,
    pub(super) hash: B256,
    pub(super) number: u64,
}

/// An L2 transaction.
pub(super) struct Call<'a> {
    pub(super) from: &'a Signer,
    pub(super) to: Address,
    pub(super) value: U256,
    pub(super) data: Bytes,
}

impl L2 {
    /// Genesis.
    pub(super) fn new(config: RollupConfig) -> Self {
        let genesis = config.genesis().expect("the rollup has a genesis");
        let mut memory = Memory::default();
        let root = memory.write(&genesis.alloc);
        let header = config.genesis_header().expect("the rollup has a genesis");
        assert_eq!(header.state_root, root);
        Self { config, memory, headers: vec![header] }
    }

    /// The domain of its messages.
    pub(super) const fn domain(&self) -> MessageDomain {
        self.config.domain()
    }

    /// Builds the next block; all its transactions must succeed.
    pub(super) fn build(&mut self, timestamp: u64, anchor: Anchor, calls: &[Call<'_>]) -> Built {
        let spec = self.config.spec();
        let parent = self.headers.last().expect("there is a block").clone();
        let mut env = Environment::after(&spec, &parent, parent.hash_slow(), timestamp);
        env.parent_beacon_block_root = Some(anchor.value());
        env.extra_data = anchor.point().to_extra_data();
        let recorder = WitnessRecorder::new(&self.memory);
        let pre = Arc::new(PreState::new(&recorder, parent.state_root));
        let state = Arc::clone(&pre);
        let none = ExtraPrecompiles::none();
        let mut executor = BlockExecutor::new(&spec, state, env.clone(), none, WorkLimits::NONE);
        executor.apply_pre_execution().expect("the block begins");
        let mut transactions = Vec::new();
        for call in calls {
            let account = executor.state().account(call.from.address).expect("it is read");
            let nonce = account.map_or(0, |account| account.nonce);
            let transaction = self.sign(call, nonce, u128::from(env.base_fee.unwrap_or_default()));
            let executed = executor.execute(&transaction).expect("it is includable");
            assert!(executed.result.is_success(), "{:?}", executed.result);
            executor.commit(executed).expect("its state is read");
            transactions.push(transaction);
        }
        let output = executor.finish(&[]).expect("the block ends");
        let state = pre.update(&output.changes, None).expect("its state is read");
        let parts = recorder.parts();
        let header =
            seal_header(Fork::Amsterdam, &env, &transactions, &[], &output, state.root);
        let hash = header.hash_slow();
        let block = Block {
            header: header.clone(),
            body: BlockBody {
                transactions: transactions.iter().map(|one| one.inner().clone()).collect(),
                ommers: Vec::new(),
                withdrawals: Some(Withdrawals::default()),
            },
        };
        let mut raw_parent = Vec::new();
        parent.encode(&mut raw_parent);
        let input = block_input(
            &spec,
            &block,
            output.block_access_list,
            output.requests.unwrap_or_default(),
            ExecutionWitness {
                state: parts.state(),
                codes: parts.codes(),
                headers: vec![raw_parent.into()],
            },
        )
        .expect("the block can be settled");
        self.memory.add(state);
        let number = header.number;
        self.headers.push(header);
        Built { input: BlockInput { anchor: anchor.point(), input }, hash, number }
    }

    /// The proofs that a message was sent up to the last block: of the messenger, and of the slot.
    pub(super) fn prove_sent(&self, message: B256) -> (Vec<Bytes>, Vec<Bytes>) {
        let root = self.headers.last().expect("there is a block").state_root;
        let account = prove(&self.memory, root, keccak256(L2_MESSENGER)).expect("it is proved");
        let storage_root = self.memory.storage_root(root, L2_MESSENGER);
        let slot = keccak256([message, SENT_SLOT.into()].concat());
        let slots = prove(&self.memory, storage_root, keccak256(slot)).expect("it is proved");
        (account, slots)
    }

    fn sign(&self, call: &Call<'_>, nonce: u64, base_fee: u128) -> Recovered<Transaction> {
        let transaction = TxEip1559 {
            chain_id: self.config.l2_chain_id,
            nonce,
            gas_limit: self.config.gas_limit / 4,
            max_fee_per_gas: base_fee,
            max_priority_fee_per_gas: 0,
            to: TxKind::Call(call.to),
            value: call.value,
            input: call.data.clone(),
            ..TxEip1559::default()
        };
        let signed = transaction::sign(&call.from.key, transaction);
        Recovered::new_unchecked(signed, call.from.address)
    }
}
