//! The life of workflows in a world: while people are inside, documents are edited and activated, people go over and come
//! back, workflows are interrupted, resumed and stopped, and somebody decides about one person. In the end everything that
//! was interrupted goes on.

use std::collections::{BTreeMap, BTreeSet};

use flusso_app::workflows::activate::{Activation, People};
use flusso_app::workflows::life::Resume;
use flusso_app::workflows::people::Decision;
use flusso_app::{App, AppError};
use flusso_engine::ids::{StepId, WorkflowId};
use flusso_engine::react::Input;
use flusso_engine::time::{Instant, Millis};
use flusso_engine::timeline::What;
use flusso_engine::yaml::{self, Limits};
use serde_json::{Value, json};

use super::core::{MINUTE, at_once};
use super::jobs::Command;
use super::plan::Plan;
use super::rng::Rng;
use super::world::World;

/// Workflows that lead to each other again and again: another way through them never ends.
const LEFT_ALONE: &[&str] = &["ping", "pong", "r1", "r2"];

/// What somebody does to a workflow, or to somebody inside.
#[derive(Clone, Debug)]
pub enum Act {
    /// It is saved with another document and activated.
    Edit {
        /// The document.
        text: String,
        /// What becomes of those inside.
        people: People,
        /// Those who stand at a step that is gone go out.
        out: Vec<StepId>,
        /// Within how many minutes the overdue go on.
        over: i64,
    },
    /// Who went over comes back.
    Revert,
    /// It is interrupted.
    Interrupt {
        /// Whether clocks stand still.
        clocks_stop: bool,
    },
    /// It goes on.
    Resume {
        /// Those who would have entered do.
        missed: bool,
        /// Within how many minutes the overdue go on.
        over: i64,
    },
    /// It is stopped, and activated again.
    Stop,
    /// Somebody decides about one person.
    Decide(u64),
}

/// What a seed does: by chances of its own, so that nothing else of the world is another for it.
pub fn draw(seed: u64, plan: &Plan) -> Vec<(i64, Command)> {
    let mut rng = Rng::new(seed ^ 0x006c_6976_6573);
    let mut acts = Vec::new();
    let all: Vec<&(String, String)> =
        plan.workflows.iter().filter(|(id, _)| !LEFT_ALONE.contains(&id.as_str())).collect();
    if all.is_empty() {
        return acts;
    }
    let mut texts: BTreeMap<&str, Value> = BTreeMap::new();
    for _ in 0..=rng.below(6) {
        let (id, text) = *rng.pick(&all);
        let at = rng.between(MINUTE, plan.calm_at.max(2 * MINUTE));
        let over = rng.between(0, 90);
        let act = match rng.below(10) {
            0..=3 => {
                let document = texts.entry(id.as_str()).or_insert_with(|| read(text));
                edit(document, &mut rng);
                let people = [People::Migrate, People::Migrate, People::Finish, People::Exit];
                let out = if rng.chance(5_000) { step_ids(&read(text)) } else { Vec::new() };
                Act::Edit { text: document.to_string(), people: people[rng.index(4)], out, over }
            }
            4 => Act::Revert,
            5 | 6 => Act::Interrupt { clocks_stop: rng.chance(4_000) },
            7 => Act::Resume { missed: rng.chance(6_000), over },
            8 if rng.chance(3_000) => Act::Stop,
            _ => Act::Decide(rng.below(1_000)),
        };
        let goes_over = matches!(act, Act::Edit { people: People::Migrate, .. });
        acts.push((at, Command::Live(id.clone(), act)));
        if goes_over && rng.chance(4_000) {
            let soon = at + rng.between(MINUTE / 4, 10 * MINUTE);
            acts.push((soon, Command::Live(id.clone(), Act::Revert)));
        }
    }
    // Sorted, so that each edit builds on the one before.
    let mut edits: Vec<i64> = acts.iter().filter(|(_, act)| is_edit(act)).map(|(at, _)| *at).collect();
    edits.sort_unstable();
    let mut edits = edits.into_iter();
    for (at, _) in acts.iter_mut().filter(|(_, act)| is_edit(act)) {
        *at = edits.next().unwrap_or(*at);
    }
    for (number, (id, _)) in all.iter().enumerate() {
        let at = plan.calm_at + 5 * MINUTE + i64::try_from(number).unwrap_or_default();
        let act = Act::Resume { missed: rng.chance(6_000), over: rng.between(0, 60) };
        acts.push((at, Command::Live(id.clone(), act)));
    }
    acts
}

