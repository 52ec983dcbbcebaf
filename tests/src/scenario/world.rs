//! People, a clock, and a provider that does as it is told. Does what the program around the engine does: loads what a
//! reaction needs, rings alarms, performs sends, and keeps what was sent.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use flusso_engine::contact::Contact;
use flusso_engine::contact::ask::{Answer as Given, Wish};
use flusso_engine::contact::consent::{self, Channel, Recipient, Suppression};
use flusso_engine::contact::fields;
use flusso_engine::contact::send::{Phase, Sent, Via};
use flusso_engine::contact::state::Due;
use flusso_engine::definitions::Form;
use flusso_engine::event::{Event, Trust};
use flusso_engine::ids::{AskId, ContactId, SendId, StepId, WorkflowId};
use flusso_engine::message::{self, Message};
use flusso_engine::react::{Input, Need, Outcome, Reaction, Refusal, Rows, react};
use flusso_engine::tally::Tally;
use flusso_engine::time::{Instant, Millis};
use flusso_engine::timeline::Entry;
use flusso_engine::triggers::form::{REQUESTED, SUBMITTED};
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use super::account::Account;
use super::script::{FEEDBACK, Happening, Script, Stage, Words, elapsed};
use super::transcript::Transcript;

/// Everything that a scenario moves.
#[derive(Debug)]
pub struct World {
    /// What is defined.
    pub account: Account,
    /// The present instant.
    pub clock: Instant,
    people: Vec<Person>,
    /// Of whom the lines speak that name nobody.
    current: usize,
    late: Millis,
    provider: Answer,
    /// What whoever is called by the next webhook answers: the status and the body.
    answer: (u16, Map<String, Value>),
    suppressed: BTreeMap<String, Suppression>,
    pub(super) transcript: Transcript,
    /// How many decisions were made.
    decisions: u32,
}

/// A contact with the rows beside it.
#[derive(Debug)]
pub struct Person {
    /// As it was committed last.
    pub contact: Contact,
    /// The rows of accepted sends.
    pub sent: BTreeMap<SendId, Sent>,
    /// The sum of what its commits counted.
    pub tally: Tally,
    /// Every record, in order.
    pub history: Vec<Entry>,
    /// Every message that was handed over, in order.
    pub handed: Vec<Handed>,
}

/// A message as it was handed over.
#[derive(Clone, Debug)]
pub struct Handed {
    /// Its id.
    pub send: SendId,
    /// Whose.
    pub step: StepId,
    /// By what.
    pub via: Via,
    /// To whom, and what.
    pub message: Message,
}

/// What the provider does with the next message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Accepts,
    Refuses {
        permanent: bool,
    },
    Unknown,
    GivesBack,
    /// The performer dies with the claim.
    Dies,
}

impl World {
    /// Nobody is there yet.
    pub fn new(account: Account) -> Self {
        let zone = account.definitions.zone.clone();
        Self {
            account,
            clock: Instant::default(),
            people: Vec::new(),
            current: 0,
            late: Millis(0),
            provider: Answer::Accepts,
            answer: (200, Map::new()),
            suppressed: BTreeMap::new(),
            transcript: Transcript::new(zone),
            decisions: 0,
        }
    }

    /// Where a script is played.
    pub fn of(script: &Script) -> Result<Self, String> {
        Account::of(script).map(Self::new)
    }

    /// Everybody who is there, in the order of their coming.
    pub fn people(&self) -> &[Person] {
        &self.people
    }

    /// Of whom the next line speaks, if it names nobody.
    pub fn current(&self) -> Option<&Person> {
        self.people.get(self.current)
    }

    /// The next instant at which something happens by itself.
    pub fn next_instant(&self) -> Option<Instant> {
        self.next_ring().map(|(at, _)| at)
    }

    /// Checks what must hold at the end, and gives the transcript.
    pub fn finish(mut self) -> Result<String, String> {
        for person in &self.people {
            person.check()?;
            self.transcript.show(person, self.clock);
        }
        Ok(self.transcript.into_text())
    }

