//! Fields read where they stand in the SSZ, before anything is decoded.

use crate::Refused;

/// Where things stand in a canonical input, in bytes from its start. Canonical SSZ fixes them: the
/// first offset of each container is the length of its fixed part.
const SCHEMA_LENGTH: usize = 2;
const REQUEST: usize = SCHEMA_LENGTH + 16;
const PAYLOAD: usize = REQUEST + 44;
const GAS_USED: usize = PAYLOAD + 420;
const TIMESTAMP: usize = PAYLOAD + 428;

/// The fields that decide what is charged and which rules hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Places {
    /// Fork and revision.
    pub schema_id: u16,
    /// Gas the block claims to use.
    pub gas_used: u64,
    /// The block's timestamp, seconds.
    pub timestamp: u64,
}

impl Places {
    /// Reads the places of an input that may be anything.
    ///
    /// # Errors
    /// [`Refused::TooShort`] when it does not reach that far.
    pub fn read(input: &[u8]) -> Result<Self, Refused> {
        Ok(Self {
            schema_id: u16::from_be_bytes(read(input, 0)?),
            gas_used: u64::from_le_bytes(read(input, GAS_USED)?),
            timestamp: u64::from_le_bytes(read(input, TIMESTAMP)?),
        })
    }
}

fn read<const N: usize>(input: &[u8], at: usize) -> Result<[u8; N], Refused> {
    input
        .get(at..)
        .and_then(|rest| rest.first_chunk())
        .copied()
        .ok_or(Refused::TooShort { got: input.len(), needed: at + N })
}
