//! The invariants that hold at every commit, checked where the commit is made: in the table itself, by the true time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use flusso_engine::contact::consent::{self, Channel, MARKETING};
use flusso_engine::contact::enrollment::Waiting;
use flusso_engine::contact::identity::Identity;
use flusso_engine::contact::send::{Class, Phase};
use flusso_engine::contact::state::SLACK;
use flusso_engine::contact::{Contact, Profile, State};
use flusso_engine::ids::ContactId;
use flusso_engine::react::{ADDRESS_HASH, Input, Outcome};
use flusso_engine::tally::Tally;
use flusso_engine::time::{Instant, Millis};
use flusso_engine::timeline::{Entry, What};
use flusso_store::codec::value;
use flusso_store::keys::profile::ProfileRow;
use flusso_store::keys::state::StateRow;
use flusso_store::keys::timeline::{Records, TimelineRow};
use flusso_store::keys::watermark::WatermarkRow;
use flusso_store::keys::{alarm, directory, head, list, open_job, position, state, unresolved, word};
use flusso_store::model::Memory;
use flusso_store::table::{Act, Key, Row, Table, Write};
use serde_json::Value;

use super::core::{MINUTE, Shared, at_once};
use super::timer::SKEW;

/// A safety alarm is at most this much after the work that it guards.
const SAFETY: Millis = Millis::minutes(2);

/// What was committed so far, and what did not hold.
#[derive(Debug, Default)]
pub struct Watch {
    /// Contacts as they were committed.
    pub seen: BTreeMap<ContactId, Seen>,
    /// Claims: send and attempt, and the instant of the claim.
    pub claims: BTreeMap<(String, u32), i64>,
    /// Alarm rows: the minutes in which a contact has one.
    pub alarms: BTreeMap<ContactId, BTreeSet<i64>>,
    /// The same by shard: minute and contact.
    buckets: [BTreeSet<(i64, ContactId)>; alarm::SHARDS as usize],
    shards: BTreeMap<ContactId, u8>,
    /// Up to which minute each shard was verified.
    pub verified: [Option<(i64, u64)>; alarm::SHARDS as usize],
    /// Addresses whose owner left by a message's address, and when that was answered.
    pub left: BTreeMap<String, i64>,
    /// The number of the head.
    pub head: u64,
    /// The jobs that have not ended.
    pub open_jobs: BTreeSet<String>,
    /// Which reaction applied an event: source and id.
    pub applied: BTreeMap<(String, String), (ContactId, u64)>,
    /// What did not hold.
    pub violations: Vec<Violation>,
}

/// An invariant that did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub invariant: &'static str,
    /// In which way.
    pub text: String,
}

/// A contact as it was committed.
#[derive(Debug)]
pub struct Seen {
    /// As it is.
    pub contact: Contact,
    /// When it was there first, by the true clock: long after it was begun, if that took long.
    pub since: i64,
    /// Its timeline.
    pub entries: Vec<Arc<Entry>>,
    /// By what it was ever known: addresses, numbers, browsers, ids of contacts that were merged into it.
    pub known_by: BTreeSet<String>,
    /// What its reactions counted.
    pub tally: Tally,
    /// Addresses and numbers of its that were suppressed, each as its channel writes to it, with the reason.
    pub suppressed: Vec<(String, String)>,
}

impl Watch {
    fn alarm_put(&mut self, key: &Key) {
        if let Some((minute, contact)) = alarm_of(key) {
            let shard = self.shard(&contact);
            self.buckets[shard].insert((minute, contact.clone()));
            self.alarms.entry(contact).or_default().insert(minute);
        }
    }

    pub(super) fn alarm_removed(&mut self, key: &Key) {
        if let Some((minute, contact)) = alarm_of(key) {
            if let Some(minutes) = self.alarms.get_mut(&contact) {
                minutes.remove(&minute);
            }
            let shard = self.shard(&contact);
            self.buckets[shard].remove(&(minute, contact));
        }
    }

    fn shard(&mut self, contact: &ContactId) -> usize {
        let shard = self.shards.entry(contact.clone()).or_insert_with(|| contact.shard(alarm::SHARDS));
        usize::from(*shard)
    }

    /// Whether the contact's alarm lies in a bucket that is still to be verified.
    pub fn is_announced(&mut self, contact: &ContactId, at: Instant) -> bool {
        let shard = self.shard(contact);
        let verified = self.verified[shard].map_or(i64::MIN, |(minute, _)| minute);
        let minutes = self.alarms.get(contact);
        minutes
            .is_some_and(|minutes| minutes.iter().any(|minute| *minute >= at.minute() && *minute > verified))
    }