    fn next_ring(&self) -> Option<(Instant, usize)> {
        let alarm = |person: &Person| person.contact.state.alarm_at.map(|at| self.clock.max(at + self.late));
        let performs = |person: &Person| {
            let due = person.contact.state.due(self.clock).into_iter();
            due.filter_map(|due| match due {
                Due::Perform { at, .. } => Some(at).filter(|at| *at > self.clock),
                _ => None,
            })
            .min()
        };
        let people = self.people.iter().enumerate();
        people
            .filter_map(|(who, person)| Some((alarm(person).into_iter().chain(performs(person)).min()?, who)))
            .min()
    }

    fn submit(&mut self, name: &str, told: Happening) -> Result<(), String> {
        let form: Arc<Form> =
            self.account.definitions.forms.get(name).cloned().ok_or_else(|| format!("no form {name}"))?;
        let kind = if form.double_opt_in { REQUESTED } else { SUBMITTED };
        let mut event = self.event(kind, &format!("form:{name}"), told)?;
        event.trust = Trust::Public;
        for field in &form.fields {
            let answer = event.data.get(&*field.name);
            if let (Some(to), Some(answer)) = (&field.to, answer)
                && let Some(value) = fields::parse(to, answer, Some(&self.account.definitions))?
            {
                event.fields.insert(to.to_string(), value);
            }
        }
        let ticked = form
            .consents
            .iter()
            .filter(|consent| consent.field.as_ref().is_none_or(|field| event.data.contains_key(&**field)));
        event.grants = ticked.map(|consent| consent.grant.clone()).collect();
        event.data.insert("form".to_owned(), name.into());
        event.data.extend(form.values.clone());
        self.happen(event)
    }

    /// The person confirms the form that they sent last.
    fn confirm(&mut self, name: &str) -> Result<(), String> {
        let person = self.current().ok_or("nobody is there")?;
        let asked = person.history.iter().rev().find_map(|record| match &record.input {
            Input::Event { event, .. } if &*event.kind == REQUESTED && event.data["form"] == name => {
                Some(event.clone())
            }
            _ => None,
        });
        let asked = asked.ok_or_else(|| format!("{name} was not sent, or needs no confirmation"))?;
        let (id, now) = (asked.mark(), self.clock);
        let confirmed = Event {
            source: "confirmation".into(),
            id,
            kind: SUBMITTED.into(),
            occurred_at: now,
            received_at: now,
            fields: BTreeMap::new(),
            ..asked
        };
        self.tell_current(Input::Event { event: confirmed, taken: Vec::new() })
    }

    fn event(&self, kind: &str, source: &str, told: Happening) -> Result<Event, String> {
        let Happening { id, occurred, quiet, fields: said, data } = told;
        let mut fields = BTreeMap::new();
        for (field, value) in said {
            let value =
                fields::parse(&field, &value, Some(&self.account.definitions))?.unwrap_or(Value::Null);
            fields.insert(field, value);
        }
        Ok(Event {
            source: source.into(),
            id: id.into(),
            kind: kind.into(),
            occurred_at: occurred.unwrap_or(self.clock),
            received_at: self.clock,
            data,
            fields,
            quiet,
            trust: Trust::Trusted,
            ..Event::default()
        })
    }

    fn feedback(&mut self, verb: &str, words: &Words) -> Result<(), String> {
        let mut about = None;
        if let Some(step) = words.word(1) {
            let sent = self.current().ok_or("nobody is there")?.last_of(step);
            about = Some(sent.ok_or_else(|| format!("no message of {step} was handed over"))?);
        }
        let via = about.as_ref().map_or(Via::Email, |handed| handed.via);
        let mut event = self.event(&format!("{via}.{verb}"), "mail:feedback", words.happening()?)?;
        if let Some(Handed { send, .. }) = about {
            event.data.insert("send".to_owned(), send.as_str().into());
        }
        if ["opened", "clicked"].contains(&verb) {
            event.data.insert("class".to_owned(), words.word(2).unwrap_or("human").into());
        }
        self.happen(event)
    }

