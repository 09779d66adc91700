//! What the targets share.

/// Half of the mutations plant values at which the rules branch, where the bytes are an input of
/// EXECUTE; the others are libFuzzer's own.
#[macro_export]
macro_rules! plant_values {
    () => {
        libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
            match bough_fuzz::planted(&data[..size], max_size, seed.into()) {
                Some(planted) => {
                    data[..planted.len()].copy_from_slice(&planted);
                    planted.len()
                }
                None => libfuzzer_sys::fuzzer_mutate(data, size, max_size),
            }
        });
    };
}
