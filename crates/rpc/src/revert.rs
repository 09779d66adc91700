//! The sentence in a revert's return data.

use alloy_sol_types::{Panic, Revert, SolError};

/// The reason that `output` carries: the text of `Error(string)`, or what a `Panic(uint256)` code
/// means in the words of Solidity's documentation as geth spells them.
///
/// `None` for custom errors and for anything else, whose data the caller gets undecoded.
pub(crate) fn revert_reason(output: &[u8]) -> Option<String> {
    if let Ok(revert) = Revert::abi_decode(output) {
        return Some(revert.reason);
    }
    let panic = Panic::abi_decode(output).ok()?;
    let meaning = u64::try_from(panic.code).ok().and_then(panic_meaning);
    Some(meaning.map_or_else(|| format!("unknown panic code: {:#x}", panic.code), str::to_owned))
}

/// Source: <https://docs.soliditylang.org/en/latest/control-structures.html#panic-via-assert-and-error-via-require>
const fn panic_meaning(code: u64) -> Option<&'static str> {
    Some(match code {
        0x00 => "generic panic",
        0x01 => "assert(false)",
        0x11 => "arithmetic underflow or overflow",
        0x12 => "division or modulo by zero",
        0x21 => "enum overflow",
        0x22 => "invalid encoded storage byte array accessed",
        0x31 => "out-of-bounds array access; popping on an empty array",
        0x32 => "out-of-bounds access of an array or bytesN",
        0x41 => "out of memory",
        0x51 => "uninitialized function",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use super::*;
    use alloy_primitives::U256;

    #[test]
    fn decodes_error_strings_and_panics() {
        let error = Revert { reason: "user error".to_owned() }.abi_encode();
        assert_eq!(revert_reason(&error).as_deref(), Some("user error"));
        let panic = Panic { code: U256::from(0x11) }.abi_encode();
        assert_eq!(revert_reason(&panic).as_deref(), Some("arithmetic underflow or overflow"));
        let unknown = Panic { code: U256::from(0x99) }.abi_encode();
        assert_eq!(revert_reason(&unknown).as_deref(), Some("unknown panic code: 0x99"));
    }

    #[test]
    fn leaves_other_data_undecoded() {
        assert_eq!(revert_reason(&[]), None);
        assert_eq!(revert_reason(&[0xde, 0xad, 0xbe, 0xef, 1]), None);
        assert_eq!(revert_reason(&[0x08, 0xc3, 0x79, 0xa0]), None);
    }
}
