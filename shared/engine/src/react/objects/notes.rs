//! Notes, and the colleagues whom they mention: `@giulia`.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::{Cause, Data};
use crate::contact::note::Note;
use crate::limits;
use crate::react::Turn;
use crate::timeline::What;

impl Turn<'_> {
    /// What an event from outside says of a note.
    pub(super) fn apply_note(&mut self, cause: &Cause<'_>, verb: &str, data: &Data) {
        let text = data.get("text").and_then(Value::as_str).filter(|_| verb == "added");
        if let Some(text) = text {
            self.add_note(cause, text.to_owned());
        }
    }

    /// Writes a note down; what is too long is cut. Workflows see each colleague whom it mentions.
    pub fn add_note(&mut self, cause: &Cause<'_>, text: String) {
        let text: Arc<str> = limits::cut(text.trim().to_owned(), limits::NOTE_BYTES).into();
        let by = Some(limits::cut(cause.source.to_string(), limits::NAME_BYTES).into());
        self.profile().objects.notes.add(Note { at: cause.at, text: text.clone(), by });
        self.tell(cause, What::NoteAdded { text: text.clone() });
        let data = Data::from_iter([("text".to_owned(), Value::from(&*text))]);
        self.follows(cause, "note.added", data.clone());
        let users = &self.definitions.users;
        let mentioned = mentions(&text).filter_map(|name| users.get_key_value(name));
        let mentioned: BTreeSet<Arc<str>> = mentioned.map(|(id, _)| id.clone()).collect();
        for user in mentioned.into_iter().take(limits::MENTIONS) {
            self.tell(cause, What::Mentioned { user: user.clone() });
            let mut data = data.clone();
            data.insert("user".to_owned(), (&*user).into());
            data.insert("by".to_owned(), (&*cause.source).into());
            self.happen_at("note.mentioned", cause.at, data, cause.chain.clone());
        }
    }
}

/// What stands behind an `@` at the beginning of a word.
fn mentions(text: &str) -> impl Iterator<Item = &str> {
    let fits = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    text.match_indices('@').filter_map(move |(at, _)| {
        let begins = text[..at].chars().next_back().is_none_or(|before| !fits(before));
        let rest = &text[at + 1..];
        let name = &rest[..rest.find(|c| !fits(c)).unwrap_or(rest.len())];
        Some(name.trim_end_matches('.')).filter(|name| begins && !name.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::mentions;

    #[test]
    fn an_address_mentions_nobody_kc_80() {
        let found = |text| mentions(text).collect::<Vec<_>>();
        assert_eq!(found("@giulia, chiama tu. Sentito @marco.rossi."), ["giulia", "marco.rossi"]);
        assert_eq!(found("scrivere a anna@example.com @ ore 10"), [""; 0]);
        assert_eq!(found("(@sara)"), ["sara"]);
    }
}
