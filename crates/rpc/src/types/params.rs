//! Parameters with rules of their own.

use alloy_primitives::{B256, Bytes, U256, hex};
use alloy_rpc_types_eth::EIP1186StorageProof;
use serde::{Deserialize, Deserializer, de::Error};

/// Most hex digits in a storage key: 32 bytes.
const MAX_KEY_DIGITS: usize = 64;

/// A storage slot as callers write it: hex with `0x`, 1 to 64 digits, leading zeros allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StorageKey {
    /// The slot.
    pub slot: U256,
    full_width: bool,
}

impl StorageKey {
    /// The slot's proof, which repeats the key: as 32 bytes where the caller wrote 32 bytes, and
    /// as a quantity otherwise.
    pub fn proof(&self, value: U256, proof: Vec<Bytes>) -> EIP1186StorageProof {
        let key = if self.full_width { B256::from(self.slot).into() } else { self.slot.into() };
        EIP1186StorageProof { key, value, proof }
    }
}

impl<'de> Deserialize<'de> for StorageKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
        let digits = digits.unwrap_or(&text);
        if digits.len() > MAX_KEY_DIGITS {
            return Err(D::Error::custom(format!(
                "storage key too long (want at most 32 bytes): {text:?}"
            )));
        }
        let padded = format!("{digits:0>MAX_KEY_DIGITS$}");
        let bytes = hex::decode_to_array::<_, 32>(&padded)
            .map_err(|_| D::Error::custom(format!("invalid hex in storage key: {text:?}")))?;
        Ok(Self { slot: U256::from_be_bytes(bytes), full_width: digits.len() == MAX_KEY_DIGITS })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use super::*;

    fn parse(text: &str) -> Result<StorageKey, serde_json::Error> {
        serde_json::from_str(&format!("{text:?}"))
    }

    fn repeated(key: StorageKey) -> String {
        let json = serde_json::to_value(key.proof(U256::ZERO, Vec::new())).unwrap();
        json["key"].as_str().unwrap().to_owned()
    }

    #[test]
    fn reads_short_and_full_keys_and_repeats_them() {
        let short = parse("0x00").unwrap();
        assert_eq!(short.slot, U256::ZERO);
        assert_eq!(repeated(short), "0x0");
        let text = format!("0x{:064x}", 0x2a);
        let full = parse(&text).unwrap();
        assert_eq!(full.slot, U256::from(0x2a));
        assert_eq!(repeated(full), text);
    }

    #[test]
    fn refuses_what_is_no_slot() {
        let long = format!("0x{:065x}", 0);
        assert!(parse(&long).unwrap_err().to_string().contains("too long"));
        assert!(parse("0xasdf").unwrap_err().to_string().contains("invalid hex in storage key"));
    }
}
