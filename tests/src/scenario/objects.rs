//! How what belongs to a contact is told.

use flusso_engine::contact::Contact;
use flusso_engine::contact::consent::Channel;
use flusso_engine::contact::disturb::Reach;
use flusso_engine::contact::loyalty::Unit;
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
    let bought = &objects.purchases;
    if !bought.is_empty() {
        let net: Vec<_> = bought.net.iter().map(|(currency, n)| Money(*n, currency).to_string()).collect();
        let last: Vec<&str> = bought.last.keys().map(|product| &**product).collect();
        lines.push(format!(
            "purchases: {} payments, {} orders, {} products, net {}, last {}",
            bought.payments,
            bought.orders,
            bought.products,
            net.join(" and "),
            last.join(", ")
        ));
    }
    for (name, converted) in &objects.conversions {
        let value: Vec<_> =
            converted.value.iter().map(|(currency, n)| Money(*n, currency).to_string()).collect();
        lines.push(format!("conversion {name}: {} times, {}", converted.count, value.join(" and ")));
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
