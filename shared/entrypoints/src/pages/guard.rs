//! Keeps pages of other sites away from the local pages: those show everybody's mail, and their buttons do things.

use axum::extract::Request;
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::Response;
use std::net::IpAddr;

use crate::Problem;
use crate::negotiate::text;

/// Lets a request through only if it names this machine, and if what changes something comes from our own page.
pub(super) async fn from_here_only(request: Request, next: Next) -> Result<Response, Problem> {
    is_from_here(&request)?;
    Ok(next.run(request).await)
}

/// Says no to a request that does not name this machine, or that would change something from another site's page.
fn is_from_here(request: &Request) -> Result<(), Problem> {
    let headers = request.headers();
    let host = text(headers, HOST.as_str());
    let is_safe = [Method::GET, Method::HEAD].contains(request.method());
    if !host.is_empty() && !is_local_name(host) {
        let detail = "these pages are shown only under the name or the address of this machine";
        return Err(Problem::forbidden("host.foreign", detail));
    }
    if !is_safe && !comes_from(headers, host) {
        let detail = "this button works only on the page where it stands";
        return Err(Problem::forbidden("site.foreign", detail));
    }
    Ok(())
}

/// Says no to a request by somebody's session that does not come from a page of ours, whatever it asks for; on one's own
/// machine also to one that names another.
pub(crate) fn is_ours(request: &Request, on_this_machine: bool) -> Result<(), Problem> {
    if on_this_machine {
        is_from_here(request)?;
    }
    let headers = request.headers();
    if !comes_from(headers, text(headers, HOST.as_str())) {
        let detail = "this address is for our own pages; another site can't ask for it";
        return Err(Problem::forbidden("site.foreign", detail));
    }
    Ok(())
}

/// Whether a host is an address or a name that nobody outside can make point here: one without a dot.
fn is_local_name(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    name.parse::<IpAddr>().is_ok() || !name.contains('.') || name.ends_with(".localhost")
}

/// Whether a request comes from a page of ours, as the browser says (Fetch Metadata; else its Origin). What says
/// neither is no browser.
fn comes_from(headers: &HeaderMap, host: &str) -> bool {
    match (text(headers, "sec-fetch-site"), text(headers, ORIGIN.as_str())) {
        ("same-origin" | "none", _) | ("", "") => true,
        ("", origin) => origin.split_once("://").is_some_and(|(_, origin)| origin == host),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_taken() {
        for host in
            ["localhost:8080", "127.0.0.1:8080", "[::1]:8080", "192.168.1.7", "flusso:8080", "a.localhost"]
        {
            assert!(is_local_name(host), "{host}");
        }
        for host in ["evil.example", "evil.example:8080", "127.0.0.1.evil.example"] {
            assert!(!is_local_name(host), "{host}");
        }
    }
}
