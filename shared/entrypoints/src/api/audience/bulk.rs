//! `POST /v1/bulk`: one thing done to many contacts, by a job.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode};
use flusso_app::jobs::{Bulk, BulkAct};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::message::BulkMessage;
use super::whom::Whom;
use crate::api::contacts::ContactAct;
use crate::api::jobs::BegunJob;
use crate::auth::Caller;
use crate::input::{JsonBody, check_length, idempotency_key};
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

/// Most contacts that a job can be told to have enter within an hour.
const MOST_PER_HOUR: u32 = 1_000_000;

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(begin_bulk)).routes(routes!(preview_bulk))
}

/// A bulk action: one of `add_tag`, `remove_tag`, `join_list`, `leave_list`, `join_group`, `leave_group`, `set`, `enroll`,
/// `send`, `move_deals`, `contact`; to one of `contacts`, `segment`, `list`, `who`, `all`.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({ "name": "Promo di Natale", "add_tag": "promo-natale", "segment": "clienti-attivi", "triggers": false }))]
struct BulkAction {
    /// What it is called.
    #[schema(example = "Promo di Natale", min_length = 1)]
    name: String,
    /// They have this tag.
    add_tag: Option<String>,
    /// They have it no more.
    remove_tag: Option<String>,
    /// They are on this list.
    join_list: Option<String>,
    /// They are on it no more.
    leave_list: Option<String>,
    /// They are in this group.
    join_group: Option<String>,
    /// They are in it no more.
    leave_group: Option<String>,
    /// They have these values in these fields, `owner` and `status` among them; null clears one. Not `email` and `phone`.
    #[schema(value_type = Option<Object>, example = json!({ "city": "Roma" }))]
    set: Option<Map<String, Value>>,
    /// They enter this workflow, if it admits them; whoever it does not is a failure, with the reason.
    #[schema(example = "benvenuto")]
    enroll: Option<String>,
    /// With `enroll`: values that the workflow's steps may read as those of the event.
    #[schema(value_type = Option<Object>)]
    data: Option<Map<String, Value>>,
    /// With `enroll` and `send`: so many an hour at most; as fast as it goes, if it is not said.
    #[schema(minimum = 1, maximum = 1_000_000)]
    per_hour: Option<u32>,
    /// They get this message: a campaign, which is a workflow of its own (`campaign-…`, by the name of the action) that
    /// triggers, conditions and statistics can name. Each gets it once, if the gate lets it through.
    send: Option<BulkMessage>,
    /// Their open deals of a pipeline go to a stage.
    move_deals: Option<DealsMove>,
    /// They are put away, deleted, or taken back. Selections have in them only who is not hidden; of taking back, only who
    /// is hidden in that way.
    contact: Option<ContactAct>,
    /// Up to 1,000 contacts, `con_…`.
    #[schema(max_items = 1000)]
    contacts: Option<Vec<String>>,
    /// The members of a segment.
    segment: Option<String>,
    /// Those on a list.
    list: Option<String>,
    /// Those who fulfil this condition, as a segment's, when it begins: whoever does so later is not among them.
    #[schema(value_type = Option<Object>, example = json!({ "tag": "cliente" }))]
    who: Option<Map<String, Value>>,
    /// Everybody.
    all: bool,
    /// Whether they enter workflows that have this as a trigger; yes, if it is not said. Workflows that they are inside of
    /// see it in any case.
    triggers: Option<bool>,
}

/// Where deals go.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DealsMove {
    /// The pipeline in which they are.
    #[schema(example = "Vendite", min_length = 1)]
    pipeline: String,
    /// The stage to which they go.
    #[schema(example = "Proposta", min_length = 1)]
    stage: String,
    /// Only this deal.
    deal: Option<String>,
}

/// What a bulk action would do.
#[derive(Serialize, ToSchema)]
struct BulkForecast {
    /// How many contacts were looked at that it goes over.
    of: u64,
    /// What would come of it for them: `enrolled` or `later`; `sent` or `held`; `moved`, `unchanged` or `no_deal`; `changed` or `unchanged`.
    #[schema(example = json!({ "enrolled": 118 }))]
    counts: BTreeMap<String, u64>,
    /// How many it would pass over, by why: a code.
    #[schema(example = json!({ "already_inside": 2 }))]
    skipped: BTreeMap<String, u64>,
    /// The first of those whom it would pass over.
    people: Vec<SkippedContact>,
    /// Whether everybody was looked at; else it took too long, and these are the first.
    complete: bool,
}

/// Somebody whom a bulk action would pass over.
#[derive(Serialize, ToSchema)]
struct SkippedContact {
    /// `con_…`
    contact: String,
    /// What they are called.
    name: String,
    /// Why: a code.
    #[schema(example = "already_inside")]
    reason: String,
}

