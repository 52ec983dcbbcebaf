//! What the account has defined, as of one number of its head: what a reaction decides by.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::calendar::{DateField, Duration, Window};
pub use crate::colleague::{Role, User};
use crate::condition::{Facets, Predicate, RingSince};
use crate::contact::Contact;
use crate::contact::catalogue::Catalogue;
use crate::contact::consent::{Channel, Grant, MARKETING};
use crate::contact::loyalty::Programme;
use crate::contact::test::TestRules;
use crate::conversions;
use crate::ids::{RingId, StandingId, VersionId, WorkflowId, base32, digest};
use crate::life::Life;
use crate::pipeline::Pipelines;
use crate::schedule::Schedule;
use crate::template::Template;
use crate::time::Instant;
use crate::workflow::program::Program;
use crate::workflow::settings::Cap;

/// Everything that is active, and the versions that people inside still run.
#[derive(Clone, Debug)]
pub struct Definitions {
    /// The number of the head: it only grows.
    pub number: u64,
    /// Whether these rows are a copy of another installation's, such as a backup: nothing is claimed until a person
    /// says so.
    pub on_hold: bool,
    /// The account's settings.
    pub account: Account,
    /// The account's zone, read from its name.
    pub zone: TimeZone,
    /// Active workflows.
    pub workflows: BTreeMap<WorkflowId, Active>,
    /// Versions by id: the active ones, and those to which a person inside is pinned.
    pub programs: BTreeMap<VersionId, Arc<Program>>,
    /// Forms by name.
    pub forms: BTreeMap<Arc<str>, Arc<Form>>,
    /// Mail templates by name.
    pub templates: BTreeMap<Arc<str>, Arc<MailTemplate>>,
    /// Teams: of each member the e-mail address, or the name of a colleague.
    pub teams: BTreeMap<Arc<str>, Vec<Arc<str>>>,
    /// Colleagues by the name under which they own contacts.
    pub users: BTreeMap<Arc<str>, User>,
    /// What contacts' fields are.
    pub catalogue: Arc<Catalogue>,
    /// The ways that deals go.
    pub pipelines: Pipelines,
    /// The rings that contacts keep.
    pub rings: BTreeMap<RingId, RingSince>,
    /// Segments by name.
    pub segments: BTreeMap<Arc<str>, Segment>,
    /// The conditions whose truth contacts keep; a segment stands before those that name it.
    pub standing: Vec<Standing>,
    /// The dates of contacts for which workflows wait.
    pub dates: BTreeMap<Arc<str>, DateRule>,
    /// The times at which workflows begin by themselves.
    pub schedules: BTreeMap<Arc<str>, ScheduleRule>,
    /// After which times carts count as abandoned, by how they are written.
    pub cart_delays: BTreeMap<Arc<str>, Duration>,
    /// What is counted as a conversion by itself.
    pub conversions: Arc<[conversions::Rule]>,
    /// Which workflows look at which type of event.
    pub listeners: BTreeMap<Arc<str>, Vec<WorkflowId>>,
    /// Which tests are judged by which type of event: workflow and test.
    pub judges: BTreeMap<Arc<str>, BTreeSet<Arc<str>>>,
    /// Which rings count which type of event.
    pub counters: BTreeMap<Arc<str>, Vec<RingId>>,
}

/// An active workflow.
#[derive(Clone, Debug)]
pub struct Active {
    /// The version that new entries run.
    pub version: VersionId,
    /// Events from before this do not enroll.
    pub since: Instant,
    /// The number of the definitions since which this version is active.
    pub since_number: u64,
    /// How it lives.
    pub life: Life,
    /// That version, compiled.
    pub program: Arc<Program>,
}

/// A smart list: whoever fulfils its condition is a member, for as long as that is so.
#[derive(Clone, Debug)]
pub struct Segment {
    /// Its name for people.
    pub name: Arc<str>,
    /// Who is a member.
    pub condition: Predicate,
    /// The hash of the condition.
    pub version: Arc<str>,
    /// The number of the definitions since which it has this condition.
    pub since: u64,
}

/// A date of contacts for which a workflow waits.
#[derive(Clone, Debug)]
pub struct DateRule {
    /// The workflow.
    pub workflow: WorkflowId,
    /// Which date.
    pub rule: DateField,
    /// Dates that came round before this are over.
    pub since: Instant,
}

/// A time at which a workflow begins by itself.
#[derive(Clone, Debug)]
pub struct ScheduleRule {
    /// The workflow.
    pub workflow: WorkflowId,
    /// When, and for whom.
    pub schedule: Schedule,
    /// Times before this are over.
    pub since: Instant,
}

