//! Who asks: the name a request calls this server by, and the web page it comes from.

use std::net::IpAddr;

use axum::http::{
    HeaderMap, HeaderValue, Uri,
    header::{HOST, ORIGIN},
    uri::Authority,
};

use crate::{
    config::{Hosts, Origins},
    error::MethodError,
};

/// How the scheme of a browser extension ends, which its user has installed: `chrome-extension`,
/// `moz-extension`, `safari-web-extension`.
const EXTENSION: &str = "-extension";

const LOCALHOST: &str = "localhost";

/// Refuses a request by a foreign name or from a foreign page.
///
/// # Errors
/// [`MethodError::Host`] and [`MethodError::Origin`].
pub(crate) fn check(
    hosts: &Hosts,
    origins: &Origins,
    headers: &HeaderMap,
) -> Result<(), MethodError> {
    // More than one is refused unless each is right: which of them counts is not ours to say.
    if let Some(host) = headers.get_all(HOST).iter().find(|host| !is_host_allowed(hosts, host)) {
        return Err(MethodError::Host { got: shown(host) });
    }
    let mut asking = headers.get_all(ORIGIN).iter();
    if let Some(origin) = asking.find(|origin| !is_origin_allowed(origins, origin)) {
        return Err(MethodError::Origin { got: shown(origin) });
    }
    Ok(())
}

/// Whether a page of this origin may ask.
pub(crate) fn is_origin_allowed(origins: &Origins, origin: &HeaderValue) -> bool {
    if *origins == Origins::Any {
        return true;
    }
    let Ok(text) = origin.to_str() else { return false };
    // Of a page without an origin, such as a file.
    if text == "null" {
        return false;
    }
    let Ok(uri) = text.parse::<Uri>() else { return false };
    let scheme = uri.scheme_str().unwrap_or_default();
    match origins {
        _ if scheme.ends_with(EXTENSION) => true,
        Origins::None | Origins::Any => false,
        Origins::Local => {
            ["http", "https"].contains(&scheme) && uri.authority().is_some_and(is_local)
        }
        Origins::Only(allowed) => allowed.contains(&text.to_ascii_lowercase()),
    }
}

fn is_host_allowed(hosts: &Hosts, host: &HeaderValue) -> bool {
    let Hosts::Only(names) = hosts else { return true };
    let Ok(authority) = Authority::try_from(host.as_bytes()) else { return false };
    // Nothing but a host and a port.
    let port = authority.as_str().strip_prefix(authority.host()).unwrap_or("?");
    let is_port = |port: &str| port.parse::<u16>().is_ok();
    if !port.is_empty() && !port.strip_prefix(':').is_some_and(is_port) {
        return false;
    }
    let name = name(&authority);
    let known = if is_localhost(&name) { LOCALHOST } else { name.as_str() };
    address(&authority).is_some() || names.contains(known)
}

fn is_local(authority: &Authority) -> bool {
    address(authority).is_some_and(|address| address.is_loopback())
        || is_localhost(&name(authority))
}

/// Whether a name is this machine's, whatever resolves it (RFC 6761).
fn is_localhost(name: &str) -> bool {
    name.rsplit('.').next() == Some(LOCALHOST)
}

fn address(authority: &Authority) -> Option<IpAddr> {
    authority.host().trim_start_matches('[').trim_end_matches(']').parse().ok()
}

fn name(authority: &Authority) -> String {
    authority.host().trim_end_matches('.').to_ascii_lowercase()
}

/// A header for a message, cut where it is long.
fn shown(value: &HeaderValue) -> String {
    const LONGEST: usize = 100;
    String::from_utf8_lossy(value.as_bytes()).chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins() {
        let allowed = |origins: &Origins, origin| {
            is_origin_allowed(origins, &HeaderValue::from_static(origin))
        };
        for local in ["http://localhost:5173", "https://127.0.0.1", "http://[::1]:3000"] {
            assert!(allowed(&Origins::Local, local), "{local}");
            assert!(!allowed(&Origins::None, local), "{local}");
        }
        let foreign = [
            "http://example.org",
            "http://localhost.example.org",
            "http://127.0.0.1.example.org",
            "null",
            "localhost",
            "",
            "http://",
            "ftp://localhost",
            "ws://localhost:8545",
            "ftp://example.org",
            "tauri://localhost",
        ];
        for foreign in foreign {
            assert!(!allowed(&Origins::Local, foreign), "{foreign}");
            assert!(!allowed(&Origins::None, foreign), "{foreign}");
            assert!(allowed(&Origins::Any, foreign), "{foreign}");
        }
        assert!(allowed(&Origins::None, "chrome-extension://nkbihfbeogaeaoehlefnkodbefgpgknn"));
        let one: Origins = "https://Example.org".parse().unwrap();
        assert!(allowed(&one, "https://example.org"));
        assert!(!allowed(&one, "https://example.org:8080"));
    }

    #[test]
    fn hosts() {
        let allowed = |hosts: &Hosts, host| is_host_allowed(hosts, &HeaderValue::from_static(host));
        for own in [
            "127.0.0.1:8545",
            "[::1]:8545",
            "localhost:9545",
            "LOCALHOST",
            "app.localhost",
            "10.0.0.7",
        ] {
            assert!(allowed(&Hosts::default(), own), "{own}");
        }
        for foreign in [
            "example.org:8545",
            "localhost.example.org",
            "127.0.0.1.example.org",
            "[::1]evil",
            "user@localhost",
            "",
        ] {
            assert!(!allowed(&Hosts::default(), foreign), "{foreign}");
        }
        let one: Hosts = "node.example.org".parse().unwrap();
        assert!(allowed(&one, "node.example.org:8545"));
        assert!(!allowed(&one, "localhost"));
        assert!(allowed(&Hosts::Any, "example.org"));
    }
}
