//! Pages for people: made here, with no script, and with nothing from elsewhere.

mod confirm;
mod contact;
mod document;
pub(crate) mod guard;
mod mail;
mod seen;
mod sign_up;
mod unsubscribe;

use std::sync::OnceLock;

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::middleware::from_fn;
use axum::response::{Html, IntoResponse};
use axum::routing::{get, post};
use flusso_app::engine::definitions::Definitions;
use minijinja::Environment;
use minijinja::value::Serde;
use serde_json::{Value, json};

use crate::sign_in;
use crate::words::Language;
use crate::{Door, Problem};

/// The media type of a page.
pub(crate) const HTML: &str = "text/html; charset=utf-8";

const STYLE: &str = include_str!("style.css");
const ICON: &str = include_str!("icon.svg");
const TEMPLATES: &[(&str, &str)] = &[
    ("layout.html", include_str!("layout.html")),
    ("thanks.html", include_str!("thanks.html")),
    ("problem.html", include_str!("problem.html")),
    ("unsubscribe.html", include_str!("unsubscribe.html")),
    ("confirm.html", include_str!("confirm.html")),
    ("signed_in.html", include_str!("signed_in.html")),
    ("sign_up.html", include_str!("sign_up.html")),
    ("mailbox.html", include_str!("mailbox.html")),
    ("mail.html", include_str!("mail.html")),
    ("contact.html", include_str!("contact.html")),
];

/// What every platform serves.
pub(crate) fn public_routes() -> Router<Door> {
    Router::new()
        .route("/style.css", get(style))
        .route("/icon.svg", get(icon))
        .route(&format!("{}/{{token}}", unsubscribe::PATH), get(unsubscribe::show).post(unsubscribe::leave))
        .route(&format!("{}/{{token}}", document::PATH), get(document::show))
        .route(&format!("{}/{{token}}", seen::LINK), get(seen::follow))
        .route(&format!("{}/{{token}}", seen::PICTURE), get(seen::show))
        .route(&format!("{}/{{token}}", confirm::PATH), get(confirm::show).post(confirm::confirm))
}

/// What only the program on one machine serves: whoever reaches it may read the mail of everybody.
pub(crate) fn local_routes() -> Router<Door> {
    Router::new()
        .route("/", get(sign_up::show))
        .route("/mailbox", get(mail::list))
        .route("/mailbox/{seq}", get(mail::show))
        .route("/mailbox/{seq}/open", post(mail::open))
        .route("/mailbox/{seq}/reply", post(mail::reply))
        .route("/mailbox/{seq}/click", post(mail::click))
        .route("/mailbox/{seq}/deliver", post(mail::deliver))
        .route("/mailbox/{seq}/fail", post(mail::fail))
        .route("/mailbox/{seq}/stop", post(mail::stop))
        .route("/mailbox/{seq}/later", post(mail::later))
        .route("/contacts/{id}", get(contact::show))
        .layer(from_fn(guard::from_here_only))
}

/// Where people sign in by a link.
pub(crate) fn sign_in_routes() -> Router<Door> {
    Router::new().route(sign_in::PATH, get(sign_in::show)).route("/sign-out", post(sign_in::out))
}

/// The page that says that one is signed in.
pub(crate) fn signed_in(door: &Door, language: Language) -> Html<String> {
    page("signed_in.html", language, json!({ "local": door.options.local.is_some() }))
}

/// The page that thanks for a submission.
pub(crate) fn thanks(door: &Door, language: Language) -> String {
    render("thanks.html", language, json!({ "local": door.options.local.is_some() }))
}

/// The page that says what is wrong; `back` is where the visitor came from.
pub(crate) fn problem(door: &Door, language: Language, problem: &Problem, back: &str) -> String {
    let words = language.words();
    let said = problem.errors.iter().filter_map(|error| words.problem(&error.code, &error.field));
    let mut said: Vec<String> = said.collect();
    if said.is_empty() {
        said.extend(words.problem(&problem.code, ""));
    }
    let missing = problem.status == 404;
    if said.is_empty() {
        said.push(match problem.status {
            404 => words.pages.not_found_text.to_owned(),
            500.. => words.pages.problem_again.to_owned(),
            // The details are written for programs, in English.
            _ if language == Language::English => problem.detail.clone(),
            _ => words.pages.problem_other.to_owned(),
        });
    }
    let is_address = back.starts_with("https://") || back.starts_with("http://");
    let context = json!({
        "missing": missing,
        "said": said,
        "code": problem.code,
        "back": is_address.then_some(back),
        "local": door.options.local.is_some(),
    });
    render("problem.html", language, context)
}

/// A page in the reader's language, with the words at hand as `w`.
fn page(name: &str, language: Language, context: Value) -> Html<String> {
    Html(render(name, language, context))
}

fn render(name: &str, language: Language, mut context: Value) -> String {
    let words = language.words();
    context["w"] = serde_json::to_value(&words.pages).unwrap_or_default();
    context["language"] = words.code.into();
    let rendered = environment().get_template(name).and_then(|page| page.render(Serde(context)));
    rendered.unwrap_or_else(|error| {
        tracing::error!(page = name, %error, "a page could not be made");
        String::new()
    })
}

/// What stands at the foot of every local page: the time and the zone, named once.
fn foot(door: &Door, language: Language, definitions: &Definitions) -> Value {
    let now = language.words().moment(door.app.now(), definitions);
    json!({ "now": now, "zone": &*definitions.account.zone })
}

fn environment() -> &'static Environment<'static> {
    static ENVIRONMENT: OnceLock<Environment<'static>> = OnceLock::new();
    ENVIRONMENT.get_or_init(|| {
        let mut environment = Environment::new();
        for (name, source) in TEMPLATES {
            if let Err(error) = environment.add_template(name, source) {
                tracing::error!(page = name, %error, "a page can't be read");
            }
        }
        environment
    })
}

async fn style() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "max-age=3600")], STYLE)
}

async fn icon() -> impl IntoResponse {
    ([(CONTENT_TYPE, "image/svg+xml"), (CACHE_CONTROL, "max-age=3600")], ICON)
}
