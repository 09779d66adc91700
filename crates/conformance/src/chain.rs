//! A chain in memory: blocks in, head out.

use std::sync::Arc;

use alloy_consensus::transaction::Recovered;
use alloy_primitives::{B256, Bytes};
use alloy_rlp::Encodable;
use bough_stateless::ExecutionWitness;
use bough_stf::{
    BlockOutput, ChainSpec, ExecutableBlock, ExtraPrecompiles, PreState, StateSource, StateUpdate,
    Transaction, WitnessRecorder, WorkLimits,
    pre_merge::{self, Ancestor},
    recover_at,
};

use crate::{
    ImportError,
    block::RawBlock,
    store::{Store, Stored, View},
};

/// A chain in memory.
#[derive(Debug)]
pub(crate) struct Chain {
    pub(crate) spec: ChainSpec,
    pub(crate) store: Store,
    pub(crate) head: B256,
}

/// What became of a block, and what was read on the way.
#[derive(Debug)]
pub(crate) struct Execution {
    pub(crate) output: Result<(BlockOutput, StateUpdate), ImportError>,
    /// Not there when the parent is not known.
    pub(crate) witness: Option<ExecutionWitness>,
}

impl Chain {
    /// Executes a block on its parent's state. Nothing is written.
    pub(crate) fn execute(&self, block: &RawBlock) -> Execution {
        let parent = block.header.parent_hash;
        let Some(stored) = self.store.block(parent) else {
            let output = Err(ImportError::UnknownParent(parent));
            return Execution { output, witness: None };
        };
        let recorder = WitnessRecorder::new(self.store.view(parent));
        let state = Arc::new(PreState::new(recorder, stored.header.state_root));
        let output = self.execute_on(Arc::clone(&state), block);
        Execution { output, witness: Some(self.witness(parent, state.source())) }
    }

    /// Writes an executed block, which becomes the head: before the merge when it is heavier.
    pub(crate) fn keep(&mut self, block: &RawBlock, state: StateUpdate) {
        let difficulty =
            |hash| self.store.block(hash).map(|block| block.total_difficulty).unwrap_or_default();
        let header = block.header.clone();
        let total_difficulty = difficulty(header.parent_hash).saturating_add(header.difficulty);
        if header.difficulty.is_zero() || total_difficulty > difficulty(self.head) {
            self.head = block.hash;
        }
        let ommers = block.ommers.clone();
        self.store.insert_state(state);
        self.store.insert_block(block.hash, Stored { header, ommers, total_difficulty });
    }

    fn execute_on<S: StateSource>(
        &self,
        state: Arc<PreState<S>>,
        block: &RawBlock,
    ) -> Result<(BlockOutput, StateUpdate), ImportError> {
        let ancestors: Vec<Ancestor<'_>> = self
            .store
            .ancestry(block.header.parent_hash)
            .take(pre_merge::ANCESTORS)
            .map(|(hash, block)| Ancestor { hash, header: &block.header, ommers: &block.ommers })
            .collect();
        let transactions = recover_all(&self.spec, block)?;
        Ok(pre_merge::execute_block(
            &self.spec,
            &ancestors,
            ExecutableBlock {
                header: &block.header,
                transactions: &transactions,
                withdrawals: block.withdrawals.as_deref(),
            },
            &block.ommers,
            state,
            ExtraPrecompiles::none(),
            WorkLimits::NONE,
        )?)
    }

    /// What was read, and the headers from the oldest one asked for to the parent.
    fn witness(&self, parent: B256, recorder: &WitnessRecorder<View<'_>>) -> ExecutionWitness {
        let parts = recorder.parts();
        let mut headers: Vec<Bytes> = Vec::new();
        for (_, block) in self.store.ancestry(parent) {
            let mut rlp = Vec::new();
            block.header.encode(&mut rlp);
            headers.push(rlp.into());
            if parts.oldest_ancestor.is_none_or(|oldest| block.header.number <= oldest) {
                break;
            }
        }
        headers.reverse();
        ExecutionWitness { state: parts.state(), codes: parts.codes(), headers }
    }
}

