//! The invariants of the end, when nothing is left to happen: what was accepted was applied, what was planned has
//! ended, what was counted is what happened.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use flusso_app::App;
use flusso_engine::calendar::Date;
use flusso_engine::contact::gone::Gone;
use flusso_engine::contact::identity::Identity;
use flusso_engine::contact::send::{Phase, Sent};
use flusso_engine::ids::{ContactId, SendId, WorkflowId, base32, digest};
use flusso_engine::react::Input;
use flusso_engine::tally::{Counter, INSIDE, Tally};
use flusso_engine::timeline::What;
use flusso_store::codec::value;
use flusso_store::keys::identity;
use flusso_store::keys::parked::{Parked, ParkedRow};
use flusso_store::keys::receipt::{self, ReceiptRow};
use flusso_store::keys::sent::SentRow;
use flusso_store::keys::state::{self, StateRow};
use flusso_store::keys::visit::{KEPT, VisitRow};
use flusso_store::repository::{Happened, Wanted};
use flusso_store::table::Row;

use super::core::{Shared, at_once};
use super::world::{Answered, World};

impl World {
    /// Judges the end.
    pub fn judge(&mut self) {
        if self.core.with(|shared| !shared.watch.violations.is_empty()) {
            return;
        }
        self.judge_rest();
        self.judge_events();
        self.judge_sends();
        self.judge_jobs();
        self.judge_lives();
        self.judge_persons();
        let recount = self.replay();
        self.judge_counters(&recount);
        let memory = self.memory.clone();
        self.core.with(|shared| {
            let seen = std::mem::take(&mut shared.watch.seen);
            seen.values().for_each(|seen| shared.check_index(&seen.contact, &memory));
            shared.watch.seen = seen;
        });
    }

    /// Nothing is pending any more.
    fn judge_rest(&mut self) {
        self.core.with(|shared| {
            shared.check_alarms();
            if !shared.bag.is_empty() {
                shared.violated("END", || "messages are left in the queues".to_owned());
            }
            if !shared.streams.is_done() {
                shared.violated("END", || "changes are left uncounted".to_owned());
            }
            let waiting: Vec<String> = shared
                .watch
                .seen
                .iter()
                .filter(|(_, seen)| {
                    seen.contact.state.alarm_at.is_some() || !seen.contact.state.agenda.is_empty()
                })
                .map(|(id, _)| id.to_string())
                .collect();
            if !waiting.is_empty() {
                shared.violated("E2", || format!("{waiting:?} wait for something that never comes"));
            }
        });
    }

    /// E1: what was answered was applied exactly once, or is parked; and every receipt tells the truth.
    fn judge_events(&mut self) {
        let rows = self.memory.dump();
        let parked: Vec<Parked> = rows
            .iter()
            .filter(|row| row.key.partition == "prk")
            .filter_map(|row| value::<ParkedRow>(row).ok())
            .collect();
        let receipts: Vec<_> = rows.iter().filter(|row| row.key.partition.starts_with("rcp/")).collect();
        let heard = heard(&rows);
        let erased = self.core.with(|shared| super::persons::erased(&shared.watch.seen));
        // Of somebody who was erased, what was said before and came later is not kept.
        let names: BTreeSet<String> = erased.values().flat_map(|(_, names)| names.iter().cloned()).collect();
        let answered = std::mem::take(&mut self.answered);
        self.core.with(|shared| {
            for one in &parked {
                shared.trace.mark(match one.code.as_str() {
                    "id_reused" => "parked_id_reused",
                    "event_failed" => "parked_event_failed",
                    "look_failed" => "parked_look_failed",
                    "step_failed" => "parked_step_failed",
                    _ => "parked_otherwise",
                });
            }
            let forgets = shared.trace.now - shared.trace.began > KEPT.0;
            for event in &answered {
                let of_erased = event.names.iter().any(|name| names.contains(name));
                if !of_erased
                    && !was_applied(shared, event)
                    && !is_parked(&parked, event)
                    && !is_kept(&rows, event, forgets)
                {
                    shared.violated("E1", || {
                        format!("{event:?} was accepted, and is neither applied nor parked nor kept")
                    });
                }
            }
            let known: BTreeSet<_> = receipts.iter().map(|row| row.key.clone()).collect();
            let forgotten = shared.watch.applied.iter().find(|((source, id), (contact, revision))| {
                !known.contains(&receipt::key(source, id))
                    && !heard.contains(&mark(source, id))
                    && !erased.contains_key(contact)
                    && spoken_of(shared, contact, *revision).is_none_or(|of| !erased.contains_key(&of))
            });
            if let Some((event, place)) = forgotten.map(|(event, place)| (event.clone(), place.clone())) {
                shared.violated("E1", || {
                    format!("{event:?} was applied at {place:?}, and nothing remembers it")
                });
            }
            if !heard.is_empty() {
                shared.trace.mark("feedback_remembered");
            }
            let applied: BTreeSet<_> = shared.watch.applied.values().cloned().collect();
            for receipt in receipts.iter().filter_map(|row| value::<ReceiptRow>(row).ok()) {
                if !applied.contains(&(receipt.contact.clone(), receipt.revision)) {
                    shared.violated("E1", || format!("{receipt:?} names no reaction to an event"));
                }
            }
        });
        self.answered = answered;
    }

