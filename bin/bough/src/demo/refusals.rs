//! What does not work, and must not.

use alloy_consensus::Transaction;
use alloy_network::TransactionResponse;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, keccak256};
use alloy_provider::Provider;
use alloy_rpc_types_eth::{BlockOverrides, TransactionRequest};
use alloy_sol_types::SolError;
use bough_bridge::{MessageParams, WithdrawalProof};
use bough_contracts::NativeRollup::{AlreadyClaimed, ExecuteFailed};
use bough_execute::EXECUTE_ADDRESS;
use bough_rollup::decode_advance;
use bough_stateless::StatelessInput;
use eyre::{bail, ensure, eyre};
use serde_json::{Value, json};

use crate::demo::{
    steps::{RECIPIENT, WITHDRAWAL, claimed, proved},
    story::Story,
    trail::Trail,
    wallet::Outcome,
};

/// Gas for a claim that fails: more than one that does not needs.
const CLAIM_GAS: u64 = 2_000_000;

/// A forged proof, a second claim, a tampered block.
pub(crate) async fn refusals(story: &Story, trail: &mut Trail) -> eyre::Result<()> {
    let proof = proved(story, MessageParams::transfer(RECIPIENT, WITHDRAWAL), trail).await?;
    forged_proofs(story, &proof, trail).await?;
    // What was forged is good as it is: once.
    claimed(story, &proof, trail).await?;
    second_claim(story, &proof, trail).await?;
    tampered_block(story, trail).await
}

/// The proof with one thing changed at a time.
async fn forged_proofs(
    story: &Story,
    proof: &WithdrawalProof,
    trail: &mut Trail,
) -> eyre::Result<()> {
    let mut dearer = proof.clone();
    dearer.message.value += U256::from(1);
    let mut elsewhere = proof.clone();
    elsewhere.message.recipient = story.sequencer;
    let mut other_node = proof.clone();
    let node = other_node.storage_proof.last_mut().ok_or_else(|| eyre!("an empty proof"))?;
    *node = flipped(node, node.len().saturating_sub(1))?;
    for (what, forged) in
        [("another amount", dearer), ("another recipient", elsewhere), ("another node", other_node)]
    {
        refused_claim(story, &forged, trail).await?;
        story.say(&format!("a proof with {what} is refused"));
    }
    Ok(())
}

async fn second_claim(
    story: &Story,
    proof: &WithdrawalProof,
    trail: &mut Trail,
) -> eyre::Result<()> {
    let reason = refused_claim(story, proof, trail).await?;
    let expected = AlreadyClaimed { nonce: proof.message.nonce }.abi_encode();
    ensure!(reason == expected, "the second claim is refused with {reason}");
    story.say("a second claim is refused");
    Ok(())
}

/// That a claim reverts, asked and in a transaction; what it reverts with.
async fn refused_claim(
    story: &Story,
    proof: &WithdrawalProof,
    trail: &mut Trail,
) -> eyre::Result<Bytes> {
    let before = story.l1.balance(story.rollup).await?;
    let call = story.l1.request(TxKind::Call(story.rollup), proof.calldata());
    let asked = story.l1.simulate(call, json!("latest"), BlockOverrides::default()).await?;
    let Outcome::Reverted(reason) = asked else { bail!("a claim that is refused is accepted") };
    let receipt = story.l1.try_call(story.rollup, proof.calldata(), CLAIM_GAS).await?;
    trail.received_on_l1(&receipt);
    ensure!(!receipt.status(), "transaction {} is accepted", receipt.transaction_hash);
    ensure!(story.l1.balance(story.rollup).await? >= before, "the escrow has shrunk");
    Ok(reason)
}

/// The L2 block with the contract's deployment, as L1 got it and with one byte changed.
async fn tampered_block(story: &Story, trail: &mut Trail) -> eyre::Result<()> {
    let advance = Advance::read(story, trail).await?;
    advance.check_contents(story)?;
    advance.check_trace(story).await?;

    let (input, calldata) = advance.tampered()?;
    let again = advance.replay(story, advance.calldata.clone()).await?;
    ensure!(matches!(again, Outcome::Returned(_)), "as it was, it gives {again:?} when repeated");
    let tampered = advance.replay(story, calldata).await?;
    let expected = Outcome::Reverted(ExecuteFailed {}.abi_encode().into());
    ensure!(tampered == expected, "advance with a tampered witness gives {tampered:?}");
    story.say("one byte of its witness changed, advance reverts");

    let good = story.l1.try_call(EXECUTE_ADDRESS, advance.input.clone(), advance.gas).await?;
    trail.received_on_l1(&good);
    ensure!(good.status(), "EXECUTE refuses the block that L1 has executed");
    let bad = story.l1.try_call(EXECUTE_ADDRESS, input, advance.gas).await?;
    trail.received_on_l1(&bad);
    ensure!(!bad.status(), "EXECUTE accepts a tampered witness");
    story.say("EXECUTE takes the block as it was, and refuses it with that byte changed");
    Ok(())
}

/// A transaction that had L1 execute L2 blocks, one of which matters.
struct Advance {
    hash: B256,
    from: Address,
    l1_block: u64,
    gas: u64,
    calldata: Bytes,
    /// The input of EXECUTE for the block that matters.
    input: Bytes,
    decoded: StatelessInput,
}

