//! Makes a folder for each target, for a run that is guided by coverage, and writes the forged blocks
//! into those of the targets that take whole inputs.
//!
//! `corpus FOLDER`

use std::{env, fs, io, path::Path};

use bough_fuzz::{TARGETS, seeds};

/// Targets whose bytes are an input of EXECUTE.
const OF_INPUTS: [&str; 3] = ["ssz", "execute", "contract_ssz"];

fn main() -> io::Result<()> {
    let folder = env::args().nth(1).unwrap_or_else(|| "fuzz/found".into());
    let seeds = seeds();
    for target in TARGETS {
        let folder = Path::new(&folder).join(target.name);
        fs::create_dir_all(&folder)?;
        let seeds = seeds.iter().filter(|_| OF_INPUTS.contains(&target.name));
        for (at, bytes) in seeds.enumerate() {
            fs::write(folder.join(format!("forged_{at}")), bytes)?;
        }
    }
    Ok(())
}
