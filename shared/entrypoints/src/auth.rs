//! Who asks: under `/v1` whoever has a key, sent as `Authorization: Bearer flk_…` (RFC 6750); under `/app/v1` people who
//! signed in. What they may do is looked up in `access`.

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::Response;
use flusso_app::engine::colleague::Role;
use flusso_app::rights::{Person, Rights};

use crate::access::{self, Asker};
use crate::negotiate::text;
use crate::pages::guard;
use crate::{Door, Problem};

/// Who a request comes from, as the source of what it brings: `api:<key's name>` or `person:<user's name>`.
#[derive(Clone, Debug)]
pub(crate) struct Caller(pub(crate) String);

/// What the caller may do.
#[derive(Clone, Debug)]
pub(crate) struct Granted {
    /// As what they ask.
    pub(crate) asker: Asker,
    /// What they may do.
    pub(crate) rights: Rights,
}

impl Granted {
    /// Refuses to give what the caller has not got.
    pub(crate) fn may_give(&self, gift: &Rights) -> Result<(), Problem> {
        access::check_gift(self.asker, &self.rights, gift)
    }

    /// Refuses what needs a scope that the caller has not got.
    pub(crate) fn may(&self, scope: &str) -> Result<(), Problem> {
        if self.rights.allow(scope) { Ok(()) } else { Err(access::refusal(self.asker, scope)) }
    }
}

/// A person whose token was checked before the request came here: a platform puts it into the request's extensions.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Their address, if whoever signed them in has verified it.
    pub email: Option<String>,
}

/// Lets only requests through that have a good key, which is good for them.
pub(crate) async fn require_key(
    State(door): State<Door>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let given = text(request.headers(), AUTHORIZATION.as_str());
    let key = given.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let Some((_, key)) = key else {
        let detail = "send your API key with the request, as `Authorization: Bearer flk_…`";
        return Err(Problem::unauthorized("key.missing", detail));
    };
    let Some((name, rights)) = door.app.authenticate(key.trim()).await? else {
        let detail = "this API key is not good here; check that it is whole and belongs to this account";
        return Err(Problem::unauthorized("key.unknown", detail));
    };
    let granted = Granted { asker: Asker::Key, rights };
    Ok(next.run(allowed(request, format!("api:{name}"), granted)?).await)
}

/// Lets only requests of people through who signed in, and may do that. On AWS their token was checked before; on one
/// machine they bring the cookie of a session, and only from our own pages.
pub(crate) async fn require_person(
    State(door): State<Door>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let person = match (request.extensions().get::<SignedIn>().cloned(), &door.options.sign_in) {
        (Some(SignedIn { email }), _) => known(&door, email).await?,
        (None, Some(sessions)) => {
            guard::is_ours(&request, door.options.local.is_some())?;
            if !sessions.is_open(request.headers()) {
                let detail = "sign in first: `flusso sign-in` prints a link, as the start of the program did";
                return Err(Problem::unauthorized("sign_in.missing", detail));
            }
            Person { name: "local".to_owned(), role: Role::Owner }
        }
        (None, None) => {
            return Err(Problem::unauthorized("sign_in.missing", "sign in to use this address"));
        }
    };
    let granted = Granted { asker: Asker::Person(person.role), rights: Rights::of(person.role) };
    Ok(next.run(allowed(request, format!("person:{}", person.name), granted)?).await)
}

/// The colleague who signed in.
async fn known(door: &Door, email: Option<String>) -> Result<Person, Problem> {
    let Some(email) = email else {
        let detail = "this token names no verified e-mail address; send the ID token of the sign-in, not its access token, and verify the address first";
        return Err(Problem::not_allowed("user.unknown", detail));
    };
    let person = door.app.person(&email, door.options.first_owner.as_deref()).await?;
    person.ok_or_else(|| {
        let detail = "whoever signed in is no colleague here; an owner can say who that is, with PUT /v1/users/… and this address as `email`";
        Problem::not_allowed("user.unknown", detail)
    })
}

/// The request with who asks, if they may.
fn allowed(mut request: Request, caller: String, granted: Granted) -> Result<Request, Problem> {
    // The pattern, so that nothing in an address can be taken for a part of it.
    let pattern = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let pattern = pattern.strip_prefix("/app").unwrap_or(pattern);
    access::check(granted.asker, &granted.rights, request.method(), pattern)?;
    request.extensions_mut().insert(Caller(caller));
    request.extensions_mut().insert(granted);
    Ok(request)
}
