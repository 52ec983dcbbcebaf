//! Whether workflows do what they should: who is late, what fails, and what is not as it usually is.

use std::collections::BTreeMap;

use flusso_engine::contact::Contact;
use flusso_engine::definitions::Definitions;
use flusso_engine::ids::{ContactId, JobId, WorkflowId};
use flusso_engine::tally::LATE;
use flusso_engine::time::{Instant, Millis};
use flusso_store::keys::alarm::{self, Announced};
use flusso_store::keys::head::ActiveWorkflow;
use flusso_store::keys::job::{Over, Task};
use futures_util::future::try_join_all;

use super::days::Day;
use crate::workflows::life::{late, overdue_at};
use crate::{App, AppError};

/// Who is late by more than this is stuck: two sweeps should have found them.
const STUCK: Millis = Millis::minutes(20);
/// Most minutes whose alarms are looked at: where the sweep is so far behind, something else is wrong.
const MINUTES: i64 = 60;
/// Most contacts that are looked at for being late.
const LOOKED_AT: usize = 2_000;
/// Contacts that are read at once.
const AT_ONCE: usize = 50;
/// Days that say what is usual: four weeks before the last whole day.
const USUAL: usize = 28;
/// Fewer whole days say nothing of what is usual.
const FEWEST: usize = 14;
/// Days of a trend, and of the one before that it is compared with.
const TREND: usize = 7;

/// How a workflow does.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Health {
    /// Enrollments now.
    pub inside: i64,
    /// Of them, those whose wait was over more than a minute ago.
    pub late: u64,
    /// Of those, the ones that are late by more than twenty minutes.
    pub stuck: u64,
    /// When the one that waits longest was due.
    pub oldest_due: Option<Instant>,
    /// The last seven days with today.
    pub week: Trend,
    /// The seven days before.
    pub week_before: Trend,
    /// What is not as it usually is.
    pub alerts: Vec<Alert>,
}

/// What happened within some days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trend {
    /// Enrollments.
    pub entered: i64,
    /// Came to the end.
    pub completed: i64,
    /// Messages that were sent.
    pub sent: i64,
    /// That a person opened.
    pub opened: i64,
    /// Conversions.
    pub converted: i64,
    /// Enrollments that could not go on, messages that were refused for good, and those of which nobody knows whether they
    /// went.
    pub errors: i64,
}

/// Something that is not as it usually is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Alert {
    /// Nobody has entered for so many days.
    NoEntries {
        /// Days.
        days: usize,
    },
    /// On the last whole day there was more, or less, than the days before it make one expect.
    Unusual {
        /// Of what.
        what: Measure,
        /// How much there was.
        was: f64,
        /// What was to be expected at least.
        least: f64,
        /// What was to be expected at most.
        most: f64,
    },
}

/// What has a usual band.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Enrollments of a day.
    Entries,
    /// The share of a day's delivered messages that a person opened.
    Opens,
    /// Errors of a day.
    Errors,
}

impl Measure {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Entries => "entries",
            Self::Opens => "opens",
            Self::Errors => "errors",
        }
    }
}

impl Trend {
    fn of(days: &[Day]) -> Self {
        let sum = |name: &str| days.iter().map(|day| count(day, name)).sum();
        Self {
            entered: sum("entered"),
            completed: sum("completed"),
            sent: sum("sent"),
            opened: sum("opened"),
            converted: sum("converted"),
            errors: days.iter().map(errors).sum(),
        }
    }

    /// How many of what was done went wrong.
    #[expect(clippy::cast_precision_loss, reason = "counts of people")]
    pub fn error_rate(&self) -> Option<f64> {
        let all = self.completed + self.sent + self.errors;
        (all > 0).then(|| self.errors as f64 / all as f64)
    }
}

fn count((_, counts): &Day, name: &str) -> i64 {
    counts.get(name).copied().unwrap_or_default()
}

fn errors(day: &Day) -> i64 {
    ["failed", "send_failed", "unresolved"].iter().map(|name| count(day, name)).sum()
}