    fn find(&self, address: &str) -> Option<usize> {
        self.people.iter().position(|person| person.contact.profile.email() == Some(address))
    }

    fn happen(&mut self, event: Event) -> Result<(), String> {
        let address = event.fields.get("email").and_then(Value::as_str);
        let known = address.and_then(|address| self.find(address));
        let who = match known {
            Some(who) => who,
            None if address.is_none() && !self.people.is_empty() => self.current,
            None => {
                let contact = Contact::unborn(ContactId::derive(&event.source, &event.id));
                self.people.push(Person::new(contact));
                self.people.len() - 1
            }
        };
        self.current = who;
        self.give(who, Input::Event { event, taken: Vec::new() })
    }

    /// The event of a decision.
    pub(super) fn decided(&mut self, kind: &str, data: Value) -> Event {
        self.decisions += 1;
        Event {
            source: "person:maria".into(),
            id: format!("decision-{}", self.decisions).into(),
            kind: kind.into(),
            occurred_at: self.clock,
            received_at: self.clock,
            data: data.as_object().cloned().unwrap_or_default(),
            trust: Trust::Trusted,
            ..Event::default()
        }
    }

    /// Has an input happen to everybody.
    pub(super) fn tell_all(&mut self, input: &Input) -> Result<(), String> {
        (0..self.people.len()).try_for_each(|who| self.give(who, input.clone()))
    }

    /// Has an input happen to the person of whom the lines speak.
    pub(super) fn tell_current(&mut self, input: Input) -> Result<(), String> {
        self.give(self.current, input)
    }

    /// Lets an input happen, then acts on what the contact shows as due, until nothing is.
    fn give(&mut self, who: usize, input: Input) -> Result<(), String> {
        self.react(who, &input)?;
        while let Some(due) = self.due_now(who) {
            match due {
                Due::Perform { send, step, .. } => self.perform(who, &send, &step)?,
                Due::Answer { ask } => self.answer(who, &ask)?,
                _ => drop(self.react(who, &Input::Wake)?),
            }
        }
        Ok(())
    }

    fn due_now(&self, who: usize) -> Option<Due> {
        let state = &self.people[who].contact.state;
        state.due(self.clock).into_iter().find(|due| match due {
            Due::Continue | Due::Answer { .. } => true,
            Due::Perform { send, at, .. } => {
                *at <= self.clock
                    && state.sends.get(send).is_some_and(|send| matches!(send.phase, Phase::Planned { .. }))
            }
            Due::Look { .. } => false,
        })
    }

    /// Gives what is asked for: the next code, the next colleague.
    fn answer(&mut self, who: usize, id: &AskId) -> Result<(), String> {
        let Some(ask) = self.people[who].contact.state.asks.get(id) else { return Ok(()) };
        let answer = match &ask.wish {
            Wish::Coupon { pool } => match self.account.coupons.get_mut(pool).and_then(VecDeque::pop_front) {
                Some(code) => Given::Got { value: code.into() },
                None => Given::None,
            },
            Wish::Owner { among, .. } => {
                let given = &mut self.account.given;
                let next = among.iter().map(|(name, _)| name).min_by_key(|name| given.get(*name).copied());
                let next = next.cloned().unwrap_or_default();
                *given.entry(next.clone()).or_default() += 1;
                Given::Got { value: next }
            }
            Wish::GiveBack { pool, code, .. } => {
                self.account.coupons.entry(pool.clone()).or_default().push_back(code.to_string());
                Given::None
            }
            Wish::Slot { .. } => ask.wish.alone(),
        };
        self.react(who, &Input::Answer { ask: id.clone(), answer }).map(drop)
    }

