//! A contact that is full to every limit: its rows fit, and an opt-out still does.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use flusso_engine::contact::association::{Association, Other};
use flusso_engine::contact::consent::{Channel, Consent, Standing};
use flusso_engine::contact::disturb::{By, Mark, Reach};
use flusso_engine::contact::document::Document;
use flusso_engine::contact::due::ScheduleDue;
use flusso_engine::contact::enrollment::{Before, Enrollment, Entity, Heard, Past, Waiting};
use flusso_engine::contact::gone::Joined;
use flusso_engine::contact::identity::{Double, Identity};
use flusso_engine::contact::loyalty::{Card, Redeemed, Unit};
use flusso_engine::contact::note::Note;
use flusso_engine::contact::objects::{Member, Objects};
use flusso_engine::contact::passed::Passed;
use flusso_engine::contact::profile::Field;
use flusso_engine::contact::purchase::Payment;
use flusso_engine::contact::quiz::{Quiz, Quizzes};
use flusso_engine::contact::record::{Is, Sort};
use flusso_engine::contact::send::{Class, Fixed, Phase, Send, Via};
use flusso_engine::contact::state::{Missed, Work};
use flusso_engine::contact::touch::{self, Touch};
use flusso_engine::contact::{Contact, Profile, State, fields};
use flusso_engine::event::{Chain, Occurrence};
use flusso_engine::ids::{ContactId, EnrollmentId, RingId, SendId, StepId, VersionId, WorkflowId};
use flusso_engine::limits;
use flusso_engine::react::Input;
use flusso_engine::tally::Counter;
use flusso_engine::time::{Instant, Millis};
use flusso_engine::timeline::What;
use serde_json::{Map, Value, json};

use super::person::{Person, beginning, definitions, event};

/// The most that a row of any backend may have.
const ROW_BYTES: usize = 400_000;

/// The `n`th name of the greatest length, of characters that take twice their room as JSON.
fn name(n: usize) -> Arc<str> {
    format!("{n:04}{}", "\"".repeat(limits::NAME_BYTES - 4)).into()
}

fn word(n: usize, length: usize) -> String {
    format!("w{n:04}{}", "x".repeat(length - 5))
}

fn full_profile(at: Instant) -> Profile {
    let mut profile = Profile { created_at: at, ..Profile::default() };
    for n in 0..limits::FIELDS - 1 {
        let name = word(n, limits::NAME_BYTES);
        let value = "\"".repeat(limits::FIELD_BYTES / 2);
        let value = fields::parse(&name, &value.into(), None).unwrap().unwrap();
        profile.fields.insert(name.into(), Field { value, at });
    }
    profile.fields.insert("email".into(), Field { value: "anna@example.com".into(), at });
    profile.tags.extend((0..limits::TAGS).map(|n| (name(n), at)));
    profile.lists.extend((0..limits::LISTS).map(|n| (name(n), at)));
    let visitor = |n: usize| format!("{n:0letters$}", letters = limits::VISITOR_LETTERS).into();
    profile.visitors.extend((0..limits::VISITORS).map(visitor));
    profile.externals.extend((0..limits::EXTERNALS).map(name));
    let former = |n: usize| Identity::Email(format!("{n:03}{}@example.com", "x".repeat(238)));
    profile.formerly.extend((0..limits::FORMERLY).map(former));
    let double = |n: usize| {
        let kinds = ["email", "phone", "external"].map(Arc::from).into();
        (ContactId::derive("double", &n.to_string()), Double { kinds, at, dismissed: true })
    };
    profile.doubles.extend((0..limits::DOUBLES).map(double));
    profile.consents.extend((0..limits::CONSENTS).map(|n| Consent {
        channel: Channel::Whatsapp,
        purpose: name(n),
        standing: Standing::Granted,
        at,
        source: name(n),
        basis: Some(name(n)),
        text_hash: Some("x".repeat(20).into()),
        version: Some(name(n)),
    }));
    profile.objects = full_objects(at);
    profile
}

fn full_quizzes(at: Instant) -> Quizzes {
    let text = |n: usize| word(n, limits::NAME_BYTES);
    let mut quizzes = Quizzes::default();
    for n in 0..limits::QUIZZES {
        let answers = Map::from_iter([(text(n), "x".repeat(limits::QUIZ_BYTES - text(n).len() - 8).into())]);
        let quiz = Quiz { at, score: Some(1_000_000_000.into()), result: Some(text(n).into()), answers };
        assert!(quizzes.take(name(n), quiz));
    }
    quizzes
}

