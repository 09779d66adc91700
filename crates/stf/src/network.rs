//! The networks of execution-spec-tests: a fork from genesis on, or one fork after another.

use crate::{Fork, ForkSchedule, ScheduleError};

/// Names that are not the fork's own in lower case.
const ALIASES: [(&str, Fork); 11] = [
    ("DAO", Fork::DaoFork),
    ("EIP150", Fork::TangerineWhistle),
    ("TangerineWhistle", Fork::TangerineWhistle),
    ("EIP158", Fork::SpuriousDragon),
    // The fixtures' Constantinople is the one that mainnet ran: without EIP-1283.
    ("Constantinople", Fork::StPetersburg),
    ("ConstantinopleFix", Fork::StPetersburg),
    ("StPetersburg", Fork::StPetersburg),
    ("ArrowGlacier", Fork::ArrowGlacier),
    ("Merge", Fork::Paris),
    ("BPO1", Fork::Bpo1),
    ("BPO2", Fork::Bpo2),
];

impl Fork {
    /// The fork that execution-spec-tests call so.
    pub fn of_network(name: &str) -> Option<Self> {
        let alias = ALIASES.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(name));
        alias.map(|(_, fork)| *fork).or_else(|| Self::from_name(name))
    }
}

impl ForkSchedule {
    /// The schedule that execution-spec-tests call so: `Cancun`, `BerlinToLondonAt5`,
    /// `CancunToPragueAtTime15k`.
    ///
    /// # Errors
    /// [`ScheduleError::UnknownFork`] for what is no such name, and for a change of fork at a total
    /// difficulty.
    pub fn of_network(name: &str) -> Result<Self, ScheduleError> {
        let unknown = || ScheduleError::UnknownFork(name.to_owned());
        let fork = |name| Fork::of_network(name).ok_or_else(unknown);
        if let Ok(fork) = fork(name) {
            return Ok(Self::always(fork));
        }
        let (from, rest) = name.split_once("To").ok_or_else(unknown)?;
        let (to, place) = rest.split_once("At").ok_or_else(unknown)?;
        let (from, to) = (fork(from)?, fork(to)?);
        if let Some(time) = place.strip_prefix("Time") {
            let to = (to, number(time).ok_or_else(unknown)?);
            return if from < Fork::Paris {
                Self::new(&[(from, 0)], &[to])
            } else {
                Self::by_time(&[(from, 0), to])
            };
        }
        Self::new(&[(from, 0), (to, number(place).ok_or_else(unknown)?)], &[])
    }
}

/// A number that may end in `k`, for thousands.
fn number(text: &str) -> Option<u64> {
    match text.strip_suffix('k') {
        Some(thousands) => thousands.parse::<u64>().ok()?.checked_mul(1000),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_fork() {
        for (name, fork) in [
            ("Frontier", Fork::Frontier),
            ("ConstantinopleFix", Fork::StPetersburg),
            ("EIP158", Fork::SpuriousDragon),
            ("Paris", Fork::Paris),
            ("BPO2", Fork::Bpo2),
            ("Amsterdam", Fork::Amsterdam),
        ] {
            assert_eq!(ForkSchedule::of_network(name), Ok(ForkSchedule::always(fork)), "{name}");
        }
    }

    #[test]
    fn one_after_another() {
        let forks = ForkSchedule::of_network("CancunToPragueAtTime15k").unwrap();
        assert_eq!(forks.fork_at(9, 14_999), Fork::Cancun);
        assert_eq!(forks.fork_at(1, 15_000), Fork::Prague);
        let forks = ForkSchedule::of_network("BerlinToLondonAt5").unwrap();
        assert_eq!(forks.fork_at(4, 99_999), Fork::Berlin);
        assert_eq!(forks.fork_at(5, 0), Fork::London);
        let forks = ForkSchedule::of_network("HomesteadToDaoAt5").unwrap();
        assert_eq!(forks.fork_at(5, 0), Fork::DaoFork);
    }

    #[test]
    fn unknown_ones() {
        for name in ["", "Prague2", "ArrowGlacierToParisAtDiffC0000", "BerlinToLondonAtx"] {
            let error = ScheduleError::UnknownFork(name.to_owned());
            assert_eq!(ForkSchedule::of_network(name), Err(error));
        }
    }
}