/// What is not as it usually is, by the days of a workflow, today last: nobody entered for so many days, or the last whole
/// day lies outside of what the four weeks before make one expect. Days before the first entry say nothing.
pub fn alerts(days: &[Day], quiet: usize) -> Vec<Alert> {
    let Some(first) = days.iter().position(|day| count(day, "entered") > 0) else { return Vec::new() };
    let days = &days[first..];
    let mut alerts = Vec::new();
    let since = days.iter().rev().take_while(|day| count(day, "entered") == 0).count();
    if since >= quiet {
        alerts.push(Alert::NoEntries { days: since });
    }
    // Today is not over, and the first day need not have been a whole one.
    let whole = days.get(1..days.len().saturating_sub(1)).unwrap_or_default();
    let Some((last, before)) = whole.split_last().filter(|(_, before)| before.len() >= FEWEST) else {
        return alerts;
    };
    let before = &before[before.len().saturating_sub(USUAL)..];
    alerts.extend(unusual(Measure::Entries, last, before, |day| Some((count(day, "entered"), 1))));
    alerts.extend(unusual(Measure::Errors, last, before, |day| Some((errors(day), 1))));
    let opens = |day: &Day| {
        let delivered = count(day, "delivered");
        // Of a few messages the share says little.
        (delivered >= 20).then(|| (count(day, "opened"), delivered))
    };
    alerts.extend(unusual(Measure::Opens, last, before, opens));
    alerts
}

