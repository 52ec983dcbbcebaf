//! What happens to people, as an event from outside.

use flusso_engine::time::{Instant, Millis};
use serde_json::{Map, Value, json};

use super::{CITIES, Chance, NAMES, POOLS, USERS, number, once_in, pick};

/// An event: its type, what it carries, and what it says of the person.
pub fn happening(
    chance: &mut dyn Chance,
    now: Instant,
) -> (&'static str, Map<String, Value>, Map<String, Value>) {
    let (kind, data) = match chance.below(8) {
        0..=3 => site(chance),
        4 => sale(chance),
        5 => record(chance, now),
        6 => card(chance, now),
        _ => other(chance, now),
    };
    let mut fields = json!({});
    if once_in(chance, 4) {
        match chance.below(7) {
            0 | 1 => fields["city"] = pick(chance, CITIES).into(),
            2 => {
                let dates = &["1984-03-28", "1990-04-01", "--02-29", "2001-03-30"];
                fields["birth_date"] = pick(chance, dates).into();
            }
            3 => fields["appointment_at"] = soon(chance, now),
            4 => {
                fields["time_zone"] = pick(chance, &["America/New_York", "Asia/Tokyo", "Europe/Rome"]).into();
            }
            5 => fields["status"] = pick(chance, &["lead", "cliente"]).into(),
            _ => fields["owner"] = pick(chance, USERS).into(),
        }
    }
    (kind, map(data), map(fields))
}

fn map(value: Value) -> Map<String, Value> {
    if let Value::Object(map) = value { map } else { Map::new() }
}

/// An instant some hours before or after now.
fn soon(chance: &mut dyn Chance, now: Instant) -> Value {
    (now + Millis::hours(number(chance, -10, 120))).to_string().into()
}

fn site(chance: &mut dyn Chance) -> (&'static str, Value) {
    let points = number(chance, 0, 4);
    match chance.below(5) {
        0 => ("order.completed", json!({ "points": points, "cart_id": pick(chance, &["c1", "c2"]) })),
        1 => ("page.visited", json!({ "points": points, "url": "https://shop.example/listino" })),
        2 if points == 0 => ("page.left", json!({ "seconds": 45, "url": "https://shop.example/listino" })),
        2 => ("quiz.completed", json!({ "points": points, "quiz": "stile", "score": points })),
        _ => ("cart.updated", json!({ "points": points, "cart_id": pick(chance, &["c1", "c2", "c3"]) })),
    }
}

fn sale(chance: &mut dyn Chance) -> (&'static str, Value) {
    let amount = number(chance, 1, 8);
    match chance.below(4) {
        0 => ("payment.completed", json!({ "amount": amount, "product": pick(chance, NAMES) })),
        1 => ("payment.refunded", json!({ "amount": amount })),
        2 => ("product.purchased", json!({ "product": pick(chance, NAMES), "amount": amount })),
        _ => ("order.completed", json!({ "items": [{ "product": pick(chance, NAMES) }], "amount": amount })),
    }
}

