//! Who may use the API: under `/v1` whoever has a key, sent as `Authorization: Bearer flk_…` (RFC 6750); under `/app/v1`
//! people who signed in.

use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::Response;

use crate::negotiate::text;
use crate::pages::guard;
use crate::{Door, Problem};

/// Who a request comes from, as the source of what it brings: `api:<key's name>` or `person:<id>`.
#[derive(Clone, Debug)]
pub(crate) struct Caller(pub(crate) String);

/// A person whose sign-in was checked before the request came here.
#[derive(Clone, Debug)]
pub(crate) struct SignedIn {
    /// The id that the sign-in gave.
    pub(crate) id: String,
}

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
    request.extensions_mut().insert(Caller(format!("api:{name}")));
    Ok(next.run(request).await)
}

/// Lets only requests of people who signed in through. On one machine, in the stage for trying things out, that is
/// whoever sits at it.
pub(crate) async fn require_person(
    State(door): State<Door>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let id = match request.extensions().get::<SignedIn>() {
        Some(person) => person.id.clone(),
        None if door.options.local.is_some() => {
            guard::is_from_here(&request)?;
            "local".to_owned()
        }
        None => return Err(Problem::unauthorized("sign_in.missing", "sign in to use this address")),
    };
    request.extensions_mut().insert(Caller(format!("person:{id}")));
    Ok(next.run(request).await)
}
