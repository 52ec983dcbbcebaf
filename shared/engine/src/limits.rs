//! How much a contact may hold, so that its two rows stay far under 400 KB and an opt-out always fits.
//! What would break a limit is refused with a reason when it is added; docs/limits.md has the table.

/// Words of its provider that a message remembers by itself; of those beyond, a receipt each is kept.
pub const HEARD: usize = 12;
/// Tags of a contact.
pub const TAGS: usize = 180;
/// Browsers of a contact.
pub const VISITORS: usize = 20;
/// Ids of a contact in other systems.
pub const EXTERNALS: usize = 10;
/// Contacts that were merged into one, those among them into which others had been.
pub const MERGED: usize = 20;
/// Bytes of a contact that can be merged into another one, as JSON: it stands in one record.
pub const MERGED_BYTES: usize = 300_000;
/// Addresses and numbers of a contact that lead to it and to which nothing is sent.
pub const FORMERLY: usize = 20;
/// Other contacts of which it is noted that they may be the same person.
pub const DOUBLES: usize = 10;
/// Visits of a browser that are attached when it is known whose it is: the newest.
pub const VISITS: usize = 200;
/// Letters of the name of a browser.
pub const VISITOR_LETTERS: usize = 64;
/// Lists of a contact.
pub const LISTS: usize = 180;
/// Fields of a contact, standard and custom.
pub const FIELDS: usize = 150;
/// Bytes of one field's value, as JSON.
pub const FIELD_BYTES: usize = 1_000;
/// Bytes of a tag's, list's or field's name.
pub const NAME_BYTES: usize = 100;
/// Active enrollments of a contact.
pub const ENROLLMENTS: usize = 30;
/// Bytes of the values that an enrollment keeps of its event, and of those that its steps keep.
pub const VARIABLE_BYTES: usize = 1_000;
/// Events that wait for an enrollment to end, so that another begins.
pub const QUEUED: usize = 10;
/// Sends of a contact that have not ended.
pub const OPEN_SENDS: usize = 30;
/// Workflows of which a contact remembers that it was inside.
pub const PAST: usize = 250;
/// Entities, such as carts, of which it is remembered that a contact entered a workflow with them.
pub const ENTITIES: usize = 50;
/// Entries into interrupted workflows that a contact has missed and that may still come.
pub const MISSED: usize = 3;
/// Bytes of a notification's text, as JSON, which is stored when its step is reached.
pub const NOTIFICATION_BYTES: usize = 1_000;
/// Bytes of a notification's subject, as JSON.
pub const NOTIFICATION_SUBJECT_BYTES: usize = 200;
/// Bytes of the address of a webhook that tells colleagues.
pub const NOTIFICATION_TO_BYTES: usize = 300;
/// Bytes of a colleague's quiet hours, as they are written.
pub const QUIET_HOURS_BYTES: usize = 2_000;
/// Bytes of the link that an enrollment remembers to have been followed, and of an invoice's.
pub const LINK_BYTES: usize = 300;
/// Bytes of a mail template as it is stored, with all that was made of it.
pub const TEMPLATE_BYTES: usize = 1 << 20;
/// Languages that a mail template speaks besides the account's.
pub const TEMPLATE_LANGUAGES: usize = 20;
/// Segments of an SMS; longer is not sent.
pub const SMS_SEGMENTS: usize = 10;
/// Bytes of a webhook's address.
pub const REQUEST_URL_BYTES: usize = 2_000;
/// Headers that a webhook's step may set.
pub const REQUEST_HEADERS: usize = 20;
/// Bytes of one such header.
pub const REQUEST_HEADER_BYTES: usize = 1_000;
/// Bytes of a webhook's body.
pub const REQUEST_BYTES: usize = 64 * 1024;
/// Bytes of what is kept of an answer, as JSON.
pub const ANSWER_KEPT_BYTES: usize = 700;
/// Bytes of an answer that are read.
pub const ANSWER_BYTES: usize = 64 * 1024;
/// Score entries that expire, alive at once.
pub const SCORE_ENTRIES: usize = 300;
/// Most messages that a cap counts.
pub const CAP: i64 = 50;
/// Times of workflows' schedules for which a contact's own clock is waited.
pub const SCHEDULES: usize = 20;
/// Carts of a contact that are not paid.
pub const CARTS: usize = 10;
/// Rings of a contact.
pub const RINGS: usize = 100;
/// Most instants of a ring: the largest K of "at least K times".
pub const RING_KEEP: usize = 20;
/// Bytes of work that may stand in the agenda before a further event has to wait in its queue.
pub const AGENDA_BYTES: usize = 68_000;
/// Deals of a contact; those that have ended give way to new ones.
pub const DEALS: usize = 20;
/// Quotes of a contact, likewise.
pub const QUOTES: usize = 15;
/// Tasks of a contact, likewise.
pub const TASKS: usize = 20;
/// Coupons of a contact, likewise.
pub const COUPONS: usize = 20;
/// Offers granted to a contact, likewise.
pub const OFFERS: usize = 20;
/// Appointments of a contact, likewise.
pub const APPOINTMENTS: usize = 15;
/// Plans of a contact, likewise.
pub const PLANS: usize = 10;
/// Invoices of a contact, likewise.
pub const INVOICES: usize = 10;
/// Documents of a contact.
pub const DOCUMENTS: usize = 15;
/// Quizzes of which a contact keeps what came of them, the newest.
pub const QUIZZES: usize = 5;
/// The answers that are kept of a quiz, as JSON.
pub const QUIZ_BYTES: usize = 600;
/// Associations of a contact with others.
pub const ASSOCIATIONS: usize = 15;
/// Payments and refunds in the contact's row, the newest; older ones are in the timeline only.
pub const PAYMENTS: usize = 10;
/// Groups of a contact; those that it left give way to new ones.
pub const GROUPS: usize = 20;
/// Loyalty entries that expire, alive at once, of each balance.
pub const LOYALTY_ENTRIES: usize = 30;
/// Products of which it is remembered when they were bought last.
pub const PRODUCTS: usize = 20;
/// Currencies in which sums are kept.
pub const CURRENCIES: usize = 3;
/// Definitions by which a contact has converted.
pub const CONVERSIONS: usize = 20;
/// Enrollments and events for which a definition remembers that it counted them.
pub const CONVERSIONS_COUNTED: usize = 6;
/// Messages that a contact got or followed lately, of which a conversion may tell that they led to it.
pub const TOUCHES: usize = 8;
/// Rewards of which it is remembered that a contact took them: the newest.
pub const REDEEMED: usize = 5;
/// Rewards that an account offers.
pub const REWARDS: usize = 50;
/// Notes in the contact's row; older ones are in the timeline only.
pub const NOTES: usize = 3;
/// Bytes of a note, as JSON; longer is cut.
pub const NOTE_BYTES: usize = 500;
/// Colleagues whom a note can mention.
pub const MENTIONS: usize = 5;
/// Messages of which a contact's enrollments remember what came of them.
pub const MESSAGES: usize = 30;
/// Channel and purpose pairs with a consent; withdrawing one always fits.
pub const CONSENTS: usize = 32;