    fn perform(&mut self, who: usize, id: &SendId, step: &StepId) -> Result<(), String> {
        let contact = &self.people[who].contact;
        let channel = contact.state.sends.get(id).and_then(|send| send.channel.channel());
        let address = channel.and_then(|channel| {
            let phone = || contact.profile.text("phone");
            let to = if channel == Channel::Email { contact.profile.email() } else { phone() };
            to.map(|to| consent::address(channel, to))
        });
        let suppression = address.and_then(|address| self.suppressed.get(&address)).copied();
        let token: Arc<str> = format!("performer-{}", self.clock.millis()).into();
        let claim = Input::Claim { send: id.clone(), by: token.clone(), suppression };
        let contact = self.react(who, &claim)?.contact;
        let Some(send) = contact.state.sends.get(id) else { return Ok(()) };
        if !matches!(&send.phase, Phase::Claimed { by, .. } if *by == token) {
            return Ok(());
        }
        let program = self.account.versions.get(&send.version).ok_or("a version is missing")?;
        let message = message::compose(
            &self.account.definitions,
            program,
            &contact,
            send,
            self.clock,
            &message::Links::default(),
        )?;
        let via = send.channel;
        let handed = Handed { send: id.clone(), step: step.clone(), via, message: message.clone() };
        self.people[who].handed.push(handed);
        let outcome = match std::mem::replace(&mut self.provider, Answer::Accepts) {
            Answer::Accepts if via == Via::Webhook => {
                self.transcript.message(via, &message);
                let (status, body) = std::mem::replace(&mut self.answer, (200, Map::new()));
                let body = Value::Object(body).to_string();
                let body =
                    message::answer::kept(&self.account.definitions, program, &send.step, body.as_bytes());
                if status >= 500 {
                    Outcome::Refused { permanent: false, reason: format!("status_{status}") }
                } else {
                    Outcome::Answered { at: self.clock, status, body }
                }
            }
            Answer::Accepts => {
                self.transcript.message(via, &message);
                Outcome::Accepted { at: self.clock, provider_id: "p-1".into() }
            }
            Answer::Refuses { permanent } => Outcome::Refused { permanent, reason: "refused".to_owned() },
            Answer::Unknown => Outcome::Unknown,
            Answer::GivesBack => Outcome::GivenBack,
            Answer::Dies => return Ok(()),
        };
        let attempt = send.attempt;
        self.react(who, &Input::Outcome { send: id.clone(), attempt, outcome })?;
        Ok(())
    }

    /// Reacts and commits; what is missing is loaded first.
    fn react(&mut self, who: usize, input: &Input) -> Result<Reaction, String> {
        let person = &mut self.people[who];
        let mut rows = Rows::new();
        let reaction = loop {
            match react(&self.account.definitions, &person.contact, input, self.clock, &rows) {
                Ok(reaction) => break reaction,
                Err(Refusal::Need(Need::Sent(id))) => {
                    rows.insert(id.clone(), person.sent.get(&id).cloned());
                }
                Err(Refusal::Need(Need::Program(version))) => {
                    let program = self.account.versions.get(&version).ok_or("a version is missing")?;
                    self.account.definitions.programs.insert(version, program.clone());
                }
                Err(refused) => return Err(format!("refused: {refused:?}")),
            }
        };
        if !reaction.changed {
            return Ok(reaction);
        }
        self.transcript.reaction(&reaction.entry);
        person.history.push(reaction.entry.clone());
        person.contact = reaction.contact.clone();
        person.sent.extend(reaction.sent.clone());
        person.tally.merge(&person.contact.state.tally);
        for (recipient, reason) in reaction.suppressed.clone() {
            // Addresses are not hashed here.
            let (Recipient::Address(address) | Recipient::Hashed(address)) = recipient;
            self.suppressed.insert(address, reason);
        }
        Ok(reaction)
    }
}

impl Stage for World {
    fn clock(&self) -> Instant {
        self.clock
    }

    fn zone(&self) -> TimeZone {
        self.account.definitions.zone.clone()
    }

