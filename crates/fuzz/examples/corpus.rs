//! Writes the forged blocks and the inputs folder's files into the corpus of each target that takes
//! whole inputs, for a run that is guided by coverage.
//!
//! `corpus FOLDER`

use std::{env, fs, io, path::Path};

use bough_fuzz::seeds;

/// Inputs above this slow a run down and reach nothing that smaller ones do not, bytes.
const LARGEST: usize = 1 << 16;

fn main() -> io::Result<()> {
    let folder = env::args().nth(1).unwrap_or_else(|| "fuzz/corpus".into());
    let mut inputs = seeds();
    for path in bough_testing::inputs() {
        inputs.push(fs::read(path)?);
    }
    inputs.retain(|bytes| bytes.len() <= LARGEST);
    for target in ["ssz", "execute", "contract_ssz"] {
        let folder = Path::new(&folder).join(target);
        fs::create_dir_all(&folder)?;
        for (at, bytes) in inputs.iter().enumerate() {
            fs::write(folder.join(format!("input_{at}")), bytes)?;
        }
    }
    Ok(())
}
