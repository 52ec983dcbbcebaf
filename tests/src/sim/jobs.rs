//! Jobs in a world: people are put into workflows in bulk, and segments are defined while things happen. In the end each
//! job has ended, and has done to everybody what it says.

use std::collections::BTreeSet;

use flusso_app::AppError;
use flusso_app::jobs::{Bulk, BulkAct};
use flusso_engine::ids::{ContactId, JobId};
use flusso_store::codec::value;
use flusso_store::keys::job::{Job, JobRow, JobState, Over, Task};
use flusso_store::keys::job_failure::JobFailureRow;
use serde_json::Map;

use super::core::{Item, MINUTE, Notes, SECOND, at_once};
use super::lives;
use super::persons;
use super::plan::Plan;
use super::rng::Rng;
use super::watch::Seen;
use super::world::{self, DOOR_TIMEOUT, Done, World};

/// What somebody asks for.
#[derive(Clone, Debug)]
pub enum Command {
    /// Everybody is put into a workflow.
    Enroll(String),
    /// A segment of those whose city is known.
    Segment,
    /// A bulk action on everybody, of which workflows see it or do not.
    Bulk(bool),
    /// Something is done to a workflow, or to somebody inside.
    Live(String, lives::Act),
    /// Something is done to somebody.
    Person(persons::Act),
}

/// The name of the segment.
const SEGMENT: &str = "located";

/// What a seed asks for: by chances of its own, so that nothing else of the world is another for it.
pub fn draw(seed: u64, plan: &Plan) -> Vec<(i64, Command)> {
    let mut rng = Rng::new(seed ^ 0x6a6f_6273);
    let mut commands = Vec::new();
    for _ in 0..=rng.below(3) {
        let at = rng.between(0, plan.calm_at);
        commands.push(match rng.below(3) {
            0 => (at, Command::Segment),
            _ => (at, Command::Enroll(rng.pick(&plan.workflows).0.clone())),
        });
    }
    // By chances of its own again.
    let mut rng = Rng::new(seed ^ 0x6275_6c6b);
    if rng.chance(4_000) {
        commands.push((rng.between(0, plan.calm_at), Command::Bulk(rng.chance(5_000))));
    }
    commands
}

impl World {
    pub(super) fn command(&mut self, index: usize) {
        let instance = self.any_instance();
        let app = self.instances[instance].app.clone();
        let command = self.commands[index].clone();
        let notes = Notes { kind: "door", ..Notes::default() };
        let whom = match &command {
            Command::Live(workflow, lives::Act::Decide(number)) => self.somebody_inside(workflow, *number),
            Command::Person(act) => self.persons(act),
            _ => None,
        };
        self.spawn(instance, world::Job::Command(index), notes, DOOR_TIMEOUT, async move {
            let done = match command {
                Command::Enroll(workflow) => {
                    let key = format!("command-{index}");
                    let begun =
                        app.enroll_all(&workflow, Over::All, Map::new(), "api:shop", Some(&key)).await;
                    match begun {
                        // It was stopped meanwhile.
                        Ok(_) | Err(AppError::Conflict { code: "workflow_not_active", .. }) => Ok(()),
                        Err(error) => Err(error),
                    }
                }
                Command::Live(workflow, act) => {
                    let key = format!("command-{index}");
                    let done = lives::act(&app, &workflow, &act, whom, &key).await;
                    done.or_else(|error| if lives::is_answer(&error) { Ok(()) } else { Err(error) })
                }
                Command::Person(act) => {
                    return Done::Unit(persons::act(&app, &act, whom).await);
                }
                Command::Bulk(quiet) => {
                    let key = format!("command-{index}");
                    let act =
                        BulkAct::Happen("tag.added", Map::from_iter([("tag".to_owned(), "bulk".into())]));
                    let bulk = Bulk { name: "Bulk".to_owned(), act, over: Over::All, quiet };
                    app.begin_bulk(bulk, "api:shop", Some(&key)).await.map(|_| ())
                }
                Command::Segment => app.put_segment(SEGMENT, "who: { is known: city }").await.map(|_| ()),
            };
            Done::Unit(done.map_err(|error| error.to_string()))
        });
    }

    /// Whoever asked asks again.
    pub(super) fn command_again(&mut self, index: usize) {
        let now = self.core.now();
        self.core.with(|shared| shared.at(now + 3 * SECOND, Item::Command(index)));
    }

    /// J1: every job has ended. J2: whoever was there before it has what it did, or stands among its failures.
    pub(super) fn judge_jobs(&mut self) {
        let rows = self.memory.dump();
        let jobs: Vec<(JobId, Job)> = rows
            .iter()
            .filter(|row| row.key.partition == "job")
            .filter_map(|row| Some((JobId::new(row.key.sort.as_str()), value::<JobRow>(row).ok()?)))
            .collect();
        let failed: BTreeSet<(String, String)> = rows
            .iter()
            .filter(|row| row.key.partition.starts_with("jbf/") && value::<JobFailureRow>(row).is_ok())
            .map(|row| (row.key.partition.trim_start_matches("jbf/").to_owned(), row.key.sort.clone()))
            .collect();
        let open = at_once(self.instances[0].app.repository().open_jobs()).unwrap_or_default();
        self.core.with(|shared| {
            if !open.is_empty() {
                shared.violated("J1", || format!("{open:?} have not ended"));
            }
            for (id, job) in &jobs {
                // Its workflow was stopped while it went on.
                let stopped = job.reason.as_deref() == Some("workflow_not_active");
                if !stopped && (job.state != JobState::Done || job.done != job.of) {
                    shared.violated("J1", || format!("{id} is {job:?}"));
                }
                shared.trace.mark("job_done");
                let enrolls = matches!(job.task, Task::Enroll { .. } | Task::Tell { .. }) && !stopped;
                let was_there = |contact: &ContactId| {
                    let seen = shared.watch.seen.get(contact);
                    // Clocks differ by half a minute.
                    // Whoever was merged meanwhile may have been told as the other one.
                    let is_there = |seen: &Seen| seen.contact.is_there() && !seen.contact.state.returned;
                    seen.is_some_and(|seen| {
                        is_there(seen) && seen.since + 2 * MINUTE < job.created_at.millis()
                    })
                };
                let told = |contact: &ContactId| {
                    let event = (format!("job:{id}"), contact.to_string());
                    shared.watch.applied.contains_key(&event)
                        || failed.contains(&(id.to_string(), contact.to_string()))
                };
                let contacts = shared.watch.seen.keys().filter(|_| enrolls);
                let missed: Vec<_> =
                    contacts.filter(|one| was_there(one) && !told(one)).map(ToString::to_string).collect();
                if !missed.is_empty() {
                    shared.violated("J2", || format!("{id} has passed over {missed:?}"));
                }
            }
            let defined = self.commands.iter().any(|command| matches!(command, Command::Segment));
            let wrong: Vec<String> = shared
                .watch
                .seen
                .iter()
                .filter(|(id, seen)| {
                    let located = seen.contact.profile.text("city").is_some();
                    let gave_up = failed.iter().any(|(_, contact)| *contact == id.as_str());
                    let there = seen.contact.is_there();
                    defined && there && seen.contact.state.is_member(SEGMENT) != located && !gave_up
                })
                .map(|(id, _)| id.to_string())
                .collect();
            if !wrong.is_empty() {
                shared.violated("J2", || format!("{wrong:?} do not know whether they are members"));
            }
        });
    }
}