/// Do something to many contacts
///
/// A job does it, to each contact once; it can be paused, gone on with and cancelled, and says with whom it failed. With an
/// `Idempotency-Key` the same request is the same job.
#[utoipa::path(
    post, path = "/v1/bulk", tag = "contacts",
    params(("Idempotency-Key" = Option<String>, Header, description = "Names the request: the same one counts once")),
    request_body = BulkAction,
    responses(
        (status = 202, body = BegunJob),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such segment, or no such workflow"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`workflow_not_active`"),
    ),
)]
async fn begin_bulk(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    headers: HeaderMap,
    JsonBody(asked): JsonBody<BulkAction>,
) -> Result<(StatusCode, Json<BegunJob>), Problem> {
    let key = idempotency_key(&headers)?;
    let of = asked.document();
    let begun = door.app.begin_bulk(asked.bulk()?, &caller, key.as_deref()).await;
    let job = begun.map_err(|error| Problem::of_error(error, of))?;
    Ok((StatusCode::ACCEPTED, Json(BegunJob::of(Some(job)))))
}

/// See what a bulk action would do
///
/// The body is that of the action. Nothing is done: it says how many contacts would enter the workflow, change or move, and
/// who would be passed over, and why. It looks for eight seconds at most.
#[utoipa::path(
    post, path = "/v1/bulk/preview", tag = "contacts", request_body = BulkAction,
    responses(
        (status = 200, body = BulkForecast),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such segment, or no such workflow"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`workflow_not_active`"),
    ),
)]
async fn preview_bulk(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    JsonBody(asked): JsonBody<BulkAction>,
) -> Result<Json<BulkForecast>, Problem> {
    let of = asked.document();
    let preview =
        door.app.preview_bulk(asked.bulk()?, &caller).await.map_err(|error| Problem::of_error(error, of))?;
    let people = preview.people.into_iter();
    let people =
        people.map(|(contact, name, reason)| SkippedContact { contact: contact.to_string(), name, reason });
    Ok(Json(BulkForecast {
        of: preview.of,
        counts: preview.counts,
        skipped: preview.skipped,
        people: people.collect(),
        complete: preview.complete,
    }))
}

impl BulkAction {
    fn bulk(self) -> Result<Bulk, Problem> {
        check_length("name", &self.name)?;
        let letters = self.name.chars().any(char::is_alphanumeric);
        if self.name.trim().is_empty() || self.send.is_some() && !letters {
            return Err(Problem::invalid("name", "bulk.name", "give it a name, such as `Promo di Natale`"));
        }
        let (name, quiet, over) =
            (self.name.trim().to_owned(), self.triggers == Some(false), self.whom().over()?);
        Ok(Bulk { name, act: self.act()?, over, quiet })
    }

    /// The document that is read of it.
    fn document(&self) -> &'static str {
        if self.send.is_some() { "workflow" } else { "segment" }
    }

    fn whom(&self) -> Whom<'_> {
        Whom {
            contacts: self.contacts.as_ref(),
            segment: self.segment.as_ref(),
            list: self.list.as_ref(),
            who: self.who.as_ref(),
            all: self.all,
        }
    }

    fn act(self) -> Result<BulkAct, Problem> {
        let mut acts = Vec::new();
        for (kind, word, name) in [
            ("tag.added", "tag", self.add_tag),
            ("tag.removed", "tag", self.remove_tag),
            ("list.joined", "list", self.join_list),
            ("list.left", "list", self.leave_list),
            ("group.joined", "group", self.join_group),
            ("group.left", "group", self.leave_group),
        ] {
            let data = |name: String| Map::from_iter([(word.to_owned(), Value::from(name))]);
            acts.extend(name.map(|name| BulkAct::Happen(kind, data(name))));
        }
        acts.extend(self.set.filter(|fields| !fields.is_empty()).map(BulkAct::Set));
        let enters = self.enroll.is_some();
        if !enters && (self.data.is_some() || self.send.is_none() && self.per_hour.is_some()) {
            let message =
                "`data` goes with `enroll`, `per_hour` with that and with `send`, and with nothing else";
            return Err(Problem::invalid("per_hour", "bulk.enroll", message));
        }
        if self.per_hour.is_some_and(|many| !(1..=MOST_PER_HOUR).contains(&many)) {
            let message = format!("1 to {MOST_PER_HOUR} an hour");
            return Err(Problem::invalid("per_hour", "bulk.pace", message));
        }
        if let Some(workflow) = self.enroll {
            check_length("enroll", &workflow)?;
            let (data, per_hour) = (self.data.unwrap_or_default(), self.per_hour.unwrap_or_default());
            acts.push(BulkAct::Enroll(workflow, data, per_hour));
        }
        if let Some(message) = self.send {
            acts.push(BulkAct::Send(message.campaign()?, self.per_hour.unwrap_or_default()));
        }
        if let Some(DealsMove { pipeline, stage, deal }) = self.move_deals {
            for (field, text) in [("pipeline", &pipeline), ("stage", &stage)] {
                check_length(&format!("move_deals.{field}"), text)?;
            }
            check_length("move_deals.deal", deal.as_deref().unwrap_or_default())?;
            acts.push(BulkAct::MoveDeals(pipeline.into(), stage.into(), deal.map(Into::into)));
        }
        acts.extend(self.contact.map(|act| BulkAct::Happen(act.hide().kind(), Map::new())));
        let one: Result<[BulkAct; 1], _> = acts.try_into();
        one.map(|[act]| act).map_err(|_| {
            let message = "say what is done by one of `add_tag`, `remove_tag`, `join_list`, `leave_list`, `join_group`, `leave_group`, `set`, `enroll`, `send`, `move_deals` and `contact`";
            Problem::invalid("add_tag", "bulk.what", message)
        })
    }
}
