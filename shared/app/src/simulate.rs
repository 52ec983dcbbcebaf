//! Trying a workflow without doing anything: the same engine under a virtual clock, for one contact.

use std::collections::BTreeMap;
use std::sync::Arc;

use flusso_engine::condition::RingSince;
use flusso_engine::contact::Contact;
use flusso_engine::contact::consent::{Channel, Grant, MARKETING};
use flusso_engine::contact::fields;
use flusso_engine::contact::send::{Class, Phase, Via};
use flusso_engine::contact::state::Due;
use flusso_engine::definitions::{Active, Definitions, MailTemplate, User};
use flusso_engine::event::{Event, Trust};
use flusso_engine::ids::{ContactId, SendId};
use flusso_engine::message::{Links, compose};
use flusso_engine::react::{Input, Need, Outcome, Refusal, Rows, react};
use flusso_engine::template::Template;
use flusso_engine::time::Instant;
use flusso_engine::timeline::Line;
use flusso_engine::workflow::{self, Program};
use serde_json::{Map, Value};

use crate::AppError;

/// Who, from when and until when, and what happens to them besides.
#[derive(Clone, Debug)]
pub struct Simulation {
    /// The documents.
    pub source: String,
    /// The contact's fields.
    pub fields: Map<String, Value>,
    /// Whether the contact has consented to marketing.
    pub consent: bool,
    /// When the workflow's own trigger fires.
    pub from: Instant,
    /// Until when to go on.
    pub until: Instant,
    /// What happens besides, in order: when, the type, the data.
    pub events: Vec<(Instant, String, Map<String, Value>)>,
}

/// One thing that would happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// A line of the timeline.
    Line(Line),
    /// A message that would be handed over: recipient and subject.
    Message {
        /// When.
        at: Instant,
        /// By what.
        via: Via,
        /// What it is for.
        class: Class,
        /// To whom.
        to: String,
        /// The subject; of a message without one, its text.
        subject: String,
    },
}

/// How often a contact reacted, and to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reactions {
    /// To an event.
    pub events: u32,
    /// To an alarm, or to what was left to do.
    pub looks: u32,
    /// To a message that was handed over.
    pub messages: u32,
}

/// Most reactions of one simulation.
const REACTIONS: u32 = 10_000;

/// Runs a simulation; what would happen, in order.
pub fn simulate(simulation: &Simulation) -> Result<Vec<Happening>, AppError> {
    Ok(run(simulation)?.happened)
}

/// Runs a simulation; how often the contact would react.
pub fn count(simulation: &Simulation) -> Result<Reactions, AppError> {
    Ok(run(simulation)?.reactions)
}

fn run(simulation: &Simulation) -> Result<Run, AppError> {
    let compiled = workflow::compile(&simulation.source);
    let problems: Vec<_> =
        compiled.iter().filter(|one| one.program.is_none()).flat_map(|one| one.problems.clone()).collect();
    if !problems.is_empty() {
        return Err(AppError::Problems(problems));
    }
    let programs: Vec<Arc<Program>> = compiled.into_iter().filter_map(|one| one.program).collect();
    let first = first_event(&programs, simulation)?;
    let mut events = vec![first];
    events.extend(
        simulation
            .events
            .iter()
            .enumerate()
            .map(|(number, (at, kind, data))| event(*at, kind, data.clone(), number)),
    );
    events.sort_by_key(|event| event.occurred_at);
    let contact = ContactId::derive("simulation", "contact");
    let mut run = Run::new(definitions(&programs, simulation.from), contact, simulation.from);
    for event in events.into_iter().filter(|event| event.occurred_at <= simulation.until) {
        run.pass(event.occurred_at)?;
        run.input(Input::Event { event, taken: Vec::new() })?;
    }
    run.pass(simulation.until)?;
    Ok(run)
}

