//! A quarter of a shop: "paid in the last 90 days" is at every check what counting again says, and somebody who has not paid
//! leaves within a minute. `PEOPLE=100000` is the whole of it (`make long`).
#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};

use flusso_app::accept::EventDraft;
use flusso_engine::ids::ContactId;
use flusso_engine::time::{Instant, Millis};
use flusso_tests::sim::rng::Rng;
use flusso_tests::world::{World, at_once};
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan as _};
use serde_json::{Value, json};

const SEGMENT: &str = "name: Pagato di recente\nwho: { purchase: { within: 90 days } }\n";
/// Events of one call to the door.
const CALL: usize = 100;
/// From the first check to the last; payments lie up to 90 days before that too.
const DAYS: i64 = 90;

/// A payment, or a refund, of a person.
struct Paid {
    at: Instant,
    person: usize,
    refund: bool,
}

fn address(person: usize) -> String {
    format!("p{person:06}@example.com")
}

/// What people pay in half a year: some often, most once or never, a few get it back.
fn payments(people: usize, from: Instant, rng: &mut Rng) -> Vec<Paid> {
    let mut all = Vec::new();
    for person in 0..people {
        for _ in 0..[0, 1, 1, 2, 5][rng.index(5)] {
            let at = from
                + Millis(
                    i64::try_from(rng.index(usize::try_from(2 * DAYS * 86_400).unwrap())).unwrap() * 1_000,
                );
            all.push(Paid { at, person, refund: false });
            if rng.index(8) == 0 {
                all.push(Paid { at: at + Millis::hours(24 * 20), person, refund: true });
            }
        }
    }
    all.sort_by_key(|paid| (paid.at, paid.person, paid.refund));
    all
}

/// Who has paid within 90 calendar days of the account's zone, counted again.
fn counted_again(last: &BTreeMap<usize, Instant>, now: Instant) -> BTreeSet<usize> {
    let zone = TimeZone::get("Europe/Rome").unwrap();
    let span: Span = DAYS.days();
    let leaves = |at: Instant| at.timestamp().to_zoned(zone.clone()).checked_add(span).unwrap().timestamp();
    last.iter().filter(|(_, at)| leaves(**at) > now.timestamp()).map(|(person, _)| *person).collect()
}

async fn tell(world: &World, some: &[Paid]) {
    for call in some.chunks(CALL) {
        let drafts = call.iter().map(|paid| {
            let Value::Object(data) = json!({ "amount": 1_000, "currency": "EUR" }) else { unreachable!() };
            let Value::Object(fields) = json!({ "email": address(paid.person) }) else { unreachable!() };
            let kind = if paid.refund { "payment.refunded" } else { "payment.completed" };
            let id = Some(format!("{}-{}-{}", paid.person, paid.at.millis(), paid.refund));
            EventDraft { id, kind: kind.to_owned(), data, fields, ..EventDraft::default() }
        });
        world.app.accept_events("shop", drafts.collect(), None).await.unwrap();
    }
    world.settle().await;
}

async fn members(world: &World, known: &mut BTreeMap<ContactId, usize>) -> BTreeSet<usize> {
    let (mut all, mut cursor) = (BTreeSet::new(), None::<String>);
    loop {
        let page = world.app.members("pagato", cursor.as_deref(), 1_000).await.unwrap();
        for contact in &page.items {
            let person = known
                .entry(contact.id.clone())
                .or_insert_with(|| contact.profile.email().unwrap()[1..7].parse().unwrap());
            assert!(all.insert(*person), "nobody is listed twice");
        }
        cursor = page.cursor;
        if cursor.is_none() {
            return all;
        }
    }
}

/// KC-61, KC-64, SEM-16: members equal counting again at every check of a quarter.
#[test]
fn members_are_who_has_paid_at_every_check() {
    let people: usize = std::env::var("PEOPLE").ok().map_or(300, |people| people.parse().unwrap());
    let world = World::at("2026-02-01T08:00:00Z");
    world.batch.store(100, std::sync::atomic::Ordering::Relaxed);
    at_once(world.app.put_segment("pagato", SEGMENT)).unwrap();
    at_once(world.settle());
    let mut rng = Rng::new(90);
    let (begin, mut last, mut known) = (world.app.now(), BTreeMap::new(), BTreeMap::new());
    let all = payments(people, begin, &mut rng);
    let mut rest = &all[..];
    let (mut checks, mut left, mut before) = (0, 0, BTreeSet::new());
    // The quarter is the second half: until then nobody who paid can have left again.
    let mut check = begin + Millis::hours(24 * DAYS);
    let end = begin + Millis::hours(24 * 2 * DAYS);
    while check < end {
        // What is paid until the check is told when it is paid, to the hour.
        while let Some(first) = rest.first().filter(|paid| paid.at <= check) {
            let hour = first.at + Millis::hours(1);
            let (some, others) = rest.split_at(rest.partition_point(|paid| paid.at <= hour.min(check)));
            at_once(world.pass(first.at.since(world.app.now()).max(Millis(0))));
            let now = world.app.now();
            last.extend(some.iter().filter(|paid| !paid.refund).map(|paid| (paid.person, now)));
            at_once(tell(&world, some));
            rest = others;
        }
        at_once(world.pass(check.since(world.app.now()).max(Millis(0))));
        let now = world.app.now();
        let found = at_once(members(&world, &mut known));
        assert_eq!(found, counted_again(&last, now), "at {now}");
        left += before.difference(&found).count();
        before = found;
        checks += 1;
        check = now + Millis::minutes(1 + i64::try_from(rng.index(2 * 24 * 60)).unwrap());
    }
    println!("{people} people, {} payments, {checks} checks, {left} left", all.len());
    assert!(checks > 60 && left > people / 10, "{checks} checks, {left} left");

    // Who leaves is gone when the minute is over, and not before the instant.
    let last_paid = last.values().max().copied().unwrap();
    let zone = TimeZone::get("Europe/Rome").unwrap();
    let leaves = last_paid.timestamp().to_zoned(zone).checked_add(DAYS.days()).unwrap().timestamp();
    let leaves = Instant::from_timestamp(leaves);
    at_once(world.pass(Millis(leaves.since(world.app.now()).0 - 1)));
    assert!(!at_once(members(&world, &mut known)).is_empty());
    at_once(world.pass(Millis::minutes(1)));
    assert_eq!(at_once(members(&world, &mut known)), BTreeSet::new());
}
