//! The card of a contact: one call for everything that its three columns show.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use flusso_app::engine::contact::loyalty::Unit;
use flusso_app::engine::contact::send::Via;
use flusso_app::engine::definitions::Definitions;
use flusso_app::engine::react::Input;
use flusso_app::engine::time::Instant;
use flusso_app::engine::timeline::{Entry, What};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::contact::Contact;
use super::quizzes::{CardQuiz, quizzes_of};
use super::sections::{CardSection, sections_of};
use super::timeline::TimelineEntry;
use crate::api::{Moment, Page};
use crate::input::Id;
use crate::negotiate::language;
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

/// Records of the timeline that are on the card; the rest is paged by `/timeline`.
const RECORDS: usize = 50;

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(get_card))
}

/// Everything that a card shows of a contact.
#[derive(Serialize, ToSchema)]
struct ContactCard {
    /// The contact, with fields, tags, lists, consents, and the workflows that it is inside.
    contact: Contact,
    /// Its fields by section and folder, in order, also those in which nothing stands.
    sections: Vec<CardSection>,
    /// The colleague to whom it is assigned.
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<Owner>,
    /// The segments of which it is a member, each with since when.
    segments: BTreeMap<String, Moment>,
    /// What is blocked, or was, by channel (`all` is a block of its own) and by whom.
    #[schema(value_type = Object)]
    do_not_disturb: Value,
    /// Messages to it and from it, by channel, the latest first, as far as they are on this page of the timeline.
    conversations: BTreeMap<&'static str, Vec<Message>>,
    /// What happened, the latest first; `cursor` is that of the timeline.
    activity: Page<TimelineEntry>,
    /// Deals, quotes, tasks, coupons, offers, appointments and plans, by what they are called in events.
    #[schema(value_type = BTreeMap<String, Vec<Object>>, example = json!({ "task": [{ "task": "t1", "title": "Call her", "state": "open" }] }))]
    records: BTreeMap<&'static str, Vec<Map<String, Value>>>,
    /// The newest notes.
    notes: Vec<CardNote>,
    /// Its files, the newest last.
    documents: Vec<File>,
    /// Other contacts, and companies: what each is to it.
    associations: Vec<Associated>,
    /// What was bought: counts, the sums of what was paid less refunds by currency in minor units, first and last time.
    purchases: Bought,
    /// The loyalty card, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    loyalty: Option<Loyalty>,
    /// The groups that it is in, each with since when.
    groups: BTreeMap<String, Moment>,
    /// Quizzes that it completed, by name: what came of each the last time.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    quizzes: BTreeMap<String, CardQuiz>,
    /// How often it converted, by definition.
    conversions: BTreeMap<String, u32>,
}

