//! What a command that failed says: one line, on stderr.

use std::{error::Error, fmt, process::ExitCode};

use clap::error::ErrorKind;
use eyre::Report;

/// Exit code of a command that failed.
const FAILED: u8 = 1;
/// Exit code of a command line that makes no sense, as clap has it, and of an unreadable file.
pub(crate) const UNUSABLE: u8 = 2;

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

/// One line, whatever the text: a cause may have brought line breaks.
pub(crate) fn complain(text: &str) {
    let words: Vec<&str> = text.split_whitespace().collect();
    eprintln!("error: {}", words.join(" "));
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
