//! Something that is done to many contacts, chunk by chunk: `job`, `<id>`. Its revision grows with each chunk and with
//! each change of its state. It expires some time after it has ended.

use super::labels::Counts;
use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::keys::import::Stage;
use crate::table::Key;
use flusso_engine::contact::Contact;
use flusso_engine::ids::{ContactId, JobId, StepId, VersionId, WorkflowId};
use flusso_engine::schedule::Among;
use flusso_engine::time::{Instant, Millis};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the catalogue says of it.
pub const INFO: KindInfo = KindInfo { name: "job", prefix: "job", personal: Personal::WhileErased };

/// The kind of row.
#[derive(Clone, Copy, Debug)]
pub struct JobRow;

impl Kind for JobRow {
    type Value = Job;
    const FORMAT: u16 = 1;
}

/// The partition of all jobs.
pub const PARTITION: &str = "job";

/// How long a job is kept after its end, with its failures.
pub const KEPT: Millis = Millis::hours(400 * 24);

/// Most contacts that are worked on at once where a job goes slowly.
const MOST_AT_ONCE: u32 = 90;

/// A job: what it does, to whom, and how far it has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// What is done to each contact.
    pub task: Task,
    /// To which contacts.
    pub over: Over,
    /// How it stands.
    pub state: JobState,
    /// Why it has failed: a code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who, or what, started it: `api:<key's name>`, `person:<id>`, `workflow:<id>`, `segment:<name>`, `account`.
    pub started_by: Arc<str>,
    /// Since when there is one.
    pub created_at: Instant,
    /// When it was worked on last, or its state changed.
    pub changed_at: Instant,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Instant>,
    /// How many contacts it has counted that it goes over.
    #[serde(default)]
    pub of: u64,
    /// Where the count goes on; none once it is complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counting: Option<Cursor>,
    /// How many contacts are done with, those that failed among them.
    #[serde(default)]
    pub done: u64,
    /// With how many it failed.
    #[serde(default)]
    pub failed: u64,
    /// What came of it, by name, where the task counts that: `moved`, `later`, …
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub counts: BTreeMap<Arc<str>, u64>,
    /// Where it goes on; none at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<Cursor>,
    /// Not to be gone on with before this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Instant>,
}

/// What is done to each contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Task {
    /// It reacts by the present definitions, and whatever it has to keep in mind because of them is kept.
    Look,
    /// Its rows in the index are put that are not there.
    Index,
    /// Nothing: it is only chosen.
    Choose,
    /// What it has of tags, lists and fields is counted.
    Count {
        /// So far.
        counts: Counts,
    },
    /// It enters a workflow, if that admits it.
    Enroll {
        /// Which.
        workflow: WorkflowId,
        /// The values that the workflow's steps may read of the event.
        #[serde(default, skip_serializing_if = "Map::is_empty")]
        data: Map<String, Value>,
        /// What this is called, if it is a bulk action.
        #[serde(default, skip_serializing_if = "str::is_empty")]
        name: Arc<str>,
        /// At most so many an hour; 0 is as fast as it goes.
        #[serde(default, skip_serializing_if = "is_zero")]
        per_hour: u32,
    },
    /// Its open deals of a pipeline go to a stage.
    MoveDeals {
        /// What this is called.
        name: Arc<str>,
        /// The pipeline.
        pipeline: Arc<str>,
        /// The stage.
        stage: Arc<str>,
        /// Only this deal.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deal: Option<Arc<str>>,
        /// Whether nobody enters a workflow by it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        quiet: bool,
    },
    /// It enters a workflow for the newest event that it had since an instant and that would have had it enter.
    TakeIn {
        /// Which workflow.
        workflow: WorkflowId,
        /// Since when.
        since: Instant,
    },
    /// Its enrollments in a workflow go over to the active version.
    Migrate {
        /// Which workflow.
        workflow: WorkflowId,
        /// That version.
        version: VersionId,
        /// Where those go who stand at a step that is gone, by the step; null is out.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        steps: BTreeMap<StepId, Option<StepId>>,
        /// Those who are overdue by it go on one after another within so long.
        #[serde(default)]
        over: Millis,
    },
    /// Its waits that were counted by the account's zone of before are counted by the present one.
    MoveWaits {
        /// The zone of before.
        from: Arc<str>,
    },
    /// Going over to the active version is taken back, for whoever has not done a step of it.
    Revert {
        /// Which workflow.
        workflow: WorkflowId,
    },
    /// Something happens to it.
    Tell {
        /// What this is called.
        name: Arc<str>,
        /// The type of the event.
        #[serde(rename = "type")]
        kind: Arc<str>,
        /// What the event carries.
        #[serde(default, skip_serializing_if = "Map::is_empty")]
        data: Map<String, Value>,
        /// What it says of the person.
        #[serde(default, skip_serializing_if = "Map::is_empty")]
        fields: Map<String, Value>,
        /// Whether nobody enters a workflow by it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        quiet: bool,
    },
    /// Its enrollments in a workflow end that run another version than the active one.
    Leave {
        /// Which workflow.
        workflow: WorkflowId,
    },
    /// Everything that is known of it is erased, of those merged into it too.
    Erase {
        /// Its addresses, numbers and browsers, and the contacts that were merged into it: what is looked for. Forgotten
        /// with the rest.
        named: Vec<String>,
        /// Its files, by their names among the blobs.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        files: Vec<String>,
        /// Whether it was erased once: it is erased once more when nobody can still be at work with what was there.
        #[serde(default)]
        again: bool,
    },
    /// The rows of a file are taken in as contacts, or are taken back. This goes over no contacts.
    Import {
        /// The import.
        import: Arc<str>,
        /// What is done with it.
        stage: Stage,
        /// The files of what went wrong: the number of the row with which each begins.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        files: Vec<u64>,
    },
    /// It is written into a file.
    Export {
        /// The export.
        export: Arc<str>,
        /// How many files there are of it.
        #[serde(default)]
        files: u64,
    },
    /// Files that are old are removed. This goes over no contacts.
    Clear,
    /// It is told that a time of a workflow's schedule has come.
    Occurrence {
        /// The workflow.
        workflow: WorkflowId,
        /// The schedule, as it is written.
        schedule: Arc<str>,
        /// Which of its times, on the wall clock.
        occurrence: Arc<str>,
        /// The instant at which the first clock that counts came to it.
        at: Instant,
    },
}

