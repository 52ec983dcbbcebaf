//! Settings: all that a workflow says besides its triggers and steps.

use serde_json::{Value, json};

use super::conditions::{May, condition};
use super::triggers::About;
use super::{Chance, EVENTS, LENGTHS, length, number, once_in, pick};

/// The settings of a workflow as a document without anything else. Most say nothing of most.
pub fn settings(chance: &mut dyn Chance, segments: &[&str], about: About) -> Value {
    let mut document = json!({ "exit": [] });
    let may = May { data: false, message: None, segments };
    if let Some(reentry) = reentry(chance) {
        document["reentry"] = reentry;
    }
    if once_in(chance, 4) {
        document["kind"] = pick(chance, &["marketing", "service", "transactional", "internal"]).into();
    }
    for _ in 0..chance.below(3) {
        let exit = match chance.below(4) {
            0 => json!({ "on": pick(chance, EVENTS) }),
            1 => json!({ "on": "email.replied", "scope": "this workflow", "reason": "replied" }),
            2 => {
                json!({ "on": pick(chance, EVENTS), "where": condition(chance, &May { data: true, ..may }) })
            }
            _ => {
                let at_entry = pick(chance, &["end", "stay out"]);
                json!({ "when": condition(chance, &may), "at entry": at_entry })
            }
        };
        if let Some(exits) = document["exit"].as_array_mut() {
            exits.push(exit);
        }
    }
    if once_in(chance, 4) {
        let then = pick(chance, &["exit", "count"]);
        document["goal"] = match chance.below(2) {
            0 => json!({ "on": pick(chance, EVENTS), "then": then }),
            _ => json!({ "when": condition(chance, &may), "then": then }),
        };
    }
    if about == About::Carts {
        document["entity"] = "event.cart_id".into();
    }
    if once_in(chance, 5) {
        document["send window"] = window(chance);
    }
    if once_in(chance, 6) {
        document["recipients"] = condition(chance, &may);
    }
    let mut more = json!({ "missing value": pick(chance, &["skip", "empty"]) });
    if once_in(chance, 6) {
        let cap =
            json!({ pick(chance, &["email", "messages"]): number(chance, 0, 2), "per": length(chance) });
        more["at most"] = cap;
        more["over"] = pick(chance, &["skip", "hold"]).into();
    }
    if once_in(chance, 6) {
        more["lateness"] = pick(chance, LENGTHS).into();
    }
    if once_in(chance, 8) {
        more["pace"] = json!({ "messages": number(chance, 1, 3), "per": "1 hour" });
    }
    for key in ["entries from", "entries until", "messages from", "messages until", "ends at"] {
        if once_in(chance, 12) {
            let day = number(chance, 26, 31);
            more[key] = format!("2026-03-{day}T09:00:00+01:00").into();
        }
    }
    document["settings"] = more;
    document
}

fn reentry(chance: &mut dyn Chance) -> Option<Value> {
    Some(match chance.below(6) {
        0 => return None,
        1 | 2 => json!("always"),
        3 => json!({ "after": "2 hours" }),
        4 => json!({ "at most": 2, "while inside": pick(chance, &["restart", "ignore"]) }),
        _ => json!({ "while inside": pick(chance, &["queue", "restart"]) }),
    })
}

fn window(chance: &mut dyn Chance) -> Value {
    match chance.below(5) {
        0 => json!({ "between": "09:00-18:00" }),
        1 => json!({ "zone": "account", "days": "mon-fri", "between": ["09:00-12:30", "15:00-19:00"] }),
        2 => json!({ "days": "fri", "between": "22:00-04:00" }),
        3 => json!({ "at": "10:00", "quiet dates": ["2026-03-28", "--04-05"] }),
        _ => json!({ "days": ["sat", "sun"] }),
    }
}
