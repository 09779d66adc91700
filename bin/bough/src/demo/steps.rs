//! What works.

use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::{SolCall, SolConstructor};
use bough_bridge::{MessageParams, Sent, WithdrawalProof};
use bough_contracts::{
    Counter::{self, incrementCall, lastCrossChainCall, lastSenderCall, numberCall},
    addresses::L2_MESSENGER,
};
use bough_rollup::Direction;
use eyre::{ensure, eyre};

use crate::{
    advice,
    demo::{
        PATIENCE,
        story::{Deployed, Story},
        trail::Trail,
        wallet::Wallet,
    },
};

/// What is deposited: 2 ETH.
const DEPOSIT: U256 = U256::from_limbs([2_000_000_000_000_000_000, 0, 0, 0]);
/// What is withdrawn: 1 ETH.
pub(crate) const WITHDRAWAL: U256 = U256::from_limbs([1_000_000_000_000_000_000, 0, 0, 0]);
/// Who gets it: an account that nobody has used.
pub(crate) const RECIPIENT: Address = Address::repeat_byte(0xb0);

/// ETH goes from L1 to L2.
pub(crate) async fn deposit(story: &Story, trail: &mut Trail) -> eyre::Result<()> {
    let before = story.l2.balance(story.me).await?;
    let sent = story.bridge.deposit(DEPOSIT, story.me, None).await.map_err(advice::bridge)?;
    let l2_block = delivered(story, &sent, trail).await?;
    let gained = story.l2.balance(story.me).await?.checked_sub(before);
    ensure!(gained == Some(DEPOSIT), "{gained:?} wei arrived on L2, {DEPOSIT} were sent");
    story.settled(l2_block, trail).await?;
    Ok(())
}

/// A contract on L2.
pub(crate) async fn deploy(story: &mut Story, trail: &mut Trail) -> eyre::Result<()> {
    let (address, receipt) = story.l2.create(counter(L2_MESSENGER)).await?;
    trail.on_l2(receipt.transaction_hash);
    check_counter(&story.l2, address, 0, None).await?;
    let l2_block = receipt.block_number.ok_or_else(|| eyre!("no block in the receipt"))?;
    story.deployed = Some(Deployed { address, transaction: receipt.transaction_hash, l2_block });
    story.say(&format!("Counter is at {address} on L2"));
    story.settled(l2_block, trail).await?;
    Ok(())
}

/// L1 calls the contract on L2.
pub(crate) async fn message_to_l2(story: &Story, trail: &mut Trail) -> eyre::Result<()> {
    let counter = story.deployed()?.address;
    let sent = story.bridge.message_to_l2(increment(counter)).await.map_err(advice::bridge)?;
    let l2_block = delivered(story, &sent, trail).await?;
    check_counter(&story.l2, counter, 1, Some(story.me)).await?;
    story.settled(l2_block, trail).await?;
    Ok(())
}

/// L2 calls a contract on L1.
pub(crate) async fn message_to_l1(story: &Story, trail: &mut Trail) -> eyre::Result<()> {
    let (counter, receipt) = story.l1.create(counter(story.rollup)).await?;
    trail.received_on_l1(&receipt);
    story.say(&format!("Counter is at {counter} on L1"));
    let proof = proved(story, increment(counter), trail).await?;
    claimed(story, &proof, trail).await?;
    check_counter(&story.l1, counter, 1, Some(story.me)).await
}

/// ETH goes from L2 to L1.
pub(crate) async fn withdraw(story: &Story, trail: &mut Trail) -> eyre::Result<()> {
    let before = story.l1.balance(RECIPIENT).await?;
    let proof = proved(story, MessageParams::transfer(RECIPIENT, WITHDRAWAL), trail).await?;
    claimed(story, &proof, trail).await?;
    let gained = story.l1.balance(RECIPIENT).await?.checked_sub(before);
    ensure!(gained == Some(WITHDRAWAL), "{gained:?} wei arrived on L1, {WITHDRAWAL} were sent");
    Ok(())
}

/// Sends a message from L2, and proves it against a state that L1 has executed.
pub(crate) async fn proved(
    story: &Story,
    params: MessageParams,
    trail: &mut Trail,
) -> eyre::Result<WithdrawalProof> {
    let sent = story.bridge.message_to_l1(params).await.map_err(advice::bridge)?;
    trail.on_l2(sent.transaction.hash);
    story.settled(sent.transaction.block_number, trail).await?;
    let proof = story.bridge.prove(sent.nonce).await.map_err(advice::bridge)?;
    story.say(&format!(
        "message {} is proved by {} + {} trie nodes under the state root of L2 block {}",
        sent.nonce,
        proof.account_proof.len(),
        proof.storage_proof.len(),
        proof.l2_block
    ));
    Ok(proof)
}

/// Delivers a proved message on L1.
pub(crate) async fn claimed(
    story: &Story,
    proof: &WithdrawalProof,
    trail: &mut Trail,
) -> eyre::Result<()> {
    let delivered = story.bridge.claim(proof).await.map_err(advice::bridge)?;
    trail.on_l1(&delivered.transaction);
    story.l1.reach(delivered.transaction.block_number).await
}

/// Waits until the sequencer's claimer has delivered a message on L2; the L2 block it is in.
async fn delivered(story: &Story, sent: &Sent, trail: &mut Trail) -> eyre::Result<u64> {
    trail.on_l1(&sent.transaction);
    story
        .say(&format!("message {} sent in L1 block {}", sent.nonce, sent.transaction.block_number));
    let delivered = story.bridge.wait_delivered(Direction::L1ToL2, sent.nonce, PATIENCE).await;
    let delivered = delivered.map_err(advice::bridge)?;
    trail.on_l2(delivered.transaction.hash);
    let l2_block = delivered.transaction.block_number;
    story.l2.reach(l2_block).await?;
    story.say(&format!("delivered in L2 block {l2_block} by {}", delivered.claimer));
    Ok(l2_block)
}

/// The code that makes a `Counter` that knows its chain's messenger.
fn counter(messenger: Address) -> Bytes {
    let arguments = Counter::constructorCall { messenger_: messenger }.abi_encode();
    [Counter::BYTECODE.as_ref(), &arguments].concat().into()
}

fn increment(counter: Address) -> MessageParams {
    MessageParams::call(counter, incrementCall {}.abi_encode().into())
}

/// That it counted as often as it should, and by whose message.
async fn check_counter(
    chain: &Wallet,
    counter: Address,
    expected: u64,
    by: Option<Address>,
) -> eyre::Result<()> {
    let number = chain.view(counter, numberCall {}).await?;
    ensure!(number == U256::from(expected), "the counter is at {number}, not at {expected}");
    let Some(by) = by else { return Ok(()) };
    let sender = chain.view(counter, lastSenderCall {}).await?;
    ensure!(sender == by, "the counter was told by {sender}, not by {by}");
    ensure!(chain.view(counter, lastCrossChainCall {}).await?, "not told by a message");
    Ok(())
}