    /// The earliest minute in which there is an alarm row that is still to be verified, in one shard or in any.
    pub fn first_alarm(&self, shard: Option<u8>) -> Option<i64> {
        let here = self
            .buckets
            .iter()
            .enumerate()
            .filter(|(at, _)| shard.is_none_or(|shard| usize::from(shard) == *at));
        // What was verified stays until it expires.
        let first = here.filter_map(|(at, bucket)| {
            let verified = self.verified[at].map_or(i64::MIN, |(minute, _)| minute);
            bucket.range((verified.saturating_add(1), ContactId::new(""))..).next()
        });
        first.map(|(minute, _)| *minute).min()
    }
}

fn alarm_of(key: &Key) -> Option<(i64, ContactId)> {
    let minute = key.partition.strip_prefix("alm/")?.split('/').next()?.parse().ok()?;
    match alarm::Announced::of(&key.sort) {
        alarm::Announced::Contact(contact) => Some((minute, contact)),
        alarm::Announced::Workflow(_) => None,
    }
}

impl Shared {
    /// Something does not hold.
    pub fn violated(&mut self, invariant: &'static str, text: impl FnOnce() -> String) {
        if self.watch.violations.len() < 5 {
            let text = text();
            self.trace.say(|| format!("  VIOLATED {invariant}: {text}"));
            self.watch.violations.push(Violation { invariant, text });
        }
    }

    /// Rows were committed.
    pub(super) fn committed(&mut self, writes: &[Write], now: i64, memory: &Memory) {
        let mut of_contacts = Vec::new();
        for write in writes {
            if let Act::Delete(key) = &write.act
                && self.watch.open_jobs.remove(&key.sort)
            {
                continue;
            }
            let Act::Put(row) = &write.act else { continue };
            self.trace.mix_bytes(&row.body);
            if row.key == head::key() {
                self.watch.head = row.revision;
            } else if state::is(&row.key) {
                of_contacts.push(row);
            } else if row.key.partition == open_job::PARTITION {
                self.watch.open_jobs.insert(row.key.sort.clone());
            } else if row.key.partition == "swp"
                && let (Ok(shard), Ok(mark)) = (row.key.sort.parse::<usize>(), value::<WatermarkRow>(row))
            {
                self.watch.verified[shard] = Some((mark.minute, row.revision));
            }
        }
        for row in of_contacts {
            self.committed_contact(writes, row, now, memory);
        }
    }

    fn committed_contact(&mut self, writes: &[Write], row: &Row, now: i64, memory: &Memory) {
        let id = ContactId::new(row.key.partition.trim_start_matches("con/"));
        let Ok(state) = value::<StateRow>(row) else { return };
        // The records of these reactions: those that the row of state carries, and those with rows of their own.
        let known = self.watch.seen.get(&id).map_or(0, |seen| seen.contact.state.revision);
        let mut entries: Vec<Arc<Entry>> = state.entries.clone();
        let mut profile = None;
        for write in writes {
            let Act::Put(put) = &write.act else { continue };
            if put.key.partition != row.key.partition {
                continue;
            }
            let row = put;
            if row.key.sort.starts_with("t/") {
                entries.extend(value::<TimelineRow>(row).into_iter().flat_map(Records::into_entries));
            } else if row.key.sort == "profile" {
                profile = value::<ProfileRow>(row).ok();
            }
        }
        entries.retain(|entry| entry.revision > known);
        entries.sort_by_key(|entry| entry.revision);
        self.stream(now, row);
        self.check_commit(&id, state, profile, entries, now, memory);
    }

    fn check_commit(
        &mut self,
        id: &ContactId,
        state: State,
        profile: Option<Profile>,
        entries: Vec<Arc<Entry>>,
        now: i64,
        memory: &Memory,
    ) {
        let before = self.watch.seen.remove(id).unwrap_or_else(|| Seen {
            contact: Contact::unborn(id.clone()),
            since: self.trace.now,
            entries: Vec::new(),
            known_by: BTreeSet::new(),
            tally: Tally::default(),
            suppressed: Vec::new(),
        });
        let old = before.contact.state.clone();
        let mut seen = before;
        for entry in &entries {
            self.trace.say(|| {
                let lines: Vec<String> = entry.lines.iter().map(|line| format!("\n      {line}")).collect();
                format!(
                    "  commit {id} r{} {} at {}{}",
                    entry.revision,
                    entry.input.kind(),
                    entry.now,
                    lines.concat()
                )
            });
        }
        self.check_revisions(id, &old, &state, &entries);
        self.check_instants(id, &old, &state, &entries, now);
        if let Some(profile) = profile {
            seen.contact.profile = profile.into();
        }
        seen.tally.merge(&state.tally);
        seen.contact.state = state;
        let names = Identity::of(&seen.contact.profile).into_iter().map(|identity| match identity {
            Identity::Email(name)
            | Identity::Phone(name)
            | Identity::External(name)
            | Identity::Visitor(name) => name,
        });
        let joined = seen.contact.state.joined.keys().map(ToString::to_string);
        seen.known_by.extend(names.chain(joined).chain([id.to_string()]));
        for (at, entry) in entries.iter().enumerate() {
            // What is set later in this commit was another one then.
            let later = &entries[at + 1..];
            self.check_entry(&mut seen, &old, entry, later);
        }
        self.check_alarm(&seen.contact);
        self.check_index(&seen.contact, memory);
        seen.entries.extend(entries);
        self.watch.seen.insert(id.clone(), seen);
    }

