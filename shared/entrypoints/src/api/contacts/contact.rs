//! What a contact looks like from outside.

use std::collections::BTreeMap;

use flusso_app::engine::contact::enrollment::{self, Waiting};
use flusso_app::engine::contact::hidden::Hidden;
use flusso_app::engine::contact::send::Phase;
use flusso_app::engine::contact::{self, consent};
use flusso_app::engine::definitions::Definitions;
use flusso_app::engine::ids::EnrollmentId;
use flusso_app::engine::time::Instant;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::api::Moment;

/// The little of a contact that a list shows.
#[derive(Serialize, ToSchema)]
pub(crate) struct ContactSummary {
    /// `con_…`
    id: String,
    /// First and last name, else the address, else the number.
    name: String,
    /// The e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    /// The phone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    /// When the contact was made.
    created_at: Moment,
}

/// A contact.
#[derive(Serialize, ToSchema)]
pub(crate) struct Contact {
    /// `con_…`
    id: String,
    /// First and last name, else the address, else the number.
    name: String,
    /// When the contact was made.
    created_at: Moment,
    /// When something happened to it last.
    changed_at: Moment,
    /// Whether workflows are tried out with the contact.
    test: bool,
    /// Since when it is put away.
    #[serde(skip_serializing_if = "Option::is_none")]
    archived_at: Option<Moment>,
    /// Since when it is deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted_at: Option<Moment>,
    /// When it is erased, if it is not restored before.
    #[serde(skip_serializing_if = "Option::is_none")]
    erased_from: Option<Moment>,
    /// Its ids in other systems, by system.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, example = json!(["shopify:4711"]))]
    external: Vec<String>,
    /// Contacts that were merged into this one; their ids lead here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    merged: Vec<String>,
    /// Standard and custom fields.
    #[schema(value_type = Object)]
    fields: BTreeMap<String, Value>,
    /// Tags.
    tags: Vec<Since>,
    /// Lists.
    lists: Vec<Since>,
    /// The score at this moment.
    score: i64,
    /// Where consents stand.
    consents: Vec<ContactConsent>,
    /// The workflows that the contact is inside.
    enrollments: Vec<Enrollment>,
    /// Messages that have not ended.
    sends: Vec<OpenSend>,
}

/// A tag or a list, and since when.
#[derive(Serialize, ToSchema)]
struct Since {
    /// Its name.
    name: String,
    /// Since when.
    at: Moment,
}

/// Where a consent stands.
#[derive(Serialize, ToSchema)]
pub(crate) struct ContactConsent {
    /// For which channel.
    channel: &'static str,
    /// For which purpose.
    purpose: String,
    /// `granted` or `withdrawn`.
    standing: &'static str,
    /// Since when.
    at: Moment,
    /// Who said so.
    source: String,
    /// The lawful basis.
    #[serde(skip_serializing_if = "Option::is_none")]
    basis: Option<String>,
    /// The version of the text that was shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
}

/// A passage through a workflow.
#[derive(Serialize, ToSchema)]
struct Enrollment {
    /// `enr_…`
    id: String,
    /// Which workflow.
    workflow: String,
    /// Its name, where it is active.
    #[serde(skip_serializing_if = "Option::is_none")]
    workflow_name: Option<String>,
    /// Which version of it.
    version: String,
    /// The step at which it stands.
    step: String,
    /// When it began.
    entered_at: Moment,
    /// What it waits for: `nothing`, `instant`, `event`, `condition`, `turn`, `answer` or `sends`.
    #[schema(example = "instant")]
    waits_for: &'static str,
    /// The type of the event, where it waits for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<String>,
    /// The messages, where it waits for some.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    sends: Vec<String>,
    /// Until when it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Moment>,
    /// Whether it stands still because the workflow is interrupted.
    stands_still: bool,
}

/// A message that has not ended.
#[derive(Serialize, ToSchema)]
struct OpenSend {
    /// `snd_…`
    id: String,
    /// The workflow that planned it.
    workflow: String,
    /// The step that planned it.
    step: String,
    /// `planned`, `interrupted`, `claimed`, `unknown` or `unresolved`.
    phase: &'static str,
    /// When it is to go, if it is planned.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_before: Option<Moment>,
}

impl ContactSummary {
    pub(crate) fn of(contact: &contact::Contact, definitions: &Definitions) -> Self {
        let profile = &contact.profile;
        Self {
            id: contact.id.to_string(),
            name: profile.display_name(),
            email: profile.email().map(str::to_owned),
            phone: profile.text("phone").map(str::to_owned),
            created_at: Moment::of(profile.created_at, definitions),
        }
    }
}