/// The contacts that a job goes over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "over", rename_all = "snake_case")]
pub enum Over {
    /// All of them.
    All,
    /// The members of a segment.
    Segment {
        /// Its name.
        name: Arc<str>,
    },
    /// Those on a list.
    List {
        /// Its name.
        name: Arc<str>,
    },
    /// Those who fulfilled a condition when the job began.
    Chosen {
        /// What their rows are called.
        choice: Arc<str>,
        /// The condition, as a segment's document.
        who: Arc<str>,
    },
    /// Those inside a workflow.
    Inside {
        /// Which.
        workflow: WorkflowId,
    },
    /// The rows of a file.
    Rows,
    /// These.
    Contacts {
        /// Their ids.
        contacts: Vec<ContactId>,
    },
}

/// How a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// It is worked on.
    Running,
    /// It stands still until somebody resumes it.
    Paused,
    /// Somebody ended it.
    Cancelled,
    /// It has gone over everybody.
    Done,
    /// It can't go on.
    Failed,
}

/// A place among the contacts that a job goes over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The shard.
    pub shard: u8,
    /// What comes next in it is after this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

fn is_zero(n: &u32) -> bool {
    *n == 0
}

impl Task {
    /// How many contacts may be worked on at once, and how long nobody then, where it is to go slowly.
    pub fn pace(&self) -> Option<(usize, Millis)> {
        let Self::Enroll { per_hour, .. } = self else { return None };
        // About once a minute, so that a few an hour are spread over it.
        let some = (per_hour / 60).clamp(1, MOST_AT_ONCE);
        (*per_hour > 0).then(|| (some as usize, Millis(3_600_000 * i64::from(some) / i64::from(*per_hour))))
    }
}

impl JobState {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Cancelled => "cancelled",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    /// Whether nothing more comes of it.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Cancelled | Self::Done | Self::Failed)
    }
}

impl Job {
    /// A job that nobody has worked on yet.
    pub fn new(task: Task, over: Over, started_by: &str, now: Instant) -> Self {
        Self {
            task,
            over,
            state: JobState::Running,
            reason: None,
            started_by: started_by.into(),
            created_at: now,
            changed_at: now,
            ended_at: None,
            of: 0,
            counting: Some(Cursor::default()),
            done: 0,
            failed: 0,
            counts: BTreeMap::new(),
            cursor: Some(Cursor::default()),
            not_before: None,
        }
    }
}

impl Job {
    /// Whether a contact is among those that it goes over. Who came after it began is not, unless named.
    pub fn means(&self, contact: &Contact) -> bool {
        let named = matches!(self.over, Over::Contacts { .. });
        self.over.has(contact) && (named || contact.profile.created_at <= self.created_at)
    }
}

impl Over {
    /// Whether a contact is among them, by its own rows.
    pub fn has(&self, contact: &Contact) -> bool {
        match self {
            Self::All | Self::Chosen { .. } => contact.is_there(),
            Self::Segment { name } => contact.state.is_member(name),
            Self::List { name } => contact.profile.lists.contains_key(name),
            Self::Inside { workflow } => {
                contact.state.enrollments.values().any(|inside| inside.workflow == *workflow)
            }
            Self::Rows => false,
            Self::Contacts { contacts } => contacts.contains(&contact.id),
        }
    }
}

impl From<&Among> for Over {
    fn from(among: &Among) -> Self {
        match among {
            Among::All => Self::All,
            Among::Segment(name) => Self::Segment { name: name.clone() },
            Among::List(name) => Self::List { name: name.clone() },
        }
    }
}

/// Where it lives.
pub fn key(job: &JobId) -> Key {
    Key::new(PARTITION, job.as_str())
}
