//! `/v1/labels`: the catalogue of tags, lists and fields, and calling them otherwise.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode};
use flusso_app::engine::react::Label;
use flusso_app::labels::{Entry, Of, Renaming};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::jobs::BegunJob;
use crate::api::page::cut;
use crate::api::{Moment, Page, PageQuery};
use crate::auth::Caller;
use crate::input::{Asked, Id, JsonBody, check_length, idempotency_key};
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(list_labels)).routes(routes!(count_labels)).routes(routes!(rename_label))
}

/// The catalogue of tags, of lists or of fields.
#[derive(Serialize, ToSchema)]
struct LabelCatalogue {
    /// Everything that contacts have or a workflow or a segment names, by name.
    items: Vec<CataloguedLabel>,
    /// Where the next page begins; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
    /// When `contacts` were counted: of what changed later they may know or not. Absent until that was done once.
    #[serde(skip_serializing_if = "Option::is_none")]
    counted_at: Option<Moment>,
    /// How many contacts there were then.
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<u64>,
    /// The job that counts them now.
    #[serde(skip_serializing_if = "Option::is_none")]
    counting: Option<String>,
}

/// A tag, a list or a field, with who has it and what names it.
#[derive(Serialize, ToSchema)]
struct CataloguedLabel {
    /// Its name.
    #[schema(example = "zona:nord")]
    name: String,
    /// The group in which it is by its name: what stands before the last colon.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "zona")]
    group: Option<String>,
    /// How many contacts have it, or have a value in it; absent until that was counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    contacts: Option<u64>,
    /// What names it.
    uses: Vec<LabelUse>,
    /// Others that are written nearly alike: merge them, if they mean the same.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    similar: Vec<String>,
}

/// Something that names a tag, a list or a field.
#[derive(Serialize, ToSchema)]
struct LabelUse {
    /// `workflow` (an active one), `segment`, `form` or `template`.
    #[serde(rename = "in")]
    #[schema(example = "workflow")]
    what: &'static str,
    /// Its id.
    #[schema(example = "welcome")]
    id: String,
    /// How: by a `trigger`, `condition`, `step`, `text` or `answer`.
    #[schema(example = json!(["condition"]))]
    by: Vec<&'static str>,
}

/// Which page of the catalogue.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct LabelQuery {
    /// Only those of this group: `zona` has `zona:nord`.
    group: Option<String>,
    /// The `cursor` of the page before.
    cursor: Option<String>,
    /// How many things, 1 to 100; 50 if not given.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<usize>,
}

/// All tags, all lists or all fields, with how many contacts have each
///
/// `contacts` are what was counted last; `POST /v1/labels/count` has them counted anew. Each comes with what names it, and
/// with others that are written nearly alike.
#[utoipa::path(
    get, path = "/v1/labels/{kind}", tag = "contacts",
    params(("kind" = String, Path, description = "`tags`, `lists` or `fields`"), LabelQuery),
    responses((status = 200, body = LabelCatalogue)),
)]
async fn list_labels(
    State(door): State<Door>,
    Id(kind): Id,
    Asked(asked): Asked<LabelQuery>,
) -> Result<Json<LabelCatalogue>, Problem> {
    let of = match kind.as_str() {
        "tags" => Of::Tags,
        "lists" => Of::Lists,
        "fields" => Of::Fields,
        _ => return Err(Problem::invalid("kind", "label.kind", "there are `tags`, `lists` and `fields`")),
    };
    let catalogue = door.app.labels(of).await?;
    let definitions = door.app.definitions().await?;
    let items = catalogue.entries.into_iter().map(CataloguedLabel::of);
    let items = items.filter(|one| asked.group.is_none() || one.group == asked.group);
    let asked = PageQuery { cursor: asked.cursor, limit: asked.limit };
    let Json(Page { items, cursor }) = cut(items, &asked, |one| &one.name)?;
    Ok(Json(LabelCatalogue {
        items,
        cursor,
        counted_at: catalogue.counted.map(|(at, _)| Moment::of(at, &definitions)),
        of: catalogue.counted.map(|(_, contacts)| contacts),
        counting: catalogue.counting.map(|job| job.to_string()),
    }))
}

/// Count who has which tags, lists and fields
///
/// A job reads every contact once. While one is at it, that is the job.
#[utoipa::path(
    post, path = "/v1/labels/count", tag = "contacts",
    responses((status = 202, body = BegunJob)),
)]
async fn count_labels(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
) -> Result<(StatusCode, Json<BegunJob>), Problem> {
    let job = door.app.count_labels(&caller).await?;
    Ok((StatusCode::ACCEPTED, Json(BegunJob::of(Some(job)))))
}

/// A tag or a list that is to be called otherwise.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "kind": "tags", "from": "Richiesta prev.", "to": "richiesta-preventivo" }))]
struct LabelRenaming {
    /// `tags` or `lists`.
    #[schema(inline)]
    kind: Renamed,
    /// What it is called.
    #[schema(min_length = 1, max_length = 100)]
    from: String,
    /// What it is to be called. If there is one of this name, the two are one from then on.
    #[schema(min_length = 1, max_length = 100)]
    to: String,
    /// Whether it is done although workflows or segments name the old one, which they go on doing; else that is refused.
    #[serde(default)]
    though_named: bool,
}

/// What can be called otherwise.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Renamed {
    /// A tag.
    Tags,
    /// A list.
    Lists,
}

/// Call a tag or a list otherwise, or merge it into another one
///
/// A job does it, to each contact that has it once, and fires no triggers. Workflows and segments are not changed by it.
#[utoipa::path(
    post, path = "/v1/labels/rename", tag = "contacts",
    params(("Idempotency-Key" = Option<String>, Header, description = "Names the request: the same one counts once")),
    request_body = LabelRenaming,
    responses(
        (status = 202, body = BegunJob),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`label.in_use`: the detail says what names it"),
    ),
)]
async fn rename_label(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    headers: HeaderMap,
    JsonBody(asked): JsonBody<LabelRenaming>,
) -> Result<(StatusCode, Json<BegunJob>), Problem> {
    let key = idempotency_key(&headers)?;
    check_length("from", &asked.from)?;
    check_length("to", &asked.to)?;
    let label = match asked.kind {
        Renamed::Tags => Label::Tag,
        Renamed::Lists => Label::List,
    };
    let renaming = Renaming { label, from: asked.from, to: asked.to, though_named: asked.though_named };
    let job = door.app.rename_label(renaming, &caller, key.as_deref()).await?;
    Ok((StatusCode::ACCEPTED, Json(BegunJob::of(Some(job)))))
}

impl CataloguedLabel {
    fn of(entry: Entry) -> Self {
        let group = entry.name.rsplit_once(':').map(|(group, _)| group.to_owned());
        let uses = entry.uses.into_iter();
        Self {
            group: group.filter(|group| !group.is_empty()),
            contacts: entry.contacts,
            uses: uses
                .map(|one| LabelUse { what: one.what, id: one.id, by: one.by.into_iter().collect() })
                .collect(),
            similar: entry.similar.iter().map(ToString::to_string).collect(),
            name: entry.name.to_string(),
        }
    }
}
