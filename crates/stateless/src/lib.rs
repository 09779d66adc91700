#![doc = include_str!("../README.md")]

mod decode;
mod error;
mod input;
mod payload;
mod result;
mod validate;
mod wire;
mod witness;

pub use error::{DecodeError, Invalid, PayloadError, WitnessError};
pub use input::{ExecutionPayload, ExecutionWitness, NewPayloadRequest, Schema, StatelessInput};
pub use result::StatelessValidationResult;
pub use validate::{
    Validated, run_stateless_guest, validate, verify_stateless_new_payload, witness_read,
};