fn full_objects(at: Instant) -> Objects {
    let mut objects = Objects::default();
    let text = |n| word(n, limits::NAME_BYTES);
    for sort in Sort::ALL {
        for n in 0..sort.spec().most {
            let record = objects.records.open(sort, &text(n), at).unwrap();
            for (name, is) in sort.spec().attributes {
                let value = match is {
                    Is::Text => text(n).into(),
                    Is::Whole => json!(-1_000_000_000_000_i64),
                    Is::Currency => json!("EUR"),
                    Is::Instant => at.millis().into(),
                    Is::Link => format!("https://{}", "x".repeat(limits::LINK_BYTES - 8)).into(),
                    Is::OneOf(words) => words.iter().max_by_key(|word| word.len()).copied().into(),
                };
                record.take(name, value, at);
            }
        }
        assert!(objects.records.get(sort, &text(0)).is_some());
    }
    let mut card = Card { number: Some(text(0).into()), created_at: at, ..Card::default() };
    for unit in [Unit::Points, Unit::Amount] {
        let ledger = card.ledger_mut(unit);
        for n in 0..limits::LOYALTY_ENTRIES {
            let expires_at = at + Millis(i64::try_from(n).unwrap() + 1_000_000);
            assert!(ledger.add(1_000_000_000, Some(expires_at), at));
        }
        assert!(!ledger.add(1, Some(at + Millis::hours(1)), at), "the ledger is full");
    }
    for _ in 0..=limits::REDEEMED {
        let (mark, reward) = (word(0, 12).into(), text(0).into());
        card.redeem(Redeemed { mark, reward, points: 1_000_000, at });
    }
    objects.loyalty = Some(card);
    objects.groups.extend((0..limits::GROUPS).map(|n| (name(n), Member { inside: true, at })));
    for n in 0..=limits::PRODUCTS {
        objects.purchases.count_product(&text(n), at);
    }
    for _ in 0..=limits::PAYMENTS {
        let (id, product) = (format!("pay_{}", word(0, 12)).into(), Some(text(0).into()));
        objects.purchases.remember(Payment {
            id,
            at,
            amount: -1_000_000_000,
            currency: "EUR".into(),
            product,
        });
    }
    for _ in 0..limits::DOCUMENTS {
        let (id, title, kind, by) = (word(0, 24).into(), text(0).into(), word(0, 5).into(), text(1).into());
        objects.documents.push(Document {
            id,
            name: title,
            kind,
            bytes: u64::from(u32::MAX),
            at,
            by,
            of: Some(ContactId::derive("of", "0")),
        });
    }
    objects.quizzes = full_quizzes(at);
    for _ in 0..limits::ASSOCIATIONS {
        let (other, inverse) = (Other::Company(text(1).into()), Some(text(2).into()));
        objects.associations.push(Association { kind: text(0).into(), other, inverse, at });
    }
    for currency in 0..=limits::CURRENCIES {
        let fits = objects.purchases.add(1_000_000_000, &format!("AA{currency}"));
        assert_eq!(fits, currency < limits::CURRENCIES);
    }
    for n in 0..limits::CONVERSIONS {
        let converted = objects.conversions.entry(name(n)).or_default();
        converted.led_by = touches(at).pop_back();
        for number in 0..=limits::CONVERSIONS_COUNTED {
            converted.count(&word(number, 24), Some((1_000_000_000, &format!("AA{number}"))), at);
        }
    }
    for _ in 0..=limits::NOTES {
        objects.notes.add(Note {
            at,
            text: "\"".repeat(limits::NOTE_BYTES / 2).into(),
            by: Some(text(0).into()),
        });
    }
    for reach in [Reach::All].into_iter().chain(Channel::ALL.map(Reach::One)) {
        for by in [By::Contact, By::System] {
            objects.disturb.take(reach, by, Mark { on: true, at, source: text(0).into() });
        }
    }
    objects
}

fn touches(at: Instant) -> VecDeque<Touch> {
    let mut touches = VecDeque::new();
    for n in 0..=limits::TOUCHES {
        let (contact, step) =
            (ContactId::derive("api:test", "0"), StepId::new(format!("{}.after", word(n, 64))));
        let send = SendId::derive(&contact, &EnrollmentId::derive(&contact, &workflow(n), 1), &step, 0, 0);
        touch::add(
            &mut touches,
            Touch { at, send, workflow: workflow(n), version: None, step, clicked: true },
        );
    }
    assert_eq!(touches.len(), limits::TOUCHES);
    touches
}

