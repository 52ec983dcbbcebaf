//! What people read: each language has one file with everything that is said in it.

mod en;
mod es;
mod it;

use flusso_app::engine::definitions::Definitions;
use flusso_app::engine::time::Instant;
use flusso_app::engine::timeline::What;
use serde::Serialize;

/// A language that this program speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Italian.
    Italian,
    /// Spanish.
    Spanish,
}

impl Language {
    /// By its two letters (ISO 639-1).
    pub fn parse(code: &str) -> Option<Self> {
        match &*code.to_ascii_lowercase() {
            "en" => Some(Self::English),
            "it" => Some(Self::Italian),
            "es" => Some(Self::Spanish),
            _ => None,
        }
    }

    /// What is said in it.
    pub fn words(self) -> &'static Words {
        match self {
            Self::English => &en::WORDS,
            Self::Italian => &it::WORDS,
            Self::Spanish => &es::WORDS,
        }
    }
}

/// Codes and what they mean.
type Meanings = &'static [(&'static str, &'static str)];

/// Everything that is said in one language.
pub struct Words {
    /// Its two letters.
    pub code: &'static str,
    weekdays: [&'static str; 7],
    months: [&'static str; 12],
    /// Names of fields.
    fields: Meanings,
    /// Types of events.
    events: Meanings,
    /// Why something was or was not done.
    reasons: Meanings,
    /// What is wrong with a submission; `{field}` stands for the field.
    problems: Meanings,
    /// What is not as it usually is with a workflow; `{…}` stand for numbers.
    alerts: Meanings,
    line: fn(&What, &Said<'_>) -> String,
    pub(crate) pages: Pages,
}

/// The values in a sentence, as people read them.
struct Said<'s> {
    words: &'static Words,
    definitions: &'s Definitions,
}

impl Said<'_> {
    fn at(&self, instant: Instant) -> String {
        self.words.moment(instant, self.definitions)
    }

    fn why(&self, reason: &str) -> String {
        meaning(self.words.reasons, reason)
    }

    fn field(&self, field: &str) -> String {
        meaning(self.words.fields, field)
    }

    fn event(&self, kind: &str) -> String {
        meaning(self.words.events, kind)
    }
}

impl Words {
    /// One thing that came of a reaction, in a sentence.
    pub fn line(&'static self, what: &What, definitions: &Definitions) -> String {
        (self.line)(what, &Said { words: self, definitions })
    }

    /// An instant by the clocks of the account, without the name of the zone: `Thu 19 Nov 2026, 15:00:07`.
    pub fn moment(&self, instant: Instant, definitions: &Definitions) -> String {
        let wall = definitions.zone.to_datetime(instant.timestamp());
        let weekday = usize::from(wall.weekday().to_monday_zero_offset().unsigned_abs());
        let month = usize::from(wall.month().unsigned_abs()) - 1;
        let (weekday, month) = (self.weekdays[weekday], self.months[month]);
        let (day, year) = (wall.day(), wall.year());
        let (hour, minute, second) = (wall.hour(), wall.minute(), wall.second());
        format!("{weekday} {day} {month} {year}, {hour:02}:{minute:02}:{second:02}")
    }

    /// A field's name.
    pub(crate) fn field(&self, field: &str) -> String {
        meaning(self.fields, field)
    }

    /// A type of event.
    pub(crate) fn event(&self, kind: &str) -> String {
        meaning(self.events, kind)
    }

    /// Why something was or was not done.
    pub(crate) fn reason(&self, code: &str) -> String {
        meaning(self.reasons, code)
    }

    /// By what a message goes out.
    pub(crate) fn channel(&self, via: &str) -> String {
        meaning(self.reasons, via)
    }

    /// What is not as it usually is with a workflow, with its numbers.
    pub(crate) fn alert(&self, code: &str, numbers: &[(&str, String)]) -> String {
        numbers.iter().fold(meaning(self.alerts, code), |text, (name, number)| {
            text.replace(&format!("{{{name}}}"), number)
        })
    }

