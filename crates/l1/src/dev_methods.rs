//! Methods that only a development chain has, as anvil and hardhat name them.

use std::{sync::Arc, time::Duration};

use alloy_primitives::U64;
use jsonrpsee::{
    RpcModule,
    types::{ErrorObjectOwned, Params},
};
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

pub(crate) fn module(miner: &Arc<Miner>) -> RpcModule<()> {
    let mut module = RpcModule::new(());
    register(&mut module, miner, "evm_mine", |miner, params| async move {
        if let Some(timestamp) = optional(&params)? {
            miner.set_next_timestamp(timestamp).map_err(refused)?;
        }
        miner.mine().await.map_err(refused)?;
        Ok(Value::from("0x0"))
    });
    register(&mut module, miner, "anvil_mine", |miner, params| async move {
        let blocks = optional(&params)?.unwrap_or(1);
        if blocks > MAX_BLOCKS {
            return Err(invalid(format!("{blocks} blocks, at most {MAX_BLOCKS} in one call")));
        }
        for _ in 0..blocks {
            miner.mine().await.map_err(refused)?;
        }
        Ok(Value::Null)
    });
    register(&mut module, miner, "evm_increaseTime", |miner, params| async move {
        let seconds = required(&params)?;
        let mut offset = 0;
        miner.change(|settings| {
            settings.offset = settings.offset.saturating_add(seconds);
            offset = settings.offset;
        });
        Ok(Value::from(offset))
    });
    register(&mut module, miner, "evm_setNextBlockTimestamp", |miner, params| async move {
        miner.set_next_timestamp(required(&params)?).map_err(refused)?;
        Ok(Value::Null)
    });
    register(&mut module, miner, "evm_setIntervalMining", |miner, params| async move {
        let seconds = required(&params)?;
        miner.change(|settings| {
            settings.interval = (seconds > 0).then(|| Duration::from_secs(seconds));
        });
        Ok(Value::Null)
    });
    register(&mut module, miner, "evm_setAutomine", |miner, params| async move {
        let [automine]: [bool; 1] = parse(&params)?;
        miner.change(|settings| settings.automine = automine);
        Ok(Value::Null)
    });
    module
}

fn register<F, R>(module: &mut RpcModule<()>, miner: &Arc<Miner>, name: &'static str, method: F)
where
    F: Fn(Arc<Miner>, Params<'static>) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Result<Value, ErrorObjectOwned>> + Send + 'static,
{
    // The RPC server lives as long as the miner's other owner; a weak reference keeps the two
    // from keeping each other.
    let miner = Arc::downgrade(miner);
    module
        .register_async_method(name, move |params, _, _| {
            let (miner, method) = (miner.upgrade(), method.clone());
            let params = params.into_owned();
            async move {
                match miner {
                    Some(miner) => method(miner, params).await,
                    None => Err(refused(MineError::Stopped)),
                }
            }
        })
        .expect("invariant: each method is registered once");
}

fn parse<T: serde::de::DeserializeOwned>(params: &Params<'_>) -> Result<T, ErrorObjectOwned> {
    params.parse().map_err(|why| invalid(why.to_string()))
}

fn optional(params: &Params<'_>) -> Result<Option<u64>, ErrorObjectOwned> {
    let values: Option<Vec<Option<Number>>> = parse(params)?;
    Ok(values.and_then(|values| values.first().copied().flatten()).map(|Number(number)| number))
}

fn required(params: &Params<'_>) -> Result<u64, ErrorObjectOwned> {
    optional(params)?.ok_or_else(|| invalid("missing value for required argument 0".to_owned()))
}

fn refused(why: MineError) -> ErrorObjectOwned {
    ErrorObjectOwned::owned(SERVER_ERROR, why.to_string(), None::<()>)
}

fn invalid(why: String) -> ErrorObjectOwned {
    ErrorObjectOwned::owned(INVALID_PARAMS, why, None::<()>)
}
