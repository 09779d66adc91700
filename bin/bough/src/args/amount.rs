//! Amounts of ether.

use alloy_primitives::{U256, utils::parse_units};

/// Names of units, longest first where one ends with another, and their decimals.
const UNITS: [(&str, u8); 4] = [("ether", 18), ("eth", 18), ("gwei", 9), ("wei", 0)];

/// Wei of an amount: `1.5ether`, `10gwei`, or plain wei.
pub(crate) fn amount(text: &str) -> Result<U256, String> {
    let with_unit = |(unit, decimals): &(&str, u8)| Some((text.strip_suffix(unit)?, *decimals));
    let (number, decimals) = UNITS.iter().find_map(with_unit).unwrap_or((text, 0));
    wei(number.trim_end(), decimals)
        .ok_or_else(|| "give an amount like 1.5ether, 10gwei or 100 (wei)".to_owned())
}

fn wei(number: &str, decimals: u8) -> Option<U256> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let fits = fraction == "0" || fraction.len() <= usize::from(decimals);
    if !is_digits(whole) || !is_digits(fraction) || !fits {
        return None;
    }
    let wei = parse_units(number, decimals).ok()?;
    Some(wei.get_absolute()).filter(|_| !wei.is_negative())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_units() {
        let ether = U256::from(10u64.pow(18));
        for (text, wei) in [
            ("0", U256::ZERO),
            ("100", U256::from(100)),
            ("7wei", U256::from(7)),
            ("10gwei", U256::from(10_000_000_000u64)),
            ("0.5gwei", U256::from(500_000_000)),
            ("1.5ether", ether + ether / U256::from(2)),
            ("2 eth", ether + ether),
            ("0.000000000000000001ether", U256::from(1)),
            ("1000000000ether", U256::from(10).pow(U256::from(27))),
        ] {
            assert_eq!(amount(text), Ok(wei), "{text}");
        }
    }

    #[test]
    fn refuses_the_rest() {
        for text in [
            "",
            "ether",
            "-1",
            "+1",
            "1.5",
            "1.5wei",
            "0x10",
            "1e18",
            "1,5ether",
            ".5ether",
            "1.ether",
            "0.0000000000000000001ether",
            "1_0",
            "1 2",
            "1btc",
            "115792089237316195423570985008687907853269984665640564039457584007913129639936",
        ] {
            assert!(amount(text).is_err(), "{text}");
        }
    }
}
