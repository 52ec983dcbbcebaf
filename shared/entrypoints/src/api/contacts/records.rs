//! What belongs to a contact and stands somewhere: deals, quotes, tasks, coupons, offers, appointments, plans, invoices.
//! One route for all of them.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode};
use flusso_app::engine::contact::record::{self, Sort};
use flusso_app::engine::definitions::Definitions;
use flusso_app::hand::ByHand;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use crate::api::page::cut;
use crate::api::{Moment, Page, PageQuery};
use crate::auth::Caller;
use crate::input::{Asked, Ids, JsonBody, Three, idempotency_key, page_size};
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(list_records, post_record))
        .routes(routes!(get_record, patch_record))
        .routes(routes!(list_tasks))
}

/// Something that belongs to a contact.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": "D-1", "created_at": { "utc": "2026-11-22T09:00:00Z", "local": "2026-11-22 10:00:00 Europe/Rome" },
    "title": "Cucina su misura", "pipeline": "Vendite", "stage": "Offerta", "stage_at": "2026-11-22T09:00:00Z",
    "status": "open", "status_at": "2026-11-22T09:00:00Z", "value": 1_200_000, "currency": "EUR",
}))]
pub(crate) struct Record {
    /// Its id: of a coupon the code, of an offer or a plan its name.
    id: String,
    /// When it was made.
    created_at: Moment,
    /// What is known of it: `stage` and `stage_at`, since when it stands there, and so on.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    values: Map<String, Value>,
}

/// What is said of a record. Of a deal `title`, `pipeline`, `stage`, `status` (open, won, lost, abandoned), `value`,
/// `currency`, `owner`, `reason`; of a quote `title`, `state` (draft, sent, viewed, accepted, rejected, expired), `stage`,
/// `value`, `currency`, `deal`; of a task `title`, `assignee`, `due`, `state` (open, done); of a coupon `pool`, `state`
/// (issued, viewed, redeemed, expired), `valid_until`; of an offer `until`, `state` (granted, revoked); of an appointment
/// `calendar`, `starts_at`, `state` (booked, cancelled, attended, missed); of a plan `state` (active, cancel_requested,
/// cancelled), `ends_at`, `value`, `currency`; of an invoice `number`, `state` (draft, sent, due, overdue, paid, void),
/// `amount`, `currency`, `due`, `paid_at`, `link`. Money is in minor units (cents), a time in RFC 3339.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({ "id": "D-1", "title": "Cucina su misura", "pipeline": "Vendite", "stage": "Nuovo" }))]
struct Said {
    /// Your own id of it, when it is made; one is drawn, if none is given. Of a coupon it is the code, of an offer or a plan
    /// the name.
    id: Option<String>,
    /// What is said of it.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    values: Map<String, Value>,
}

/// Whose tasks.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct TaskQuery {
    /// The colleague, by id; if none is given, the tasks of nobody.
    #[serde(default)]
    #[param(example = "giulia")]
    assignee: String,
    /// The `cursor` of the page before.
    cursor: Option<String>,
    /// How many, 1 to 100; 50 if not given.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<usize>,
}

/// A task that is not done, and whose it is.
#[derive(Serialize, ToSchema)]
struct OpenTask {
    /// The contact: `con_…`.
    contact: String,
    /// The contact's name, address or number.
    contact_name: String,
    /// The task.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    task: Record,
}

/// What a contact has of one sort, the newest first
#[utoipa::path(
    get, path = "/v1/contacts/{id}/{sort}", tag = "contacts",
    params(
        ("id" = String, Path, description = "`con_…`"),
        ("sort" = String, Path, description = "`deals`, `quotes`, `tasks`, `coupons`, `offers`, `appointments`, `plans` or `invoices`"),
        PageQuery,
    ),
    responses((status = 200, body = Page<Record>)),
)]
async fn list_records(
    State(door): State<Door>,
    Ids(id, sort): Ids,
    Asked(asked): Asked<PageQuery>,
) -> Result<Json<Page<Record>>, Problem> {
    let sort = sort_of(&sort)?;
    let definitions = door.app.definitions().await?;
    let records = door.app.records(&id, sort).await?;
    let items = records.iter().map(|(id, record)| Record::of(sort, id, record, &definitions));
    cut(items, &asked, |one| &one.id)
}

