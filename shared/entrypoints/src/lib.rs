//! The HTTP door: requests into use cases, outcomes into answers. Translation only; no decision is made here.
//!
//! [`router`] is everything; what only the program on one machine has (its mailbox, a clock that can be moved) comes
//! in by [`Options`], and without them those routes say so.
#![expect(
    clippy::result_large_err,
    reason = "a problem is made once in a request that fails, and moved a few times"
)]

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
mod problem;
pub mod words;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use utoipa_axum::router::OpenApiRouter;

pub use flusso_app as app;
pub use openapi::openapi;
pub use options::Options;
pub use problem::Problem;

use app::App;

/// What every handler may use.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) app: Arc<App>,
    pub(crate) options: Arc<Options>,
}

/// Every route, above the use cases.
pub fn router(app: Arc<App>, options: Options) -> Router {
    let door = Door { app, options: Arc::new(options) };
    let guard = from_fn_with_state(door.clone(), auth::require_key);
    let routes = documented(|api| api.route_layer(guard));
    let (router, _) = routes.split_for_parts();
    // The same API for people; the document speaks of it once.
    let people = from_fn_with_state(door.clone(), auth::require_person);
    let (people, _) = api::routes().route_layer(people).split_for_parts();
    let mut router = router.nest("/app", people).merge(openapi::routes()).merge(pages::public_routes());
    if door.options.local.is_some() {
        router = router.merge(pages::local_routes());
    }
    router
        .fallback(no_such_route)
        .method_not_allowed_fallback(no_such_method)
        .layer(from_fn_with_state(door.clone(), answer::finish))
        .with_state(door)
}

/// The routes that the OpenAPI document describes; `guard` stands before those of the API.
fn documented(guard: impl FnOnce(OpenApiRouter<Door>) -> OpenApiRouter<Door>) -> OpenApiRouter<Door> {
    let (mut open, mut api) = (forms::routes().merge(api::open_routes()), api::routes());
    openapi::complete(open.get_openapi_mut(), false);
    openapi::complete(api.get_openapi_mut(), true);
    OpenApiRouter::with_openapi(openapi::frame()).merge(open).merge(guard(api))
}

async fn no_such_route() -> Response {
    Problem::not_found("route.unknown", "there is nothing at this address; /openapi.json lists what there is")
        .into_response()
}

async fn no_such_method() -> Response {
    Problem::method_not_allowed().into_response()
}
