//! A contact with the rows beside it, moved by acts; after every reaction what must always hold is checked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use flusso_engine::condition::RingSince;
use flusso_engine::contact::ask::{Answer, Wish};
use flusso_engine::contact::consent::{Channel, Grant, MARKETING, Suppression};
use flusso_engine::contact::send::{Phase, Sent};
use flusso_engine::contact::state::{Due, SLACK};
use flusso_engine::contact::{Contact, Profile, State};
use flusso_engine::definitions::{Active, Definitions, MailTemplate, Segment, User};
use flusso_engine::event::{Event, Trust};
use flusso_engine::ids::{ContactId, SendId, WorkflowId};
use flusso_engine::react::{Input, Need, Outcome, Reaction, Refusal, Rows, react};
use flusso_engine::segment;
use flusso_engine::tally::Tally;
use flusso_engine::template::Template;
use flusso_engine::time::{Instant, Millis};
use flusso_engine::timeline::{Entry, Line, What};
use flusso_engine::workflow::compile;
use serde_json::Value;

use super::drawn::{self, TEAM, TEMPLATE, Tape, USERS};
use super::generate::{Act, Provider};

/// Everything a test moves.
#[derive(Clone, Debug)]
pub struct Person {
    pub definitions: Arc<Definitions>,
    pub contact: Contact,
    pub sent: BTreeMap<SendId, Sent>,
    pub now: Instant,
    pub lines: Vec<Line>,
    tally: Tally,
    planned: BTreeSet<SendId>,
    ended: BTreeSet<SendId>,
    claimed: Vec<SendId>,
    suppression: Option<Suppression>,
    provider: Provider,
    events: u32,
}

/// A Friday before the clocks go forward in Rome.
pub fn beginning() -> Instant {
    Instant::parse("2026-03-27T22:00:00Z").unwrap()
}

/// Definitions in which these documents are active: workflows, and segments in their order.
pub fn definitions(documents: &[Value]) -> Definitions {
    let mut definitions = Definitions::empty();
    definitions.number = 1;
    definitions.teams.insert(TEAM.into(), vec!["laura@shop.example".into(), "paolo@shop.example".into()]);
    for name in USERS {
        let user = User::new(name, &format!("{name}@shop.example"));
        definitions.users.insert((*name).into(), user);
    }
    let template = |source: &str| Template::compile(source).unwrap();
    let text = template("Ciao {{ event.points | default(\"?\") }}");
    let saluto = MailTemplate::plain(Some(template("s")), text);
    definitions.templates.insert(TEMPLATE.into(), Arc::new(saluto));
    let since = beginning() - Millis::hours(24);
    for document in documents {
        if let Some(name) = document["segment"].as_str() {
            let source = serde_json::json!({ "who": document["who"] }).to_string();
            let compiled = segment::compile(&source).unwrap_or_else(|why| panic!("{why:?}\n{document}"));
            for spec in compiled.condition.rings() {
                definitions.rings.entry(spec.id.clone()).or_insert(RingSince { spec, since });
            }
            let (condition, version) = (compiled.condition, compiled.version);
            definitions
                .segments
                .insert(name.into(), Segment { name: name.into(), condition, version, since: 1 });
            continue;
        }
        for compiled in compile(&document.to_string()) {
            let problems = compiled.problems;
            let program = compiled.program.unwrap_or_else(|| panic!("{problems:?}\n{document}"));
            for spec in program.rings() {
                definitions.rings.entry(spec.id.clone()).or_insert(RingSince { spec, since });
            }
            let (version, program) = (program.version.clone(), program.clone());
            let life = flusso_engine::life::Life::default();
            let active = Active { version, since, since_number: 1, life, program: program.clone() };
            definitions.workflows.insert(program.workflow.clone(), active);
        }
    }
    definitions.indexed()
}

/// An event that says nothing.
pub fn event(kind: &str, id: u32, at: Instant) -> Event {
    Event {
        source: "api:test".into(),
        id: id.to_string().into(),
        kind: kind.into(),
        occurred_at: at,
        received_at: at,
        trust: Trust::Trusted,
        ..Event::default()
    }
}

