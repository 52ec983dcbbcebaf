//! The numbers of a workflow, made of its counters (SEM-15).

use std::collections::BTreeMap;
use std::sync::Arc;

use flusso_engine::ids::{StepId, VersionId, WorkflowId};
use flusso_engine::tally::{Counter, TOOK};
use flusso_engine::time::Millis;
use flusso_engine::workflow::program::Program;

use crate::{App, AppError};

/// Counts by name: a reason, a currency.
pub type ByName = BTreeMap<String, i64>;

/// The numbers of a workflow: entered + moved in = inside + completed + exited + failed + cancelled + moved out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Numbers {
    /// The workflow as a whole.
    pub whole: Whole,
    /// Its versions that somebody ran, and what became of those who did.
    pub versions: Vec<(VersionId, Whole)>,
    /// By step, in the order of the document; steps of other versions last.
    pub steps: Vec<StepNumbers>,
}

/// Passages through a workflow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Whole {
    /// Different people who ever entered.
    pub people: i64,
    /// Enrollments ever.
    pub entered: i64,
    /// Enrollments now.
    pub inside: i64,
    /// Came to the end.
    pub completed: i64,
    /// Left early, and by which reason.
    pub exited: i64,
    /// The same by reason.
    pub exits: ByName,
    /// Could not go on.
    pub failed: i64,
    /// The same by reason.
    pub failures: ByName,
    /// Were cancelled.
    pub cancelled: i64,
    /// Came from another version.
    pub moved_in: i64,
    /// Went to another version.
    pub moved_out: i64,
    /// Reached a goal.
    pub goal: i64,
    /// Would have entered while it was interrupted, and nobody has decided yet.
    pub missed: i64,
    /// Conversions that its messages and steps led to.
    pub converted: i64,
    /// What these are worth, in minor units by currency.
    pub revenue: ByName,
}

/// What happened at a step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StepNumbers {
    /// Which.
    pub step: String,
    /// Arrivals.
    pub reached: i64,
    /// Who stands there now.
    pub inside: i64,
    /// Arrivals more than a minute after they were due.
    pub late: i64,
    /// Messages that the provider took.
    pub sent: i64,
    /// That arrived.
    pub delivered: i64,
    /// That a person opened.
    pub opened: i64,
    /// That a machine opened, or nobody knows who.
    pub opened_by_machine: i64,
    /// Of which a person followed a link.
    pub clicked: i64,
    /// Of which a machine followed a link, or nobody knows who.
    pub clicked_by_machine: i64,
    /// That were answered.
    pub replied: i64,
    /// That did not arrive.
    pub bounced: i64,
    /// That were complained about.
    pub complained: i64,
    /// Messages that were not sent, by reason.
    pub skipped: ByName,
    /// That the provider refused for good.
    pub send_failed: i64,
    /// Of which nobody knows whether they went.
    pub unresolved: i64,
    /// Enrollments that ended here early.
    pub exited: i64,
    /// That could not go on from here.
    pub failed: i64,
    /// Conversions that it led to.
    pub converted: i64,
    /// What these are worth, in minor units by currency.
    pub revenue: ByName,
    /// Those who left some time after they had come.
    pub waited: i64,
    /// How long people stood here.
    pub took: Option<Took>,
    /// The arms of its test.
    pub arms: Vec<ArmNumbers>,
}

/// How long it took from the arrival at a step to the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Took {
    /// Half of them took at most so long.
    pub half: Millis,
    /// Nine in ten took at most so long.
    pub most: Millis,
}

/// An arm of a test.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ArmNumbers {
    /// Its number, from 1.
    pub arm: usize,
    /// Its share, in percent.
    pub share: f64,
    /// Whether it has no steps of its own: what the others are compared with.
    pub holdout: bool,
    /// How often it was drawn.
    pub drawn: i64,
    /// Whom what the test is judged by happened to.
    pub judged: i64,
    /// Conversions, whatever led to them.
    pub converted: i64,
    /// What these are worth, in minor units by currency.
    pub revenue: ByName,
    /// By how much more often, or less, than in the holdout people did what the test is judged by: 0.5 is half as often
    /// again. None without a holdout, or as long as nobody of it did.
    pub lift: Option<f64>,
}

impl Whole {
    /// How many of those who ended came to the end.
    pub fn completion(&self) -> Option<f64> {
        rate(self.completed, self.completed + self.exited + self.failed)
    }