/// A condition whose truth contacts keep.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Its name in the contact's row.
    pub id: StandingId,
    /// Its version: what was kept under another one is no truth of this one.
    pub version: Arc<str>,
    /// The number of the definitions since which it stands: contacts that reacted by older ones begin with a baseline.
    pub since: u64,
    /// The condition.
    pub condition: Predicate,
    /// Which parts of a contact it looks at.
    pub facets: Facets,
}

/// The account's settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The name of the business.
    pub name: Arc<str>,
    /// The IANA zone in which days are counted where nothing nearer is known.
    pub zone: Arc<str>,
    /// The sender of messages that name none.
    pub from: Arc<str>,
    /// When messages to contacts may go at all: it only narrows what workflows say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet: Option<Window>,
    /// How many marketing messages a contact gets, of all workflows together.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caps: Vec<Cap>,
    /// The language (ISO 639-1) of what is said to contacts whose own is not known.
    #[serde(default = "first_language")]
    pub language: Arc<str>,
    /// The country (ISO 3166-1 alpha-2) whose numbers are meant where a phone number names none.
    #[serde(default = "first_country")]
    pub country: Arc<str>,
    /// The currency (ISO 4217) of fields that hold money and name none.
    #[serde(default = "first_currency")]
    pub currency: Arc<str>,
    /// The stages of a contact's life with the business, in order: what the field `lifecycle` may be.
    #[serde(default = "first_stages")]
    pub lifecycle_stages: Vec<Arc<str>>,
    /// Whether the balance of a loyalty card may fall below zero.
    #[serde(default)]
    pub loyalty_below_zero: bool,
    /// What is counted as a conversion by itself, as it is written: [`crate::conversions::parse`] reads it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conversions: Vec<Value>,
    /// How points are earned and what they buy.
    #[serde(default, skip_serializing_if = "Programme::is_empty")]
    pub loyalty: Programme,
    /// Whether do-not-disturb of SMS and of WhatsApp are two things. Else each brings the other.
    #[serde(default)]
    pub sms_and_whatsapp_apart: bool,
    /// Whether two contacts may have one e-mail address or phone number: an event that states one finds nobody by it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub duplicates: bool,
    /// By which kinds of identities an event finds its contact, in this order; none is the order of
    /// [`crate::contact::identity::MATCH_ORDER`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub match_order: Vec<Arc<str>>,
    /// How contacts are treated with whom workflows are tried out.
    #[serde(default)]
    pub tests: TestRules,
    /// What is noted of what people do with their mail.
    #[serde(default, skip_serializing_if = "Tracking::is_default")]
    pub tracking: Tracking,
}

/// What is noted of what people do with their mail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tracking {
    /// Whose opens and clicks.
    pub of: Tracked,
    /// Whether links say from which workflow and step they come (`utm_…`).
    pub utm: bool,
}

/// Whose opens and clicks of mail are noted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tracked {
    /// Of those who agreed to it: the consent `tracking` of the channel.
    #[default]
    WithConsent,
    /// Of everybody.
    Always,
    /// Of nobody.
    Never,
}

impl Tracking {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Whether what a contact does with its mail is noted.
    pub fn allows(self, contact: &Contact, channel: Channel) -> bool {
        match self.of {
            Tracked::WithConsent => contact.profile.has_consent(channel, TRACKING),
            Tracked::Always => true,
            Tracked::Never => false,
        }
    }
}

/// The purpose of the consent to be tracked.
const TRACKING: &str = "tracking";

fn first_language() -> Arc<str> {
    "it".into()
}

fn first_country() -> Arc<str> {
    "IT".into()
}

fn first_currency() -> Arc<str> {
    crate::contact::purchase::CURRENCY.into()
}

fn first_stages() -> Vec<Arc<str>> {
    ["subscriber", "lead", "customer", "former"].map(Arc::from).to_vec()
}

impl Default for Account {
    fn default() -> Self {
        Self {
            name: "Flusso".into(),
            zone: "Europe/Rome".into(),
            from: "Flusso <hello@flusso.example>".into(),
            quiet: None,
            caps: Vec::new(),
            language: first_language(),
            country: first_country(),
            currency: first_currency(),
            lifecycle_stages: first_stages(),
            loyalty_below_zero: false,
            conversions: Vec::new(),
            loyalty: Programme::default(),
            sms_and_whatsapp_apart: false,
            duplicates: false,
            match_order: Vec::new(),
            tests: TestRules::default(),
            tracking: Tracking::default(),
        }
    }
}

/// A mail template, compiled.
#[derive(Clone, Debug)]
pub struct MailTemplate {
    /// What it says, in the account's language.
    pub own: MailText,
    /// What it says in other languages, by their tags (BCP 47).
    pub languages: BTreeMap<Arc<str>, MailText>,
    /// Why it must not go out as it is, such as a link that leads nowhere: what to do about it.
    pub broken: Vec<String>,
}