pub fn consent() -> Grant {
    Grant {
        channel: Channel::Email,
        purpose: MARKETING.into(),
        basis: "consent".into(),
        text: "Sì".into(),
        version: "1".into(),
    }
}

impl Person {
    /// Somebody with an address, of whom nothing else is known.
    pub fn new(definitions: Definitions) -> Self {
        let mut person = Self {
            definitions: Arc::new(definitions),
            contact: Contact::unborn(ContactId::derive("api:test", "0")),
            sent: BTreeMap::new(),
            now: beginning(),
            lines: Vec::new(),
            tally: Tally::default(),
            planned: BTreeSet::new(),
            ended: BTreeSet::new(),
            claimed: Vec::new(),
            suppression: None,
            provider: Provider::Accepts,
            events: 0,
        };
        let mut event = event("contact.told", 0, person.now);
        event.fields.insert("email".to_owned(), "anna@example.com".into());
        event.grants.push(consent());
        person.happen(event);
        person
    }

    /// Lives through acts.
    pub fn live(&mut self, acts: &[Act]) {
        for act in acts {
            self.act(act);
        }
    }

    fn act(&mut self, act: &Act) {
        self.events += 1;
        let (id, now) = (self.events, self.now);
        match act {
            Act::Happens { choices, late_minutes } => {
                let (kind, data, fields) = drawn::happening(&mut Tape::new(choices), now);
                let mut event = event(kind, id, now);
                event.occurred_at = now - Millis::minutes(*late_minutes);
                (event.data, event.fields) = (data, fields.into_iter().collect());
                self.happen(event);
            }
            Act::Form { consents } => {
                let mut event = event("form.submitted", id, now);
                event.data.insert("form".to_owned(), "guida".into());
                event.trust = Trust::Public;
                event.fields.insert("first_name".to_owned(), "Anna".into());
                event.grants.extend(consents.then(consent));
                self.happen(event);
            }
            Act::OptOut => self.happen(event("email.unsubscribed", id, now)),
            Act::Open { nth, human, clicked } => {
                let kind = if *clicked { "email.clicked" } else { "email.opened" };
                let mut event = event(kind, id, now);
                if let Some(send) = self.claimed.get(*nth) {
                    event.data.insert("send".to_owned(), send.as_str().into());
                }
                event.data.insert("class".to_owned(), if *human { "human" } else { "machine" }.into());
                self.happen(event);
            }
            Act::Reply => self.happen(event("email.replied", id, now)),
            Act::Pass { minutes } => self.pass(Millis::minutes(*minutes)),
            Act::Provider(provider) => {
                self.provider = *provider;
                self.settle();
            }
        }
    }

    /// Lets an event happen, and everything that is due because of it.
    pub fn happen(&mut self, event: Event) {
        self.give(&Input::Event { event, taken: Vec::new() });
        self.settle();
        self.check_anew();
    }

    /// Time passes; alarms ring on time.
    pub fn pass(&mut self, length: Millis) {
        let until = self.now + length;
        while let Some(at) = self.contact.state.alarm_at.filter(|at| *at <= until) {
            self.now = self.now.max(at);
            self.give(&Input::Wake);
            self.settle();
            let next = self.contact.state.alarm_at;
            assert!(next.is_none_or(|next| next > at), "E2: the alarm at {at} rang and stands at {next:?}");
        }
        self.now = until;
        self.check_kept();
    }

    fn settle(&mut self) {
        for _ in 0..500 {
            let due = self.contact.state.due(self.now).into_iter().find_map(|due| match due {
                Due::Continue => Some(None),
                Due::Perform { send, at, .. } if at <= self.now && self.provider != Provider::Stands => {
                    let planned = matches!(self.contact.state.sends[&send].phase, Phase::Planned { .. });
                    planned.then_some(Some(send))
                }
                Due::Answer { .. } if self.provider != Provider::Stands => Some(None),
                _ => None,
            });
            match due {
                Some(None) => self.go_on(),
                Some(Some(send)) => self.perform(&send),
                None => return,
            }
        }
        let latest = &self.lines[self.lines.len().saturating_sub(40)..];
        panic!("it never settles: {:?}, after {latest:#?}", self.contact.state.due(self.now));
    }

