//! Who may use the API: whoever has a key, sent as `Authorization: Bearer flk_…` (RFC 6750).

use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::Response;

use crate::negotiate::text;
use crate::{Door, Problem};

/// The name of the key that a request came with: the source of what it brings.
#[derive(Clone, Debug)]
pub(crate) struct KeyName(pub(crate) String);

/// Lets only requests with a good key through.
pub(crate) async fn require_key(
    State(door): State<Door>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let given = text(request.headers(), AUTHORIZATION.as_str());
    let key = given.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let Some((_, key)) = key else {
        let detail = "send your API key with the request, as `Authorization: Bearer flk_…`";
        return Err(Problem::unauthorized("key.missing", detail));
    };
    let Some(name) = door.app.authenticate(key.trim()).await? else {
        let detail = "this API key is not good here; check that it is whole and belongs to this account";
        return Err(Problem::unauthorized("key.unknown", detail));
    };
    request.extensions_mut().insert(KeyName(name));
    Ok(next.run(request).await)
}