fn record(chance: &mut dyn Chance, now: Instant) -> (&'static str, Value) {
    let id = pick(chance, NAMES);
    match chance.below(19) {
        0 => {
            ("deal.created", json!({ "deal": id, "pipeline": "p", "stage": pick(chance, NAMES), "value": 5 }))
        }
        1 => ("deal.updated", json!({ "deal": id, "stage": pick(chance, NAMES) })),
        2 => (pick(chance, &["deal.won", "deal.lost", "deal.reopened"]), json!({ "deal": id })),
        3 => (
            pick(chance, &["quote.created", "quote.sent", "quote.accepted"]),
            json!({ "quote": id, "stage": id }),
        ),
        4 => {
            let assignee = pick(chance, USERS);
            (
                "task.created",
                json!({ "task": id, "title": id, "assignee": assignee, "due": soon(chance, now) }),
            )
        }
        5 => (pick(chance, &["task.completed", "task.reopened"]), json!({ "task": id })),
        6 => (
            "coupon.issued",
            json!({ "coupon": id, "pool": pick(chance, POOLS), "valid_until": soon(chance, now) }),
        ),
        7 => (pick(chance, &["coupon.viewed", "coupon.redeemed", "coupon.expired"]), json!({ "coupon": id })),
        8 => ("offer.granted", json!({ "offer": id, "until": soon(chance, now) })),
        9 => ("offer.revoked", json!({ "offer": id })),
        10 => {
            let kind = pick(chance, &["appointment.booked", "appointment.moved"]);
            (kind, json!({ "appointment": id, "calendar": "showroom", "starts_at": soon(chance, now) }))
        }
        11 => {
            let kinds = &["appointment.cancelled", "appointment.attended", "appointment.missed"];
            (pick(chance, kinds), json!({ "appointment": id }))
        }
        12 => ("plan.started", json!({ "plan": id, "value": 900 })),
        13 => (pick(chance, &["plan.cancel_requested", "plan.cancelled"]), json!({ "plan": id })),
        15 | 16 => {
            let kinds = &["invoice.created", "invoice.sent", "invoice.due", "invoice.updated"];
            (pick(chance, kinds), json!({ "invoice": id, "amount": 900, "due": soon(chance, now) }))
        }
        17 => (
            pick(chance, &["invoice.paid", "invoice.voided", "plan.renewed"]),
            json!({ "invoice": id, "plan": id }),
        ),
        14 => (pick(chance, &["group.joined", "group.left"]), json!({ "group": id })),
        _ => ("conversion.recorded", json!({ "conversion": id, "value": 10 })),
    }
}

fn card(chance: &mut dyn Chance, now: Instant) -> (&'static str, Value) {
    let n = number(chance, 1, 12);
    match chance.below(6) {
        5 => ("loyalty.reward_redeemed", json!({ "reward": "premio" })),
        0 => ("loyalty.points_added", json!({ "points": n, "expires_at": soon(chance, now) })),
        1 => ("loyalty.points_spent", json!({ "points": n })),
        2 => ("loyalty.amount_added", json!({ "amount": n * 100 })),
        3 => ("loyalty.amount_spent", json!({ "amount": n * 50 })),
        _ => ("loyalty.card_created", json!({ "number": "77" })),
    }
}

fn other(chance: &mut dyn Chance, now: Instant) -> (&'static str, Value) {
    match chance.below(15) {
        0 => ("webinar.attended", json!({ "points": number(chance, 0, 4) })),
        1 | 9 => ("dnd.blocked", json!({ "channel": pick(chance, &["email", "all", "sms"]) })),
        2 | 10 => ("dnd.lifted", json!({ "channel": pick(chance, &["email", "all"]), "proof": "modulo" })),
        3 => ("note.added", json!({ "text": pick(chance, &["richiamare", "@giulia, richiama tu"]) })),
        11 => (pick(chance, &["tag.added", "tag.removed"]), json!({ "tag": pick(chance, NAMES) })),
        12 => (pick(chance, &["list.joined", "list.left"]), json!({ "list": pick(chance, NAMES) })),
        13 => {
            let kind = pick(chance, &["association.added", "association.removed"]);
            (kind, json!({ "type": "partner", "company": pick(chance, NAMES) }))
        }
        4 => ("landing_page.completed", json!({ "landing_page": "corso" })),
        5 => ("chatbot.completed", json!({ "chatbot": "benvenuto" })),
        6 => ("enrollment.requested", json!({ "workflow": pick(chance, &["w0", "w1"]) })),
        7 => (pick(chance, &["contact.test_started", "contact.test_ended"]), json!({})),
        8 => (pick(chance, &["sms.stopped", "sms.replied", "sms.delivered"]), json!({})),
        _ => ("meeting.moved", json!({ "points": number(chance, 0, 4), "at": soon(chance, now) })),
    }
}
