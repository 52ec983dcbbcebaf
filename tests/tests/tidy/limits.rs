//! docs/limits.md gives the numbers of shared/engine/src/limits.rs.

use flusso_engine::limits;

use crate::root;

#[test]
fn the_table_of_limits_has_the_numbers_of_the_engine() {
    let page = std::fs::read_to_string(root().join("docs/limits.md")).unwrap_or_default();
    let rows = [
        ("tags, lists", limits::TAGS),
        ("tags, lists", limits::LISTS),
        ("fields, standard and custom", limits::FIELDS),
        ("a field's value", limits::FIELD_BYTES),
        ("a name of a tag, list or field", limits::NAME_BYTES),
        ("active enrollments", limits::ENROLLMENTS),
        ("values that an enrollment keeps of its event", limits::VARIABLE_BYTES),
        ("open sends", limits::OPEN_SENDS),
        ("workflows that it was inside of", limits::PAST),
        ("carts and the like with which it entered workflows", limits::ENTITIES),
        ("entries into interrupted workflows that may still come", limits::MISSED),
        ("a notification's text", limits::NOTIFICATION_BYTES),
        ("an SMS", limits::SMS_SEGMENTS),
        ("a link that was followed, where a step reads it", limits::LINK_BYTES),
        ("what is kept of a webhook's answer", limits::ANSWER_KEPT_BYTES),
        ("points that expire at different instants", limits::SCORE_ENTRIES),
        ("sorts of events that conditions count, account-wide", limits::RINGS),
        ("K of \"at least K times\"", limits::RING_KEEP),
        ("consents", limits::CONSENTS),
        ("deals, tasks, coupons", limits::DEALS),
        ("quotes, appointments", limits::QUOTES),
        ("deals, tasks, coupons", limits::TASKS),
        ("deals, tasks, coupons", limits::COUPONS),
        ("quotes, appointments", limits::APPOINTMENTS),
        ("offers", limits::OFFERS),
        ("plans", limits::PLANS),
        ("groups", limits::GROUPS),
        ("loyalty entries that expire, of points and of money", limits::LOYALTY_ENTRIES),
        ("products of which it is known when they were bought last", limits::PRODUCTS),
        ("currencies of a sum", limits::CURRENCIES),
        ("definitions by which it has converted", limits::CONVERSIONS),
        ("enrollments and events that a definition has counted", limits::CONVERSIONS_COUNTED),
        ("quizzes of which it is known what came of them", limits::QUIZZES),
        ("notes in the row", limits::NOTES),
        ("a note", limits::NOTE_BYTES),
        ("messages, asked about, of which its enrollments know what came of them", limits::MESSAGES),
        ("agenda before a further event has to wait in its queue", limits::AGENDA_BYTES),
    ];
    for (what, number) in rows {
        let row = page.lines().find_map(|line| line.strip_prefix(&format!("| {what} | ")));
        let told = row.and_then(|row| row.split([' ', '|']).next()).map(|number| number.replace(',', ""));
        assert_eq!(told, Some(number.to_string()), "docs/limits.md, the row of {what}");
    }
}