    /// What is wrong with a submission, where there are words for it.
    pub(crate) fn problem(&self, code: &str, field: &str) -> Option<String> {
        let found = self.problems.iter().find(|(known, _)| *known == code);
        found.map(|(_, text)| text.replace("{field}", &self.field(field)))
    }
}

/// What a code means; the code itself, legibly, where nobody wrote that down.
fn meaning(meanings: Meanings, code: &str) -> String {
    let found = meanings.iter().find(|(known, _)| *known == code);
    found.map_or_else(|| code.replace('_', " "), |(_, meaning)| (*meaning).to_owned())
}

/// The stable code of what came of a reaction.
pub(crate) fn code(what: &What) -> String {
    let what = serde_json::to_value(what).unwrap_or_default();
    what.get("what").and_then(|code| code.as_str()).unwrap_or_default().to_owned()
}

/// What stands on pages.
#[derive(Serialize)]
pub(crate) struct Pages {
    pub(crate) thanks_title: &'static str,
    pub(crate) thanks_text: &'static str,
    pub(crate) leave_title: &'static str,
    pub(crate) leave_text: &'static str,
    pub(crate) leave_button: &'static str,
    pub(crate) leave_keep: &'static str,
    pub(crate) left_title: &'static str,
    pub(crate) left_text: &'static str,
    pub(crate) confirm_title: &'static str,
    pub(crate) confirm_text: &'static str,
    pub(crate) confirm_button: &'static str,
    pub(crate) confirm_not_you: &'static str,
    pub(crate) confirmed_title: &'static str,
    pub(crate) confirmed_text: &'static str,
    pub(crate) signed_in_title: &'static str,
    pub(crate) signed_in_text: &'static str,
    pub(crate) problem_title: &'static str,
    pub(crate) problem_other: &'static str,
    pub(crate) problem_again: &'static str,
    pub(crate) not_found_title: &'static str,
    pub(crate) not_found_text: &'static str,
    pub(crate) back: &'static str,
    pub(crate) back_yourself: &'static str,
    pub(crate) required: &'static str,
    pub(crate) leave_empty: &'static str,
    pub(crate) send: &'static str,
    pub(crate) demo_intro: &'static str,
    pub(crate) demo_none: &'static str,
    pub(crate) next_title: &'static str,
    pub(crate) next: [&'static str; 4],
    pub(crate) mailbox: &'static str,
    pub(crate) mailbox_intro: &'static str,
    pub(crate) mailbox_empty: &'static str,
    pub(crate) mailbox_elsewhere: &'static str,
    pub(crate) sign_up: &'static str,
    pub(crate) api: &'static str,
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
    pub(crate) subject: &'static str,
    pub(crate) arrived: &'static str,
    pub(crate) older: &'static str,
    pub(crate) latest: &'static str,
    pub(crate) pretend: &'static str,
    pub(crate) open: &'static str,
    pub(crate) reply: &'static str,
    pub(crate) joins: &'static str,
    pub(crate) leaves: &'static str,
    pub(crate) click: &'static str,
    pub(crate) deliver: &'static str,
    pub(crate) fail: &'static str,
    pub(crate) stop: &'static str,
    pub(crate) later: &'static str,
    pub(crate) clock_real: &'static str,
    pub(crate) done_opened: &'static str,
    pub(crate) done_replied: &'static str,
    pub(crate) done_clicked: &'static str,
    pub(crate) done_delivered: &'static str,
    pub(crate) done_failed: &'static str,
    pub(crate) done_stopped: &'static str,
    pub(crate) done_later: &'static str,
    pub(crate) see_contact: &'static str,
    pub(crate) inside: &'static str,
    pub(crate) inside_none: &'static str,
    pub(crate) waits_until: &'static str,
    pub(crate) at_step: &'static str,
    pub(crate) known: &'static str,
    pub(crate) tags: &'static str,
    pub(crate) lists: &'static str,
    pub(crate) score: &'static str,
    pub(crate) consents: &'static str,
    pub(crate) consent_given: &'static str,
    pub(crate) consent_withdrawn: &'static str,
    pub(crate) consent_pending: &'static str,
    pub(crate) consent_none: &'static str,
    pub(crate) timeline: &'static str,
    pub(crate) now: &'static str,
}
