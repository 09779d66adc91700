#![doc = include_str!("../README.md")]
// A test helper fails the test it helps.
#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing)]

#[cfg(feature = "sockets")]
pub mod http;
#[cfg(feature = "sockets")]
pub mod ws;

use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// The files of the inputs folder with the ending `.ssz`, sorted; empty when there is no folder.
///
/// # Panics
/// When there is none and `CI=true`.
pub fn inputs() -> Vec<PathBuf> {
    folder("BOUGH_INPUTS", "inputs").map(|folder| ssz_files(&folder)).unwrap_or_default()
}

/// The files with the ending `.ssz` of the folder `inputs-hostile` beside the inputs folder, sorted;
/// empty when there is no folder.
///
/// # Panics
/// When there is none and `CI=true`.
pub fn hostile_inputs() -> Vec<PathBuf> {
    let beside = env::var_os("BOUGH_INPUTS")
        .map_or_else(|| shared("inputs"), PathBuf::from)
        .with_file_name("inputs-hostile");
    found(beside, "BOUGH_INPUTS").map(|folder| ssz_files(&folder)).unwrap_or_default()
}

fn ssz_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "ssz"))
        .collect();
    files.sort();
    files
}

/// A file of the vectors folder, if there is one.
///
/// # Panics
/// When there is none and `CI=true`.
pub fn vectors(name: &str) -> Option<PathBuf> {
    folder("BOUGH_VECTORS", "vectors").map(|folder| folder.join(name))
}

fn folder(variable: &str, name: &str) -> Option<PathBuf> {
    found(env::var_os(variable).map_or_else(|| shared(name), PathBuf::from), variable)
}

/// A folder of the data that stays outside the repository, where it is looked for first.
fn shared(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(name)
}

fn found(folder: PathBuf, variable: &str) -> Option<PathBuf> {
    if folder.is_dir() {
        return Some(folder);
    }
    let missing = format!("no test data at {}: set {variable}", folder.display());
    if env::var("CI").is_ok_and(|ci| ci == "true") {
        panic!("{missing}");
    }
    #[allow(clippy::print_stderr)]
    {
        eprintln!("skipped: {missing}");
    }
    None
}

/// A seeded sequence of numbers (splitmix64): the same in every run.
#[derive(Debug, Clone)]
pub struct Seeded(u64);

impl Seeded {
    /// The sequence of a seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub const fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which is not zero.
    ///
    /// # Panics
    /// When `bound` is zero.
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).expect("usize fits u64");
        usize::try_from(self.next_u64() % bound).expect("below a usize")
    }
}
