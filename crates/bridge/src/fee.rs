//! What a delivery is estimated to cost.

use alloy_primitives::{Address, U256};
use bough_rollup::Direction;

use crate::{Bridge, BridgeError, Chain, MessageParams, endpoint::Endpoint};

/// Gas of a delivery on L2 besides the recipient's call, its first slot of 256 included.
const L2_DELIVERY_GAS: u64 = 220_000;
/// The same on L1, where the calldata floor of the proofs (some 7 kB) is most of it.
const L1_DELIVERY_GAS: u64 = 500_000;
/// Gas of a byte of the message's data (EIP-7976).
const DATA_GAS: u64 = 64;
/// Gas of an account that the value creates (EIP-8037), rounded up.
const NEW_ACCOUNT_GAS: u64 = 200_000;
/// What is paid for gas, as a percentage of the price now: it may rise until the delivery.
const PRICE_MARGIN: u128 = 150;

impl Bridge {
    /// Wei that pay for the delivery of a message, by the executing chain's gas price now.
    ///
    /// # Errors
    /// Those of the node.
    pub async fn estimate_fee(
        &self,
        direction: Direction,
        params: &MessageParams,
        gas_limit: u64,
    ) -> Result<U256, BridgeError> {
        let endpoint = self.executing(direction);
        let recipient = recipient_gas(endpoint, params.recipient, params.value, gas_limit).await?;
        let gas = delivery_gas(endpoint.chain, params.data.len(), recipient);
        Ok(price(gas, endpoint.gas_price().await?))
    }
}

async fn recipient_gas(
    endpoint: &Endpoint,
    recipient: Address,
    value: U256,
    gas_limit: u64,
) -> Result<u64, BridgeError> {
    if !endpoint.code(recipient).await?.is_empty() {
        return Ok(gas_limit);
    }
    let creates = !value.is_zero()
        && endpoint.balance(recipient).await?.is_zero()
        && endpoint.nonce(recipient).await? == 0;
    Ok(if creates { NEW_ACCOUNT_GAS } else { 0 })
}

fn delivery_gas(chain: Chain, data: usize, recipient: u64) -> u64 {
    let base = match chain {
        Chain::L1 => L1_DELIVERY_GAS,
        Chain::L2 => L2_DELIVERY_GAS,
    };
    base.saturating_add(DATA_GAS.saturating_mul(data as u64)).saturating_add(recipient)
}

fn price(gas: u64, gas_price: u128) -> U256 {
    U256::from(gas) * U256::from(gas_price) * U256::from(PRICE_MARGIN) / U256::from(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fees_grow_with_what_is_delivered() {
        assert_eq!(delivery_gas(Chain::L2, 0, 0), 220_000);
        assert_eq!(delivery_gas(Chain::L1, 10, 100_000), 600_640);
        assert_eq!(delivery_gas(Chain::L1, 0, u64::MAX), u64::MAX);
        assert_eq!(price(100, 10), U256::from(1500));
        assert!(price(u64::MAX, u128::MAX) > U256::from(u128::MAX));
    }
}