fn is_edit(command: &Command) -> bool {
    matches!(command, Command::Live(_, Act::Edit { .. }))
}

fn read(text: &str) -> Value {
    let documents = yaml::parse(text, &Limits::default()).unwrap_or_default();
    documents.first().map_or(Value::Null, yaml::to_json)
}

/// The steps at the top of a document that have names of their own, and the first that have none.
fn step_ids(document: &Value) -> Vec<StepId> {
    let steps = document["steps"].as_array().into_iter().flatten();
    let named = steps.filter_map(|step| step["id"].as_str()).map(StepId::new);
    let waits = (1..4).map(|number| StepId::new(format!("wait-{number}")));
    named.chain(waits).collect()
}

/// Puts a step in, takes one out, has two change places, or makes a wait longer or shorter.
fn edit(document: &mut Value, rng: &mut Rng) {
    let Some(steps) = document.get_mut("steps").and_then(Value::as_array_mut) else { return };
    let many = steps.len();
    match rng.below(5) {
        0 => {
            let put = json!({ "add tag": format!("put-in-{}", rng.below(5)) });
            steps.insert(rng.index(many + 1), put);
        }
        1 if many > 1 => drop(steps.remove(rng.index(many))),
        2 if many > 1 => {
            // Further back: who has done it comes to it again, and does not do it.
            let from = rng.index(many - 1);
            let moved = steps.remove(from);
            steps.insert(from + 1 + rng.index(many - from - 1), moved);
        }
        _ => {
            let lengths = ["1 minute", "10 minutes", "2 hours", "9 hours", "2 days"];
            let length = json!(lengths[rng.index(lengths.len())]);
            let waits = steps.iter_mut().filter(|step| step["wait"].is_string());
            let mut waits: Vec<&mut Value> = waits.collect();
            if waits.is_empty() {
                steps.insert(rng.index(many + 1), json!({ "wait": length }));
            } else {
                let at = rng.index(waits.len());
                waits[at]["wait"] = length;
            }
        }
    }
}

/// What is asked of the program.
pub async fn act(
    app: &App,
    workflow: &str,
    act: &Act,
    whom: Option<(String, String)>,
    key: &str,
) -> Result<(), AppError> {
    let by = "person:maria";
    let minutes = |minutes: i64| Millis::minutes(minutes);
    match act {
        Act::Edit { text, people, out, over } => {
            let saved = app.save_workflow(workflow, text, by).await?;
            let how = Activation {
                version: Some(saved.version),
                people: *people,
                steps: out.iter().map(|step| (step.clone(), None)).collect(),
                over: minutes(*over),
                take_in: None,
            };
            app.activate_as(workflow, &how, by).await.map(|_| ())
        }
        Act::Revert => app.revert(workflow, by).await.map(|_| ()),
        Act::Interrupt { clocks_stop } => app.interrupt(workflow, *clocks_stop, by).await.map(|_| ()),
        Act::Resume { missed, over } => {
            app.resume(workflow, Resume { over: minutes(*over), missed: *missed }, by).await.map(|_| ())
        }
        Act::Stop => {
            match app.stop(workflow, by).await {
                // Stopped already: whoever did it died before it was active again.
                Ok(_) | Err(AppError::Conflict { .. }) => app.activate(workflow).await.map(|_| ()),
                Err(error) => Err(error),
            }
        }
        Act::Decide(number) => {
            let Some((contact, enrollment)) = whom else { return Ok(()) };
            let decision = match number % 4 {
                0 => Decision::SkipWait,
                1 => {
                    Decision::Reschedule(app.now() + Millis::minutes(i64::try_from(number % 90).unwrap_or(1)))
                }
                2 => Decision::MoveTo(StepId::new("wait-1")),
                _ => Decision::Remove,
            };
            app.decide_for(&contact, &enrollment, &decision, by, Some(key)).await.map(|_| ())
        }
    }
}