fn workflow(n: usize) -> WorkflowId {
    WorkflowId::new(word(n, 64))
}

fn full_enrollments(contact: &mut Contact, at: Instant, version: &VersionId, step: &StepId) {
    let all = Some(at);
    let heard = Heard {
        sent: all,
        delivered: all,
        opened: all,
        opened_by_machine: all,
        clicked: all,
        replied: all,
        bounced: all,
        url: Some("x".repeat(limits::LINK_BYTES).into()),
    };
    let chain = (0..limits::CHAIN_ENTRIES).fold(Chain::default(), |chain, n| chain.with(&workflow(n), at));
    let mut passed = Passed::default();
    passed.add(2 * u32::try_from(limits::STEP_NAMES).unwrap());
    let (owner, state) = (contact.id.clone(), &mut contact.state);
    for n in 0..limits::MISSED {
        let data = Map::from_iter([("x".to_owned(), "y".repeat(limits::VARIABLE_BYTES - 8).into())]);
        let occurrence = Occurrence::new(word(0, 100).into(), at, data, chain.clone());
        let (workflow, version) = (workflow(n), version.clone());
        let missed = Missed { workflow, version, occurrence, number: 1_000_000, at: Some(at) };
        state.missed.push(missed);
    }
    for n in 0..limits::ENROLLMENTS {
        let id = EnrollmentId::derive(&owner, &workflow(n), 1);
        let send = SendId::derive(&owner, &id, step, 0, 0);
        state.enrollments.insert(
            id.clone(),
            Enrollment {
                workflow: workflow(n),
                version: version.clone(),
                entered_at: at,
                step: step.clone(),
                visit: 0,
                arrivals: BTreeMap::new(),
                jumps: u32::MAX,
                waiting: Waiting::Sends { open: vec![send.clone()] },
                watch_at: Some(at),
                entity: Some(word(0, limits::NAME_BYTES).into()),
                reached: BTreeSet::new(),
                vars: Arc::default(),
                reserved: Vec::new(),
                slot: Some(at),
                queued: None,
                anchor: at,
                trigger: word(0, 100).into(),
                event: Arc::new(Map::from_iter([(
                    "x".to_owned(),
                    "y".repeat(limits::VARIABLE_BYTES - 8).into(),
                )])),
                chain: chain.clone(),
                messages: (n < limits::MESSAGES).then(|| (step.clone(), heard.clone())).into_iter().collect(),
                passed: passed.clone(),
                stands_still: true,
                stood_still: Millis::hours(10_000),
                before: Some(Box::new(Before {
                    version: version.clone(),
                    step: step.clone(),
                    visit: 100,
                    anchor: at,
                    waiting: Waiting::Sends { open: vec![send.clone()] },
                    reached: BTreeSet::new(),
                })),
            },
        );
        state.sends.insert(
            send,
            Send {
                enrollment: id,
                workflow: workflow(n),
                version: version.clone(),
                step: step.clone(),
                visit: 0,
                channel: Via::Whatsapp,
                class: Class::Transactional,
                planned_for: at,
                opening: Some(at),
                attempt: 3,
                refusals: 3,
                phase: Phase::Claimed { at, by: "x".repeat(40).into() },
                fixed: Some(Fixed {
                    to: "x".repeat(limits::NOTIFICATION_TO_BYTES).into(),
                    subject: "\"".repeat(limits::NOTIFICATION_SUBJECT_BYTES / 2).into(),
                    text: "\n".repeat(limits::NOTIFICATION_BYTES / 2).into(),
                }),
            },
        );
    }
}

