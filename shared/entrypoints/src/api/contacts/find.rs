//! Contacts: found by address, listed, shown with what happened to them.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::HeaderMap;
use flusso_app::directory::Shown;
use flusso_app::search::Within;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::contact::{Contact, ContactSummary};
use super::timeline::TimelineEntry;
use crate::api::{Page, PageQuery};
use crate::auth::Caller;
use crate::input::{Asked, Id, JsonBody, page_size};
use crate::negotiate::language;
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

/// Most letters of a search.
const LONGEST_SEARCH: usize = 100;

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(list_contacts))
        .routes(routes!(get_contact))
        .routes(routes!(get_timeline))
        .routes(routes!(put_test))
}

/// How a contact is hidden.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum HiddenAs {
    /// It is put away.
    Archived,
    /// It is deleted, and may be restored.
    Deleted,
}

/// Which contacts.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ContactQuery {
    /// The one with this e-mail address.
    email: Option<String>,
    /// The one with this phone number, in international form (write `+` as `%2B`).
    phone: Option<String>,
    /// Those whose name, e-mail address or phone number has these words, whatever their case and accents: `ros`, `anna ros`,
    /// `anna@`, `333 12`.
    #[param(min_length = 2, max_length = 100)]
    search: Option<String>,
    /// Where in a word a `search` looks: `beginning`, if it is not said, is quick however many contacts there are;
    /// `anywhere` reads the names of all of them.
    #[param(inline)]
    within: Option<SearchWithin>,
    /// Those that are put away or deleted, in place of those that are neither.
    #[param(inline)]
    hidden: Option<HiddenAs>,
    /// The `cursor` of the page before.
    cursor: Option<String>,
    /// How many, 1 to 100; 50 if not given.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<usize>,
}

/// Where in a word a search looks.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum SearchWithin {
    /// At its beginning.
    Beginning,
    /// Anywhere in it.
    Anywhere,
}

/// All contacts, those that a search finds, or the one with an address or a number
///
/// With `email` or `phone` there is one item or none. With `search`, whoever is found stands in the order of the words that
/// begin so; a page may be short, or empty, and still have a `cursor`.
/// Contacts that are put away or deleted are listed only if `hidden` asks
/// for them.
#[utoipa::path(
    get, path = "/v1/contacts", tag = "contacts", params(ContactQuery),
    responses((status = 200, body = Page<ContactSummary>)),
)]
async fn list_contacts(
    State(door): State<Door>,
    Asked(asked): Asked<ContactQuery>,
) -> Result<Json<Page<ContactSummary>>, Problem> {
    let limit = page_size(asked.limit)?;
    if asked.search.is_some() && (asked.email.is_some() || asked.phone.is_some()) {
        let message = "search for some words, or ask for one `email` or `phone`: not both";
        return Err(Problem::invalid("search", "search.twice", message));
    }
    let (found, cursor) = if let Some(search) = &asked.search {
        if search.chars().count() > LONGEST_SEARCH {
            let message = format!("type at most {LONGEST_SEARCH} letters");
            return Err(Problem::invalid("search", "search.long", message));
        }
        let within = match asked.within {
            Some(SearchWithin::Anywhere) => Within::Anywhere,
            Some(SearchWithin::Beginning) | None => Within::Beginning,
        };
        let page = door.app.search(search, within, asked.cursor.as_deref(), limit).await?;
        (page.items, page.cursor)
    } else if asked.email.is_some() || asked.phone.is_some() {
        // A plus in a query is a blank.
        let phone = asked.phone.map(|phone| match phone.strip_prefix(' ') {
            Some(rest) => format!("+{rest}"),
            None => phone,
        });
        let found = door.app.find_contact(asked.email.as_deref(), phone.as_deref()).await?;
        (found.into_iter().collect(), None)
    } else {
        let shown = match asked.hidden {
            None => Shown::Active,
            Some(HiddenAs::Archived) => Shown::Archived,
            Some(HiddenAs::Deleted) => Shown::Deleted,
        };
        let page = door.app.contacts_that(shown, asked.cursor.as_deref(), limit).await?;
        (page.items, page.cursor)
    };
    let definitions = door.app.definitions().await?;
    let items = found.iter().map(|contact| ContactSummary::of(contact, &definitions)).collect();
    Ok(Json(Page { items, cursor }))
}

/// A contact
#[utoipa::path(
    get, path = "/v1/contacts/{id}", tag = "contacts",
    params(("id" = String, Path, description = "`con_…`")),
    responses((status = 200, body = Contact)),
)]
async fn get_contact(State(door): State<Door>, Id(id): Id) -> Result<Json<Contact>, Problem> {
    let contact = door.app.contact(&id).await?;
    Ok(Json(Contact::of(&contact, &*door.app.definitions().await?, door.app.now())))
}

/// Whether workflows are tried out with a contact.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Test {
    /// Whether they are.
    test: bool,
}

/// Try workflows out with a contact, or no more
///
/// A test contact waits little (`tests` of the account), is in no statistics, under no cap and gets no score, and its
/// messages go nowhere but to the addresses for tests. It is changed only while the contact is inside no workflow.
#[utoipa::path(
    put, path = "/v1/contacts/{id}/test", tag = "contacts",
    params(("id" = String, Path, description = "`con_…`")),
    request_body = Test,
    responses(
        (status = 200, body = Test),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`contact_in_use`: it is inside a workflow, or a message has not ended"),
    ),
)]
async fn put_test(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    Id(id): Id,
    JsonBody(asked): JsonBody<Test>,
) -> Result<Json<Test>, Problem> {
    door.app.set_test(&id, asked.test, &caller).await?;
    Ok(Json(asked))
}

/// What happened to a contact, the latest first
///
/// Each line has a stable code and a sentence in the reader's language (`Accept-Language`: English, Italian, Spanish).
#[utoipa::path(
    get, path = "/v1/contacts/{id}/timeline", tag = "contacts",
    params(("id" = String, Path, description = "`con_…`"), PageQuery),
    responses((status = 200, body = Page<TimelineEntry>)),
)]
async fn get_timeline(
    State(door): State<Door>,
    Id(id): Id,
    Asked(asked): Asked<PageQuery>,
    headers: HeaderMap,
) -> Result<Json<Page<TimelineEntry>>, Problem> {
    let page = door.app.timeline(&id, asked.cursor, page_size(asked.limit)?).await?;
    let definitions = door.app.definitions().await?;
    let words = language(&headers).words();
    let items = page.items.iter().map(|entry| TimelineEntry::of(entry, words, &definitions)).collect();
    Ok(Json(Page { items, cursor: page.cursor }))
}
