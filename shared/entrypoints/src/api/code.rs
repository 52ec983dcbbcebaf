//! The account as code: exported, planned, applied.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Extension, State};
use flusso_app::code::{self, Code, CodeFolder};
use flusso_app::engine::contact::catalogue::CustomField;
use flusso_app::engine::definitions::{Form, User};
use flusso_app::engine::pipeline::Pipeline;
use flusso_app::rights::Rights;
use flusso_app::templates::MailSource;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::activate::{Activation, Preview};
use crate::auth::{Caller, Granted};
use crate::input::{JsonBody, read_value};
use crate::problem::DocumentProblem;
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(export_code)).routes(routes!(plan_code)).routes(routes!(apply_code))
}

/// What an account has, or is to have. What is not named is left alone.
#[derive(Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct AccountCode {
    /// Documents of workflows that are active, by their ids.
    workflows: BTreeMap<String, String>,
    /// Documents of workflows that are saved only.
    drafts: BTreeMap<String, String>,
    /// Documents of segments, by name.
    segments: BTreeMap<String, String>,
    /// Forms, by name.
    #[schema(value_type = Object)]
    forms: BTreeMap<String, Value>,
    /// Mail templates, by name.
    #[schema(value_type = Object)]
    templates: BTreeMap<String, Value>,
    /// Teams: of each member the e-mail address, or the name of a colleague.
    teams: BTreeMap<String, Vec<String>>,
    /// Colleagues, by name.
    #[schema(value_type = Object)]
    users: BTreeMap<String, Value>,
    /// Fields of contacts that the account invented, by key.
    #[schema(value_type = Object)]
    fields: BTreeMap<String, Value>,
    /// Folders of fields, by id: label, section, position and the keys of the fields.
    #[schema(value_type = Object)]
    folders: BTreeMap<String, Value>,
    /// Pipelines, by id: label and stages.
    #[schema(value_type = Object)]
    pipelines: BTreeMap<String, Value>,
}

/// What is to be planned or applied.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({ "code": { "templates": { "ciao": { "subject": "Ciao", "text": "Ciao {{ contact.first_name }}" } }, "teams": { "vendite": ["giulia@shop.example"] } } }))]
struct Wanted {
    /// What the account is to have.
    code: AccountCode,
    /// What becomes of those inside the workflows that change; if nothing is said, they finish what they are in.
    how: Activation,
    /// To apply: how each thing stood when it was planned, as the plan says.
    base: BTreeMap<String, String>,
}

/// What applying would do, or has done.
#[derive(Serialize, ToSchema)]
struct CodePlan {
    /// What is another, in order.
    changes: Vec<CodeChange>,
    /// How many things are as they are to be.
    same: usize,
    /// What is wrong, by the thing that it is wrong with: while there is something, nothing can be applied.
    problems: BTreeMap<String, Vec<DocumentProblem>>,
    /// How each thing stands now; send it back to apply this plan and no other one.
    base: BTreeMap<String, String>,
    /// The jobs that tell the contacts whom that concerns, once it is applied.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    jobs: Vec<String>,
}

/// One thing that is another.
#[derive(Serialize, ToSchema)]
struct CodeChange {
    /// Which.
    #[schema(example = "workflows/welcome")]
    item: String,
    /// `create` or `update`.
    #[schema(example = "update")]
    change: &'static str,
    /// What that does to those inside, of a workflow.
    #[serde(skip_serializing_if = "Option::is_none")]
    people: Option<Preview>,
}

/// The account as code
///
/// Every active workflow, every newer draft, and everything that they name; a plan of it is empty.
#[utoipa::path(get, path = "/v1/code", tag = "definitions", responses((status = 200, body = AccountCode)))]
async fn export_code(State(door): State<Door>) -> Result<Json<AccountCode>, Problem> {
    let code = door.app.export().await?;
    Ok(Json(AccountCode {
        workflows: code.workflows,
        drafts: code.drafts,
        segments: code.segments,
        forms: values(&code.forms),
        templates: values(&code.templates),
        teams: code.teams,
        users: values(&code.users),
        fields: values(&code.fields),
        folders: values(&code.folders),
        pipelines: values(&code.pipelines),
    }))
}