/// The bytes of a text in a row: as JSON, without the quotes around it.
pub fn json_bytes(text: &str) -> usize {
    let escaped = |c: char| match c {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        '\0'..='\u{1f}' => 6,
        _ => c.len_utf8(),
    };
    text.chars().map(escaped).sum()
}

/// The text, cut off where it takes more than `most` bytes of a row.
pub fn cut(mut text: String, most: usize) -> String {
    if json_bytes(&text) <= most {
        return text;
    }
    text.truncate(text.floor_char_boundary(most));
    while json_bytes(&text) + '…'.len_utf8() > most {
        text.pop();
    }
    text.push('…');
    text
}

/// Steps of one reaction; the rest goes to the agenda.
pub const REACTION_STEPS: u32 = 100;
/// Enrollments of one reaction.
pub const REACTION_ENROLLMENTS: u32 = 20;
/// Rows of one reaction.
pub const REACTION_ROWS: u32 = 60;
/// Bytes that one reaction adds.
pub const REACTION_BYTES: usize = 200_000;
/// How often a chain of consequences may come back to one workflow within 24 hours.
pub const CHAIN_RETURNS: usize = 3;
/// How many workflows a chain of consequences may enter within 24 hours.
pub const CHAIN_ENTRIES: usize = 16;

/// How often an enrollment may jump by `go to` with no wait between.
pub const JUMPS_WITHOUT_A_WAIT: u32 = 25;

/// Bytes of an event.
pub const EVENT_BYTES: usize = 64 * 1024;
/// Bytes of a workflow's source.
pub const SOURCE_BYTES: usize = 1024 * 1024;
/// Names that the steps of one workflow have had, over all of its versions.
pub const STEP_NAMES: usize = 800;
/// Steps of a workflow.
pub const SOURCE_STEPS: usize = 500;
/// Triggers of a workflow, and exits of one.
pub const SOURCE_TRIGGERS: usize = 50;
/// Keys of one map in a document.
pub const SOURCE_KEYS: usize = 1_000;
/// Branches of a decision, and arms of a split.
pub const SOURCE_BRANCHES: usize = 100;
/// Segments of an account.
pub const SEGMENTS: usize = 200;
/// Fields that an account defines.
pub const CUSTOM_FIELDS: usize = 200;
/// Folders of fields.
pub const FOLDERS: usize = 50;
/// Options of a field.
pub const OPTIONS: usize = 200;
/// Bytes of everything that an account defines of its fields, as JSON.
pub const CATALOGUE_BYTES: usize = 256 * 1024;
/// Pipelines of an account.
pub const PIPELINES: usize = 50;
/// Stages of a pipeline.
pub const STAGES: usize = 50;
/// Stages of a contact's life.
pub const LIFECYCLE_STAGES: usize = 20;
/// Active workflows of an account.
pub const WORKFLOWS: usize = 200;

#[cfg(test)]
mod tests {
    use super::json_bytes;

    #[test]
    fn bytes_are_counted_as_json_writes_them() {
        let text: String = (0..300).filter_map(char::from_u32).chain("€😀\"\\".chars()).collect();
        assert_eq!(json_bytes(&text) + 2, serde_json::to_string(&text).unwrap().len());
    }
}
