//! Code of any bytes.

use alloy_primitives::Bytes;
use revm::bytecode::Bytecode;

/// Code of any bytes, as the EVM runs it: 23 bytes that begin with 0xef0100 are a delegation
/// (EIP-7702), all others are legacy code. The only way to make code in this workspace.
///
/// Never fails: a state may hold any bytes as code, and a caller may supply them. Only what a
/// transaction creates may not begin with 0xef (EIP-3541).
#[expect(clippy::disallowed_methods, reason = "what the others are forbidden for")]
pub fn bytecode(bytes: Bytes) -> Bytecode {
    // SOUNDNESS: `Bytecode::new_raw` panics, and `new_raw_checked` fails, for what begins with
    // 0xef01 and is no delegation.
    Bytecode::new_eip7702_raw(bytes.clone()).unwrap_or_else(|_| Bytecode::new_legacy(bytes))
}

#[cfg(test)]
mod tests {
    use alloy_primitives::{Address, hex};

    use super::*;

    #[test]
    fn only_a_delegation_is_a_delegation() {
        let to = Address::repeat_byte(0x77);
        let code = bytecode([&hex!("ef0100"), to.as_slice()].concat().into());
        assert_eq!(code.eip7702_address(), Some(to));
        assert_eq!(code.len(), 23);
    }

    #[test]
    fn all_else_is_legacy() {
        let prefixes: [&[u8]; 8] = [
            &[],
            &[0xef],
            &[0xef, 0x00],
            &[0xef, 0x01],
            &[0xef, 0x01, 0x00],
            &[0xef, 0x01, 0x01],
            &[0xef, 0x02, 0x00],
            &[0xfe],
        ];
        for prefix in prefixes {
            for length in 0..=48 {
                let raw = [prefix, &vec![0x5b; length]].concat();
                if prefix == hex!("ef0100") && raw.len() == 23 {
                    continue;
                }
                let code = bytecode(raw.clone().into());
                assert!(code.is_legacy(), "{raw:02x?}");
                assert_eq!(code.original_byte_slice(), raw);
            }
        }
    }
}
