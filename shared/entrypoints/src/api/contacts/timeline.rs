//! What a record of a contact's timeline looks like from outside.

use flusso_app::engine::definitions::Definitions;
use flusso_app::engine::react::Input;
use flusso_app::engine::time::Instant;
use flusso_app::engine::timeline;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::Moment;
use crate::words::{Words, code};

/// What came in at one moment, and what came of it.
#[derive(Serialize, ToSchema)]
pub(crate) struct TimelineEntry {
    /// Its number for this contact.
    revision: u64,
    /// When it happened; for an event, its own time.
    at: Moment,
    /// What came in: `event`, `wake`, `claim` or `outcome`.
    input: &'static str,
    /// The event's type, where it was one.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    /// Who said so, where it was an event.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    /// The event's id, where it was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// What came of it, in order.
    lines: Vec<TimelineLine>,
}

/// One thing that came of it.
#[derive(Serialize, ToSchema)]
struct TimelineLine {
    /// When it took effect.
    at: Moment,
    /// A stable code.
    #[schema(example = "sent")]
    code: String,
    /// The same in a sentence.
    text: String,
    /// The workflow that it concerns.
    #[serde(skip_serializing_if = "Option::is_none")]
    workflow: Option<String>,
    /// The step that did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<String>,
    /// The message that it concerns.
    #[serde(skip_serializing_if = "Option::is_none")]
    send: Option<String>,
    /// Why, as a stable code.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// What each condition of a decision was, in order, as far as they were asked: `yes`, `no` or `unknown`.
    #[serde(skip_serializing_if = "Option::is_none")]
    conditions: Option<Vec<String>>,
    /// Until when, where something waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Moment>,
}

impl TimelineEntry {
    pub(crate) fn of(entry: &timeline::Entry, words: &'static Words, definitions: &Definitions) -> Self {
        let event = match &entry.input {
            Input::Event { event, .. } => Some(event),
            _ => None,
        };
        Self {
            revision: entry.revision,
            at: Moment::of(event.map_or(entry.now, |event| event.occurred_at), definitions),
            input: entry.input.kind(),
            kind: event.map(|event| event.kind.to_string()),
            source: event.map(|event| event.source.to_string()),
            id: event.map(|event| event.id.to_string()),
            lines: entry.lines.iter().map(|line| TimelineLine::of(line, words, definitions)).collect(),
        }
    }
}

impl TimelineLine {
    fn of(line: &timeline::Line, words: &'static Words, definitions: &Definitions) -> Self {
        // The stored shape has these names for all that have them.
        let what = serde_json::to_value(&line.what).unwrap_or_default();
        let text = |name: &str| what.get(name).and_then(|value| value.as_str()).map(str::to_owned);
        let until = ["until", "again_at"].iter().find_map(|name| what.get(*name)?.as_i64());
        Self {
            at: Moment::of(line.at, definitions),
            code: code(&line.what),
            text: words.line(&line.what, definitions),
            workflow: line.workflow.as_ref().map(ToString::to_string),
            step: line.step.as_ref().map(ToString::to_string),
            send: text("send"),
            reason: text("reason"),
            conditions: what.get("seen").and_then(|seen| serde_json::from_value(seen.clone()).ok()),
            until: until.map(|millis| Moment::of(Instant::from_millis(millis), definitions)),
        }
    }
}
