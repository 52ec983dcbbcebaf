//! The HTTP door: requests into use cases, outcomes into answers. Translation only; no decision is made here.
//!
//! [`router`] is everything; what only the program on one machine has (its mailbox, a clock that can be moved) comes
//! in by [`Options`], and without them those routes say so.
#![expect(
    clippy::result_large_err,
    reason = "a problem is made once in a request that fails, and moved a few times"
)]

mod access;
mod answer;
mod api;
mod auth;
mod forms;
mod input;
#[cfg(feature = "lambda")]
pub mod lambda;
mod negotiate;
mod openapi;
pub mod options;
mod pages;
mod picture;
mod problem;
mod routes;
mod sign_in;
pub mod words;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};

pub use auth::SignedIn;
pub use flusso_app as app;
#[cfg(feature = "openapi")]
pub use openapi::openapi;
pub use options::Options;
pub use problem::Problem;

use app::App;
use routes::Routes;

/// What every handler may use.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) app: Arc<App>,
    pub(crate) options: Arc<Options>,
}

/// Every route, above the use cases.
pub fn router(app: Arc<App>, options: Options) -> Router {
    let door = Door::new(app, options);
    let mut router = contacts(&door).merge(audience(&door)).merge(rest(&door)).merge(visitors());
    if door.options.local.is_some() {
        router = router.merge(pages::local_routes());
    }
    if door.options.sign_in.is_some() {
        router = router.merge(pages::sign_in_routes());
    }
    door.finish(router)
}

/// What visitors of the public addresses ask: the forms of web sites, the pages behind the links of a mail.
pub fn visitors_router(app: Arc<App>, options: Options) -> Router {
    Door::new(app, options).finish(visitors())
}

/// What the API has of one person, for machines and for those who sign in.
pub fn contacts_router(app: Arc<App>, options: Options) -> Router {
    let door = Door::new(app, options);
    let router = contacts(&door);
    door.finish(router)
}

/// What the API has of many people, for machines and for those who sign in.
pub fn audience_router(app: Arc<App>, options: Options) -> Router {
    let door = Door::new(app, options);
    let router = audience(&door);
    door.finish(router)
}

/// The rest of the API, for machines and for those who sign in.
pub fn admin_router(app: Arc<App>, options: Options) -> Router {
    let door = Door::new(app, options);
    let router = rest(&door);
    door.finish(router)
}

impl Door {
    fn new(app: Arc<App>, options: Options) -> Self {
        Self { app, options: Arc::new(options) }
    }

    /// What is so for every request, whatever it asks for.
    fn finish(self, router: Router<Self>) -> Router {
        router
            .fallback(no_such_route)
            .method_not_allowed_fallback(no_such_method)
            .layer(from_fn_with_state(self.clone(), answer::finish))
            .with_state(self)
    }
}

fn visitors() -> Router<Door> {
    forms::routes().into_router().merge(pages::public_routes())
}

fn contacts(door: &Door) -> Router<Door> {
    guarded(door, api::contact_routes)
}

fn audience(door: &Door) -> Router<Door> {
    guarded(door, api::audience_routes)
}

fn rest(door: &Door) -> Router<Door> {
    guarded(door, api::routes).merge(api::open_routes().into_router()).merge(openapi::routes())
}

/// The same routes for machines and, below `/app`, for people who signed in. The document speaks of them once.
fn guarded(door: &Door, routes: fn() -> Routes) -> Router<Door> {
    let machines = from_fn_with_state(door.clone(), auth::require_key);
    let people = from_fn_with_state(door.clone(), auth::require_person);
    let router = routes().into_router().route_layer(machines);
    router.nest("/app", routes().into_router().route_layer(people))
}

async fn no_such_route() -> Response {
    Problem::not_found("route.unknown", "there is nothing at this address; /openapi.json lists what there is")
        .into_response()
}

async fn no_such_method() -> Response {
    Problem::method_not_allowed().into_response()
}
