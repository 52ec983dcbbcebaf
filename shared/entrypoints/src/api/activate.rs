//! Activating a version of a workflow, after a look at what that would do to those inside.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Extension, State};
use flusso_app::engine::calendar::Duration;
use flusso_app::engine::definitions::Definitions;
use flusso_app::engine::ids::{ContactId, StepId, VersionId};
use flusso_app::engine::time::Millis;
use flusso_app::workflows::activate::{self, People};
use flusso_app::workflows::{preview, take_in};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Moment;
use super::workflows::SavedWorkflow;
use crate::auth::Caller;
use crate::input::{Id, OptionalJson};
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(activate_workflow)).routes(routes!(preview_workflow))
}

/// How a version is activated.
#[derive(Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({ "people": "finish" }))]
pub(super) struct Activation {
    /// The version that is meant: another one, saved meanwhile, is not activated.
    version: Option<String>,
    /// What becomes of those inside older versions: `finish` them, `migrate` to this one, or `exit`.
    #[schema(example = "migrate")]
    people: Option<Inside>,
    /// Where those go who stand at a step that is gone, by that step; null leads out.
    #[schema(value_type = BTreeMap<String, Option<String>>)]
    steps: BTreeMap<String, Option<String>>,
    /// Those who are overdue by the new version go on one after another within so long; an hour, if nothing is said.
    #[schema(example = "2 hours")]
    over: Option<String>,
    /// Who enters although what would have had them enter was before; nobody, if nothing is said.
    take_in: Option<TakeIn>,
}

/// Who is taken in: one of the two.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum TakeIn {
    /// The members of this segment.
    Segment(String),
    /// Those whom an event from outside would have had enter, if the workflow had been active for so long.
    #[schema(example = "30 days")]
    EventsOf(String),
}

/// Who would be taken in.
#[derive(Serialize, ToSchema)]
pub(super) struct Intake {
    /// How many would enter.
    entering: u64,
    /// How many match and would not enter, by reason.
    ignored: BTreeMap<String, u64>,
    /// Some of those who would enter, 100 at most.
    people: Vec<Named>,
    /// Whether everybody was counted; else it took too long.
    complete: bool,
}

/// A contact and their name.
#[derive(Serialize, ToSchema)]
struct Named {
    /// `con_…`
    contact: String,
    /// Their name.
    name: String,
}

/// What becomes of those inside older versions.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Inside {
    /// They finish the version that they are in.
    Finish,
    /// They go over to the new one.
    Migrate,
    /// They leave.
    Exit,
}

/// What activating would do to those inside.
#[derive(Serialize, ToSchema)]
pub(super) struct Preview {
    /// The version that would be activated.
    version: String,
    /// How many enrollments there are inside.
    inside: u64,
    /// Enrollments by what would become of them: `unchanged`, `earlier`, `later`, `moved`, `exited`; `refused`: they
    /// stand at a step that is gone, and nothing says where they go.
    counts: BTreeMap<String, u64>,
    /// Enrollments by the version that they run now.
    versions: BTreeMap<String, u64>,
    /// Steps that are gone, with how many stand at each and need a place to go.
    gone: BTreeMap<String, u64>,
    /// Messages that would be planned within the next hour.
    messages: u64,
    /// Some of those for whom something would change, 100 at most.
    people: Vec<Changed>,
    /// Who would be taken in, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    take_in: Option<Intake>,
    /// Whether everybody was counted; else it took too long.
    complete: bool,
}

/// Somebody for whom something would change.
#[derive(Serialize, ToSchema)]
pub(super) struct Changed {
    /// `con_…`
    contact: String,
    /// Their name.
    name: String,
    /// `enr_…`
    enrollment: String,
    /// The step at which it stands.
    step: String,
    /// What would become of it.
    #[schema(example = "later")]
    what: &'static str,
    /// When it goes on as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<Moment>,
    /// When it would go on then.
    #[serde(skip_serializing_if = "Option::is_none")]
    due_then: Option<Moment>,
}

