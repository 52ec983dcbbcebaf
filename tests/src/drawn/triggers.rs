//! Triggers.

use serde_json::{Value, json};

use super::conditions::{May, condition};
use super::{Chance, EVENTS, NAMES, POOLS, USERS, length, number, once_in, pick};

/// What all triggers of a workflow speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// Nothing in common.
    Anything,
    /// A deal.
    Deals,
    /// A cart.
    Carts,
}

/// Of these anybody says `any`.
const PLAIN: &[&str] = &[
    "form",
    "email opened",
    "page visited",
    "email sent",
    "email clicked",
    "email replied",
    "email delivered",
    "email not delivered",
    "email bounced",
    "email complained",
    "email unsubscribed",
    "task completed",
    "task created",
    "status changed",
    "lifecycle changed",
    "owner changed",
    "group joined",
    "group left",
    "contact created",
    "conversion",
    "coupon issued",
    "coupon viewed",
    "coupon redeemed",
    "coupon expired",
    "loyalty card created",
    "reward redeemed",
    "loyalty points added",
    "loyalty points spent",
    "loyalty amount added",
    "loyalty amount spent",
    "loyalty points expiring",
    "offer granted",
    "offer revoked",
    "plan started",
    "plan cancel requested",
    "plan cancelled",
    "plan renewed",
    "invoice created",
    "mentioned",
    "invoice",
    "appointment booked",
    "appointment moved",
    "appointment cancelled",
    "appointment attended",
    "appointment missed",
    "quote",
    "quote created",
    "quote stage",
    "quiz",
    "landing page",
    "chatbot",
    "purchase",
    "order completed",
    "payment completed",
    "payment refunded",
    "list left",
    "tag removed",
    "sms sent",
    "sms delivered",
    "sms not delivered",
    "sms clicked",
    "sms replied",
    "sms stopped",
    "whatsapp sent",
    "whatsapp delivered",
    "whatsapp not delivered",
    "whatsapp opened",
    "whatsapp clicked",
    "whatsapp replied",
    "whatsapp stopped",
];

/// The triggers of a workflow, and what they have in common.
pub fn triggers(chance: &mut dyn Chance, segments: &[&str]) -> (Vec<Value>, About) {
    let about = match chance.below(8) {
        6 => About::Deals,
        7 => About::Carts,
        _ => About::Anything,
    };
    let made = (0..=chance.below(3)).map(|_| {
        let mut trigger = match about {
            About::Deals => deal(chance),
            About::Carts => json!({ "cart abandoned": { "after": length(chance) } }),
            About::Anything => anything(chance, segments),
        };
        if once_in(chance, 3) {
            let may = May { data: true, message: None, segments };
            trigger["where"] = condition(chance, &may);
        }
        trigger
    });
    (made.collect(), about)
}

fn deal(chance: &mut dyn Chance) -> Value {
    match chance.below(4) {
        0 => json!({ "deal created": "any" }),
        1 => json!({ "deal stage": pick(chance, NAMES) }),
        2 => json!({ "deal stage": { "from": pick(chance, NAMES), "pipeline": "p" } }),
        _ => json!({ "deal status": pick(chance, &["won", "lost", "any"]) }),
    }
}

fn anything(chance: &mut dyn Chance, segments: &[&str]) -> Value {
    match chance.below(22) {
        0..=5 => json!({ "event": pick(chance, EVENTS) }),
        6 => json!({ "tag added": pick(chance, NAMES) }),
        7 => json!({ "list joined": pick(chance, NAMES) }),
        8 => json!({ pick(chance, &["score reaches", "score falls below"]): number(chance, 1, 15) }),
        9 => {
            let kinds = &["loyalty points reach", "loyalty points fall below"];
            json!({ pick(chance, kinds): number(chance, 1, 15) })
        }
        10 => {
            let kinds = &["loyalty amount reaches", "loyalty amount falls below"];
            json!({ pick(chance, kinds): number(chance, 100, 600) })
        }
        11 => deal(chance),
        12 => json!({ "cart abandoned": { "after": length(chance) } }),
        13 if !segments.is_empty() => {
            json!({ pick(chance, &["segment entered", "segment left"]): pick(chance, segments) })
        }
        14 => {
            let may = May { segments, ..May::default() };
            json!({ "becomes true": condition(chance, &may) })
        }
        15 => json!({ "field value": { "city": pick(chance, super::CITIES) } }),
        16 => json!({ "no activity for": length(chance) }),
        17 => {
            let mut date = json!({ "field": "birth_date", "at": "09:00" });
            match chance.below(4) {
                1 => date["leap day"] = pick(chance, &["mar 1", "leap years", "feb 28"]).into(),
                2 => date["offset"] = pick(chance, &["3 days before", "1 week after"]).into(),
                3 => date["every"] = pick(chance, &["year", "once"]).into(),
                _ => {}
            }
            json!({ "date": date })
        }
        18 if !segments.is_empty() && once_in(chance, 2) => {
            let (key, when) = *pick(
                chance,
                &[
                    &("every", "monday at 09:00"),
                    &("rrule", "FREQ=DAILY;BYHOUR=9;BYMINUTE=0"),
                    &("on date", "2026-04-03 09:00"),
                ],
            );
            json!({ key: when, "for": { "segment": pick(chance, segments) } })
        }
        18 => json!({ "started": "by hand" }),
        19 => match chance.below(6) {
            0 => json!({ "status changed": { "to": "cliente" } }),
            1 => json!({ "owner changed": pick(chance, USERS) }),
            2 => json!({ "coupon issued": pick(chance, POOLS) }),
            4 => json!({ "invoice": pick(chance, &["overdue", "paid"]) }),
            3 => json!({ "purchase": { "product": pick(chance, NAMES), "number": 1 } }),
            _ => json!({ "quote": ["sent", "accepted"] }),
        },
        _ => match pick(chance, PLAIN) {
            "form" if once_in(chance, 2) => json!({ "form requested": "any" }),
            other => json!({ other: "any" }),
        },
    }
}