impl Advance {
    /// The one with the block that the contract on L2 was deployed in.
    async fn read(story: &Story, trail: &mut Trail) -> eyre::Result<Self> {
        let l2_block = story.deployed()?.l2_block;
        let info = story.settled(l2_block, trail).await?;
        let transaction = story
            .l1
            .provider()
            .get_transaction_by_hash(info.hash)
            .await?
            .ok_or_else(|| eyre!("L1 has no transaction {}", info.hash))?;
        let calldata = transaction.input().clone();
        let inputs = decode_advance(&calldata)?.into_iter().map(|block| block.input);
        let with_decoded = inputs.map(|input| Ok((StatelessInput::decode(&input)?, input)));
        let blocks: Vec<(StatelessInput, Bytes)> = with_decoded.collect::<eyre::Result<_>>()?;
        let is_it = |(decoded, _): &(StatelessInput, Bytes)| {
            decoded.new_payload_request.execution_payload.block_number == l2_block
        };
        let (decoded, input) = blocks
            .into_iter()
            .find(is_it)
            .ok_or_else(|| eyre!("L2 block {l2_block} is not in it"))?;
        Ok(Self {
            hash: info.hash,
            from: transaction.from(),
            l1_block: info.block_number,
            gas: transaction.gas_limit(),
            calldata,
            input,
            decoded,
        })
    }

    /// That the L2 transaction and all of the witness stand in the calldata, byte for byte.
    fn check_contents(&self, story: &Story) -> eyre::Result<()> {
        let deployment = story.deployed()?.transaction;
        let transactions = &self.decoded.new_payload_request.execution_payload.transactions;
        let transaction = transactions
            .iter()
            .find(|transaction| keccak256(transaction) == deployment)
            .ok_or_else(|| eyre!("advance {} has no L2 transaction {deployment}", self.hash))?;
        find(&self.calldata, transaction)?;
        let witness = &self.decoded.witness;
        let parts = [&witness.state, &witness.codes, &witness.headers];
        for part in parts.into_iter().flatten() {
            find(&self.calldata, part)?;
        }
        story.say(&format!(
            "advance {} carries the L2 transactions and {} trie nodes, {} bytes in all",
            self.hash,
            witness.state.len(),
            self.calldata.len()
        ));
        Ok(())
    }

    /// That L1 called EXECUTE with this very input.
    async fn check_trace(&self, story: &Story) -> eyre::Result<()> {
        let trace = story.l1.trace(self.hash).await?;
        let input = json!(self.input);
        let is_it = |call: &Value| {
            let to = call.get("to").and_then(Value::as_str).and_then(|to| to.parse().ok());
            to == Some(EXECUTE_ADDRESS) && call.get("input") == Some(&input)
        };
        ensure!(calls(&trace).into_iter().any(is_it), "its trace has no such call to EXECUTE");
        story.say(&format!("its trace has the call to EXECUTE at {EXECUTE_ADDRESS}"));
        Ok(())
    }

    /// The input and the calldata with the last byte of a trie node of the witness changed.
    fn tampered(&self) -> eyre::Result<(Bytes, Bytes)> {
        let node = self.decoded.witness.state.first().ok_or_else(|| eyre!("an empty witness"))?;
        let at = find(&self.input, node)?.saturating_add(node.len().saturating_sub(1));
        let input = flipped(&self.input, at)?;
        let start = find(&self.calldata, &self.input)?;
        let calldata = flipped(&self.calldata, start.saturating_add(at))?;
        Ok((input, calldata))
    }

    /// What a call by the same account comes to where and when it was made.
    async fn replay(&self, story: &Story, calldata: Bytes) -> eyre::Result<Outcome> {
        let header = story.l1.block(self.l1_block).await?;
        let call = TransactionRequest {
            from: Some(self.from),
            gas: Some(self.gas),
            ..story.l1.request(TxKind::Call(story.rollup), calldata)
        };
        let env = BlockOverrides {
            number: Some(U256::from(header.inner.number)),
            time: Some(header.inner.timestamp),
            ..BlockOverrides::default()
        };
        let before = format!("{:#x}", self.l1_block.saturating_sub(1));
        story.l1.simulate(call, json!(before), env).await
    }
}

/// A call and all the calls it made.
fn calls(call: &Value) -> Vec<&Value> {
    let made = call.get("calls").and_then(Value::as_array).into_iter().flatten();
    std::iter::once(call).chain(made.flat_map(calls)).collect()
}

/// Where bytes stand in others, the last time.
fn find(bytes: &[u8], part: &[u8]) -> eyre::Result<usize> {
    bytes
        .windows(part.len().max(1))
        .rposition(|window| window == part)
        .ok_or_else(|| eyre!("{} bytes are not where they must be", part.len()))
}

/// Bytes with one bit of one of them changed.
fn flipped(bytes: &[u8], at: usize) -> eyre::Result<Bytes> {
    let mut changed = bytes.to_vec();
    let byte = changed.get_mut(at).ok_or_else(|| eyre!("there is no byte {at}"))?;
    *byte ^= 1;
    Ok(changed.into())
}