    fn add(&mut self, name: &str, n: i64) {
        let (name, rest) = name.split_once('.').unwrap_or((name, ""));
        let by_reason = match name {
            "exited" => &mut self.exits,
            "failed" => &mut self.failures,
            _ => &mut ByName::new(),
        };
        if !rest.is_empty() {
            *by_reason.entry(rest.to_owned()).or_default() += n;
            return;
        }
        let number = match name {
            "people" => &mut self.people,
            "entered" => &mut self.entered,
            "completed" => &mut self.completed,
            "exited" => &mut self.exited,
            "failed" => &mut self.failed,
            "cancelled" => &mut self.cancelled,
            "moved_in" => &mut self.moved_in,
            "moved_out" => &mut self.moved_out,
            "goal" => &mut self.goal,
            "missed" => &mut self.missed,
            _ => return,
        };
        *number += n;
    }

    /// What a step counts of the workflow.
    fn add_of_step(&mut self, name: &str, n: i64) {
        match name.split_once('.').unwrap_or((name, "")) {
            ("inside", "") => self.inside += n,
            ("converted", "") => self.converted += n,
            ("revenue", currency) => *self.revenue.entry(currency.to_owned()).or_default() += n,
            _ => {}
        }
    }
}

impl StepNumbers {
    /// How many of the messages that arrived a person opened.
    pub fn open_rate(&self) -> Option<f64> {
        rate(self.opened, self.delivered)
    }

    /// Of how many that arrived it is not known whether a person opened them: a machine did, or nobody knows who.
    pub fn unknown_share(&self) -> Option<f64> {
        rate(self.opened_by_machine, self.delivered)
    }

    /// Of how many that arrived a person followed a link.
    pub fn click_rate(&self) -> Option<f64> {
        rate(self.clicked, self.delivered)
    }

    fn add(&mut self, name: &str, n: i64, took: &mut BTreeMap<String, i64>) {
        let number = match name {
            "reached" => &mut self.reached,
            "inside" => &mut self.inside,
            "late" => &mut self.late,
            "sent" => &mut self.sent,
            "delivered" => &mut self.delivered,
            "opened" => &mut self.opened,
            "opened.machine" => &mut self.opened_by_machine,
            "clicked" => &mut self.clicked,
            "clicked.machine" => &mut self.clicked_by_machine,
            "replied" => &mut self.replied,
            "bounced" => &mut self.bounced,
            "complained" => &mut self.complained,
            "send_failed" => &mut self.send_failed,
            "unresolved" => &mut self.unresolved,
            "exited" => &mut self.exited,
            "failed" => &mut self.failed,
            "converted" => &mut self.converted,
            _ => return self.add_named(name, n, took),
        };
        *number += n;
    }

    fn add_named(&mut self, name: &str, n: i64, took: &mut BTreeMap<String, i64>) {
        let Some((kind, rest)) = name.split_once('.') else { return };
        match kind {
            "skipped" => *self.skipped.entry(rest.to_owned()).or_default() += n,
            "revenue" => *self.revenue.entry(rest.to_owned()).or_default() += n,
            "took" => *took.entry(name.to_owned()).or_default() += n,
            "arm" => {
                let (arm, what) = rest.split_once('.').unwrap_or((rest, ""));
                let Some(arm) = self.arm(arm) else { return };
                match what.split_once('.').unwrap_or((what, "")) {
                    ("", _) => arm.drawn += n,
                    ("converted", _) => arm.converted += n,
                    ("revenue", currency) => *arm.revenue.entry(currency.to_owned()).or_default() += n,
                    _ => {}
                }
            }
            "judged" => {
                if let Some(arm) = self.arm(rest) {
                    arm.judged += n;
                }
            }
            _ => {}
        }
    }

    fn arm(&mut self, number: &str) -> Option<&mut ArmNumbers> {
        let at: usize = number.parse().ok().filter(|at| *at < flusso_engine::limits::SOURCE_BRANCHES)?;
        while self.arms.len() <= at {
            self.arms.push(ArmNumbers { arm: self.arms.len() + 1, ..ArmNumbers::default() });
        }
        self.arms.get_mut(at)
    }

