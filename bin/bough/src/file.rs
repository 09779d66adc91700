//! Files that are read whole, as far as they may be.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

/// Most bytes of a text that people write: a rollup file, a key, a schedule.
const TEXT: u64 = 1 << 20;
/// Most bytes of an input of EXECUTE.
const INPUT: u64 = 256 << 20;

/// The bytes of an input of EXECUTE.
pub(crate) fn input(path: &Path) -> io::Result<Vec<u8>> {
    read(path, INPUT)
}

/// The text of a small file.
pub(crate) fn text(path: &Path) -> io::Result<String> {
    String::from_utf8(read(path, TEXT)?).map_err(|_| io::ErrorKind::InvalidData.into())
}

/// A file that does not end, or is not meant, takes no memory beyond this.
fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = File::open(path)?.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if u64::try_from(read).unwrap_or(u64::MAX) > most {
        let why = format!("it has more than {most} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
    }
    Ok(bytes)
}