    fn check_revisions(&mut self, id: &ContactId, old: &State, new: &State, entries: &[Arc<Entry>]) {
        let dense =
            entries.iter().zip(old.revision + 1..).all(|(entry, revision)| entry.revision == revision);
        if !dense || new.revision != old.revision + entries.len() as u64 || entries.is_empty() {
            let revisions: Vec<u64> = entries.iter().map(|entry| entry.revision).collect();
            self.violated("R1", || {
                format!("{id}: from {} to {} with the records {revisions:?}", old.revision, new.revision)
            });
        }
        if !old.agenda.is_empty() {
            self.trace.mark("agenda_continued");
        }
        let mut inside = BTreeSet::new();
        let mut entered = new.enrollments.values();
        if let Some(twice) = entered.find(|one| !inside.insert((&one.workflow, &one.entity))) {
            self.violated("W1", || format!("{id} is inside {} twice", twice.workflow));
        }
    }

    /// E3, P9: nothing is decided before its time, nor by definitions that were replaced before it began.
    fn check_instants(&mut self, id: &ContactId, old: &State, new: &State, entries: &[Arc<Entry>], now: i64) {
        let begun = self.own_notes().head_at_begin;
        for entry in entries {
            if entry.now.millis() > now + SKEW {
                self.violated("E3", || {
                    format!("{id} reacts at {}, but it is {}", entry.now, Instant::from_millis(now))
                });
            }
            if entry.definitions < begun {
                self.violated("P9", || {
                    format!("{id} reacts by definitions {}, but {begun} were there", entry.definitions)
                });
            }
        }
        if new.last_now < old.last_now {
            self.violated("E3", || format!("{id}: time goes back from {} to {}", old.last_now, new.last_now));
        }
        for (enrollment, was) in &old.enrollments {
            let Waiting::Until { at } = was.waiting else { continue };
            let Some(is) = new.enrollments.get(enrollment) else { continue };
            // What is to end an enrollment may lead it elsewhere, and somebody may decide so: it is told.
            let mut lines = entries.iter().flat_map(|entry| &entry.lines);
            let sent_on = lines.any(|line| match &line.what {
                What::SentOn { enrollment: one, .. }
                | What::Resumed { enrollment: one, .. }
                | What::WaitSkipped { enrollment: one }
                | What::Rescheduled { enrollment: one, .. }
                | What::Moved { enrollment: one, .. }
                | What::Migrated { enrollment: one, .. }
                | What::Reverted { enrollment: one, .. } => one == enrollment,
                _ => false,
            });
            if is.waiting != was.waiting && at.millis() > now + SKEW && !sent_on {
                self.violated("E3", || format!("{id}: {} ends its wait until {at} early", was.workflow));
            }
        }
    }