    /// What the program knows of the arms, and what they are compared with.
    fn compare(&mut self, program: Option<&Program>) {
        let step = program.and_then(|program| Some(&program.steps[program.step(&StepId::new(&*self.step))?]));
        let arms = step.map(|step| step.step.arms(step.next)).unwrap_or_default();
        for (at, (share, holdout)) in arms.into_iter().enumerate() {
            if let Some(arm) = self.arm(&at.to_string()) {
                arm.share = f64::from(share) / 100.0;
                arm.holdout = holdout;
            }
        }
        let held = self.arms.iter().find(|arm| arm.holdout);
        let Some(base) = held.and_then(|arm| rate(arm.judged, arm.drawn)).filter(|base| *base > 0.0) else {
            return;
        };
        for arm in self.arms.iter_mut().filter(|arm| !arm.holdout) {
            arm.lift = rate(arm.judged, arm.drawn).map(|rate| rate / base - 1.0);
        }
    }

    /// How long it took those who left; who left at once is the rest of those who came.
    fn measure(&mut self, took: &BTreeMap<String, i64>) {
        let left = self.reached - self.inside - self.exited - self.failed;
        self.waited = took.values().sum();
        let waited = self.waited;
        if waited == 0 || left <= 0 {
            return;
        }
        let longest = TOOK[TOOK.len() - 2].0;
        let at = |share: f64| {
            #[expect(clippy::cast_precision_loss, reason = "a share of people")]
            let wanted = left as f64 * share;
            let mut so_far = left - waited;
            let mut bounds = std::iter::once((Millis(0), so_far)).chain(TOOK.iter().map(|(most, name)| {
                so_far += took.get(*name).copied().unwrap_or_default();
                (*most, so_far)
            }));
            #[expect(clippy::cast_precision_loss, reason = "a share of people")]
            let found = bounds.find(|(_, so_far)| *so_far as f64 >= wanted);
            found.map_or(longest, |(most, _)| most.min(longest))
        };
        self.took = Some(Took { half: at(0.5), most: at(0.9) });
    }
}

/// A share; none of nothing.
#[expect(clippy::cast_precision_loss, reason = "counts of people")]
fn rate(of: i64, all: i64) -> Option<f64> {
    (all > 0).then(|| of as f64 / all as f64)
}

impl App {
    /// The numbers of a workflow, of one version or of all of them.
    pub async fn numbers(&self, id: &str, version: Option<&str>) -> Result<Numbers, AppError> {
        let info = self.workflow(id).await?;
        let program = match (version, info.active) {
            (Some(version), _) => {
                let program = self.program(&VersionId::new(version)).await?;
                if program.workflow.as_str() != id {
                    return Err(AppError::NotFound { what: "version", id: version.to_owned() });
                }
                Some(program)
            }
            (None, Some(active)) => Some(self.program(&active.version).await?),
            // What was never finished has no order yet.
            (None, None) => match info.version {
                Some(version) => self.program(&version).await.ok(),
                None => None,
            },
        };
        let counters = self.repository.counters(&WorkflowId::new(id)).await?;
        Ok(Numbers::of(&counters, program.as_ref(), version))
    }
}

impl Numbers {
    /// What counters say, of one version or of all of them; the steps in the order of a program.
    pub fn of(counters: &[(Counter, i64)], program: Option<&Arc<Program>>, version: Option<&str>) -> Self {
        let order = program.map(|program| program.step_ids()).unwrap_or_default();
        let mut numbers = Self::default();
        let mut versions: BTreeMap<VersionId, Whole> = BTreeMap::new();
        let mut steps: BTreeMap<(usize, String), (StepNumbers, BTreeMap<String, i64>)> = BTreeMap::new();
        let place = |step: &StepId| {
            let place = order.iter().position(|known| known == step).unwrap_or(order.len());
            (place, step.to_string())
        };
        for step in &order {
            steps.entry(place(step)).or_default();
        }
        for (counter, n) in counters {
            let of_version = versions.entry(counter.version.clone()).or_default();
            let is_meant = version.is_none_or(|version| counter.version.as_str() == version);
            match &counter.step {
                None => {
                    of_version.add(&counter.name, *n);
                    if is_meant {
                        numbers.whole.add(&counter.name, *n);
                    }
                }
                Some(step) => {
                    of_version.add_of_step(&counter.name, *n);
                    if is_meant {
                        numbers.whole.add_of_step(&counter.name, *n);
                        let (step, took) = steps.entry(place(step)).or_default();
                        step.add(&counter.name, *n, took);
                    }
                }
            }
        }
        numbers.versions = versions.into_iter().collect();
        numbers.steps = steps
            .into_iter()
            .map(|((_, id), (mut step, took))| {
                step.step = id;
                step.compare(program.map(|program| &**program));
                step.measure(&took);
                step
            })
            .collect();
        numbers
    }
}
