//! Ready workflows: chosen, asked a few questions, and filled in the reader's language.

use std::collections::BTreeMap;

use axum::Json;
use axum::http::HeaderMap;
use flusso_app::ready;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::page::cut;
use super::{Page, PageQuery};
use crate::Problem;
use crate::input::{Asked, Id, OptionalJson};
use crate::negotiate;
use crate::routes::{Routes, routes};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(list_ready)).routes(routes!(fill_ready))
}

/// In which language.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ReadyQuery {
    /// `en`, `it` or `es`; the one that `Accept-Language` prefers, if not given.
    #[param(example = "it")]
    language: Option<String>,
    /// The `cursor` of the page before.
    cursor: Option<String>,
    /// How many, 1 to 100; 50 if not given.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<usize>,
}

/// A ready workflow.
#[derive(Serialize, ToSchema)]
struct Ready {
    /// By which it is chosen.
    #[schema(example = "welcome")]
    id: &'static str,
    /// What it is about: `welcome`, `sales`, `carts`, `customers`, `appointments`, `events`, `reactivation`, `leads`.
    category: String,
    /// Its name.
    name: String,
    /// What it does.
    says: String,
    /// What is asked.
    parameters: Vec<Parameter>,
}

/// A question of a ready workflow.
#[derive(Serialize, ToSchema)]
struct Parameter {
    /// The name of the answer.
    #[schema(example = "delay")]
    key: String,
    /// What it is: `duration`, `number`, `url`, `form`, `list`, `template`, …
    kind: String,
    /// The question.
    label: String,
    /// The answer if none is given.
    default: String,
}

/// The answers.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({ "language": "it" }))]
struct Answers {
    /// `en`, `it` or `es`; the one that `Accept-Language` prefers, if not given.
    language: Option<String>,
    /// Answers by the keys of the questions; who gives none takes the default.
    #[schema(example = json!({ "delay": "2 days" }))]
    parameters: BTreeMap<String, String>,
}

/// What came out: one document a workflow, to be saved with `PUT /v1/workflows/{id}`. Nothing is saved yet.
#[derive(Serialize, ToSchema)]
struct Filled {
    /// The documents.
    documents: Vec<FilledDocument>,
}

/// The document of a workflow.
#[derive(Serialize, ToSchema)]
struct FilledDocument {
    /// The workflow's id.
    id: String,
    /// The document, YAML.
    source: String,
}

fn language(given: Option<String>, headers: &HeaderMap) -> String {
    given.unwrap_or_else(|| negotiate::language(headers).words().code.to_owned())
}

/// The ready workflows
#[utoipa::path(
    get, path = "/v1/ready", tag = "workflows", params(ReadyQuery),
    responses((status = 200, body = Page<Ready>)),
)]
async fn list_ready(
    headers: HeaderMap,
    Asked(asked): Asked<ReadyQuery>,
) -> Result<Json<Page<Ready>>, Problem> {
    let all = ready::all(&language(asked.language, &headers))?.into_iter();
    let items = all.map(|ready::Ready { id, category, name, says, parameters }| Ready {
        id,
        category,
        name,
        says,
        parameters: parameters
            .into_iter()
            .map(|ready::Parameter { key, kind, label, default }| Parameter { key, kind, label, default })
            .collect(),
    });
    cut(items, &PageQuery { cursor: asked.cursor, limit: asked.limit }, |one| one.id)
}

/// Fill a ready workflow
#[utoipa::path(
    post, path = "/v1/ready/{id}", tag = "workflows", request_body = Option<Answers>,
    params(("id" = String, Path, description = "Which")),
    responses((status = 200, body = Filled)),
)]
async fn fill_ready(
    Id(id): Id,
    headers: HeaderMap,
    OptionalJson(asked): OptionalJson<Answers>,
) -> Result<Json<Filled>, Problem> {
    let filled = ready::fill(&id, &language(asked.language, &headers), &asked.parameters)?.into_iter();
    let documents = filled.map(|ready::Document { id, source }| FilledDocument { id, source });
    Ok(Json(Filled { documents: documents.collect() }))
}