/// Whether a refusal is an answer, and nothing is to be tried again.
pub fn is_answer(error: &AppError) -> bool {
    !matches!(error, AppError::Unavailable(_))
}

impl World {
    /// Somebody inside the workflow, by a number.
    pub(super) fn somebody_inside(&self, workflow: &str, number: u64) -> Option<(String, String)> {
        self.core.with(|shared| {
            let seen = shared.watch.seen.iter().flat_map(|(id, seen)| {
                let inside = seen.contact.state.enrollments.iter();
                inside.filter(|(_, one)| one.workflow.as_str() == workflow).map(move |(own, _)| (id, own))
            });
            let inside: Vec<(String, String)> =
                seen.map(|(id, own)| (id.to_string(), own.to_string())).collect();
            let at = usize::try_from(number).unwrap_or_default() % inside.len().max(1);
            inside.get(at).cloned()
        })
    }

    /// L1: while a workflow is interrupted, nobody enters and nobody does a step. L2: in the end nobody stands still, and
    /// nobody waits before the door.
    pub(super) fn judge_lives(&mut self) {
        let repository = self.instances[0].app.repository().clone();
        let mut interrupted: BTreeMap<u64, BTreeSet<WorkflowId>> = BTreeMap::new();
        let numbers: BTreeSet<u64> = self.core.with(|shared| {
            let entries = shared.watch.seen.values().flat_map(|seen| &seen.entries);
            entries.map(|entry| entry.definitions).collect()
        });
        for number in numbers {
            let head = at_once(repository.head_at(number)).ok().flatten().unwrap_or_default();
            let still = head.workflows.into_iter().filter(|(_, active)| active.life.interrupted.is_some());
            interrupted.insert(number, still.map(|(id, _)| id).collect());
        }
        let now = at_once(repository.head()).unwrap_or_default();
        self.core.with(|shared| {
            let mut wrong = Vec::new();
            for (id, seen) in &shared.watch.seen {
                for entry in &seen.entries {
                    let still = &interrupted[&entry.definitions];
                    for line in &entry.lines {
                        let does = matches!(
                            line.what,
                            What::Enrolled { .. } | What::SendClaimed { .. } | What::SendPlanned { .. }
                        );
                        if does && line.workflow.as_ref().is_some_and(|workflow| still.contains(workflow)) {
                            wrong.push(("L1", format!("{id}, revision {}: {line}", entry.revision)));
                        }
                    }
                }
                let state = &seen.contact.state;
                if let Some(still) = state.enrollments.values().find(|one| one.stands_still) {
                    wrong.push(("L2", format!("{id} still stands still in {}", still.workflow)));
                }
                // If it was decided that they do not enter, they find out when they react.
                let waits = state.missed.iter().find(|missed| {
                    let active = now.workflows.get(&missed.workflow);
                    let resumed = active.and_then(|active| active.life.resumed);
                    resumed.is_some_and(|resumed| resumed.missed && missed.number >= resumed.since)
                });
                if let Some(missed) = waits {
                    wrong.push(("L2", format!("{id} still waits before the door: {missed:?}")));
                }
            }
            for (invariant, text) in wrong {
                shared.violated(invariant, || text);
            }
        });
    }
}

/// The mark of a line that only lives bring.
pub fn mark(what: &What, input: &Input, now: Instant) -> Option<&'static str> {
    Some(match what {
        What::Migrated { .. } => "migrated",
        What::Reverted { .. } => "reverted",
        What::Cancelled { reason, .. } if reason == "stopped" => "stopped",
        What::Merged { .. } => "merged",
        What::Parted { .. } => "parted",
        What::Erased => "erased",
        What::Interrupted { .. } => "interrupted",
        What::Resumed { turn: Some(turn), .. } if *turn > now => "resumed_in_turn",
        What::Moved { .. } => "moved_by_hand",
        What::Ignored { reason } if reason == "interrupted" => "entry_missed",
        What::Enrolled { .. } if matches!(input, Input::Wake) => "entered_by_itself",
        What::StepSkipped { reason } if reason == "done_before" => "done_before",
        _ => return None,
    })
}
