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

/// Schemes of pages that a site serves. Others, such as a browser extension's, are of software that
/// was installed here.
const SITE_SCHEMES: [&str; 2] = ["http", "https"];

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
    if let Some(host) = headers.get(HOST).filter(|host| !is_host_allowed(hosts, host)) {
        return Err(MethodError::Host { got: shown(host) });
    }
    if let Some(origin) = headers.get(ORIGIN).filter(|origin| !is_origin_allowed(origins, origin)) {
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
    let site = uri.scheme_str().is_some_and(|scheme| SITE_SCHEMES.contains(&scheme));
    match origins {
        _ if !site => text.contains("://"),
        Origins::None | Origins::Any => false,
        Origins::Local => uri.authority().is_some_and(is_local),
        Origins::Only(allowed) => allowed.contains(&text.to_ascii_lowercase()),
    }
}

fn is_host_allowed(hosts: &Hosts, host: &HeaderValue) -> bool {
    let Hosts::Only(names) = hosts else { return true };
    let Ok(authority) = Authority::try_from(host.as_bytes()) else { return false };
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
        for foreign in ["example.org:8545", "localhost.example.org", "127.0.0.1.example.org", ""] {
            assert!(!allowed(&Hosts::default(), foreign), "{foreign}");
        }
        let one: Hosts = "node.example.org".parse().unwrap();
        assert!(allowed(&one, "node.example.org:8545"));
        assert!(!allowed(&one, "localhost"));
        assert!(allowed(&Hosts::Any, "example.org"));
    }
}
