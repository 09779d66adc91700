//! Every document below a path.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use crate::FileError;

/// Log2 of the largest window a `.zst` may ask for.
const WINDOW_LOG_MAX: u32 = 27;

/// A JSON text and the name of the file, entry or line it stands in.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) name: String,
    pub(crate) text: Result<Vec<u8>, FileError>,
}

/// Who takes the documents, one by one.
pub(crate) trait Visit {
    /// Whether a document is to be read.
    fn wants(&self, name: &str) -> bool;
    /// Takes a document.
    fn take(&mut self, document: Document);
}

/// All files below a path, hidden ones left out, sorted.
pub(crate) fn files(path: &Path) -> Result<Vec<PathBuf>, FileError> {
    if !path.is_dir() {
        fs::metadata(path)?;
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            // A link to a folder could lead in circles: only real folders are entered. Pipes and
            // devices, which need not end, are no files.
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() || kind.is_symlink() {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Reads a file and gives each document in it, counting the bytes of the file as they are read.
pub(crate) fn read(path: &Path, count: &AtomicU64, visitor: &mut impl Visit) {
    let name = path.display().to_string();
    if let Err(error) = try_read(path, &name, count, visitor) {
        visitor.take(Document { name, text: Err(error) });
    }
}

fn try_read(
    path: &Path,
    name: &str,
    count: &AtomicU64,
    visitor: &mut impl Visit,
) -> Result<(), FileError> {
    let file = Counted { inner: File::open(path)?, count };
    let ending = path.extension();
    if ending != Some(OsStr::new("zst")) {
        return documents(ending, name, BufReader::new(file), visitor);
    }
    let mut decoder = zstd::Decoder::new(file)?;
    decoder.window_log_max(WINDOW_LOG_MAX)?;
    let ending = path.file_stem().map(Path::new).and_then(Path::extension);
    documents(ending, name, BufReader::new(decoder), visitor)
}

/// The documents of a text or an archive, by the ending of its name.
fn documents(
    ending: Option<&OsStr>,
    name: &str,
    from: impl BufRead,
    visitor: &mut impl Visit,
) -> Result<(), FileError> {
    if ending == Some(OsStr::new("tar")) {
        return archive(name, from, visitor);
    }
    texts(ending, name, from, visitor)
}

/// The documents of a text.
fn texts(
    ending: Option<&OsStr>,
    name: &str,
    mut from: impl BufRead,
    visitor: &mut impl Visit,
) -> Result<(), FileError> {
    match ending.and_then(OsStr::to_str) {
        Some("json") => {
            if visitor.wants(name) {
                let mut text = Vec::new();
                from.read_to_end(&mut text)?;
                visitor.take(Document { name: name.to_owned(), text: Ok(text) });
            }
            Ok(())
        }
        Some("jsonl" | "ndjson") => lines(name, from, visitor),
        _ => Err(FileError::UnknownEnding),
    }
}

fn archive(name: &str, from: impl Read, visitor: &mut impl Visit) -> Result<(), FileError> {
    for entry in tar::Archive::new(from).entries()? {
        let entry = entry?;
        let path = entry.path()?.into_owned();
        let hidden = path.iter().any(|part| {
            let part = part.as_encoded_bytes();
            part.starts_with(b".") && part != b"." && part != b".."
        });
        if hidden || entry.header().entry_type().is_dir() {
            continue;
        }
        let inner = format!("{name}:{}", path.display());
        // An archive in an archive is not looked into: it is no text.
        match texts(path.extension(), &inner, BufReader::new(entry), visitor) {
            // The rest of the archive cannot be read either.
            Err(FileError::Io(error)) => return Err(error.into()),
            Err(error) => visitor.take(Document { name: inner, text: Err(error) }),
            Ok(()) => {}
        }
    }
    Ok(())
}

fn lines(name: &str, from: impl BufRead, visitor: &mut impl Visit) -> Result<(), FileError> {
    for (index, line) in from.split(b'\n').enumerate() {
        let line = line?;
        let name = format!("{name}:{}", index.saturating_add(1));
        if !line.trim_ascii().is_empty() && visitor.wants(&name) {
            visitor.take(Document { name, text: Ok(line) });
        }
    }
    Ok(())
}

/// Counts what is read through it.
struct Counted<'a, R> {
    inner: R,
    count: &'a AtomicU64,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.count.fetch_add(u64::try_from(read).unwrap_or(u64::MAX), Ordering::Relaxed);
        Ok(read)
    }
}