/// What a mail template says in one language.
#[derive(Clone, Debug)]
pub struct MailText {
    /// The subject, where the step names none.
    pub subject: Option<Template>,
    /// The plain text.
    pub text: Template,
    /// The HTML, with its links marked; none where the plain text is all there is.
    pub html: Option<Template>,
}

impl MailTemplate {
    /// One of plain text in one language.
    pub fn plain(subject: Option<Template>, text: Template) -> Self {
        let own = MailText { subject, text, html: None };
        Self { own, languages: BTreeMap::new(), broken: Vec::new() }
    }

    /// What it says to who speaks a language: in that, in the same without its country, or in the account's.
    pub fn in_language(&self, language: &str) -> &MailText {
        let primary = language.split(['-', '_']).next().unwrap_or(language);
        let spoken = self.languages.get(language).or_else(|| self.languages.get(primary));
        spoken.unwrap_or(&self.own)
    }

    /// The templates that it is made of.
    pub fn texts(&self) -> impl Iterator<Item = &Template> {
        let all = std::iter::once(&self.own).chain(self.languages.values());
        all.flat_map(|one| one.subject.iter().chain([&one.text]).chain(&one.html))
    }
}

/// A form that a site posts to us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form {
    /// Its name for people.
    pub name: Arc<str>,
    /// Its fields. Answers without a field are kept in the event's data only.
    pub fields: Vec<FormField>,
    /// Values that every submission carries in its data, such as the address of a download.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub values: Map<String, Value>,
    /// The consents that a submission grants.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consents: Vec<FormConsent>,
    /// Where the browser goes after a submission; none shows a page of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect: Option<Arc<str>>,
    /// A field that people don't see: whoever fills it is no person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub honeypot: Option<Arc<str>>,
    /// A submission counts when its sender has confirmed it by a link in a mail; until then its consents are pending.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub double_opt_in: bool,
}

/// A field of a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormField {
    /// The name under which the answer is posted.
    pub name: Arc<str>,
    /// The contact's field that it fills; none keeps it in the event only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Arc<str>>,
    /// Whether a submission without it is refused.
    #[serde(default)]
    pub required: bool,
}

/// A consent that a form asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormConsent {
    /// What is granted.
    #[serde(flatten)]
    pub grant: Grant,
    /// The box that must be ticked; none grants with every submission.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<Arc<str>>,
}

impl Form {
    /// Whether every submission carries an answer or a value of that name.
    pub fn provides(&self, name: &str) -> bool {
        self.values.contains_key(name)
            || self.fields.iter().any(|field| &*field.name == name && field.required)
    }

    /// Whether it can grant what marketing by e-mail needs.
    pub fn grants_marketing(&self) -> bool {
        self.consents
            .iter()
            .any(|consent| consent.grant.channel == Channel::Email && &*consent.grant.purpose == MARKETING)
    }
}

impl Definitions {
    /// Nothing defined yet.
    pub fn empty() -> Self {
        let account = Account::default();
        Self {
            number: 0,
            on_hold: false,
            zone: crate::calendar::zone(&account.zone).unwrap_or(TimeZone::UTC),
            account,
            workflows: BTreeMap::new(),
            programs: BTreeMap::new(),
            forms: BTreeMap::new(),
            templates: BTreeMap::new(),
            teams: BTreeMap::new(),
            users: BTreeMap::new(),
            catalogue: Arc::default(),
            pipelines: Pipelines::new(),
            rings: BTreeMap::new(),
            segments: BTreeMap::new(),
            standing: Vec::new(),
            dates: BTreeMap::new(),
            schedules: BTreeMap::new(),
            cart_delays: BTreeMap::new(),
            conversions: Arc::default(),
            listeners: BTreeMap::new(),
            judges: BTreeMap::new(),
            counters: BTreeMap::new(),
        }
    }

