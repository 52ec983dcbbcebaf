//! `/l/{token}` and `/o/{token}`: a link of a message that was followed, and its picture that was shown. Who did it is judged
//! by what is known of programs that open mail before people do.

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION, USER_AGENT};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use flusso_app::engine::time::{Instant, Millis};
pub(super) use flusso_app::tracking::{LINK, PICTURE};
use flusso_app::tracking::{Seen, Who};

use crate::input::Id;
use crate::{Door, Problem};

/// Nobody reads and follows so fast.
const TOO_SOON: Millis = Millis::seconds(3);
/// What programs say of themselves that look at links and pictures before, or instead of, people.
const PROGRAMS: &[&str] = &[
    "bot",
    "crawl",
    "spider",
    "curl/",
    "wget",
    "python",
    "java/",
    "go-http",
    "okhttp",
    "headless",
    "phantom",
    "preview",
    "scanner",
    "barracuda",
    "proofpoint",
    "mimecast",
    "symantec",
    "fireeye",
    "trendmicro",
    "forcepoint",
    "sophos",
    "safelinks",
    "facebookexternalhit",
    "slack",
    "whatsapp/",
    "telegram",
    "skype",
    "validator",
    "axios",
    "node-fetch",
    "libwww",
    "ruby",
    "perl",
    "httpclient",
    "amazonbot",
    "amazon ses",
];
/// Headers by which browsers say that nobody has asked for it yet.
const AHEAD: &[&str] = &["sec-purpose", "purpose", "x-purpose", "x-moz"];
/// What Apple's mail says of itself when it fetches every picture, read or not.
const APPLE: &str = "Mozilla/5.0";
/// A picture of one transparent point.
const POINT: &[u8] =
    b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

/// Leads on. Only where we signed that it leads.
pub(super) async fn follow(
    State(door): State<Door>,
    Id(token): Id,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let seen = door.app.read_seen(LINK, &token)?;
    let (who, rule) = judge(&method, &headers, &seen, door.app.now());
    // Whoever follows a link gets where it leads, whatever becomes of the note.
    if let Err(error) = door.app.note_seen(&seen, who, rule).await {
        tracing::warn!(%error, "a click was not noted");
    }
    let url = seen.url.unwrap_or_default();
    Ok((StatusCode::FOUND, [(LOCATION, url), (CACHE_CONTROL, "no-store".to_owned())]).into_response())
}

/// Shows the picture.
pub(super) async fn show(
    State(door): State<Door>,
    Id(token): Id,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let seen = door.app.read_seen(PICTURE, &token)?;
    let (who, rule) = judge(&method, &headers, &seen, door.app.now());
    if let Err(error) = door.app.note_seen(&seen, who, rule).await {
        tracing::warn!(%error, "an open was not noted");
    }
    Ok(([(CONTENT_TYPE, "image/gif"), (CACHE_CONTROL, "no-store, private")], POINT).into_response())
}

/// Who it was, and by what that was told.
fn judge(method: &Method, headers: &HeaderMap, seen: &Seen, now: Instant) -> (Who, &'static str) {
    let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let lower = agent.to_ascii_lowercase();
    let ahead = AHEAD.iter().filter_map(|name| headers.get(*name)).filter_map(|value| value.to_str().ok());
    if method == Method::HEAD {
        (Who::Machine, "head")
    } else if ahead.into_iter().any(|value| value.contains("prefetch") || value.contains("preview")) {
        (Who::Machine, "prefetch")
    } else if PROGRAMS.iter().any(|program| lower.contains(program)) {
        (Who::Machine, "agent")
    } else if now.since(seen.sent_at) < TOO_SOON {
        (Who::Machine, "too_soon")
    } else if agent.is_empty() {
        (Who::Unknown, "no_agent")
    } else if agent == APPLE {
        (Who::Unknown, "apple")
    } else {
        (Who::Human, "person")
    }
}