    /// S3: every planned send has ended, or is listed.
    fn judge_sends(&mut self) {
        let listed = at_once(self.instances[0].app.repository().unresolved(usize::MAX)).unwrap_or_default();
        let listed: BTreeSet<SendId> = listed.into_iter().map(|(_, send)| send).collect();
        self.core.with(|shared| {
            let mut wrong: Vec<String> = Vec::new();
            // A message may end at another contact, into which its own was merged.
            let mut open: BTreeMap<&SendId, u32> = BTreeMap::new();
            let mut planned: BTreeSet<&SendId> = BTreeSet::new();
            // Of somebody who is erased nothing is listed.
            let mut given_up: BTreeSet<&SendId> = BTreeSet::new();
            for (id, seen) in &shared.watch.seen {
                let is_erased = matches!(seen.contact.state.gone, Some(Gone::Erased { .. }));
                let lines = seen.entries.iter().flat_map(|entry| &entry.lines);
                for line in lines {
                    match &line.what {
                        What::SendPlanned { send } => {
                            if !planned.insert(send) {
                                wrong.push(format!("{id}: {send} was planned twice"));
                            }
                            open.entry(send).or_insert(0);
                        }
                        What::Sent { send, .. }
                        | What::SendFailed { send, .. }
                        | What::SendSkipped { send, .. } => {
                            let ends = open.entry(send).or_insert(0);
                            *ends += 1;
                            if *ends > 1 {
                                wrong.push(format!("{id}: {send} ended {ends} times"));
                            }
                        }
                        What::SendUnresolved { send } if is_erased => drop(given_up.insert(send)),
                        _ => {}
                    }
                }
            }
            let given_up = |send: &SendId| given_up.contains(send);
            for (send, _) in open.iter().filter(|(send, ends)| **ends == 0 && !given_up(send)) {
                let mut contacts = shared.watch.seen.values();
                let phase = contacts.find_map(|seen| seen.contact.state.sends.get(*send));
                let phase = phase.map(|open| &open.phase);
                if !matches!(phase, Some(Phase::Unresolved { .. })) || !listed.contains(*send) {
                    wrong.push(format!("{send} neither ended nor is it listed: {phase:?}"));
                }
            }
            for text in wrong {
                shared.violated(if text.ends_with("twice") { "E5" } else { "S3" }, || text);
            }
        });
    }

    /// C1: the counters say what the timelines say.
    fn judge_counters(&mut self, recount: &Tally) {
        let app = self.instances[0].app.clone();
        let mut workflows: BTreeSet<_> =
            recount.iter().map(|(counter, _)| counter.workflow.clone()).collect();
        let head = at_once(app.repository().head()).unwrap_or_default();
        workflows.extend(head.workflows.into_keys());
        let mut expected: BTreeMap<_, i64> =
            recount.iter().map(|(counter, n)| (counter.clone(), n)).collect();
        let mut balance: BTreeMap<(String, String), i64> = BTreeMap::new();
        let mut wrong = Vec::new();
        for workflow in workflows {
            let counters = at_once(app.repository().counters(&workflow)).unwrap_or_default();
            wrong.extend(parts_that_differ(&app, &workflow, &counters));
            for (counter, stored) in counters {
                let counted = expected.remove(&counter).unwrap_or(0);
                if counted != stored {
                    wrong.push(format!("{counter:?} is {stored}, the timelines say {counted}"));
                }
                let sign = match (&*counter.name, &counter.step) {
                    ("entered" | "moved_in", None) => 1,
                    ("completed" | "exited" | "failed" | "cancelled" | "moved_out", None) => -1,
                    _ => continue,
                };
                *balance.entry((workflow.to_string(), counter.version.to_string())).or_default() +=
                    sign * stored;
            }
        }
        wrong.extend(
            expected
                .into_iter()
                .filter(|(_, n)| *n != 0)
                .map(|(counter, n)| format!("{counter:?} is missing, the timelines say {n}")),
        );
        self.core.with(|shared| {
            for seen in shared.watch.seen.values() {
                for enrollment in seen.contact.state.enrollments.values() {
                    let key = (enrollment.workflow.to_string(), enrollment.version.to_string());
                    *balance.entry(key).or_default() -= 1;
                }
            }
            wrong.extend(
                balance
                    .into_iter()
                    .filter(|(_, n)| *n != 0)
                    .map(|(key, n)| format!("{key:?}: entered less ended less inside is {n}")),
            );
            for text in wrong {
                shared.violated("C1", || text);
            }
        });
    }
}

