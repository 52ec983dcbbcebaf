//! How what belongs to a contact is told.

use flusso_engine::contact::Contact;
use flusso_engine::contact::consent::Channel;
use flusso_engine::contact::disturb::Reach;
use flusso_engine::contact::loyalty::Unit;
use flusso_engine::contact::purchase::Purchases;
use flusso_engine::contact::record::Sort;
use flusso_engine::time::Instant;
use flusso_engine::timeline::Money;

/// A line for each thing.
pub fn told(contact: &Contact, now: Instant) -> Vec<String> {
    let objects = &contact.profile.objects;
    let mut lines = Vec::new();
    for sort in Sort::ALL {
        for (id, record) in objects.records.of(sort) {
            let mut view = record.view(sort, id);
            let word = sort.spec().word;
            view.remove(word);
            let values = view.iter().filter(|(name, _)| !name.ends_with("_at") || *name == "starts_at");
            let values: Vec<_> = values.map(|(name, value)| format!("{name} {value}")).collect();
            lines.push(format!("{word} {id}: {}", values.join(", ")));
        }
    }
    if let Some(card) = &objects.loyalty {
        let balances = [Unit::Points, Unit::Amount].map(|unit| card.ledger(unit).value(now));
        let number = card.number.as_deref().unwrap_or("without a number");
        lines.push(format!("loyalty card {number}: points {}, amount {}", balances[0], balances[1]));
    }
    let groups = objects.groups.iter().filter(|(_, member)| member.inside).map(|(group, _)| &**group);
    let groups: Vec<&str> = groups.collect();
    if !groups.is_empty() {
        lines.push(format!("groups {}", groups.join(", ")));
    }
    lines.extend(bought(&objects.purchases));
    for (name, converted) in &objects.conversions {
        let value: Vec<_> =
            converted.value.iter().map(|(currency, n)| Money(*n, currency).to_string()).collect();
        let worth = if value.is_empty() { String::new() } else { format!(", {}", value.join(" and ")) };
        lines.push(format!("conversion {name}: {} times{worth}", converted.count));
    }
    lines.extend(objects.notes.iter().map(|note| format!("note {}", note.text)));
    let reaches = [Reach::All].into_iter().chain(Channel::ALL.map(Reach::One));
    for reach in reaches {
        if let Some(by) = objects.disturb.block(reach) {
            lines.push(format!("do not disturb: {reach}, by the {}", by.as_str()));
        }
    }
    lines
}

fn bought(all: &Purchases) -> Option<String> {
    if all.is_empty() {
        return None;
    }
    let counts = [(all.payments, "payments"), (all.orders, "orders"), (all.products, "products")];
    let mut parts: Vec<String> = Vec::new();
    parts.extend(counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")));
    parts.extend(all.net.iter().map(|(currency, n)| format!("net {}", Money(*n, currency))));
    if !all.last.is_empty() {
        let last: Vec<&str> = all.last.keys().map(|product| &**product).collect();
        parts.push(format!("last {}", last.join(" and ")));
    }
    Some(format!("bought: {}", parts.join(", ")))
}