fn first_event(programs: &[Arc<Program>], simulation: &Simulation) -> Result<Event, AppError> {
    let first = programs.iter().find_map(|program| Some((program, program.triggers.first()?)));
    let (program, trigger) = first.ok_or_else(|| {
        AppError::invalid("triggers", "triggers.missing", "the workflow has no trigger to simulate")
    })?;
    let mut fields: BTreeMap<String, Value> = BTreeMap::new();
    for (name, value) in &simulation.fields {
        let parsed = fields::parse(name, value, None)
            .map_err(|why| AppError::invalid(name.as_str(), "field.value", why))?;
        fields.extend(parsed.map(|value| (name.clone(), value)));
    }
    let grant = |channel| Grant {
        channel,
        purpose: MARKETING.into(),
        basis: "consent".into(),
        text: "".into(),
        version: "".into(),
    };
    let channels = [Channel::Email, Channel::Sms, Channel::Whatsapp];
    let mut first = event(simulation.from, trigger.kind.listens(), trigger.kind.sample(), usize::MAX);
    if trigger.kind.date().is_some() || trigger.kind.schedule().is_some() {
        // What comes by itself comes for one workflow.
        first.data.insert("workflow".to_owned(), program.workflow.as_str().into());
    }
    first.fields = fields;
    first.grants = if simulation.consent { channels.map(grant).into() } else { Vec::new() };
    // Values that the workflow reads of its event and that nobody gave stand under their own names.
    for path in programs.iter().flat_map(|program| &program.event_paths) {
        let name = path.split('.').next().unwrap_or(path);
        if name == path && !first.data.contains_key(name) {
            first.data.insert(name.to_owned(), format!("[{name}]").into());
        }
    }
    Ok(first)
}

fn event(at: Instant, kind: &str, data: Map<String, Value>, number: usize) -> Event {
    Event {
        source: "simulation".into(),
        id: number.to_string().into(),
        kind: kind.into(),
        occurred_at: at,
        received_at: at,
        data,
        trust: Trust::Trusted,
        ..Event::default()
    }
}

/// The account as far as the documents tell: what they name stands there as a placeholder.
fn definitions(programs: &[Arc<Program>], since: Instant) -> Definitions {
    let mut definitions = Definitions { number: 1, ..Definitions::empty() };
    for program in programs {
        for name in program.steps.iter().flat_map(|def| def.step.named_templates()) {
            if let Ok(text) = Template::compile(&format!("[template {name}]")) {
                let template = MailTemplate::plain(Some(text.clone()), text);
                definitions.templates.insert(name.into(), Arc::new(template));
            }
        }
        for team in program.steps.iter().flat_map(|def| def.step.named_teams()) {
            let address = format!("{}@example.com", team.replace(' ', "-"));
            definitions.teams.insert(team.into(), vec![address.into()]);
        }
        for (name, _) in program.steps.iter().flat_map(|def| def.step.owners()) {
            let phone = Some("+390000000000".into());
            let user = User { phone, ..User::new(&name, &format!("{name}@example.com")) };
            definitions.users.insert(name, user);
        }
        for spec in program.rings() {
            definitions.rings.insert(spec.id.clone(), RingSince { spec, since });
        }
        let (version, program) = (program.version.clone(), program.clone());
        let life = flusso_engine::life::Life::default();
        let active = Active { version, since, since_number: 1, life, program: program.clone() };
        definitions.workflows.insert(program.workflow.clone(), active);
    }
    definitions.indexed()
}

/// One contact, whose time passes as fast as can be; its messages are handed over at once, to nobody.
pub(crate) struct Run {
    definitions: Definitions,
    contact: Contact,
    now: Instant,
    rows: Rows,
    /// What has happened so far.
    pub(crate) happened: Vec<Happening>,
    /// How often it reacted.
    pub(crate) reactions: Reactions,
    left: u32,
}

