//! `POST /v1/bulk`: one thing done to many contacts, by a job.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode};
use flusso_app::AppError;
use flusso_app::engine::ids::ContactId;
use flusso_app::hidden::Hide;
use flusso_app::jobs::{Bulk, BulkAct};
use flusso_app::keys::job::Over;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::api::jobs::BegunJob;
use crate::auth::Caller;
use crate::input::{JsonBody, check_length, idempotency_key};
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(begin_bulk))
}

/// What is done with contacts themselves.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ContactAct {
    /// They are put away.
    Archive,
    /// They are shown again.
    Unarchive,
    /// They are deleted, and erased in 30 days.
    Delete,
    /// They are there again.
    Restore,
}

/// A bulk action: one of `add_tag`, `remove_tag`, `join_list`, `leave_list`, `join_group`, `leave_group`, `set`, `contact`; to
/// one of `contacts`, `segment`, `list`, `who`, `all`.
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
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such segment"),
    ),
)]
async fn begin_bulk(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    headers: HeaderMap,
    JsonBody(asked): JsonBody<BulkAction>,
) -> Result<(StatusCode, Json<BegunJob>), Problem> {
    let key = idempotency_key(&headers)?;
    check_length("name", &asked.name)?;
    if asked.name.trim().is_empty() {
        return Err(Problem::invalid("name", "bulk.name", "give it a name, such as `Promo di Natale`"));
    }
    let quiet = asked.triggers == Some(false);
    let over = asked.over()?;
    let name = asked.name.trim().to_owned();
    let act = asked.act()?;
    let bulk = Bulk { name, act, over, quiet };
    let job = door.app.begin_bulk(bulk, &caller, key.as_deref()).await.map_err(|error| match error {
        AppError::Problems(problems) => Problem::of_document("segment", &problems),
        other => other.into(),
    })?;
    Ok((StatusCode::ACCEPTED, Json(BegunJob::of(Some(job)))))
}

impl BulkAction {
    fn over(&self) -> Result<Over, Problem> {
        for (field, name) in [("segment", &self.segment), ("list", &self.list)] {
            check_length(field, name.as_deref().unwrap_or_default())?;
        }
        for (at, id) in self.contacts.iter().flatten().enumerate() {
            check_length(&format!("contacts[{at}]"), id)?;
        }
        let mut overs = Vec::new();
        let ids = |ids: &Vec<String>| ids.iter().map(|id| ContactId::new(id.as_str())).collect();
        overs.extend(self.contacts.as_ref().map(|some| Over::Contacts { contacts: ids(some) }));
        overs.extend(self.segment.as_ref().map(|name| Over::Segment { name: name.as_str().into() }));
        overs.extend(self.list.as_ref().map(|name| Over::List { name: name.as_str().into() }));
        overs.extend(self.who.as_ref().map(|who| {
            let who = json!({ "who": who }).to_string().into();
            Over::Chosen { choice: "".into(), who }
        }));
        overs.extend(self.all.then_some(Over::All));
        let one: Result<[Over; 1], _> = overs.try_into();
        one.map(|[over]| over).map_err(|_| {
            let message = "say to whom by one of `contacts`, `segment`, `list`, `who` and `all`";
            Problem::invalid("contacts", "bulk.whom", message)
        })
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
        acts.extend(self.contact.map(|act| {
            let hide = match act {
                ContactAct::Archive => Hide::Archive,
                ContactAct::Unarchive => Hide::Unarchive,
                ContactAct::Delete => Hide::Delete,
                ContactAct::Restore => Hide::Restore,
            };
            BulkAct::Happen(hide.kind(), Map::new())
        }));
        let one: Result<[BulkAct; 1], _> = acts.try_into();
        one.map(|[act]| act).map_err(|_| {
            let message = "say what is done by one of `add_tag`, `remove_tag`, `join_list`, `leave_list`, `join_group`, `leave_group`, `set` and `contact`";
            Problem::invalid("add_tag", "bulk.what", message)
        })
    }
}
