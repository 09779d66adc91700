#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bough_fuzz::ssz(bytes));
bough_fuzz_targets::plant_values!();