/// Plan an account's code
///
/// What applying it would do, with the effect on those inside counted. Nothing of it is done.
#[utoipa::path(
    post, path = "/v1/code/plan", tag = "definitions", request_body = Wanted,
    responses((status = 200, body = CodePlan)),
)]
async fn plan_code(
    State(door): State<Door>,
    JsonBody(wanted): JsonBody<Wanted>,
) -> Result<Json<CodePlan>, Problem> {
    let plan = door.app.plan(&wanted.code.read()?, &wanted.how.read()?).await?;
    CodePlan::of(&door, plan, Vec::new()).await
}

/// Apply an account's code
///
/// All of it at once, or nothing. If something that it names stands otherwise than `base` says, nothing is applied.
#[utoipa::path(
    post, path = "/v1/code/apply", tag = "definitions", request_body = Wanted,
    responses(
        (status = 200, body = CodePlan),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`plan_outdated`: something changed since the plan; the detail names it"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "`code.problems`: something is wrong with it; the detail names the first"),
    ),
)]
async fn apply_code(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    Extension(granted): Extension<Granted>,
    JsonBody(wanted): JsonBody<Wanted>,
) -> Result<Json<CodePlan>, Problem> {
    let (code, how) = (wanted.code.read()?, wanted.how.read()?);
    may_change(&door, &granted, &code.users).await?;
    let done = door.app.apply_code(&code, &how, &wanted.base, &caller).await?;
    let jobs = done.jobs.iter().map(ToString::to_string).collect();
    CodePlan::of(&door, done.plan, jobs).await
}

/// Colleagues are changed only by those who may do that otherwise, too.
async fn may_change(door: &Door, granted: &Granted, users: &BTreeMap<String, User>) -> Result<(), Problem> {
    if users.is_empty() {
        return Ok(());
    }
    let known: BTreeMap<String, User> = door.app.users().await?.into_iter().collect();
    for (name, user) in users.iter().filter(|(name, user)| known.get(*name) != Some(user)) {
        granted.may("users:write")?;
        for role in known.get(name).map(|was| was.role).into_iter().chain([user.role]) {
            granted.may_give(&Rights::of(role))?;
        }
    }
    Ok(())
}

impl AccountCode {
    fn read(self) -> Result<Code, Problem> {
        Ok(Code {
            workflows: self.workflows,
            drafts: self.drafts,
            segments: self.segments,
            forms: each::<Form>("forms", self.forms)?,
            templates: each::<MailSource>("templates", self.templates)?,
            teams: self.teams,
            users: each::<User>("users", self.users)?,
            fields: each::<CustomField>("fields", self.fields)?,
            folders: each::<CodeFolder>("folders", self.folders)?,
            pipelines: each::<Pipeline>("pipelines", self.pipelines)?,
        })
    }
}

/// Reads each of some things; a problem names which.
fn each<T: serde::de::DeserializeOwned>(
    folder: &str,
    values: BTreeMap<String, Value>,
) -> Result<BTreeMap<String, T>, Problem> {
    let read = values.into_iter().map(|(name, value)| match read_value(value) {
        Ok(value) => Ok((name, value)),
        Err(problem) => Err(problem.within(&format!("code.{folder}.{name}"))),
    });
    read.collect()
}

fn values<T: Serialize>(things: &BTreeMap<String, T>) -> BTreeMap<String, Value> {
    let json = |value: &T| serde_json::to_value(value).unwrap_or_default();
    things.iter().map(|(name, one)| (name.clone(), json(one))).collect()
}

impl CodePlan {
    async fn of(door: &Door, plan: code::Plan, jobs: Vec<String>) -> Result<Json<Self>, Problem> {
        let definitions = door.app.definitions().await?;
        let changes = plan.changes.into_iter().map(|change| CodeChange {
            item: change.item,
            change: if change.is_new { "create" } else { "update" },
            people: change.people.map(|people| Preview::of(people, &definitions)),
        });
        let problems = plan.problems.iter();
        Ok(Json(Self {
            changes: changes.collect(),
            same: plan.same,
            problems: problems
                .map(|(item, found)| (item.clone(), found.iter().map(DocumentProblem::of).collect()))
                .collect(),
            base: plan.base,
            jobs,
        }))
    }
}
