//! Conditions.

use serde_json::{Value, json};

use super::{CITIES, Chance, EVENTS, NAMES, POOLS, USERS, length, number, once_in, pick};

/// What a condition may speak of where it stands.
#[derive(Clone, Copy, Debug, Default)]
pub struct May<'m> {
    /// Values of an event.
    pub data: bool,
    /// The message of a step, or its call: by which key a condition asks for it, and the step.
    pub message: Option<(&'static str, &'m str)>,
    /// These segments.
    pub segments: &'m [&'m str],
}

/// A condition; sometimes several put together.
pub fn condition(chance: &mut dyn Chance, may: &May<'_>) -> Value {
    nested(chance, may, 2)
}

fn nested(chance: &mut dyn Chance, may: &May<'_>, depth: usize) -> Value {
    match if depth == 0 { 0 } else { chance.below(8) } {
        5 => json!({ "not": nested(chance, may, depth - 1) }),
        6 => json!({ "all": [nested(chance, may, depth - 1), nested(chance, may, depth - 1)] }),
        7 => json!({ "any": [nested(chance, may, depth - 1), nested(chance, may, depth - 1)] }),
        _ => leaf(chance, may),
    }
}

fn leaf(chance: &mut dyn Chance, may: &May<'_>) -> Value {
    let at_least = |chance: &mut dyn Chance| json!({ "at least": number(chance, -2, 12) });
    match chance.below(26) {
        0 => json!({ "tag": pick(chance, NAMES) }),
        1 => json!({ "list": [pick(chance, NAMES), "vip"] }),
        2 => json!({ "score": at_least(chance) }),
        3 => json!({ "city": pick(chance, CITIES) }),
        4 => json!({ "field": { "city": { "is not": [pick(chance, CITIES)], "is known": "yes" } } }),
        5 => json!({ "is known": pick(chance, &["city", "first_name", "birth_date", "owner"]) }),
        6 => {
            let standing = pick(chance, &["granted", "withdrawn", "none"]);
            json!({ "consent": { pick(chance, &["email", "sms"]): standing } })
        }
        7 => {
            let standing = pick(chance, &["on", "off", "contact", "system"]);
            json!({ "do not disturb": { pick(chance, &["email", "sms", "all"]): standing } })
        }
        8 => {
            json!({ "event": pick(chance, EVENTS), "at least": number(chance, 1, 3), "within": length(chance) })
        }
        9 => json!({
            "event": pick(chance, EVENTS), "at least": number(chance, 1, 3),
            "where": { "data.points": at_least(chance) },
        }),
        10 => match chance.below(3) {
            0 => json!({ "deal": pick(chance, &["open", "won", "lost", "any"]) }),
            1 => json!({ "deal": { "stage": pick(chance, NAMES), "status": "open" } }),
            _ => json!({ "deal": { "value": at_least(chance) } }),
        },
        11 => match chance.below(2) {
            0 => json!({ "invoice": pick(chance, &["any", "sent", "overdue", "paid"]) }),
            _ => json!({ "quote": pick(chance, &["any", "draft", "sent", "accepted"]) }),
        },
        12 => match chance.below(2) {
            0 => json!({ "task": pick(chance, &["open", "done", "overdue", "any"]) }),
            _ => json!({ "task": { "is": "overdue", "assignee": pick(chance, USERS) } }),
        },
        13 => {
            json!({ "coupon": { "pool": pick(chance, POOLS), "state": pick(chance, &["issued", "redeemed"]) } })
        }
        14 => json!({ "offer": [pick(chance, NAMES), "corso"] }),
        15 => json!({ "appointment": pick(chance, &["booked", "cancelled", "attended", "any"]) }),
        16 => json!({ "plan": pick(chance, &["uno", "due", "any"]) }),
        17 => match chance.below(4) {
            0 => json!({ "purchase": { "count": at_least(chance) } }),
            1 => json!({ "purchase": { "sum": at_least(chance), "within": length(chance) } }),
            2 => json!({ "purchase": { "product": pick(chance, NAMES), "within": length(chance) } }),
            _ => json!({ "purchase": { "orders": { "at least": 2 }, "within": length(chance) } }),
        },
        18 => match chance.below(3) {
            0 => json!({ "loyalty": "any" }),
            1 => json!({ "loyalty": { "points": at_least(chance) } }),
            _ => json!({ "loyalty": { "amount": at_least(chance), "points": { "at most": 9 } } }),
        },
        19 => json!({ "group": pick(chance, NAMES) }),
        20 => json!({ "conversion": pick(chance, NAMES) }),
        21 => json!({ "status": pick(chance, &["lead", "cliente"]) }),
        22 => json!({ "owner": pick(chance, USERS) }),
        23 if !may.segments.is_empty() => json!({ "segment": pick(chance, may.segments) }),
        24 if may.data => json!({ "data.points": at_least(chance) }),
        25 => match may.message {
            None => json!({ "event": pick(chance, EVENTS) }),
            Some(("answer", step)) => {
                json!({ "answer": { "step": step, "status": { "at least": 200 }, "body.ok": "yes" } })
            }
            Some((key, step)) => {
                let mut is = vec!["clicked", "sent", "delivered", "replied", "bounced"];
                is.extend((key != "sms").then_some("opened"));
                let mut asked = json!({ key: step, "is": is[chance.below(is.len())] });
                if once_in(chance, 2) {
                    asked["within"] = length(chance).into();
                }
                asked
            }
        },
        _ => json!({ "event": pick(chance, EVENTS) }),
    }
}
