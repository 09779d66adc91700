//! Names of forks.

use bough_stateless::Schema;
use bough_stf::Fork;

/// A fork by its name.
pub(crate) fn fork(name: &str) -> Result<Fork, String> {
    Fork::from_name(name).ok_or_else(|| unknown(&Fork::ALL))
}

/// A fork whose blocks EXECUTE can check.
pub(crate) fn settling_fork(name: &str) -> Result<Fork, String> {
    let forks: Vec<Fork> =
        Fork::ALL.into_iter().filter(|fork| Schema::of(*fork).is_some()).collect();
    fork_among(name, &forks)
}

fn fork_among(name: &str, forks: &[Fork]) -> Result<Fork, String> {
    let named = |fork: &Fork| fork.name().eq_ignore_ascii_case(name);
    forks.iter().copied().find(named).ok_or_else(|| unknown(forks))
}

fn unknown(forks: &[Fork]) -> String {
    let names: Vec<&str> = forks.iter().map(|fork| fork.name()).collect();
    format!("unknown fork, use one of {}", names.join(", "))
}
