//! What a command that failed says: one line, on stderr.

use std::{error::Error, fmt, process::ExitCode};

use bough_tasks::Ended;
use clap::error::ErrorKind;
use eyre::Report;

/// All exit codes, for `bough --help`.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0  the command did what it should, or was told to stop
  1  it failed; one line on stderr says why
  2  the command line, or a file that it names, cannot be used
  3  a part of a running node or L1 ended, which ends all of it";
/// Exit code of a command that failed.
const FAILED: u8 = 1;
/// Exit code of a command line that makes no sense, as clap has it, and of an unreadable file.
pub(crate) const UNUSABLE: u8 = 2;
/// Exit code of a node or L1 of which a part ended.
const PART_ENDED: u8 = 3;

/// A failure whose exit code is not the usual one.
#[derive(Debug)]
pub(crate) struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    /// What was given cannot be used.
    pub(crate) fn unusable(message: impl Into<String>) -> Report {
        Report::new(Self { code: UNUSABLE, message: message.into() })
    }

    /// A part of what was running ended.
    pub(crate) fn ended(end: &Ended) -> Report {
        Report::new(Self { code: PART_ENDED, message: chain(end) })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Failure {}

/// Writes the failure and its causes as one line, and gives the exit code.
pub(crate) fn report(why: &Report) -> ExitCode {
    let code = why.downcast_ref::<Failure>().map_or(FAILED, |failure| failure.code);
    complain(&chain(why.as_ref()));
    ExitCode::from(code)
}

/// What clap refused. Help and version are no failure; the rest becomes one line.
pub(crate) fn usage(refused: &clap::Error) -> eyre::Result<ExitCode> {
    match refused.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            refused.print()?;
            Ok(ExitCode::SUCCESS)
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            Err(Failure::unusable("a command is missing; `bough --help` lists them"))
        }
        _ => {
            let text = refused.to_string();
            let told: Vec<&str> = text
                .lines()
                .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"))
                .map(str::trim)
                .filter(|line| !line.is_empty())
                .collect();
            let told = told.join(" ");
            let told = told.strip_prefix("error: ").unwrap_or(&told);
            Err(Failure::unusable(format!("{told}; --help says what is expected")))
        }
    }
}

/// Most characters of a complaint: what a node said may be in it.
const MAX_CHARACTERS: usize = 2000;

/// One line, whatever the text: a cause may have brought line breaks, and what a terminal obeys.
pub(crate) fn complain(text: &str) {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    let shown = line.chars().filter(|character| !character.is_control()).take(MAX_CHARACTERS);
    eprintln!("error: {}", shown.collect::<String>());
}

/// An error and its causes; a cause that its effect already quotes is not said twice.
pub(crate) fn chain(why: &dyn Error) -> String {
    let mut text = why.to_string();
    let mut cause = why.source();
    while let Some(why) = cause {
        let said = why.to_string();
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        cause = why.source();
    }
    text
}
