//! The life of workflows in a scenario: interrupted, resumed, stopped; and what is decided about those inside.

use flusso_engine::ids::WorkflowId;
use flusso_engine::life::{Interruption, Life, Resumption};
use flusso_engine::react::{self, Input};
use flusso_engine::time::{Instant, Millis};
use serde_json::{Map, Value, json};

use super::script::{Words, elapsed};
use super::world::World;

impl World {
    /// Does what a line says about a workflow or an enrollment; false if it says nothing of that.
    pub(super) fn live(&mut self, words: &Words) -> Result<bool, String> {
        let verb = words.word(0).unwrap_or_default();
        match verb {
            "interrupt" => {
                let clocks_stop = words.word(2) == Some("clocks-stop");
                let number = self.account.definitions.number + 1;
                let interruption = Interruption { at: self.clock, number, clocks_stop };
                self.change_life(words, "interrupted", |life| life.interrupted = Some(interruption))?;
            }
            "resume" => {
                let (at, over) = (self.clock, over(words)?);
                let missed = words.word(2) == Some("with-missed");
                self.change_life(words, "resumed", |life| {
                    let Some(interruption) = life.interrupted.take() else { return };
                    if interruption.clocks_stop {
                        life.stood_still = Millis(life.stood_still.0 + at.since(interruption.at).0);
                    }
                    life.resumed = Some(Resumption { at, since: interruption.number, over, missed });
                })?;
                self.tell_all(&Input::Wake)?;
            }
            "stop-workflow" => {
                let workflow = WorkflowId::new(words.must(1, "the workflow")?);
                self.transcript.note(self.clock, &format!("stopped {workflow}"));
                self.account.deactivate(&workflow);
                self.tell_all(&Input::Wake)?;
            }
            "migrate" | "revert" | "expel" => {
                let workflow = words.must(1, "the workflow")?;
                let (kind, data) = self.of_all(verb, workflow, words)?;
                let event = self.decided(kind, data);
                self.tell_all(&Input::Event { event, taken: Vec::new() })?;
            }
            "skip" | "move" | "reschedule" | "remove" => self.decide(verb, words)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn change_life(
        &mut self,
        words: &Words,
        became: &str,
        change: impl FnOnce(&mut Life),
    ) -> Result<(), String> {
        let workflow = WorkflowId::new(words.must(1, "the workflow")?);
        self.transcript.note(self.clock, &format!("{became} {workflow}"));
        self.account.change_life(&workflow, change)
    }

    fn of_all(&self, verb: &str, workflow: &str, words: &Words) -> Result<(&'static str, Value), String> {
        let active = self.account.definitions.workflows.get(workflow);
        let version = active.ok_or_else(|| format!("{workflow} is not active"))?.version.clone();
        let steps: Map<String, Value> = words
            .named
            .iter()
            .filter_map(|(name, to)| Some((name.strip_prefix("step.")?.to_owned(), to)))
            .map(|(from, to)| (from, if to == "out" { Value::Null } else { to.as_str().into() }))
            .collect();
        let over = over(words)?.0;
        Ok(match verb {
            "migrate" => (
                react::MIGRATE,
                json!({ "workflow": workflow, "version": version, "steps": steps, "over": over }),
            ),
            "revert" => (react::REVERT, json!({ "workflow": workflow })),
            _ => (react::LEAVE, json!({ "workflow": workflow })),
        })
    }

    /// What is decided about the enrollment of the person of whom the lines speak.
    fn decide(&mut self, verb: &str, words: &Words) -> Result<(), String> {
        let workflow = words.must(1, "the workflow")?;
        let inside = self.current().ok_or("nobody is there")?.contact.state.enrollments.iter();
        let mut inside = inside.filter(|(_, one)| one.workflow.as_str() == workflow);
        let enrollment = inside.next().map_or("none", |(id, _)| id.as_str()).to_owned();
        let (kind, data) = match verb {
            "skip" => (react::SKIP_WAIT, json!({ "enrollment": enrollment })),
            "move" => {
                (react::MOVE_TO, json!({ "enrollment": enrollment, "step": words.must(2, "the step")? }))
            }
            "reschedule" => {
                let at = Instant::parse(words.must(2, "the instant")?).ok_or("no instant")?;
                (react::RESCHEDULE, json!({ "enrollment": enrollment, "at": at.to_string() }))
            }
            _ => (react::REMOVE, json!({ "enrollment": enrollment })),
        };
        let event = self.decided(kind, data);
        self.tell_current(Input::Event { event, taken: Vec::new() })
    }
}

/// Within how long those go on who are overdue: `over=2h`.
fn over(words: &Words) -> Result<Millis, String> {
    words.named.get("over").map_or(Ok(Millis(0)), |over| elapsed(over))
}
