//! Links by which somebody signs in where the program runs on one machine.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::routes::{Routes, routes};
use crate::sign_in::{LINK_WORKS, elsewhere};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(create_sign_in_link))
}

/// A link that signs in as the owner.
#[derive(Serialize, ToSchema)]
struct SignInLink {
    /// Its path and query, below the address at which this installation is reached. It works once.
    #[schema(example = "/sign-in?token=…")]
    path: String,
    /// For how many seconds it works.
    #[schema(example = 900)]
    seconds: u64,
}

/// Make a link to sign in
///
/// Whoever opens it first, within a quarter of an hour, is signed in as the owner.
#[utoipa::path(
    post, path = "/v1/sign-in-links", tag = "local",
    responses(
        (status = 201, body = SignInLink, description = "Made; it is shown only now"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "`sign_in.elsewhere`: people sign in by the user pool"),
    ),
)]
async fn create_sign_in_link(State(door): State<Door>) -> Result<(StatusCode, Json<SignInLink>), Problem> {
    let sessions = door.options.sign_in.as_ref().ok_or_else(elsewhere)?;
    let path = sessions.link(&door.app.secret_token());
    Ok((StatusCode::CREATED, Json(SignInLink { path, seconds: LINK_WORKS.as_secs() })))
}
