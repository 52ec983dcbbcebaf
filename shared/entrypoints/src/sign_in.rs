//! Signing in where the program runs on one machine: by a link that works once, which whoever can read the program's
//! output, or has its API key, hands to a browser. Links and sessions are kept in memory alone, by the hashes of their
//! tokens: a lookup tells nothing by the time that it takes, and a restart ends all of them.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::header::{COOKIE, REFERRER_POLICY, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use flusso_app::engine::ids::digest;
use serde::Deserialize;
use tokio::time::Instant;

use crate::input::Asked;
use crate::negotiate::language;
use crate::pages::{self, guard};
use crate::{Door, Problem};

/// Where links lead.
pub(crate) const PATH: &str = "/sign-in";
/// How long a link works.
pub(crate) const LINK_WORKS: Duration = Duration::from_mins(15);
/// How long a session lasts.
const SESSION_LASTS: Duration = Duration::from_hours(12);
/// Most links, and most sessions, at a time; the oldest gives way.
const MOST: usize = 100;
/// The name of the cookie.
const NAME: &str = "flusso_session";

/// The links that still work, and the sessions that are open. The clock is the machine's own, which nobody moves.
#[derive(Default)]
pub struct Sessions(Mutex<Open>);

#[derive(Default)]
struct Open {
    links: BTreeMap<[u8; 32], Instant>,
    sessions: BTreeMap<[u8; 32], Instant>,
}

impl Sessions {
    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a token of at least 128 random bits; the path and query of the link that signs in with it, once.
    pub fn link(&self, token: &str) -> String {
        keep(&mut self.open().links, token, LINK_WORKS);
        format!("{PATH}?token={token}")
    }

    /// Uses a link up; false if it does not work, or not any more.
    fn use_up(&self, token: &str) -> bool {
        let until = self.open().links.remove(&hash(token));
        until.is_some_and(|until| Instant::now() < until)
    }

    fn begin(&self, token: &str) {
        keep(&mut self.open().sessions, token, SESSION_LASTS);
    }

    fn end(&self, headers: &HeaderMap) {
        let mut open = self.open();
        for token in tokens(headers) {
            open.sessions.remove(&hash(token));
        }
    }

    /// Whether the request brings the cookie of a session that is open.
    pub(crate) fn is_open(&self, headers: &HeaderMap) -> bool {
        let (open, now) = (self.open(), Instant::now());
        tokens(headers).any(|token| open.sessions.get(&hash(token)).is_some_and(|until| now < *until))
    }
}

/// Keeps a token for so long; what is over goes, and the oldest of too many.
fn keep(kept: &mut BTreeMap<[u8; 32], Instant>, token: &str, lasts: Duration) {
    let now = Instant::now();
    kept.retain(|_, until| now < *until);
    if kept.len() >= MOST
        && let Some(oldest) = kept.iter().min_by_key(|(_, until)| **until).map(|(hash, _)| *hash)
    {
        kept.remove(&oldest);
    }
    kept.insert(hash(token), now + lasts);
}

fn hash(token: &str) -> [u8; 32] {
    digest(&["session", token])
}

/// What the cookies of that name hold.
fn tokens(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let cookies = lines.flat_map(|line| line.split(';')).filter_map(|cookie| cookie.trim().split_once('='));
    cookies.filter(|(name, _)| *name == NAME).map(|(_, token)| token)
}

/// The cookie that begins a session, or with no token ends it. Over https it goes over nothing else.
fn cookie(door: &Door, token: &str) -> Option<HeaderValue> {
    let lasts = if token.is_empty() { 0 } else { SESSION_LASTS.as_secs() };
    let secure = if door.app.public_url().starts_with("https://") { "; Secure" } else { "" };
    let cookie = format!("{NAME}={token}; HttpOnly; SameSite=Strict; Path=/; Max-Age={lasts}{secure}");
    HeaderValue::from_str(&cookie).ok()
}

/// What a link says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Link {
    token: Option<String>,
}

/// Whoever opens a link that works is signed in: as the owner, for the machine is theirs.
pub(crate) async fn show(
    State(door): State<Door>,
    Asked(Link { token }): Asked<Link>,
    request: Request,
) -> Result<Response, Problem> {
    let Some(sessions) = &door.options.sign_in else { return Err(elsewhere()) };
    let headers = request.headers();
    let page = || pages::signed_in(&door, language(headers));
    let Some(token) = token else {
        let detail = "sign in first: `flusso sign-in` prints a link, as the start of the program did";
        let missing = || Problem::unauthorized("sign_in.missing", detail);
        return if sessions.is_open(headers) { Ok(page().into_response()) } else { Err(missing()) };
    };
    // Whoever only asks whether there is something uses nothing up.
    if request.method() == Method::HEAD {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    if !sessions.use_up(&token) {
        let detail =
            "this link was used, or is older than a quarter of an hour; `flusso sign-in` prints another";
        return Err(Problem::unauthorized("sign_in.link", detail));
    }
    let session = door.app.secret_token();
    sessions.begin(&session);
    tracing::info!("somebody signed in by a link");
    let mut response = page().into_response();
    if let Some(cookie) = cookie(&door, &session) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response.headers_mut().insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    Ok(response)
}

/// Ends the session.
pub(crate) async fn out(State(door): State<Door>, request: Request) -> Result<Response, Problem> {
    let Some(sessions) = &door.options.sign_in else { return Err(elsewhere()) };
    guard::is_ours(&request, door.options.local.is_some())?;
    sessions.end(request.headers());
    tracing::info!("somebody signed out");
    let mut response = StatusCode::NO_CONTENT.into_response();
    if let Some(cookie) = cookie(&door, "") {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Where people sign in otherwise, there are no links.
pub(crate) fn elsewhere() -> Problem {
    Problem::not_found("sign_in.elsewhere", "people sign in here by the user pool, not by a link")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use super::*;

    fn with(token: &str) -> HeaderMap {
        HeaderMap::from_iter([(COOKIE, format!("a=b; {NAME}={token}; c").parse().unwrap())])
    }

    #[tokio::test(start_paused = true)]
    async fn a_link_works_once_and_for_a_quarter_of_an_hour() {
        let sessions = Sessions::default();
        assert_eq!(sessions.link("one"), "/sign-in?token=one");
        assert!(!sessions.use_up("other"));
        assert!(sessions.use_up("one") && !sessions.use_up("one"));
        sessions.link("two");
        tokio::time::advance(LINK_WORKS).await;
        assert!(!sessions.use_up("two"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_ends_by_itself_and_by_signing_out() {
        let sessions = Sessions::default();
        sessions.begin("s");
        assert!(sessions.is_open(&with("s")) && !sessions.is_open(&with("t")));
        assert!(!sessions.is_open(&HeaderMap::new()));
        tokio::time::advance(SESSION_LASTS).await;
        assert!(!sessions.is_open(&with("s")));
        sessions.begin("u");
        sessions.end(&with("u"));
        assert!(!sessions.is_open(&with("u")));
    }

    #[tokio::test(start_paused = true)]
    async fn of_too_many_the_oldest_gives_way() {
        let sessions = Sessions::default();
        for n in 0..=MOST {
            sessions.link(&n.to_string());
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        assert_eq!(sessions.open().links.len(), MOST);
        assert!(!sessions.use_up("0") && sessions.use_up(&MOST.to_string()));
    }
}
