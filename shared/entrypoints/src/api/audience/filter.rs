//! `POST /v1/filters`: who fulfils a condition at this moment, before anybody saves it as a segment.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::PageQuery;
use crate::api::contacts::ContactSummary;
use crate::api::workflows::document;
use crate::input::{Asked, Body, page_size};
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(filter_contacts))
}

/// Who fulfils a condition, as far as one call has looked.
#[derive(Serialize, ToSchema)]
struct FilteredContacts {
    /// How many contacts were looked at.
    seen: u64,
    /// How many of them fulfil it.
    matches: u64,
    /// Of how many nobody knows: it counts events that are counted only once a segment or a workflow asks for them.
    unknown: u64,
    /// The first of those who fulfil it, as many as were asked for.
    items: Vec<ContactSummary>,
    /// With what to go on, adding up; absent when everybody was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
    /// What a job would have to do that looks at everybody; absent if this call did, or went on from a cursor.
    #[serde(skip_serializing_if = "Option::is_none")]
    by_job: Option<FilterJob>,
}

/// What a job takes that looks at everybody: `POST /v1/filters/jobs` begins it.
#[derive(Serialize, ToSchema)]
struct FilterJob {
    /// How many contacts there are, about.
    contacts: u64,
    /// What AWS is paid for it, about, in USD at the prices of us-east-1. On one machine nothing is.
    #[schema(example = 0.02)]
    usd: f64,
}

/// Look who fulfils a condition
///
/// The document is that of a segment, and nothing of it is kept. On AWS one call looks at 20,000 contacts at most, and
/// nowhere for more than about eight seconds: `matches` is then of a sample, `by_job` says what a job costs that looks at
/// everybody, and `cursor` goes on from there by hand.
#[utoipa::path(
    post, path = "/v1/filters", tag = "contacts", params(PageQuery),
    request_body(content(
        (String = "application/yaml", example = "who: { all: [{ tag: cliente }, { field: { city: Roma } }] }\n"),
        (String = "text/yaml", example = "who: { all: [{ tag: cliente }, { field: { city: Roma } }] }\n"),
        (Object = "application/json", example = json!({ "who": { "all": [{ "tag": "cliente" }, { "field": { "city": "Roma" } }] } })),
    )),
    responses(
        (status = 200, body = FilteredContacts),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "`problems` says where it can't be read"),
    ),
)]
async fn filter_contacts(
    State(door): State<Door>,
    Asked(asked): Asked<PageQuery>,
    headers: HeaderMap,
    Body(bytes): Body,
) -> Result<Json<FilteredContacts>, Problem> {
    let source = document(&headers, &bytes)?;
    let most = page_size(asked.limit)?;
    let found = door.app.filter(source, asked.cursor.as_deref(), most).await;
    let found = found.map_err(|error| Problem::of_error(error, "segment"))?;
    let definitions = door.app.definitions().await?;
    Ok(Json(FilteredContacts {
        seen: found.seen,
        matches: found.matches,
        unknown: found.unknown,
        items: found.items.iter().map(|contact| ContactSummary::of(contact, &definitions)).collect(),
        cursor: found.cursor,
        by_job: found.rest.map(|rest| FilterJob { contacts: rest.contacts, usd: rest.usd }),
    }))
}