    fn check_entry(&mut self, seen: &mut Seen, old: &State, entry: &Entry, later: &[Arc<Entry>]) {
        let id = seen.contact.id.clone();
        if let Input::Event { event, .. } = &entry.input {
            let key = (event.source.to_string(), event.id.to_string());
            let place = (id.clone(), entry.revision);
            if let Some(first) = self.watch.applied.insert(key, place.clone()) {
                self.violated("E1", || {
                    format!("event {} is applied at {first:?} and at {place:?}", event.id)
                });
            }
            if event.occurred_at < old.last_now && old.revision > 0 {
                self.trace.mark("late_event");
            }
            if event.before_known {
                self.trace.mark("visit_attached");
            }
        }
        if let Input::Outcome { send, attempt, outcome: Outcome::GivenBack } = &entry.input {
            self.ledger.attempt(send.as_str(), *attempt).given_back = true;
        }
        for line in &entry.lines {
            if let Some(mark) = super::lives::mark(&line.what, &entry.input, entry.now) {
                self.trace.mark(mark);
            }
            match &line.what {
                What::AddressSuppressed { channel, reason } => {
                    // The address to which the message went of which its provider speaks, else the contact's own.
                    let spoken_of = match &entry.input {
                        Input::Event { event, .. } if event.data.contains_key(ADDRESS_HASH) => {
                            event.data.get("send").and_then(|send| send.as_str())
                        }
                        _ => None,
                    };
                    let taken =
                        spoken_of.and_then(|send| self.ledger.taken.iter().find(|taken| taken.send == send));
                    let own = address_before(&seen.contact, *channel, later);
                    let recipient = taken.map(|taken| taken.to.clone()).or(own);
                    seen.suppressed.extend(recipient.map(|recipient| (recipient, reason.clone())));
                }
                What::SendClaimed { send, attempt } => {
                    self.watch.claims.insert((send.to_string(), *attempt), entry.now.millis());
                    self.check_claim(seen, send.as_str(), *attempt);
                }
                What::SendUnknown { .. } if !matches!(entry.input, Input::Outcome { .. }) => {
                    self.trace.mark("lease_expired");
                }
                What::Sent { send, .. } => {
                    if !self.ledger.took(send.as_str()) {
                        self.violated("S3", || {
                            format!("{send} counts as sent, but the provider never took it")
                        });
                    }
                    let was = old.sends.get(send).map(|send| &send.phase);
                    let unknown = matches!(was, Some(Phase::Unknown { .. } | Phase::Unresolved { .. }));
                    if unknown && matches!(entry.input, Input::Event { .. }) {
                        self.trace.mark("unknown_then_feedback");
                    }
                }
                // What may be handed over again may be taken first, without an answer, and then be refused.
                What::SendFailed { send, .. } | What::SendSkipped { send, .. }
                    if self.ledger.took(send.as_str())
                        && !old.sends.get(send).is_some_and(|open| open.channel.repeats()) =>
                {
                    self.violated("S3", || format!("{send} counts as not sent, but the provider took it"));
                }
                What::SendGivenBack { .. } => self.trace.mark("given_back"),
                What::CodeGivenBack { code, .. } => {
                    self.trace.mark("code_given_back");
                    if self.ledger.taken.iter().any(|message| format!("{message:?}").contains(code)) {
                        self.violated("SEM-11", || format!("the code {code} was shown, and is given back"));
                    }
                }
                What::SendUnresolved { .. } => self.trace.mark("send_unresolved"),
                What::Halted => self.trace.mark("chain_halted"),
                What::LeftForLater { .. } => self.trace.mark("left_for_later"),
                What::SendFailed { .. } => self.trace.mark("send_failed"),
                What::IdentityTaken { .. } => self.trace.mark("identity_taken"),
                What::MessageUnknown => self.trace.mark("message_unknown"),
                _ => {}
            }
        }
    }

    /// S1, S2 at a claim.
    fn check_claim(&mut self, seen: &Seen, send: &str, attempt: u32) {
        let contact = &seen.contact;
        let id = &contact.id;
        let repeats = contact.state.sends.get(send).is_some_and(|open| open.channel.repeats());
        if attempt > 1 && !repeats && !self.ledger.attempt(send, attempt - 1).proven_not_accepted() {
            let before = self.ledger.attempt(send, attempt - 1).clone();
            self.violated("S1", || {
                format!(
                    "{send} is claimed again, but of attempt {} nothing is proven: {before:?}",
                    attempt - 1
                )
            });
        }
        let Some(open) = contact.state.sends.get(send) else { return };
        let waiting = contact.state.enrollments.get(&open.enrollment).map(|enrollment| &enrollment.waiting);
        if !matches!(waiting, Some(Waiting::Sends { open, .. }) if open.iter().any(|one| one.as_str() == send))
        {
            self.violated("S2", || {
                format!("{id}: {send} is claimed, but its enrollment does not wait for it")
            });
        }
        if open.class == Class::Internal {
            return;
        }
        let marketing = open.class == Class::Marketing;
        let agreed = |channel| contact.profile.has_consent(channel, MARKETING);
        let channel = open.channel.channel();
        if marketing && !channel.is_some_and(agreed) {
            self.violated("S2", || format!("{id}: {send} is claimed without consent"));
        }
        let Some(address) = channel.and_then(|channel| contact.profile.address(channel)) else { return };
        let begun_at = self.own_notes().begun_at;
        if marketing && self.watch.left.get(&address).is_some_and(|left_at| *left_at <= begun_at) {
            self.violated("S2", || format!("{id}: {send} is claimed, but its recipient had left"));
        }
        let against = seen
            .suppressed
            .iter()
            .find(|(suppressed, reason)| *suppressed == address && (marketing || reason != "opt_out"));
        if let Some((_, reason)) = against {
            self.violated("S2", || {
                format!("{id}: {send} is claimed, but its address is suppressed: {reason}")
            });
        }
    }

