//! Paths in half bytes, and their hex-prefix form.

use crate::Malformed;
use alloy_primitives::B256;

/// The bit of the first nibble that says leaf.
const LEAF_FLAG: u8 = 2;
/// The bit of the first nibble that says that the path has an odd number of nibbles.
const ODD_FLAG: u8 = 1;

/// A path: values 0 to 15, one a byte.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Nibbles(Vec<u8>);

impl Nibbles {
    /// The path of these nibbles; only the low half of each byte counts.
    pub fn new(nibbles: &[u8]) -> Self {
        Self(nibbles.iter().map(|nibble| nibble & 0x0f).collect())
    }

    /// `first` followed by `second`.
    pub(crate) fn concat(first: &[u8], second: &[u8]) -> Self {
        Self([first, second].concat())
    }

    /// The nibbles, one a byte.
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }

    /// Reads a hex-prefix string: the path, and whether it is a leaf's.
    ///
    /// As in the spec's `compact_to_nibbles`, only the two low bits of the first nibble count and padding is ignored.
    pub(crate) fn from_compact(compact: &[u8]) -> Result<(Self, bool), Malformed> {
        let (&first, rest) = compact.split_first().ok_or(Malformed::Path)?;
        let flags = first >> 4;
        let mut nibbles = Vec::with_capacity(1 + 2 * rest.len());
        if flags & ODD_FLAG != 0 {
            nibbles.push(first & 0x0f);
        }
        nibbles.extend(rest.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]));
        Ok((Self(nibbles), flags & LEAF_FLAG != 0))
    }

    /// The hex-prefix string of this path.
    pub(crate) fn to_compact(&self, leaf: bool) -> Vec<u8> {
        let flags = if leaf { LEAF_FLAG } else { 0 };
        let (pairs, first) = match self.0.split_first() {
            Some((odd, pairs)) if self.0.len() % 2 == 1 => (pairs, (flags | ODD_FLAG) << 4 | odd),
            _ => (self.0.as_slice(), flags << 4),
        };
        let mut compact = Vec::with_capacity(1 + pairs.len() / 2);
        compact.push(first);
        compact.extend(
            pairs.chunks(2).map(|pair| pair.iter().fold(0, |byte, nibble| byte << 4 | nibble)),
        );
        compact
    }
}

/// The 64 nibbles of a key.
pub(crate) fn unpack(key: B256) -> [u8; 64] {
    let mut nibbles = [0; 64];
    for (pair, byte) in nibbles.chunks_exact_mut(2).zip(key) {
        pair.copy_from_slice(&[byte >> 4, byte & 0x0f]);
    }
    nibbles
}

/// How many nibbles the two paths have in common at their start.
pub(crate) fn common_prefix(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).take_while(|(a, b)| a == b).count()
}