/// Activate a workflow
///
/// From now on its events enroll by the newest saved version. What becomes of those inside older ones is yours to say;
/// if nothing is said, they finish what they are in. An interrupted workflow stays interrupted.
#[utoipa::path(
    post, path = "/v1/workflows/{id}/activate", tag = "workflows",
    params(("id" = String, Path, description = "The workflow's id")),
    request_body = Option<Activation>,
    responses(
        (status = 200, body = SavedWorkflow),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`version_changed`: somebody saved another version meanwhile"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "`problems` says what keeps it from being activated"),
    ),
)]
async fn activate_workflow(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    Id(id): Id,
    OptionalJson(asked): OptionalJson<Activation>,
) -> Result<Json<SavedWorkflow>, Problem> {
    Ok(Json(SavedWorkflow::of(door.app.activate_as(&id, &asked.read()?, &caller).await?)))
}

/// Preview an activation
///
/// What activating the newest saved version would do to those inside, with exact counts. Nothing of it is done.
#[utoipa::path(
    post, path = "/v1/workflows/{id}/preview", tag = "workflows",
    params(("id" = String, Path, description = "The workflow's id")),
    request_body = Option<Activation>,
    responses(
        (status = 200, body = Preview),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "`problems` says what keeps it from being activated"),
    ),
)]
async fn preview_workflow(
    State(door): State<Door>,
    Id(id): Id,
    OptionalJson(asked): OptionalJson<Activation>,
) -> Result<Json<Preview>, Problem> {
    let preview = door.app.preview(&id, &asked.read()?).await?;
    Ok(Json(Preview::of(preview, &*door.app.definitions().await?)))
}

impl Activation {
    pub(super) fn read(self) -> Result<activate::Activation, Problem> {
        Ok(activate::Activation {
            version: self.version.map(VersionId::new),
            people: match self.people {
                None | Some(Inside::Finish) => People::Finish,
                Some(Inside::Migrate) => People::Migrate,
                Some(Inside::Exit) => People::Exit,
            },
            steps: self
                .steps
                .into_iter()
                .map(|(from, to)| (StepId::new(from), to.map(StepId::new)))
                .collect(),
            over: read_over(self.over.as_deref())?,
            take_in: self.take_in.map(TakeIn::read).transpose()?,
        })
    }
}

impl TakeIn {
    fn read(self) -> Result<activate::TakeIn, Problem> {
        match self {
            Self::Segment(name) => Ok(activate::TakeIn::Segment(name.into())),
            Self::EventsOf(last) => {
                let read = last.parse::<Duration>().ok();
                let message = || format!("`{last}` is no time such as `30 days`");
                let last = read
                    .ok_or_else(|| Problem::invalid("take_in.events_of", "take_in.unreadable", message()))?;
                Ok(activate::TakeIn::EventsOf(last))
            }
        }
    }
}

impl Intake {
    fn of(intake: take_in::Intake) -> Self {
        let named = |(contact, name): (ContactId, String)| Named { contact: contact.to_string(), name };
        Self {
            entering: intake.entering,
            ignored: intake.ignored,
            people: intake.people.into_iter().map(named).collect(),
            complete: intake.complete,
        }
    }
}

impl Changed {
    pub(super) fn of(one: preview::Changed, definitions: &Definitions) -> Self {
        let moment = |at| Moment::of(at, definitions);
        Self {
            contact: one.contact.to_string(),
            name: one.name,
            enrollment: one.enrollment.to_string(),
            step: one.step.to_string(),
            what: one.what,
            due: one.due.0.map(moment),
            due_then: one.due.1.map(moment),
        }
    }
}

/// Within how long those go on who are overdue; an hour, if nothing is said.
pub(super) fn read_over(over: Option<&str>) -> Result<Millis, Problem> {
    let Some(over) = over else { return Ok(Millis::hours(1)) };
    let read = over.parse::<Duration>().ok().and_then(Duration::elapsed);
    read.ok_or_else(|| {
        Problem::invalid("over", "over.unreadable", format!("`{over}` is no time such as `2 hours`"))
    })
}

impl Preview {
    pub(super) fn of(preview: preview::Preview, definitions: &Definitions) -> Self {
        let people = preview.people.into_iter().map(|one| Changed::of(one, definitions));
        Self {
            version: preview.version.map(|version| version.to_string()).unwrap_or_default(),
            inside: preview.counts.values().sum(),
            people: people.collect(),
            counts: preview.counts.into_iter().map(|(name, many)| (name.to_string(), many)).collect(),
            versions: preview.versions.into_iter().map(|(id, many)| (id.to_string(), many)).collect(),
            gone: preview.gone.into_iter().map(|(step, many)| (step.to_string(), many)).collect(),
            messages: preview.messages,
            take_in: preview.take_in.map(Intake::of),
            complete: preview.complete,
        }
    }
}