    /// Makes the indexes from events to workflows and rings. Call it after the last change.
    #[must_use]
    pub fn indexed(mut self) -> Self {
        self.zone = crate::calendar::zone(&self.account.zone).unwrap_or(TimeZone::UTC);
        self.conversions = self.conversion_rules();
        self.listeners.clear();
        self.counters.clear();
        self.judges.clear();
        self.dates.clear();
        self.schedules.clear();
        self.cart_delays.clear();
        for (id, active) in &self.workflows {
            let kinds: BTreeSet<&str> =
                active.program.triggers.iter().map(|trigger| trigger.kind.listens()).collect();
            for kind in kinds {
                self.listeners.entry(kind.into()).or_default().push(id.clone());
            }
            for trigger in &active.program.triggers {
                if let Some(rule) = trigger.kind.date() {
                    let name = crate::triggers::date::name(rule);
                    let key = base32(&digest(&["date", id.as_str(), &name]), 16).into();
                    let rule = DateRule { workflow: id.clone(), rule: rule.clone(), since: active.since };
                    self.dates.insert(key, rule);
                }
                if let Some(schedule) = trigger.kind.schedule() {
                    let (schedule, since) = (schedule.clone(), active.since);
                    let rule = ScheduleRule { workflow: id.clone(), schedule, since };
                    self.schedules.insert(rule.schedule.key(id), rule);
                }
                if let Some(delay) = trigger.kind.cart_delay() {
                    self.cart_delays.insert(delay.to_string().into(), delay);
                }
            }
            for (kind, test) in active.program.steps.iter().filter_map(|def| def.step.judged_by()) {
                self.judges.entry(kind.into()).or_default().insert(test.into());
            }
            self.programs.insert(active.version.clone(), active.program.clone());
        }
        self.standing = standing(&self.segments, &self.workflows);
        for (id, ring) in &self.rings {
            self.counters.entry(ring.spec.kind.as_str().into()).or_default().push(id.clone());
        }
        self
    }

    /// Those that can be read: what can't is refused when it is set.
    fn conversion_rules(&self) -> Arc<[conversions::Rule]> {
        if self.account.conversions.is_empty() {
            return Arc::default();
        }
        let written = Value::from(self.account.conversions.clone()).to_string();
        conversions::parse(&written).unwrap_or_default().into()
    }

    /// The paths of the entering event that a workflow's steps and the mail templates which they name read.
    pub(crate) fn event_paths<'d>(&'d self, program: &'d Program) -> BTreeSet<&'d str> {
        let steps = program.steps.iter().flat_map(|def| def.step.named_templates());
        let templates = steps.filter_map(|name| self.templates.get(name));
        let names = templates.flat_map(|template| template.texts()).flat_map(Template::names);
        let read = names.filter_map(|name| name.strip_prefix("event."));
        program.event_paths.iter().map(String::as_str).chain(read).collect()
    }

    /// The paths of what came of earlier steps that a workflow's steps and the mail templates which they name read.
    pub fn step_paths<'d>(&'d self, program: &'d Program) -> BTreeSet<&'d str> {
        let steps = program.steps.iter().flat_map(|def| def.step.named_templates());
        let templates = steps.filter_map(|name| self.templates.get(name));
        let names = templates.flat_map(|template| template.texts()).flat_map(Template::names);
        let read = names.filter_map(|name| name.strip_prefix("steps."));
        program.step_paths.iter().map(String::as_str).chain(read).collect()
    }

    /// The names of fields that contacts may have: the standard ones, those that are defined, and those that forms fill.
    pub fn field_names(&self) -> BTreeSet<&str> {
        let standard = crate::contact::fields::STANDARD.iter().map(|(name, _)| *name);
        let filled =
            self.forms.values().flat_map(|form| form.fields.iter().filter_map(|field| field.to.as_deref()));
        standard.chain(self.catalogue.fields.keys().map(|key| &**key)).chain(filled).collect()
    }
}

/// The conditions whose truth contacts keep: segments, each after those that it names, then what triggers wait for.
fn standing(
    segments: &BTreeMap<Arc<str>, Segment>,
    workflows: &BTreeMap<WorkflowId, Active>,
) -> Vec<Standing> {
    let mut placed: BTreeSet<&str> = BTreeSet::new();
    let mut standing = Vec::new();
    while placed.len() < segments.len() {
        let before = placed.len();
        for (name, segment) in segments {
            let waits = |named: &str| segments.contains_key(named) && !placed.contains(named);
            if placed.contains(&**name) || segment.condition.segments().into_iter().any(waits) {
                continue;
            }
            standing.push(Standing {
                id: StandingId::segment(name),
                version: segment.version.clone(),
                since: segment.since,
                condition: segment.condition.clone(),
                facets: segment.condition.facets(),
            });
            placed.insert(name);
        }
        if placed.len() == before {
            // A circle, which is refused where segments are defined: none of it has members.
            break;
        }
    }
    let mut known: BTreeMap<StandingId, usize> = BTreeMap::new();
    for active in workflows.values() {
        for trigger in &active.program.triggers {
            let Some((id, condition)) = trigger.kind.becomes() else { continue };
            let at = *known.entry(id.clone()).or_insert(standing.len());
            if at < standing.len() {
                // It stands since the first of them.
                standing[at].since = standing[at].since.min(active.since_number);
                continue;
            }
            let version = id.as_str().into();
            let (condition, facets) = (condition.clone(), condition.facets());
            standing.push(Standing {
                id: id.clone(),
                version,
                since: active.since_number,
                condition,
                facets,
            });
        }
    }
    standing
}