    /// An ask is answered, or else the agenda gone on with.
    fn go_on(&mut self) {
        let asked = self.contact.state.asks.iter().next().map(|(id, ask)| (id.clone(), ask.wish.clone()));
        let Some((ask, wish)) = asked.filter(|_| self.contact.state.agenda.is_empty()) else {
            self.give(&Input::Wake);
            return;
        };
        let nothing = self.provider == Provider::HasNothing && !matches!(wish, Wish::Slot { .. });
        let answer = if nothing { Answer::None } else { wish.alone() };
        self.give(&Input::Answer { ask, answer });
    }

    fn perform(&mut self, id: &SendId) {
        let token: Arc<str> = format!("t{}", self.contact.state.revision).into();
        self.give(&Input::Claim { send: id.clone(), by: token.clone(), suppression: self.suppression });
        let Some(send) = self.contact.state.sends.get(id) else { return };
        if !matches!(&send.phase, Phase::Claimed { by, .. } if *by == token) {
            return;
        }
        let attempt = send.attempt;
        self.claimed.push(id.clone());
        let outcome = match self.provider {
            Provider::Accepts | Provider::HasNothing => {
                Outcome::Accepted { at: self.now, provider_id: "p".into() }
            }
            Provider::RefusesForNow => Outcome::Refused { permanent: false, reason: "busy".to_owned() },
            Provider::RefusesForGood => Outcome::Refused { permanent: true, reason: "gone".to_owned() },
            Provider::Unknown => Outcome::Unknown,
            // Once, or it would be given back for ever.
            Provider::GivesBack => {
                self.provider = Provider::Accepts;
                Outcome::GivenBack
            }
            Provider::Dies | Provider::Stands => return,
        };
        self.give(&Input::Outcome { send: id.clone(), attempt, outcome });
    }

    /// Reacts, checks, commits.
    pub fn give(&mut self, input: &Input) -> Reaction {
        let reaction = self.react(input);
        self.check(&reaction);
        if reaction.changed {
            self.commit(&reaction);
            self.check_alarm();
        }
        self.check_kept();
        reaction
    }

    /// The reaction to an input now, with everything loaded that it needs; twice, to see that it is the same.
    pub fn react(&self, input: &Input) -> Reaction {
        let mut rows = Rows::new();
        loop {
            let react = || react(&self.definitions, &self.contact, input, self.now, &rows);
            let (first, second) = (react(), react());
            assert_eq!(first, second, "D1: the same inputs gave another reaction");
            match first {
                Ok(reaction) => return reaction,
                Err(Refusal::Need(Need::Sent(id))) => {
                    let row = self.sent.get(&id).cloned();
                    assert!(rows.insert(id, row).is_none(), "it asks twice for the same row");
                }
                Err(refusal) => panic!("refused: {refusal:?}"),
            }
        }
    }

    fn commit(&mut self, reaction: &Reaction) {
        self.contact = reaction.contact.clone();
        self.sent.extend(reaction.sent.clone());
        self.lines.extend(reaction.entry.lines.clone());
        self.tally.merge(&self.contact.state.tally);
        if let Some((_, suppression)) = reaction.suppressed.last() {
            self.suppression = Some(*suppression);
        }
    }