fn recover_all(
    spec: &ChainSpec,
    block: &RawBlock,
) -> Result<Vec<Recovered<Transaction>>, ImportError> {
    let fork = spec.forks.fork_at(block.header.number, block.header.timestamp);
    let recover = |(index, transaction)| {
        recover_at(fork, transaction).map_err(|error| ImportError::Sender { index, error })
    };
    block.decode_transactions()?.into_iter().enumerate().map(recover).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use alloy_primitives::{U256, hex};
    use bough_stf::{Fork, ForkSchedule};
    use serde_json::Value;

    use super::*;
    use crate::{blockchain::write, fixture::Alloc};

    /// Where each fork begins on the chain of the execution-apis tests.
    const BLOCKS: [(&str, u64); 12] = [
        ("Homestead", 0),
        ("EIP150", 3),
        ("EIP158", 6),
        ("Byzantium", 9),
        ("ConstantinopleFix", 12),
        ("Istanbul", 18),
        ("MuirGlacier", 21),
        ("Berlin", 24),
        ("London", 27),
        ("ArrowGlacier", 30),
        ("GrayGlacier", 33),
        ("Paris", 36),
    ];
    const TIMES: [(&str, u64); 6] = [
        ("Shanghai", 390),
        ("Cancun", 420),
        ("Prague", 450),
        ("Osaka", 480),
        ("BPO1", 510),
        ("BPO2", 540),
    ];
    const CHAIN_ID: u64 = 3_503_995_874_084_926;

    /// The chain of the execution-apis tests: every fork before the merge, with transactions and
    /// ommers in each. It lies beside the vectors, if anywhere.
    #[test]
    fn a_chain_through_all_forks() {
        let Some(folder) = bough_testing::vectors("../rpc-tests").filter(|path| path.is_dir())
        else {
            return;
        };
        let read = |name| fs::read(folder.join(name)).unwrap();
        let json = |name| serde_json::from_slice::<Value>(&read(name)).unwrap();
        let alloc: Alloc =
            serde_json::from_value(json("chain/genesis.json")["alloc"].take()).unwrap();
        let forks = |places: &[(&str, u64)]| -> Vec<(Fork, u64)> {
            places.iter().map(|(name, at)| (Fork::of_network(name).unwrap(), *at)).collect()
        };
        let forks = ForkSchedule::new(&forks(&BLOCKS), &forks(&TIMES)).unwrap();

        let raw = read("tests/chain.rlp");
        let mut blocks = split(&raw).into_iter();
        let genesis = genesis_of(&json("chain/genesis.json"));
        let state = write(&alloc).unwrap();
        let header = bough_stf::genesis_header(
            &ChainSpec::new(CHAIN_ID, forks.clone()),
            alloy_consensus::Header { state_root: state.root, ..genesis },
        );
        let head = header.hash_slow();
        let mut chain =
            Chain { spec: ChainSpec::new(CHAIN_ID, forks), store: Store::default(), head };
        let total_difficulty = header.difficulty;
        chain.store.insert_state(state);
        chain.store.insert_block(head, Stored { header, ommers: Vec::new(), total_difficulty });

        let (mut count, mut ommers) = (0, 0);
        for block in &mut blocks {
            let block = RawBlock::decode(block).unwrap();
            let output = chain.execute(&block).output;
            count += 1;
            ommers += block.ommers.len();
            let (_, state) = output.unwrap_or_else(|error| panic!("block {count}: {error}"));
            chain.keep(&block, state);
        }
        let expected = &json("chain/headfcu.json")["params"][0]["headBlockHash"];
        assert_eq!(expected, &hex::encode_prefixed(chain.head));
        assert!(count >= 54 && ommers > 0, "{count} blocks, {ommers} ommers");
    }

    /// Blocks that stand one after another.
    fn split(mut raw: &[u8]) -> Vec<&[u8]> {
        let mut blocks = Vec::new();
        while !raw.is_empty() {
            let mut rest = raw;
            alloy_rlp::Header::decode_bytes(&mut rest, true).unwrap();
            let (block, after) = raw.split_at(raw.len() - rest.len());
            blocks.push(block);
            raw = after;
        }
        blocks
    }

    fn genesis_of(json: &Value) -> alloy_consensus::Header {
        let number = |name: &str| json[name].as_str().unwrap().parse::<U256>().unwrap();
        alloy_consensus::Header {
            difficulty: number("difficulty"),
            gas_limit: number("gasLimit").to(),
            timestamp: number("timestamp").to(),
            nonce: number("nonce").to::<u64>().to_be_bytes().into(),
            extra_data: json["extraData"].as_str().unwrap().parse().unwrap(),
            mix_hash: json["mixHash"].as_str().unwrap().parse().unwrap(),
            beneficiary: json["coinbase"].as_str().unwrap().parse().unwrap(),
            ..Default::default()
        }
    }
}