    /// On the way alarms ring and sends are performed.
    fn pass_until(&mut self, until: Instant) -> Result<(), String> {
        while let Some((at, who)) = self.next_ring().filter(|(at, _)| *at <= until) {
            self.clock = self.clock.max(at);
            let before = self.people[who].contact.state.alarm_at;
            self.give(who, Input::Wake)?;
            if self.people[who].contact.state.alarm_at == before {
                return Err(format!("E2: the alarm at {at} rang and stands where it was"));
            }
        }
        self.clock = until;
        Ok(())
    }

    fn act(&mut self, words: &Words) -> Result<(), String> {
        match words.word(0).unwrap_or_default() {
            "form" => self.submit(words.must(1, "the form")?, words.happening()?),
            "confirm" => self.confirm(words.must(1, "the form")?),
            "event" => {
                let event = self.event(words.must(1, "the type")?, "api:shop", words.happening()?)?;
                self.happen(event)
            }
            "for" => {
                let address = words.must(1, "the address")?;
                self.current = self.find(address).ok_or_else(|| format!("there is no {address}"))?;
                Ok(())
            }
            "provider" => {
                self.provider = match words.word(1) {
                    Some("temporary") => Answer::Refuses { permanent: false },
                    Some("permanent") => Answer::Refuses { permanent: true },
                    Some("unknown") => Answer::Unknown,
                    Some("late") => Answer::GivesBack,
                    Some("dies") => Answer::Dies,
                    other => return Err(format!("a provider can't `{}`", other.unwrap_or_default())),
                };
                Ok(())
            }
            "answers" => {
                let status = words.must(1, "the status")?.parse().map_err(|_| "a status is a number")?;
                self.answer = (status, words.happening()?.data);
                Ok(())
            }
            "late" => {
                self.late = elapsed(words.must(1, "how late")?)?;
                Ok(())
            }
            "activate" => {
                let workflow = WorkflowId::new(words.must(1, "the workflow")?);
                self.transcript.note(self.clock, &format!("activated {workflow}"));
                self.account.activate(&workflow, self.clock)
            }
            "replace" => {
                let workflow = WorkflowId::new(words.must(1, "the workflow")?);
                self.transcript.note(self.clock, &format!("replaced {workflow}"));
                self.account.replace(&workflow, self.clock)
            }
            "deactivate" => {
                let workflow = WorkflowId::new(words.must(1, "the workflow")?);
                self.transcript.note(self.clock, &format!("deactivated {workflow}"));
                self.account.deactivate(&workflow);
                Ok(())
            }
            "show" => {
                let person = self.people.get(self.current).ok_or("nobody is there")?;
                self.transcript.show(person, self.clock);
                Ok(())
            }
            _ if self.live(words)? => Ok(()),
            other => match FEEDBACK.iter().find(|(word, _)| *word == other) {
                Some((_, verb)) => self.feedback(verb, words),
                None => Err(format!("`{other}` is nothing that can be done")),
            },
        }
    }
}

impl Person {
    fn new(contact: Contact) -> Self {
        Self {
            contact,
            sent: BTreeMap::new(),
            tally: Tally::default(),
            history: Vec::new(),
            handed: Vec::new(),
        }
    }

    /// The last message of a step that was handed over.
    pub fn last_of(&self, step: &str) -> Option<Handed> {
        self.handed.iter().rev().find(|handed| handed.step.as_str() == step).cloned()
    }

    /// C1: whoever entered is inside, or has ended in one way.
    fn check(&self) -> Result<(), String> {
        let mut sums: BTreeMap<&WorkflowId, i64> = BTreeMap::new();
        for (counter, value) in self.tally.iter() {
            let sign = match (&*counter.name, &counter.step) {
                ("entered", None) => 1,
                ("inside", _) | ("completed" | "exited" | "failed" | "cancelled", None) => -1,
                _ => 0,
            };
            *sums.entry(&counter.workflow).or_default() += sign * value;
        }
        match sums.into_iter().find(|(_, sum)| *sum != 0) {
            Some((workflow, sum)) => Err(format!("C1: {workflow} is off by {sum}")),
            None => Ok(()),
        }
    }
}