    /// E2 at a commit.
    fn check_alarm(&mut self, contact: &Contact) {
        let (id, state) = (&contact.id, &contact.state);
        let planned = state.sends.values().filter_map(|send| match send.phase {
            Phase::Planned { not_before } => Some(state.last_now.max(not_before) + SAFETY),
            _ => None,
        });
        let agenda = (!state.agenda.is_empty()).then(|| state.last_now + SAFETY);
        let boundary = state.next_boundary().map(|at| at + SLACK);
        let earliest = state.next_punctual().into_iter().chain(boundary).chain(planned).chain(agenda).min();
        match (earliest, state.alarm_at) {
            (Some(earliest), None) => {
                self.violated("E2", || format!("{id} has something pending at {earliest} and no alarm"));
            }
            (Some(earliest), Some(alarm)) if alarm > earliest => {
                self.violated("E2", || format!("{id}: the alarm is at {alarm}, but {earliest} comes first"));
            }
            _ => {}
        }
        if let Some(at) = state.alarm_at
            && !self.watch.is_announced(id, at)
        {
            let rows = self.watch.alarms.get(id).cloned();
            self.violated("E2", || {
                format!("{id} waits for {at} (minute {}), but its rows are {rows:?}", at.minute())
            });
        }
    }

    /// Rows are put one by one.
    pub(super) fn row_put(&mut self, key: &Key) {
        if key.partition.starts_with("alm/") {
            self.trace.say(|| format!("  alarm row {key:?}"));
            self.watch.alarm_put(key);
        } else if key.partition.starts_with("con/") {
            let records = key.sort.starts_with("t/");
            self.trace.mark(if records { "records_put_before" } else { "messages_put_before" });
        }
    }

    /// E2 at any time: nobody waits for an alarm that nobody will ring.
    pub fn check_alarms(&mut self) {
        let waiting =
            self.watch.seen.iter().filter_map(|(id, seen)| Some((id.clone(), seen.contact.state.alarm_at?)));
        let mut forgotten: Vec<(ContactId, Instant)> = waiting.collect();
        forgotten.retain(|(id, at)| !self.watch.is_announced(id, *at));
        for (id, at) in forgotten {
            let minute = at.millis() / MINUTE;
            self.violated("E2", || {
                format!("{id} waits for {at} (minute {minute}), and no row is left to ring it")
            });
        }
    }

    /// M1: what the contact states has its row.
    pub fn check_index(&mut self, contact: &Contact, memory: &Memory) {
        let id = &contact.id;
        let mut keys: Vec<Key> = contact.is_there().then(|| directory::key(id)).into_iter().collect();
        let words = if contact.is_there() { word::of(&contact.profile) } else { BTreeSet::new() };
        keys.extend(words.iter().map(|word| word::key(word, id)));
        keys.extend(contact.profile.lists.keys().map(|name| list::key(name, id)));
        keys.extend(
            contact
                .state
                .enrollments
                .iter()
                .map(|(own, enrollment)| position::key(&enrollment.workflow, contact, own)),
        );
        let open =
            contact.state.sends.iter().filter(|(_, send)| matches!(send.phase, Phase::Unresolved { .. }));
        keys.extend(open.map(|(send, _)| unresolved::key(id, send)));
        let Ok(rows) = at_once(memory.get(&keys)) else { return };
        for (key, row) in keys.iter().zip(rows) {
            if row.is_none() {
                self.violated("M1", || format!("{id} states {key:?}, and there is no such row"));
            }
        }
    }
}

/// Where a channel reached a contact before some of its reactions.
fn address_before(contact: &Contact, channel: Channel, reactions: &[Arc<Entry>]) -> Option<String> {
    let field = if channel == Channel::Email { "email" } else { "phone" };
    let mut lines = reactions.iter().flat_map(|entry| &entry.lines);
    let changed = lines.find_map(|line| match &line.what {
        What::FieldSet { field: set, from, .. } if **set == *field => Some(from.as_ref()),
        _ => None,
    });
    match changed {
        Some(from) => from.and_then(Value::as_str).map(|own| consent::address(channel, own)),
        None => contact.profile.address(channel),
    }
}
