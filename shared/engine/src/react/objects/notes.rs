//! Notes.

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

    /// Writes a note down; what is too long is cut.
    pub fn add_note(&mut self, cause: &Cause<'_>, text: String) {
        let text: std::sync::Arc<str> = limits::cut(text.trim().to_owned(), limits::NOTE_BYTES).into();
        self.profile().objects.notes.add(Note { at: cause.at, text: text.clone() });
        self.tell(cause, What::NoteAdded { text: text.clone() });
        let data = Data::from_iter([("text".to_owned(), Value::from(&*text))]);
        self.follows(cause, "note.added", data);
    }
}
