//! The decoder.

use bough_execute::Places;
use bough_stateless::StatelessInput;

/// What decodes encodes to the same bytes; the places read what the decoder reads.
///
/// # Panics
/// When that does not hold.
pub fn ssz(bytes: &[u8]) {
    let Ok(input) = StatelessInput::decode(bytes) else { return };
    let again = input.encode().expect("what was decoded can be encoded");
    assert_eq!(again, bytes, "decode and encode differ");
    assert!(input.new_payload_request_root().is_ok(), "what was decoded has a root");
    let places = Places::read(bytes).expect("what was decoded is long enough");
    let payload = &input.new_payload_request.execution_payload;
    assert_eq!(places.schema_id, input.schema.id(), "schema id");
    assert_eq!(places.gas_used, payload.gas_used, "gas used");
    assert_eq!(places.timestamp, payload.timestamp, "timestamp");
}