/// The days of a workflow and the sheets of its journal each add up to its counters.
fn parts_that_differ(app: &App, workflow: &WorkflowId, counters: &[(Counter, i64)]) -> Vec<String> {
    let of =
        |tally: &Tally| -> BTreeMap<Counter, i64> { tally.iter().map(|(c, n)| (c.clone(), n)).collect() };
    let kept: BTreeMap<Counter, i64> = counters.iter().filter(|(_, n)| *n != 0).cloned().collect();
    let mut days = Tally::default();
    let all = (Date::MIN, Date::MAX);
    for (_, counter, n) in at_once(app.repository().counters_by_day(workflow, all)).unwrap_or_default() {
        days.add(counter, n);
    }
    let (mut sheets, mut cursor) = (Tally::default(), None::<String>);
    loop {
        let page = at_once(app.repository().journal(workflow, &Wanted::default(), cursor.as_deref(), 30));
        let Ok(page) = page else { return vec!["the journal can't be read".to_owned()] };
        for Happened { version, step, name, by, .. } in page.items {
            sheets.add(Counter { workflow: workflow.clone(), version, step, name }, by);
        }
        cursor = page.cursor;
        if cursor.is_none() {
            break;
        }
    }
    let mut wrong = Vec::new();
    if of(&days) != kept {
        wrong.push(format!("the days of {workflow} add up to {:?}, not to {kept:?}", of(&days)));
    }
    let listed: BTreeMap<_, _> = kept.into_iter().filter(|(counter, _)| &*counter.name != INSIDE).collect();
    if of(&sheets) != listed {
        wrong.push(format!("the journal of {workflow} adds up to {:?}, not to {listed:?}", of(&sheets)));
    }
    wrong
}

fn mark(source: &str, id: &str) -> Arc<str> {
    base32(&digest(&["mark", source, id]), 12).into()
}

fn was_applied(shared: &Shared, event: &Answered) -> bool {
    let Some((contact, revision)) = shared.watch.applied.get(&(event.source.clone(), event.id.clone()))
    else {
        return false;
    };
    let entries = shared.watch.seen.get(contact).map(|seen| &seen.entries);
    let entry = entries.into_iter().flatten().find(|entry| entry.revision == *revision);
    entry.is_some_and(|entry| match &entry.input {
        Input::Event { event: applied, .. } => {
            applied.data.get("n").and_then(|n| n.as_str()) == Some(event.number.as_str())
        }
        _ => false,
    })
}

/// Whose message an event is about that was applied.
fn spoken_of(shared: &Shared, contact: &ContactId, revision: u64) -> Option<ContactId> {
    let entry = shared.watch.seen.get(contact)?.entries.iter().find(|entry| entry.revision == revision)?;
    let Input::Event { event, .. } = &entry.input else { return None };
    SendId::new(event.data.get("send")?.as_str()?).contact()
}

fn is_parked(parked: &[Parked], event: &Answered) -> bool {
    let (id, number) = (format!("\"id\":\"{}\"", event.id), format!("\"n\":\"{}\"", event.number));
    parked.iter().any(|parked| parked.message.contains(&id) && parked.message.contains(&number))
}

/// Whether it is the visit of a browser of which nobody knows whose it is; those of long ago are forgotten.
fn is_kept(rows: &[Row], event: &Answered, forgets: bool) -> bool {
    let Some(visitor) = &event.visitor else { return false };
    let owner = identity::key(&Identity::Visitor(visitor.clone()));
    let mut visits = rows.iter().filter(|row| row.key.partition.starts_with("vis/"));
    let is_there = visits.any(|row| {
        value::<VisitRow>(row).is_ok_and(|visit| *visit.source == *event.source && *visit.id == *event.id)
    });
    rows.iter().all(|row| row.key != owner) && (forgets || is_there)
}

/// What messages remember of their providers' words.
fn heard(rows: &[Row]) -> BTreeSet<Arc<str>> {
    let mut heard = BTreeSet::new();
    for row in rows.iter().filter(|row| row.key.partition.starts_with("con/")) {
        let messages: Vec<Sent> = if state::is(&row.key) {
            value::<StateRow>(row).map(|state| state.recent.into_values().collect()).unwrap_or_default()
        } else if row.key.sort.starts_with("s/") {
            value::<SentRow>(row).into_iter().collect()
        } else {
            Vec::new()
        };
        heard.extend(messages.into_iter().flat_map(|sent| sent.heard));
    }
    heard
}
