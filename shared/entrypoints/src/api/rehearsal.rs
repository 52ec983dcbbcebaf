//! `POST /v1/rehearsals`: the past of everybody, given to a draft.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use flusso_app::cost::{Counted, Item, Load, Prices, SesPlan};
use flusso_app::engine::time::Millis;
use flusso_app::rehearse;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Moment;
use crate::input::JsonBody;
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(rehearse))
}

/// Most days that are looked back.
const DAYS: u32 = 3_660;
/// Where AWS is paid if nothing is said.
const REGION: &str = "us-east-1";

/// Which document, and how far back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "source": "workflow: care\ntriggers: [{ event: order.completed }]\nsteps:\n  - add tag: cliente\n", "days": 30 }))]
struct Rehearse {
    /// The document of the workflow, YAML or JSON. It need not be saved.
    source: String,
    /// As if it had been active for so many days, up to now.
    #[schema(example = 365)]
    days: u32,
    /// The region whose prices count; `us-east-1`, if not given.
    region: Option<String>,
}

/// What it would have done. Nothing was sent, and nothing was written.
#[derive(Serialize, ToSchema)]
struct Rehearsal {
    /// From when on it would have been active.
    since: Moment,
    /// Whose past it was given.
    contacts: u64,
    /// How often somebody would have entered.
    entered: u64,
    /// How these would have ended: `completed`, `exited`, `failed`; the others would be inside.
    ended: BTreeMap<String, u64>,
    /// Messages that would have gone.
    sent: u64,
    /// The same by step.
    messages: BTreeMap<String, u64>,
    /// Messages that would not have gone, by reason, such as `capped`.
    skipped: BTreeMap<String, u64>,
    /// Of those that would have gone, how many within a day of one that really went for another workflow.
    overlaps: u64,
    /// Messages that really went for this workflow in that time.
    really: u64,
    /// Those who would have had the most messages, 100 at most.
    people: Vec<Recipient>,
    /// What it would have cost on AWS beyond what came anyway, in USD: waits that end, and messages by SES.
    cost_usd: f64,
    /// The same by service.
    cost: Vec<Cost>,
    /// Of which month the prices are.
    prices: String,
    /// Whether everybody's past was told; else it took too long.
    complete: bool,
}

/// What a service would have been paid.
#[derive(Serialize, ToSchema)]
struct Cost {
    /// The service.
    service: &'static str,
    /// For what.
    used: String,
    /// How much, in USD.
    usd: f64,
}

/// Somebody who would have had messages.
#[derive(Serialize, ToSchema)]
struct Recipient {
    /// `con_…`
    contact: String,
    /// Their name.
    name: String,
    /// How many.
    messages: u64,
}

/// Rehearse a workflow
///
/// Every contact's recorded events are given to the document once more, each at its time, as if no other workflow had been
/// there: what it would have sent, to whom, and what would have kept it from sending.
#[utoipa::path(
    post, path = "/v1/rehearsals", tag = "workflows", request_body = Rehearse,
    responses(
        (status = 200, body = Rehearsal),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "`problems` says what is wrong with the document"),
    ),
)]
async fn rehearse(
    State(door): State<Door>,
    JsonBody(asked): JsonBody<Rehearse>,
) -> Result<Json<Rehearsal>, Problem> {
    if !(1..=DAYS).contains(&asked.days) {
        return Err(Problem::invalid("days", "days.range", format!("1 to {DAYS} days")));
    }
    let (prices, date) = Prices::of(asked.region.as_deref().unwrap_or(REGION))?;
    let since = door.app.now() - Millis::hours(24 * i64::from(asked.days));
    let rehearse::Rehearsal {
        contacts,
        entered,
        ended,
        messages,
        skipped,
        overlaps,
        really,
        people,
        added,
        complete,
        ..
    } = door.app.rehearse(&asked.source, since).await?;
    let people = people.into_iter();
    let cost = Counted::stored()?.of_person(&added, Load::Alone).bill(&prices, Some(SesPlan::Essentials));
    Ok(Json(Rehearsal {
        since: Moment::of(since, &*door.app.definitions().await?),
        contacts,
        entered,
        ended: ended.into_iter().map(|(name, many)| (name.to_owned(), many)).collect(),
        sent: messages.values().sum(),
        messages: messages.into_iter().map(|(step, many)| (step.to_string(), many)).collect(),
        skipped,
        overlaps,
        really,
        people: people
            .map(|(contact, name, messages)| Recipient { contact: contact.to_string(), name, messages })
            .collect(),
        cost_usd: cost.iter().map(|item| item.usd).sum(),
        cost: cost.into_iter().map(|Item { service, used, usd }| Cost { service, used, usd }).collect(),
        prices: date,
        complete,
    }))
}