fn full_contact() -> Contact {
    let at = beginning();
    let mut contact = Contact::unborn(ContactId::derive("api:test", "0"));
    contact.profile = Arc::new(full_profile(at));
    let state = &mut contact.state;
    (state.revision, state.last_now, state.definitions) = (u64::from(u32::MAX), at, 1);
    state.commit = "x".repeat(40).into();
    let (version, step) = (VersionId::of("x"), StepId::new(format!("{}.after", word(0, 64))));
    full_enrollments(&mut contact, at, &version, &step);
    let state = &mut contact.state;
    let past = Past { entries: 1_000, entered_at: at, ended_at: Some(at) };
    for n in 0..limits::ENTITIES {
        let name = word(n, limits::NAME_BYTES).into();
        state.entities.push_back(Entity { workflow: workflow(n), name, entered_at: at });
    }
    state.touches = touches(at);
    state.past.extend((0..limits::PAST).map(|n| (workflow(n), past.clone())));
    for n in 0..limits::SCORE_ENTRIES {
        let expires_at = at + Millis(i64::try_from(n).unwrap() + 1_000_000);
        assert!(state.score.add(-1_000_000, Some(expires_at)));
    }
    assert!(!state.score.add(1, Some(at + Millis::hours(1))), "the ledger is full");
    for n in 0..limits::SCHEDULES {
        let (schedule, occurrence) = (word(n, 16).into(), "2026-03-30T09:00".into());
        state.schedules.push(ScheduleDue { at, schedule, occurrence });
    }
    for n in 0..limits::MERGED {
        let id = |what: &str| ContactId::derive(what, &n.to_string());
        let joined = Joined { at, revision: 1_000_000, via: Some(id("via")) };
        state.joined.insert(id("joined"), joined);
    }
    for n in 0..limits::RINGS {
        let ring = state.rings.entry(RingId::new(word(n, 12))).or_default();
        (0..limits::RING_KEEP + 3).for_each(|_| ring.count(at, limits::RING_KEEP));
    }
    let data = Map::from_iter([("x".to_owned(), "y".repeat(limits::AGENDA_BYTES - 200).into())]);
    let occurrence = Occurrence::new("a.b".into(), at, data, Chain::default());
    state.agenda.push_back(Work::Notice { occurrence, counted: true });
    // A reaction runs so many steps: each may be reached, most of those inside may move.
    for n in 0..limits::REACTION_STEPS as usize + 2 * limits::ENROLLMENTS + 60 {
        let counter = Counter {
            workflow: workflow(n),
            version: version.clone(),
            step: Some(step.clone()),
            name: "skipped.workflow_not_active".into(),
        };
        state.tally.add(counter, -1);
    }
    contact
}

fn bytes(value: &impl serde::Serialize) -> usize {
    serde_json::to_string(value).unwrap().len()
}

#[test]
fn a_full_contact_fits_into_its_rows() {
    let contact = full_contact();
    let (state, profile) = (bytes(&contact.state), bytes(&*contact.profile));
    assert!(state < ROW_BYTES, "the state has {state} bytes");
    assert!(profile < ROW_BYTES, "the profile has {profile} bytes");
    // The limits should not be far below what fits either.
    assert!(state > ROW_BYTES / 2 && profile > ROW_BYTES / 2, "{state} and {profile} bytes");
}

#[test]
fn an_opt_out_fits_into_a_full_contact() {
    let mut person = Person::new(definitions(&[]));
    person.contact = Contact { state: State::default(), ..full_contact() };
    person.contact.state.revision = 1;
    let before = bytes(&*person.contact.profile);
    for kind in ["email.unsubscribed", "consent.withdrawn"] {
        for channel in Channel::ALL {
            let mut event = event(kind, 1, person.now);
            event.data.insert("channel".to_owned(), channel.as_str().into());
            person.contact = person.react(&Input::Event { event, taken: Vec::new() }).contact;
        }
    }
    let profile = &person.contact.profile;
    let withdrawn = profile.consents.iter().filter(|consent| consent.standing == Standing::Withdrawn);
    assert_eq!(withdrawn.count(), Channel::ALL.len());
    let after = bytes(&**profile);
    assert!(after < before + 1_500 && after < ROW_BYTES, "{before} bytes, then {after}");
}

#[test]
fn what_would_break_a_limit_is_refused_with_a_reason() {
    let document = json!({
        "workflow": "w", "triggers": [{ "event": "a.b" }],
        "steps": [
            { "add tag": "one too many" }, { "add to list": "one too many" }, { "set field": { "one_too_many": 1 } },
            { "add score": { "points": 1, "valid for": "1 day" } },
        ],
    });
    let mut person = Person::new(definitions(&[document]));
    let full = full_contact();
    person.contact.profile = full.profile;
    person.contact.state.score = full.state.score;
    let mut event = event("a.b", 1, person.now);
    event.fields.insert("another".to_owned(), Value::from(1));
    event.grants.push(super::person::consent());
    let reaction = person.react(&Input::Event { event, taken: Vec::new() });
    let limit =
        |what: &What| if let What::LimitReached { limit } = what { Some(limit.clone()) } else { None };
    let reached: Vec<String> = reaction.entry.lines.iter().filter_map(|line| limit(&line.what)).collect();
    assert_eq!(reached, ["fields", "consents", "tags", "lists", "fields", "score_entries"]);
}
