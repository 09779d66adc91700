//! Methods that only a development chain has, as anvil and hardhat name them.

use std::{sync::Arc, time::Duration};

use alloy_primitives::U64;
use bough_rpc::{Args, Methods, RpcError};
use serde::Deserialize;
use serde_json::Value;

use crate::{MineError, Miner};

/// Most blocks one call mines.
const MAX_BLOCKS: u64 = 10_000;
const SERVER_ERROR: i32 = -32000;
const INVALID_PARAMS: i32 = -32602;

/// A number as tools send it: a JSON number or a hex or decimal string.
#[derive(Debug, Clone, Copy)]
struct Number(u64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let number = match &value {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => text.parse().ok().map(|number: U64| number.to()),
            _ => None,
        };
        number.map(Self).ok_or_else(|| serde::de::Error::custom("not a number of at most 64 bits"))
    }
}

pub(crate) fn methods(miner: &Arc<Miner>) -> Methods {
    let mut methods = Methods::new();
    register(&mut methods, miner, "evm_mine", optional, |miner, timestamp| async move {
        if let Some(timestamp) = timestamp {
            miner.set_next_timestamp(timestamp).map_err(refused)?;
        }
        miner.mine().await.map_err(refused)?;
        Ok(Value::from("0x0"))
    });
    register(&mut methods, miner, "anvil_mine", optional, |miner, blocks| async move {
        let blocks = blocks.unwrap_or(1);
        if blocks > MAX_BLOCKS {
            return Err(invalid(format!("{blocks} blocks, at most {MAX_BLOCKS} in one call")));
        }
        for _ in 0..blocks {
            miner.mine().await.map_err(refused)?;
        }
        Ok(Value::Null)
    });
    register(&mut methods, miner, "evm_increaseTime", required, |miner, seconds| async move {
        miner.increase_time(seconds).map(Value::from).map_err(refused)
    });
    register(
        &mut methods,
        miner,
        "evm_setNextBlockTimestamp",
        required,
        |miner, time| async move {
            miner.set_next_timestamp(time).map_err(refused)?;
            Ok(Value::Null)
        },
    );
    register(&mut methods, miner, "evm_setIntervalMining", required, |miner, seconds| async move {
        miner.change(|settings| {
            settings.interval = (seconds > 0).then(|| Duration::from_secs(seconds));
        });
        Ok(Value::Null)
    });
    register(&mut methods, miner, "evm_setAutomine", switch, |miner, automine| async move {
        miner.change(|settings| settings.automine = automine);
        Ok(Value::Null)
    });
    methods
}

fn register<T, F, R>(
    methods: &mut Methods,
    miner: &Arc<Miner>,
    name: &'static str,
    read: fn(&mut Args<'_>) -> Result<T, RpcError>,
    method: F,
) where
    T: Send + 'static,
    F: Fn(Arc<Miner>, T) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Result<Value, RpcError>> + Send + 'static,
{
    // The RPC server lives as long as the miner's other owner; a weak reference keeps the two
    // from keeping each other.
    let miner = Arc::downgrade(miner);
    methods.add_async(name, move |args| {
        let (miner, method) = (miner.upgrade(), method.clone());
        let argument = read(args);
        async move {
            let miner = miner.ok_or_else(|| refused(MineError::Stopped))?;
            method(miner, argument?).await
        }
    });
}

fn optional(args: &mut Args<'_>) -> Result<Option<u64>, RpcError> {
    Ok(args.optional()?.map(|Number(number)| number))
}

fn required(args: &mut Args<'_>) -> Result<u64, RpcError> {
    let Number(number) = args.required()?;
    Ok(number)
}

fn switch(args: &mut Args<'_>) -> Result<bool, RpcError> {
    Ok(args.required()?)
}

fn refused(why: MineError) -> RpcError {
    RpcError::new(SERVER_ERROR, why.to_string())
}

fn invalid(why: String) -> RpcError {
    RpcError::new(INVALID_PARAMS, why)
}