impl Contact {
    pub(crate) fn of(contact: &contact::Contact, definitions: &Definitions, now: Instant) -> Self {
        let profile = &contact.profile;
        let moment = |at: Instant| Moment::of(at, definitions);
        let since =
            |(name, at): (&std::sync::Arc<str>, &Instant)| Since { name: name.to_string(), at: moment(*at) };
        let fields = profile.fields.iter().filter(|(_, field)| !field.value.is_null());
        let sends = contact.state.sends.iter().map(|(id, send)| {
            let (phase, not_before) = match &send.phase {
                Phase::Planned { not_before } => ("planned", Some(moment(*not_before))),
                Phase::Interrupted { not_before } => ("interrupted", Some(moment(*not_before))),
                Phase::Claimed { .. } => ("claimed", None),
                Phase::Unknown { .. } => ("unknown", None),
                Phase::Unresolved { .. } => ("unresolved", None),
            };
            let (workflow, step) = (send.workflow.to_string(), send.step.to_string());
            OpenSend { id: id.to_string(), workflow, step, phase, not_before }
        });
        let enrollments = contact.state.enrollments.iter();
        let (archived, deleted) = match contact.state.hidden {
            Some(Hidden::Archived { at }) => (Some(at), None),
            Some(Hidden::Deleted { at }) => (None, Some(at)),
            None => (None, None),
        };
        Self {
            id: contact.id.to_string(),
            name: profile.display_name(),
            created_at: moment(profile.created_at),
            changed_at: moment(contact.state.last_now),
            test: profile.test,
            archived_at: archived.map(moment),
            deleted_at: deleted.map(moment),
            erased_from: contact.state.hidden.and_then(Hidden::erased_from).map(moment),
            external: profile.externals.iter().map(ToString::to_string).collect(),
            merged: contact.state.joined.keys().map(ToString::to_string).collect(),
            fields: fields.map(|(name, field)| (name.to_string(), field.value.clone())).collect(),
            tags: profile.tags.iter().map(since).collect(),
            lists: profile.lists.iter().map(since).collect(),
            score: contact.score(now),
            consents: profile
                .consents
                .iter()
                .map(|consent| ContactConsent::of(consent, definitions))
                .collect(),
            enrollments: enrollments.map(|(id, one)| Enrollment::of(id, one, definitions)).collect(),
            sends: sends.collect(),
        }
    }
}

impl ContactConsent {
    pub(crate) fn of(consent: &consent::Consent, definitions: &Definitions) -> Self {
        let standing = match consent.standing {
            consent::Standing::Granted => "granted",
            consent::Standing::Withdrawn => "withdrawn",
            consent::Standing::Pending => "pending",
        };
        Self {
            channel: consent.channel.as_str(),
            purpose: consent.purpose.to_string(),
            standing,
            at: Moment::of(consent.at, definitions),
            source: consent.source.to_string(),
            basis: consent.basis.as_ref().map(ToString::to_string),
            version: consent.version.as_ref().map(ToString::to_string),
        }
    }
}

impl Enrollment {
    fn of(id: &EnrollmentId, one: &enrollment::Enrollment, definitions: &Definitions) -> Self {
        let waits_for = match &one.waiting {
            Waiting::Nothing => "nothing",
            Waiting::Until { .. } => "instant",
            Waiting::Event { .. } => "event",
            Waiting::Condition { .. } => "condition",
            Waiting::Turn { .. } => "turn",
            Waiting::Answer { .. } => "answer",
            Waiting::Sends { .. } => "sends",
        };
        let sends = match &one.waiting {
            Waiting::Sends { open } => open.iter().map(ToString::to_string).collect(),
            _ => Vec::new(),
        };
        let program = definitions.programs.get(&one.version);
        let step = program.and_then(|program| Some(&program.steps[program.step(&one.step)?].step));
        let event = step.and_then(|step| step.listens()).map(|(kind, _, _)| kind.to_owned());
        Self {
            id: id.to_string(),
            workflow: one.workflow.to_string(),
            workflow_name: program.map(|program| program.name.clone()),
            version: one.version.to_string(),
            step: one.step.to_string(),
            entered_at: Moment::of(one.entered_at, definitions),
            waits_for,
            event: event.filter(|_| matches!(one.waiting, Waiting::Event { .. })),
            sends,
            until: one.waiting.due_at().map(|at| Moment::of(at, definitions)),
            stands_still: one.stands_still,
        }
    }
}