/// Whether a day lies more than three standard deviations from the mean of those before it; counts are taken to vary by
/// chance at least.
#[expect(clippy::cast_precision_loss, reason = "counts of people")]
fn unusual(
    what: Measure,
    last: &Day,
    before: &[Day],
    of: impl Fn(&Day) -> Option<(i64, i64)>,
) -> Option<Alert> {
    let value = |(n, of): (i64, i64)| n as f64 / of as f64;
    let known: Vec<(i64, i64)> = before.iter().filter_map(&of).collect();
    let (now, among) = of(last)?;
    if known.len() < FEWEST {
        return None;
    }
    let n = known.len() as f64;
    let mean = known.iter().map(|one| value(*one)).sum::<f64>() / n;
    let variance = known.iter().map(|one| (value(*one) - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let by_chance = if what == Measure::Opens { mean * (1.0 - mean) / among as f64 } else { mean.max(1.0) };
    let band = 3.0 * variance.max(by_chance).sqrt();
    let (least, most) = ((mean - band).max(0.0), mean + band);
    let was = value((now, among));
    // Fewer errors than usual are no cause for alarm.
    let is_usual = was <= most && (was >= least || what == Measure::Errors);
    (!is_usual).then_some(Alert::Unusual { what, was, least, most })
}

/// Who is late in a workflow.
#[derive(Clone, Copy, Debug, Default)]
struct Overdue {
    late: u64,
    stuck: u64,
    oldest: Option<Instant>,
}

impl App {
    /// How the active workflows do, in the order of their ids; false if there were too many alarms to look at all that
    /// are late.
    pub async fn health(
        &self,
        quiet: usize,
    ) -> Result<(Vec<(WorkflowId, ActiveWorkflow, Health)>, bool), AppError> {
        let head = self.repository.head().await?;
        let (overdue, complete) = self.overdue().await?;
        let mut found = Vec::new();
        for (workflow, active) in head.workflows {
            let late = overdue.get(&workflow).copied().unwrap_or_default();
            let days = self.recent_days(&workflow).await?;
            let counters = self.repository.counters(&workflow).await?;
            let inside =
                counters.iter().filter(|(counter, _)| &*counter.name == flusso_engine::tally::INSIDE);
            let (before, week) = days.split_at(days.len().saturating_sub(TREND));
            let health = Health {
                inside: inside.map(|(_, n)| n).sum(),
                late: late.late,
                stuck: late.stuck,
                oldest_due: late.oldest,
                week: Trend::of(week),
                week_before: Trend::of(&before[before.len().saturating_sub(TREND)..]),
                alerts: if active.life.interrupted.is_some() { Vec::new() } else { alerts(&days, quiet) },
            };
            found.push((workflow, active, health));
        }
        Ok((found, complete))
    }

    async fn recent_days(&self, workflow: &WorkflowId) -> Result<Vec<Day>, AppError> {
        let first = self.now() - Millis::hours(24 * 100);
        let zone = self.definitions().await?.zone.clone();
        let from = flusso_engine::calendar::day(first, &zone);
        self.days(workflow.as_str(), None, (Some(from), None)).await
    }

    /// Who is late, by workflow. Whoever is has an alarm within the time that the sweep has not verified yet.
    async fn overdue(&self) -> Result<(BTreeMap<WorkflowId, Overdue>, bool), AppError> {
        let now = self.now();
        let definitions = self.definitions().await?;
        let mut ids: Vec<ContactId> = Vec::new();
        // What the sweep has verified has an alarm in a later minute, if it is still late.
        let verified = self.verified_through().await?.map_or(now.minute(), Instant::minute);
        let first = (verified + 1).max(now.minute() - MINUTES);
        for minute in (first..=now.minute()).rev() {
            let shards = (0..alarm::SHARDS).map(|shard| self.repository.alarms(minute, shard));
            for (announced, at) in try_join_all(shards).await?.into_iter().flatten() {
                if let Announced::Contact(contact) = announced
                    && now.since(at) > LATE
                {
                    ids.push(contact);
                }
            }
            if ids.len() > LOOKED_AT {
                break;
            }
        }
        ids.sort();
        ids.dedup();
        let complete = ids.len() <= LOOKED_AT && verified + 1 >= now.minute() - MINUTES;
        ids.truncate(LOOKED_AT);
        let mut found = BTreeMap::new();
        for some in ids.chunks(AT_ONCE) {
            for contact in try_join_all(some.iter().map(|id| self.repository.contact_itself(id))).await? {
                note_overdue(&contact, &definitions, now, &mut found);
            }
        }
        Ok((found, complete))
    }

    /// Has everybody inside a workflow looked at: whatever was lost on the way is found. The job that does it.
    pub async fn repair(&self, id: &str, caller: &str) -> Result<JobId, AppError> {
        let info = self.workflow(id).await?;
        self.begin_job(Task::Look, Over::Inside { workflow: info.workflow }, caller, None).await
    }
}

fn note_overdue(
    contact: &Contact,
    definitions: &Definitions,
    now: Instant,
    found: &mut BTreeMap<WorkflowId, Overdue>,
) {
    for one in contact.state.enrollments.values().filter(|one| !one.stands_still) {
        let Some(active) = definitions.workflows.get(&one.workflow) else { continue };
        let then = overdue_at(&active.life, now);
        let Some(by) = late(&active.life, one, then).filter(|by| *by > LATE) else { continue };
        let overdue: &mut Overdue = found.entry(one.workflow.clone()).or_default();
        overdue.late += 1;
        overdue.stuck += u64::from(by > STUCK);
        let due = now - by;
        overdue.oldest = Some(overdue.oldest.map_or(due, |oldest| oldest.min(due)));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use flusso_engine::calendar::Date;

    use super::{Alert, Day, Measure, alerts};

    /// What a day counted.
    type Counts = &'static [(&'static str, i64)];
    const NOTHING: Counts = &[];

    /// Days one behind the other, by the counts of each.
    fn days(counts: &[Counts]) -> Vec<Day> {
        let mut day: Date = "2026-01-01".parse().unwrap();
        let next = |counts: &Counts| {
            let counts = counts.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect();
            let this = (day, counts);
            day = day.tomorrow().unwrap();
            this
        };
        counts.iter().map(next).collect()
    }

    #[test]
    fn a_workflow_that_nobody_enters_any_more_is_told_of() {
        let mut counts: Vec<Counts> = vec![&[("entered", 3)]; 3];
        counts.extend([NOTHING; 7]);
        assert_eq!(alerts(&days(&counts), 7), [Alert::NoEntries { days: 7 }]);
        assert_eq!(alerts(&days(&counts), 8), []);
        assert_eq!(alerts(&days(&[NOTHING; 30]), 7), [], "of what never had an entry nothing is expected");
    }

    #[test]
    fn a_day_outside_the_usual_band_is_told_of() {
        let usual: Counts = &[("entered", 100), ("delivered", 100), ("opened", 40), ("failed", 1)];
        let mut counts = vec![usual; 30];
        counts.push(NOTHING);
        assert_eq!(alerts(&days(&counts), 7), [], "today is not over");
        let days_of_note: [(Counts, Measure); 4] = [
            (&[("entered", 20), ("delivered", 100), ("opened", 40)], Measure::Entries),
            (&[("entered", 300), ("delivered", 100), ("opened", 40)], Measure::Entries),
            (&[("entered", 100), ("delivered", 100), ("opened", 5)], Measure::Opens),
            (&[("entered", 100), ("delivered", 100), ("opened", 40), ("send_failed", 30)], Measure::Errors),
        ];
        for (last, measure) in days_of_note {
            counts[29] = last;
            let found = alerts(&days(&counts), 7);
            assert!(
                matches!(&found[..], [Alert::Unusual { what, .. }] if *what == measure),
                "{last:?}: {found:?}"
            );
        }
        counts[29] = &[("entered", 90), ("delivered", 3), ("opened", 0)];
        assert_eq!(alerts(&days(&counts), 7), [], "by chance, and a few messages say little");
    }
}