    /// What a row says, it says again when it is read back; no effect is planned twice; the counts are right.
    fn check(&mut self, reaction: &Reaction) {
        let state: State = again(&reaction.contact.state);
        let profile: Profile = again(&*reaction.contact.profile);
        let entry: Entry = again(&reaction.entry);
        assert_eq!((&state, &profile), (&reaction.contact.state, &*reaction.contact.profile));
        assert_eq!(entry, reaction.entry);
        for (id, sent) in &reaction.sent {
            assert_eq!((again::<SendId>(id), again::<Sent>(sent)), (id.clone(), sent.clone()));
        }
        assert_eq!(state.revision, self.contact.state.revision + 1);
        assert!(state.last_now >= self.contact.state.last_now, "time went back");
        for line in &reaction.entry.lines {
            match &line.what {
                What::SendPlanned { send } => {
                    assert!(self.planned.insert(send.clone()), "E5: {send} was planned twice");
                }
                What::Sent { send, .. } | What::SendSkipped { send, .. } | What::SendFailed { send, .. } => {
                    self.ended.insert(send.clone());
                }
                _ => {}
            }
        }
        let lost = self.planned.iter().find(|id| !state.sends.contains_key(*id) && !self.ended.contains(*id));
        assert_eq!(lost, None, "S3: it was planned, and nothing came of it");
        let inside = state.enrollments.values().map(|one| (&one.workflow, &one.entity));
        let mut twice: Vec<_> = inside.collect();
        twice.sort();
        assert!(twice.windows(2).all(|two| two[0] != two[1]), "W1: inside twice: {twice:?}");
        let mut tally = self.tally.clone();
        tally.merge(&state.tally);
        if !profile.test {
            check_counts(&tally, &reaction.contact);
        } else if self.contact.profile.test {
            assert!(state.tally.is_empty(), "C1: a test contact was counted: {:?}", state.tally);
        }
    }

    /// E2 and E3: the alarm is not later than the earliest boundary, and nothing happens before it.
    fn check_alarm(&self) {
        let state = &self.contact.state;
        let Some(alarm_at) = state.alarm_at else {
            assert_eq!(state.next_boundary(), None, "E2");
            assert!(state.agenda.is_empty(), "E2: an agenda without an alarm");
            return;
        };
        assert!(state.next_punctual().is_none_or(|at| alarm_at <= at), "E2: the alarm is too late");
        let boundary = state.next_boundary();
        assert!(boundary.is_none_or(|at| alarm_at <= at + SLACK), "E2: the alarm is too late");
        let before = alarm_at - Millis(1);
        if state.agenda.is_empty() && before >= self.now && boundary.is_none_or(|at| at > before) {
            let early = Self { now: before, ..self.clone() };
            let reaction = early.react(&Input::Wake);
            assert!(!reaction.changed, "E3: something happened before the alarm: {:?}", reaction.entry.lines);
        }
    }
}

/// C1: who entered a workflow is inside it or has ended in one way; who is inside stands at one step.
fn check_counts(tally: &Tally, contact: &Contact) {
    let mut inside: BTreeMap<&WorkflowId, i64> = BTreeMap::new();
    for enrollment in contact.state.enrollments.values() {
        *inside.entry(&enrollment.workflow).or_default() += 1;
    }
    let mut counted: BTreeMap<&WorkflowId, i64> = BTreeMap::new();
    let mut standing: BTreeMap<&WorkflowId, i64> = BTreeMap::new();
    for (counter, value) in tally.iter() {
        let workflow = &counter.workflow;
        match (&*counter.name, &counter.step) {
            ("entered", None) => *counted.entry(workflow).or_default() += value,
            ("completed" | "exited" | "failed", None) => *counted.entry(workflow).or_default() -= value,
            ("inside", Some(step)) => {
                assert!(value >= 0, "C1: {value} people at {workflow}/{step}");
                *standing.entry(workflow).or_default() += value;
            }
            _ => {}
        }
    }
    counted.retain(|_, value| *value != 0);
    assert_eq!(counted, inside, "C1: entered is not inside and ended");
    assert_eq!(standing, inside, "C1: the steps don't add up");
}

fn again<T: serde::de::DeserializeOwned>(value: &impl serde::Serialize) -> T {
    serde_json::from_str(&serde_json::to_string(value).unwrap()).unwrap()
}

/// The contact without what depends on how often it was looked at.
pub fn normal(contact: &Contact) -> Contact {
    let mut contact = contact.clone();
    contact.state.revision = 0;
    contact.state.profile_revision = 0;
    contact.state.alarm_at = None;
    contact.state.last_now = Instant::default();
    contact.state.tally = Tally::default();
    contact.state.counted_on = None;
    contact
}

/// The lines without those that only tell of the budget.
pub fn told(lines: &[Line]) -> Vec<&Line> {
    lines.iter().filter(|line| !matches!(line.what, What::LeftForLater { .. })).collect()
}