/// A colleague.
#[derive(Serialize, ToSchema)]
struct Owner {
    /// The name under which they own contacts.
    id: String,
    /// Their name, if it is known who they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

/// A message to a contact, or from it.
#[derive(Serialize, ToSchema)]
struct Message {
    /// When.
    at: Moment,
    /// `in` or `out`.
    direction: &'static str,
    /// Its id, if it went out from here.
    #[serde(skip_serializing_if = "Option::is_none")]
    send: Option<String>,
    /// The workflow that sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    workflow: Option<String>,
    /// The step that sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<String>,
    /// What it says, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

/// A note.
#[derive(Serialize, ToSchema)]
struct CardNote {
    /// When it was written.
    at: Moment,
    /// What it says.
    text: String,
}

/// A file.
#[derive(Serialize, ToSchema)]
struct File {
    /// `doc_…`
    id: String,
    /// Its name.
    name: String,
    /// When it was added.
    at: Moment,
}

/// Somebody or something else.
#[derive(Serialize, ToSchema)]
struct Associated {
    /// What it is to the contact.
    #[serde(rename = "type")]
    #[schema(example = "parent")]
    kind: String,
    /// A contact's id, or the name of a company.
    other: String,
}

/// What was bought.
#[derive(Serialize, ToSchema)]
struct Bought {
    /// Payments.
    payments: u32,
    /// Orders.
    orders: u32,
    /// The lifetime value: what was paid less what was refunded, by currency, in minor units.
    lifetime_value: BTreeMap<String, i64>,
    /// The first time.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_at: Option<Moment>,
    /// The last time.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_at: Option<Moment>,
}

/// A loyalty card.
#[derive(Serialize, ToSchema)]
struct Loyalty {
    /// Its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<String>,
    /// Points.
    points: i64,
    /// Money, in minor units.
    amount: i64,
}

/// Everything that a card shows of a contact
///
/// Two reads, however long its timeline is: the contact, and the latest page of what happened.
#[utoipa::path(
    get, path = "/v1/contacts/{id}/card", tag = "contacts",
    params(("id" = String, Path, description = "`con_…`")),
    responses((status = 200, body = ContactCard)),
)]
async fn get_card(
    State(door): State<Door>,
    Id(id): Id,
    headers: HeaderMap,
) -> Result<Json<ContactCard>, Problem> {
    let (contact, page) = door.app.card(&id, RECORDS).await?;
    let definitions = door.app.definitions().await?;
    let (now, words) = (door.app.now(), language(&headers).words());
    let moment = |at: Instant| Moment::of(at, &definitions);
    let (profile, objects) = (&contact.profile, &contact.profile.objects);
    let owner = profile.text("owner").map(|id| Owner {
        id: id.to_owned(),
        name: definitions.users.get(id).map(|user| user.name.to_string()),
    });
    let mut records: BTreeMap<&'static str, Vec<Map<String, Value>>> = BTreeMap::new();
    for (sort, id, record) in objects.records.all() {
        records.entry(sort.spec().word).or_default().push(record.view(sort, id));
    }
    let mut conversations: BTreeMap<&'static str, Vec<Message>> = BTreeMap::new();
    for (via, message) in page.items.iter().flat_map(|entry| messages(entry, &definitions)) {
        conversations.entry(via).or_default().push(message);
    }
    let inside = objects.groups.iter().filter(|(_, member)| member.inside);
    let items = page.items.iter().map(|entry| TimelineEntry::of(entry, words, &definitions)).collect();
    Ok(Json(ContactCard {
        sections: sections_of(profile, &definitions),
        owner,
        segments: contact.state.segments().map(|(name, at)| (name.to_owned(), moment(at))).collect(),
        do_not_disturb: serde_json::to_value(&objects.disturb).unwrap_or_default(),
        conversations,
        activity: Page { items, cursor: page.cursor },
        records,
        notes: objects
            .notes
            .iter()
            .map(|note| CardNote { at: moment(note.at), text: note.text.to_string() })
            .collect(),
        documents: objects
            .documents
            .iter()
            .map(|one| File { id: one.id.to_string(), name: one.name.to_string(), at: moment(one.at) })
            .collect(),
        associations: objects
            .associations
            .iter()
            .map(|one| Associated { kind: one.kind.to_string(), other: one.other.to_string() })
            .collect(),
        purchases: Bought {
            payments: objects.purchases.payments,
            orders: objects.purchases.orders,
            lifetime_value: objects
                .purchases
                .net
                .iter()
                .map(|(name, sum)| (name.to_string(), *sum))
                .collect(),
            first_at: objects.purchases.first_at.map(moment),
            last_at: objects.purchases.last_at.map(moment),
        },
        loyalty: objects.loyalty.as_ref().map(|card| Loyalty {
            number: card.number.as_ref().map(ToString::to_string),
            points: card.ledger(Unit::Points).value(now),
            amount: card.ledger(Unit::Amount).value(now),
        }),
        groups: inside.map(|(name, member)| (name.to_string(), moment(member.at))).collect(),
        quizzes: quizzes_of(&objects.quizzes, &definitions),
        conversions: objects.conversions.iter().map(|(name, one)| (name.to_string(), one.count)).collect(),
        contact: Contact::of(&contact, &definitions, now),
    }))
}

/// The messages of which a record speaks, by channel.
fn messages(entry: &Entry, definitions: &Definitions) -> Vec<(&'static str, Message)> {
    let mut messages = Vec::new();
    if let Input::Event { event, .. } = &entry.input
        && let Some((channel, "replied" | "received" | "stopped")) = event.kind.split_once('.')
        && let Some(via) = Via::parse(channel)
    {
        let text = ["text", "body", "subject"].iter().find_map(|name| event.data.get(*name)?.as_str());
        let at = Moment::of(event.occurred_at, definitions);
        let text = text.map(str::to_owned);
        let message = Message { at, direction: "in", send: None, workflow: None, step: None, text };
        messages.push((via.as_str(), message));
    }
    for line in &entry.lines {
        let What::Sent { send, via } = &line.what else { continue };
        let message = Message {
            at: Moment::of(line.at, definitions),
            direction: "out",
            send: Some(send.to_string()),
            workflow: line.workflow.as_ref().map(ToString::to_string),
            step: line.step.as_ref().map(ToString::to_string),
            text: None,
        };
        messages.push((via.as_str(), message));
    }
    messages
}
