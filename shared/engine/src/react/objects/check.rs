//! What is wrong with an event that speaks of what belongs to a contact, told at the door.

use serde_json::{Map, Value};

use crate::contact::disturb::{By, Reach};
use crate::contact::record::{Is, Sort};

/// What an event must and may carry: what it needs, then all that is read.
struct Carries {
    kind: &'static str,
    needs: &'static [&'static str],
    reads: &'static [(&'static str, Is)],
}

const PAID: &[(&str, Is)] = &[("amount", Is::Whole), ("currency", Is::Currency), ("product", Is::Text)];

const ASSOCIATION: &[(&str, Is)] =
    &[("type", Is::Text), ("contact", Is::Text), ("company", Is::Text), ("inverse", Is::Text)];

const EVENTS: &[Carries] = &[
    Carries { kind: "payment.completed", needs: &["amount"], reads: PAID },
    Carries { kind: "payment.refunded", needs: &["amount"], reads: PAID },
    Carries { kind: "order.completed", needs: &[], reads: &[("product", Is::Text)] },
    Carries { kind: "product.purchased", needs: &["product"], reads: PAID },
    Carries { kind: "loyalty.card_created", needs: &[], reads: &[("number", Is::Text)] },
    Carries {
        kind: "loyalty.points_added",
        needs: &["points"],
        reads: &[("points", Is::Whole), ("expires_at", Is::Instant)],
    },
    Carries { kind: "loyalty.points_spent", needs: &["points"], reads: &[("points", Is::Whole)] },
    Carries {
        kind: "loyalty.amount_added",
        needs: &["amount"],
        reads: &[("amount", Is::Whole), ("expires_at", Is::Instant)],
    },
    Carries { kind: "loyalty.reward_redeemed", needs: &["reward"], reads: &[("reward", Is::Text)] },
    Carries { kind: "loyalty.amount_spent", needs: &["amount"], reads: &[("amount", Is::Whole)] },
    Carries {
        kind: "conversion.recorded",
        needs: &["conversion"],
        reads: &[("conversion", Is::Text), ("value", Is::Whole), ("currency", Is::Currency)],
    },
    Carries { kind: "note.added", needs: &["text"], reads: &[] },
    Carries { kind: "tag.added", needs: &["tag"], reads: &[("tag", Is::Text)] },
    Carries { kind: "tag.removed", needs: &["tag"], reads: &[("tag", Is::Text)] },
    Carries { kind: "tag.renamed", needs: &["tag", "to"], reads: &[("tag", Is::Text), ("to", Is::Text)] },
    Carries { kind: "list.joined", needs: &["list"], reads: &[("list", Is::Text)] },
    Carries { kind: "list.left", needs: &["list"], reads: &[("list", Is::Text)] },
    Carries { kind: "list.renamed", needs: &["list", "to"], reads: &[("list", Is::Text), ("to", Is::Text)] },
    Carries { kind: "association.added", needs: &["type"], reads: ASSOCIATION },
    Carries { kind: "association.removed", needs: &["type"], reads: ASSOCIATION },
    Carries { kind: "group.joined", needs: &["group"], reads: &[("group", Is::Text)] },
    Carries { kind: "group.left", needs: &["group"], reads: &[("group", Is::Text)] },
    Carries { kind: "dnd.blocked", needs: &["channel"], reads: &[("by", Is::OneOf(BY))] },
    Carries { kind: "dnd.lifted", needs: &["channel", "proof"], reads: &[("by", Is::OneOf(BY))] },
];

const BY: &[&str] = &[By::Contact.as_str(), By::System.as_str()];

/// Whether the data of an event can be read.
///
/// # Errors
/// The name of what is wrong, and what is expected there.
pub fn check_event(kind: &str, data: &Map<String, Value>) -> Result<(), (&'static str, String)> {
    if let Some(carries) = EVENTS.iter().find(|carries| carries.kind == kind) {
        for name in carries.needs {
            need(kind, data, name)?;
        }
        if kind.starts_with("dnd.")
            && data.get("channel").and_then(Value::as_str).and_then(Reach::parse).is_none()
        {
            return Err(("channel", "`channel` is all, email, sms, whatsapp, calls or voicemail".to_owned()));
        }
        return carries.reads.iter().try_for_each(|(name, is)| read(data, name, *is));
    }
    let Some((word, verb)) = kind.split_once('.') else { return Ok(()) };
    let Some(sort) = Sort::by_word(word) else { return Ok(()) };
    let spec = sort.spec();
    let Some(place) = spec.verbs.iter().position(|(known, _)| *known == verb) else { return Ok(()) };
    // The event that makes one may leave the id to us, but not where the id is a name.
    if place > 0 || matches!(sort, Sort::Coupon | Sort::Offer | Sort::Plan) {
        need(kind, data, spec.word)?;
    }
    read(data, spec.word, Is::Text)?;
    spec.attributes.iter().try_for_each(|(name, is)| read(data, name, *is))
}

fn need(kind: &str, data: &Map<String, Value>, name: &'static str) -> Result<(), (&'static str, String)> {
    match data.get(name) {
        None | Some(Value::Null) => Err((name, format!("`{kind}` needs `{name}`"))),
        Some(_) => Ok(()),
    }
}

fn read(data: &Map<String, Value>, name: &'static str, is: Is) -> Result<(), (&'static str, String)> {
    let Some(value) = data.get(name) else { return Ok(()) };
    is.read(value).map(|_| ()).map_err(|expected| (name, format!("`{name}` is {expected}")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_wrong_is_named() {
        let wrong = |kind: &str, data: Value| {
            check_event(kind, data.as_object().unwrap()).err().map(|(name, _)| name)
        };
        assert_eq!(wrong("deal.created", json!({ "pipeline": "Vendite", "value": "120000" })), None);
        assert_eq!(wrong("deal.created", json!({ "value": "12,50" })), Some("value"));
        assert_eq!(wrong("deal.updated", json!({ "stage": "x" })), Some("deal"));
        assert_eq!(wrong("invoice.sent", json!({ "invoice": "i", "due": "domani" })), Some("due"));
        assert_eq!(wrong("invoice.sent", json!({ "invoice": "i", "link": "javascript:x" })), Some("link"));
        assert_eq!(wrong("offer.granted", json!({})), Some("offer"));
        assert_eq!(wrong("task.created", json!({ "due": "tomorrow" })), Some("due"));
        assert_eq!(wrong("payment.completed", json!({ "amount": 12.5 })), Some("amount"));
        assert_eq!(wrong("dnd.lifted", json!({ "channel": "sms" })), Some("proof"));
        assert_eq!(wrong("dnd.blocked", json!({ "channel": "fax" })), Some("channel"));
        assert_eq!(wrong("anything.else", json!({ "value": "x" })), None);
    }
}
