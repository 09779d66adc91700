//! The 43 bytes every input is answered with.

use alloy_primitives::B256;

/// What was checked and whether it held.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StatelessValidationResult {
    /// `hash_tree_root` of the request; zero when the input could not be decoded.
    pub new_payload_request_root: B256,
    /// Whether the payload is valid.
    pub successful_validation: bool,
    /// The input's chain id; zero when it could not be decoded.
    pub chain_id: u64,
    /// The input's schema; zero when it could not be decoded.
    pub schema_id: u16,
}

impl StatelessValidationResult {
    /// Length of the answer, bytes.
    pub const LENGTH: usize = 43;

    /// SSZ: root, success byte, chain id and schema id little-endian.
    pub fn to_bytes(&self) -> [u8; Self::LENGTH] {
        let parts = self
            .new_payload_request_root
            .into_iter()
            .chain([u8::from(self.successful_validation)])
            .chain(self.chain_id.to_le_bytes())
            .chain(self.schema_id.to_le_bytes());
        let mut bytes = [0; Self::LENGTH];
        bytes.iter_mut().zip(parts).for_each(|(byte, part)| *byte = part);
        bytes
    }
}