impl Run {
    /// Nothing has happened to the contact yet.
    pub(crate) fn new(definitions: Definitions, contact: ContactId, now: Instant) -> Self {
        Self {
            definitions,
            contact: Contact::unborn(contact),
            now,
            rows: Rows::new(),
            happened: Vec::new(),
            reactions: Reactions::default(),
            left: REACTIONS,
        }
    }

    /// Rings every alarm up to an instant, at its own time.
    pub(crate) fn pass(&mut self, until: Instant) -> Result<(), AppError> {
        while let Some(at) = self.contact.state.next_boundary().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            self.input(Input::Wake)?;
        }
        self.now = self.now.max(until);
        Ok(())
    }

    /// Has something happen to the contact, and does what becomes due by it.
    pub(crate) fn input(&mut self, input: Input) -> Result<(), AppError> {
        self.react(&input)?;
        // Every message is handed over at once, and accepted.
        loop {
            let due = self.contact.state.due(self.now);
            if due.contains(&Due::Continue) {
                self.react(&Input::Wake)?;
                continue;
            }
            let ask = due
                .iter()
                .find_map(|due| if let Due::Answer { ask } = due { Some(ask.clone()) } else { None });
            if let Some((ask, open)) =
                ask.and_then(|ask| Some((ask.clone(), self.contact.state.asks.get(&ask)?)))
            {
                let answer = open.wish.alone();
                self.react(&Input::Answer { ask, answer })?;
                continue;
            }
            let planned = |send: &SendId| {
                self.contact.state.sends.get(send).is_some_and(
                    |open| matches!(open.phase, Phase::Planned { not_before } if not_before <= self.now),
                )
            };
            let next = due.into_iter().find_map(|due| match due {
                Due::Perform { send, .. } if planned(&send) => Some(send),
                _ => None,
            });
            let Some(send) = next else { return Ok(()) };
            self.deliver(&send)?;
        }
    }

    fn deliver(&mut self, id: &SendId) -> Result<(), AppError> {
        self.react(&Input::Claim { send: id.clone(), by: "simulation".into(), suppression: None })?;
        let Some(open) = self.contact.state.sends.get(id) else { return Ok(()) };
        let (attempt, version, via, class) = (open.attempt, open.version.clone(), open.channel, open.class);
        if let Some(program) = self.definitions.programs.get(&version)
            && let Ok(message) =
                compose(&self.definitions, program, &self.contact, open, self.now, &Links::default())
        {
            self.happened.push(Happening::Message {
                at: self.now,
                via,
                class,
                to: message.to.to_string(),
                subject: if message.subject.is_empty() { message.text } else { message.subject },
            });
        }
        let outcome = if via == Via::Webhook {
            Outcome::Answered { at: self.now, status: 200, body: Value::Null }
        } else {
            Outcome::Accepted { at: self.now, provider_id: "simulation".into() }
        };
        self.react(&Input::Outcome { send: id.clone(), attempt, outcome })
    }

    fn react(&mut self, input: &Input) -> Result<(), AppError> {
        self.left = self
            .left
            .checked_sub(1)
            .ok_or_else(|| AppError::Unavailable(format!("more than {REACTIONS} reactions")))?;
        loop {
            match react(&self.definitions, &self.contact, input, self.now, &self.rows) {
                Ok(reaction) => {
                    if reaction.changed {
                        match input {
                            Input::Event { .. } => self.reactions.events += 1,
                            Input::Wake => self.reactions.looks += 1,
                            Input::Claim { .. } => self.reactions.messages += 1,
                            _ => {}
                        }
                        self.contact = reaction.contact;
                        self.rows.extend(reaction.sent.into_iter().map(|(id, sent)| (id, Some(sent))));
                        self.happened.extend(reaction.entry.lines.into_iter().map(Happening::Line));
                    }
                    return Ok(());
                }
                Err(Refusal::Need(Need::Sent(send))) => {
                    self.rows.entry(send).or_insert(None);
                }
                Err(refusal) => return Err(AppError::Unavailable(format!("{refusal:?}"))),
            }
        }
    }
}