/// Make one of them
///
/// It is an event like any other, such as `deal.created`, `offer.granted` or `appointment.booked`: workflows see it before
/// this answers.
#[utoipa::path(
    post, path = "/v1/contacts/{id}/{sort}", tag = "contacts",
    params(
        ("id" = String, Path, description = "`con_…`"),
        ("sort" = String, Path, description = "`deals`, `quotes`, `tasks`, `coupons`, `offers`, `appointments`, `plans` or `invoices`"),
        ("Idempotency-Key" = Option<String>, Header, description = "Names the request: the same one counts once"),
    ),
    request_body = Said,
    responses(
        (status = 201, body = Record),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`id_taken`: there is one with that id; `limit_reached`: the contact has all that it can have"),
    ),
)]
async fn post_record(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    Ids(contact, sort): Ids,
    headers: HeaderMap,
    JsonBody(said): JsonBody<Said>,
) -> Result<(StatusCode, Json<Record>), Problem> {
    let sort = sort_of(&sort)?;
    let hand = ByHand { contact, caller, key: idempotency_key(&headers)? };
    let (contact, id) = door.app.make_record(&hand, sort, said.id.as_deref(), said.values).await?;
    let record = shown(&door, &contact, sort, &id).await?;
    Ok((StatusCode::CREATED, Json(record)))
}

/// One of them
#[utoipa::path(
    get, path = "/v1/contacts/{id}/{sort}/{record}", tag = "contacts",
    params(
        ("id" = String, Path, description = "`con_…`"),
        ("sort" = String, Path, description = "`deals`, `quotes`, `tasks`, `coupons`, `offers`, `appointments`, `plans` or `invoices`"),
        ("record" = String, Path, description = "Its id"),
    ),
    responses((status = 200, body = Record)),
)]
async fn get_record(
    State(door): State<Door>,
    Three(contact, sort, id): Three,
) -> Result<Json<Record>, Problem> {
    let sort = sort_of(&sort)?;
    let contact = door.app.contact(&contact).await?;
    Ok(Json(shown(&door, &contact, sort, &id).await?))
}

/// Change one of them
///
/// What is not named stays as it is. Where it stands is said by its `status` or `state`, and is an event of its own:
/// `deal.won`, `task.completed`, `offer.revoked`, `invoice.paid`.
#[utoipa::path(
    patch, path = "/v1/contacts/{id}/{sort}/{record}", tag = "contacts",
    params(
        ("id" = String, Path, description = "`con_…`"),
        ("sort" = String, Path, description = "`deals`, `quotes`, `tasks`, `coupons`, `offers`, `appointments`, `plans` or `invoices`"),
        ("record" = String, Path, description = "Its id"),
        ("Idempotency-Key" = Option<String>, Header, description = "Names the request: the same one counts once"),
    ),
    request_body = Said,
    responses((status = 200, body = Record)),
)]
async fn patch_record(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    Three(contact, sort, id): Three,
    headers: HeaderMap,
    JsonBody(said): JsonBody<Said>,
) -> Result<Json<Record>, Problem> {
    let sort = sort_of(&sort)?;
    if said.id.is_some_and(|said| said != id) {
        return Err(Problem::invalid("id", "id.fixed", "an id stays what it is; make another one instead"));
    }
    let hand = ByHand { contact, caller, key: idempotency_key(&headers)? };
    let contact = door.app.change_record(&hand, sort, &id, said.values).await?;
    Ok(Json(shown(&door, &contact, sort, &id).await?))
}

/// The open tasks of a colleague, the next one first
#[utoipa::path(
    get, path = "/v1/tasks", tag = "contacts", params(TaskQuery),
    responses((status = 200, body = Page<OpenTask>)),
)]
async fn list_tasks(
    State(door): State<Door>,
    Asked(asked): Asked<TaskQuery>,
) -> Result<Json<Page<OpenTask>>, Problem> {
    let page = door.app.open_tasks(&asked.assignee, asked.cursor, page_size(asked.limit)?).await?;
    let definitions = door.app.definitions().await?;
    let items = page.items.into_iter().filter_map(|(contact, id)| {
        let task = contact.profile.objects.records.get(Sort::Task, &id)?;
        let task = Record::of(Sort::Task, &id, task, &definitions);
        Some(OpenTask { contact: contact.id.to_string(), contact_name: contact.profile.display_name(), task })
    });
    Ok(Json(Page { items: items.collect(), cursor: page.cursor }))
}

/// By the name in an address: `deals`.
fn sort_of(name: &str) -> Result<Sort, Problem> {
    name.strip_suffix('s').and_then(Sort::by_word).ok_or_else(|| {
        let detail = format!("a contact has no `{name}`; /openapi.json lists what there is");
        Problem::not_found("sort.unknown", detail)
    })
}

async fn shown(
    door: &Door,
    contact: &flusso_app::engine::contact::Contact,
    sort: Sort,
    id: &str,
) -> Result<Record, Problem> {
    let word = sort.spec().word;
    let record = contact.profile.objects.records.get(sort, id).ok_or_else(|| {
        Problem::not_found(&format!("{word}.unknown"), format!("there is no {word} `{id}`"))
    })?;
    Ok(Record::of(sort, id, record, &*door.app.definitions().await?))
}

impl Record {
    fn of(sort: Sort, id: &str, record: &record::Record, definitions: &Definitions) -> Self {
        let mut values = record.view(sort, id);
        values.remove(sort.spec().word);
        Self { id: id.to_owned(), created_at: Moment::of(record.created_at, definitions), values }
    }
}
